"""Journal records as sentences: names if a site is known, else numbers from 1; no failure on records of later versions."""

from __future__ import annotations

import pytest
from shedguard.formats import lists, texts
from shedguard.formats.cards import canonical
from shedguard.formats.records import JOURNAL_KINDS, Record
from shedguard.formats.times import when
from shedguard.site.names import SiteNames
from shedguard.site.narrate import fault_text, fault_told, sentence

NAMES = SiteNames(
    outlets=(11, 12), meters=(22, 21), points=("smoke bay",), causes=("smoke bay",), effects=("cut row A", "free main"), gates=("main",)
)
CARD = canonical(bytes.fromhex("04A1B2C3"))

SAID = [
    (
        Record(1, "session_end", {"session": 65537, "outlet": 1, "card": CARD, "start_s": 0, "energised_s": 18000, "energy_mwh": 812_345,
                                  "meter_start_wh": 0, "meter_end_wh": 812, "price_fen": 100, "stop_cause": 1}),
        "outlet 12: battery full after 5:00:00, 0.812 kWh, 1.00 yuan, card 04A1B2C3",
    ),
    (
        Record(2, "trip", {"cause": 0, "point": 0, "effects": 3, "alarms": 1, "latency_us": 12_300}),
        'TRIP by cause "smoke bay" (point "smoke bay"): cut row A, free main in 12.3 ms',
    ),
    (Record(3, "fault", {"fault": 9, "argument": 0}), "FAULT outlet 11: relay welded"),
    (Record(4, "fault", {"fault": 10, "argument": 0}), 'FAULT point "smoke bay": wiring fault'),
    (
        Record(5, "boot", {"reset_cause": 3, "fault": 20, "argument": 0, "boots": 7}),
        "boot 7: watchdog; before it: the watchdog reset the board",
    ),
    (Record(6, "gate", {"event": 2, "reason": 2, "card": CARD}), "gate refused: card is not in the list, card 04A1B2C3"),
    (Record(7, "trip_reset", {"cause": 0, "authority": 2}), 'trip of cause "smoke bay" reset by key switch'),
    (
        Record(8, "press_refused", {"outlet": 1, "reason": 3, "card": CARD}),
        "outlet 12: press refused: another card's session runs there, card 04A1B2C3",
    ),
    (Record(9, "fault", {"fault": 35, "argument": 1}), "FAULT meter of outlet 12 (address 21): its energy register jumped"),
    (
        Record(10, "repeats", {"of": 20, "detail": 1 << 8 | 3, "count": 4, "span_s": 60, "card": CARD}),
        "4 times more in 0:01:00: outlet 12: press refused: another card's session runs there, card 04A1B2C3",
    ),
    (
        Record(11, "repeats", {"of": 8, "detail": 2 << 24 | 9 << 16, "count": 4, "span_s": 60, "card": bytes(11)}),
        "4 times more in 0:01:00: fault cleared by key switch: outlet 11: relay welded",
    ),
    (
        Record(12, "repeats", {"of": 2, "detail": 0, "count": 4, "span_s": 60, "card": bytes(11)}),
        '4 times more in 0:01:00: TRIP by cause "smoke bay"',
    ),
    (
        Record(12, "repeats", {"of": 13, "detail": 0x70001, "count": 4, "span_s": 60, "card": bytes(11)}),
        "4 times more in 0:01:00: session 0x70001 goes on",
    ),
    (
        Record(13, "trip", {"cause": 30, "point": 255, "effects": 1, "alarms": 0, "latency_us": -1}),
        "TRIP by a cause of another configuration: cut row A",
    ),
    (Record(8, "#77", {"payload": b"\x01"}), "record kind #77: 01"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "said"), SAID)
def test_sentences(record: Record, said: str) -> None:
    assert sentence(record, NAMES) == said


