"""The board's text and the tools' text of a record agree: units, money, times, and empty where the record is empty."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shed.console import words
from shed.console.dates import date_value
from shed.storage import journal as kinds
from shedguard.commands import status_view
from shedguard.formats.cards import canonical
from shedguard.formats.records import JOURNAL_KINDS, decode_payload
from shedguard.site import narrate
from shedguard.site.names import SiteNames

from hil_tests.firmware.console.console_desk import Desk

CARD = canonical(bytes.fromhex("A1020304"))
NOBODY = bytes(11)
NAMES = SiteNames(outlets=(1, 2, 3, 4))


def both(kind, *fields):
    """The board's text and the tools' text of one record."""
    desk = Desk()
    desk.shed.journal.write(kind, *fields)
    (payload,) = [bytes(record[2]) for record in desk.shed.journal.newest(1) if record is not None]
    board = words.sentence(kind, kinds.fields(kind, payload)[3:], lambda index: index + 1)
    host = narrate.sentence(decode_payload(JOURNAL_KINDS, kind, payload, 1), NAMES)
    return board, host


def figures(pattern, texts):
    found = [re.findall(pattern, text) for text in texts]
    assert len(found[0]) == 1, texts
    return found


@given(st.integers(0, 1 << 40), st.integers(0, 60000), st.integers(0, 90000))
def test_a_settled_session_has_one_energy_one_price_and_one_time(energy_mwh, price_fen, energised_s):
    texts = both(kinds.SESSION_END, 1, 2, CARD, 0, energised_s, energy_mwh, 5, 6, price_fen, 1, price_fen)
    board, host = figures(r"(\d+\.\d+) kWh", texts)
    assert board == [f"{energy_mwh // 1000 / 1000:.3f}"]
    assert abs(float(board[0]) - float(host[0])) < 0.00101, "the board truncates, the tool rounds"
    board, host = figures(r"(\d+\.\d\d) yuan", texts)
    assert board == host == [f"{price_fen / 100:.2f}"]
    assert f"{energised_s // 3600}:{energised_s // 60 % 60:02}:{energised_s % 60:02}" in texts[0]


def test_a_session_of_1096_watt_hours_is_told_as_1_096_kwh():
    for text in both(kinds.SESSION_END, 1, 2, CARD, 0, 7200, 1_096_000, 5, 6, 100, 1, 100):
        assert "1.096 kWh" in text


@pytest.mark.parametrize("event", range(1, 8))
def test_a_gate_event_without_reason_or_card_names_none(event):
    for text in both(kinds.GATE, event, 0, NOBODY):
        assert "#" not in text and "-" not in text and not text.endswith((":", " "))
    for text in both(kinds.GATE, event, 3, CARD):
        assert "A1020304" in text and ": " in text


def test_a_trip_without_point_effect_or_latency_names_none():
    for text in both(kinds.TRIP, 0, 255, 0, 0, -1, 1):
        assert "255" not in text and "256" not in text and "-1" not in text and "no point" not in text
        assert text.count("cause") == 1


@pytest.mark.parametrize(("kind", "fields"), [(kinds.TRIP, (30, 255, 0, 0, -1, 1 << 30)), (kinds.TRIP_RESET, (30, 1, 0))])
def test_a_latch_that_the_configuration_does_not_know_is_told_as_such(kind, fields):
    for text in both(kind, *fields):
        assert "a cause of another configuration" in text and "31" not in text and "cause 30" not in text
    for text in both(kind, 2, *fields[1:]):
        assert "cause 3" in text and "another configuration" not in text


def test_status_and_clear_name_an_unknown_latch_beside_known_ones():
    desk = Desk()
    for mask, said in (
        (1 << 30, "a cause of another configuration"),
        (1 << 30 | 5, "cause 1, 3 and a cause of another configuration"),
        (1 << 29, "cause 30"),
    ):
        desk.shed.trips = mask
        desk.presence(1)
        assert f"TRIP by {said}: reset" in desk.type("status\r", 1000)
        assert f"still tripped: {said}, " in desk.type("clear\r", 1000)


def test_a_clock_that_was_never_set_is_not_told_as_a_date():
    for text in both(kinds.CLOCK_SET, 0, date_value("2026-03-05 10:00:00")):
        assert "2000-01-01" not in text and "2026-03-05" in text, text


def test_a_meter_that_was_never_read_has_no_age(monkeypatch):
    desk = Desk()
    frame = {"m": 0, "age": -1, "ok": 0, "to": 9, "crc": 0, "dv": 0}
    monkeypatch.setattr(desk.shed, "status_items", lambda: iter([frame]))
    assert "meter of outlet 1 no reading; 0 answers, 9 silent" in desk.type("status\r", 1000)
    assert status_view._meter(frame, NAMES)[1:3] == ("-", "never")
    assert status_view._meter({**frame, "age": 0x1FFFFFFF}, NAMES)[1:3] == ("-", "never")
    assert status_view._meter({**frame, "ok": 7}, NAMES)[2] == "over an hour"


@pytest.mark.parametrize(
    ("of", "detail", "words_of_both"),
    [
        (kinds.TRIP, 2, "cause 3"),
        (kinds.GATE, 4 << 8, "closed"),
        (kinds.FAULT, 9 << 16 | 2, "relay welded"),
        (kinds.FAULT_CLEARED, 1 << 24 | 9 << 16 | 2, "relay welded"),
        (kinds.POINT, 1 << 8 | 2, "point 2"),
        (kinds.SESSION_RESUMED, 0x00010001, "goes on"),
        (kinds.PRESS_REFUSED, 2 << 8 | 4, "outlet 3"),
    ],
)
def test_what_was_only_counted_is_told_in_words_and_not_by_its_kinds_number(of, detail, words_of_both):
    for text in both(kinds.REPEATS, of, detail, 7, 60, NOBODY):
        assert "7 times more" in text and words_of_both in text and "kind" not in text and "#" not in text, text
    board, _host = both(kinds.REPEATS, of, detail, 7, 60, CARD)
    assert "A1020304" in board and "card" not in both(kinds.REPEATS, of, detail, 7, 60, NOBODY)[0]