@pytest.mark.parametrize("kind", JOURNAL_KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_has_a_sentence_and_survives_unknown_numbers(kind) -> None:
    for value in (0, 1, 200):
        fields = {name: CARD if name == "card" else value for name in kind.fields}
        assert "record kind" not in sentence(Record(1, kind.name, fields), SiteNames())


def test_an_index_is_never_shown_as_the_number_on_a_socket() -> None:
    """Without a site file, and without an answer of the board, the number on the first outlet's socket is not known."""
    assert fault_text(9, 0, SiteNames()) == "outlet in place 1 of the site file: relay welded"
    assert fault_text(8, 1, SiteNames()) == "meter of outlet in place 2 of the site file: silent"
    assert fault_text(9, 0, SiteNames(), "zh").startswith("站点文件里第 1 个插座: ")


@pytest.mark.parametrize("code", [code for code, name in lists.FAULTS.items() if lists.FAULT_ARGUMENTS.get(name) in ("outlet", "meter")])
def test_a_fault_of_an_outlet_or_its_meter_names_the_socket_as_the_board_numbers_it(code: int) -> None:
    frames = [{"up_s": 1}, {"o": 3}, {"o": 4}, {"o": 1}, {"o": 2}, {"p": 0}, {"m": 0}]
    for names in (SiteNames(), NAMES, SiteNames(outlets=(1, 2, 3, 4), meters=(11, 12, 13, 14))):
        said = names.on_board(frames)
        assert said.outlets == (3, 4, 1, 2)
        assert "outlet 1: " in fault_text(code, 2, said) and "address" not in fault_text(code, 2, said)
        assert "1 号插座" in fault_text(code, 2, said, "zh")
    fits = SiteNames(outlets=(3, 4, 1, 2), meters=(14, 11, 13, 12)).on_board(frames)
    meter = lists.FAULT_ARGUMENTS[lists.FAULTS[code]] == "meter"
    assert fault_text(code, 0, fits).startswith("meter of outlet 3 (address 14): " if meter else "outlet 3: ")
    assert fault_text(code, 0, fits, "zh").startswith("3 号插座的电表（地址 14）: " if meter else "3 号插座: ")


@pytest.mark.parametrize("code", [8, 9, 11, 28])
def test_a_fault_at_which_a_socket_may_be_live_says_the_breaker_while_it_lasts(code: int):
    live, over = ({"f": code, "a": 0, "live": live} for live in (1, 0))
    assert "switch the breaker off" in fault_told(live, SiteNames())
    assert fault_told(over, SiteNames()) == fault_text(code, 0, SiteNames())
    assert "先拉断路器" in fault_told(live, SiteNames(), "zh") or "立即拉断路器" in fault_told(live, SiteNames(), "zh")
    assert sentence(Record(1, "point", {"point": 0, "state": 1}), SiteNames()) == "point 1 is alarm"


def test_times() -> None:
    assert when(800_000_000) == "2025-05-08 06:13:20"
    assert when(0, 3725) == "+1:02:05"


@pytest.mark.parametrize("name", lists.FAULTS.values())
def test_every_fault_says_what_to_do_in_both_languages(name: str) -> None:
    assert texts.text("first", name) not in ("", name)
    does = ("执行", "查", "换", "拉断路器", "关门", "加装", "再看", "发给")
    assert any(verb in texts.LANGUAGES["zh"]["first"][name] for verb in does)


def test_what_stays_until_somebody_clears_it_says_so_in_both_languages() -> None:
    for name in ("meter_stale", "welded", "live_outlet", "meters_mixed", "boot_loop", "trip_unknown", "expander_bus", "watchdog"):
        assert "`shed clear`" in texts.text("first", name), name
        assert "shed clear" in texts.text("first", name, "zh"), name
    assert "工频干扰" in texts.text("first", "point_fault", "zh"), "hum, not only wiring"


def test_an_unknown_language_falls_back() -> None:
    assert texts.text("stop", "full", "xx") == "battery full"
    assert texts.text("stop", "of a later version") == "of a later version"
