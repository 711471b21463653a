"""What the demo shows, without a bench: it fits its screen, and its sentences are plain."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from shedbench.demo import clock, view, words
from shedbench.demo.feed import Event
from shedbench.demo.snapshot import MeterRow, OutletRow, Snapshot
from shedguard.formats.records import JOURNAL_KINDS, Record
from shedguard.site.names import SiteNames

LONG = "outlet 4 ends (load gone after an outage): 1234.5 Wh, 10:00:00, 2.00 yuan, and a tail that no screen of eighty columns can hold"
NAMES = SiteNames(outlets=(1, 2, 3, 4), points=("smoke bay",), causes=("smoke bay",), effects=("cut row A", "free main"), gates=("main",))


def shot() -> Snapshot:
    rows = [OutletRow(n, "waiting", n == 1, True, 1234.5, 12345, 36000, 20000, "BREAKER OFF: group may be on", True) for n in (1, 2, 3, 4)]
    meters = [MeterRow(247, 220.0, 1234.5, 123456, "silent") for _ in range(4)]
    return Snapshot(
        3_600_000_000_000, True, "in service", 0.0, False, {"row A": False}, {"main": "free"}, {"smoke bay": "alarm"}, rows, meters
    )


@pytest.mark.parametrize(("width", "height"), [(80, 24), (92, 26), (120, 40), (200, 60)])
@pytest.mark.parametrize("count", [0, 3, 100])
def test_the_view_fills_its_screen_and_never_more(width: int, height: int, count: int):
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, color_system=None)
    events = [Event(n * 1_000_000_000, "board", LONG, "good") for n in range(count)]
    console.print(view.screen(shot(), events, "Guihua Garden, shed 2", "x600 (gets x400)", 1, "maintenance", height, width))
    lines = out.getvalue().rstrip("\n").split("\n")
    assert len(lines) == height
    assert max(len(line) for line in lines) <= width
    for said in ("in service", "OFF", "free", "ALARM", "BREAKER OFF: gro", "[q] quit"):
        assert said in out.getvalue()


@pytest.mark.parametrize("kind", JOURNAL_KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_of_record_is_a_sentence_or_silent(kind):
    numbers: dict[str, int | bytes] = dict.fromkeys(kind.fields, 0)
    if "card" in numbers:
        numbers["card"] = b"\x04\x04\xa1\xb2\xc3" + bytes(6)
    told = words.board_sentence(Record(1, kind.name, numbers), NAMES)
    assert told is None or (told[0] and "b'" not in told[0])


def test_an_outlet_is_named_by_its_number_on_the_socket():
    start = Record(1, "session_start", {"session": 1, "outlet": 2, "card": bytes(11), "meter_wh": 0, "price_fen": 100})
    told = words.board_sentence(start, NAMES)
    assert told is not None and told[0].startswith("outlet 3: session begins")


def test_an_unknown_line_of_the_plant_is_shown_as_it_is():
    assert words.plant_sentence("a kettle boils over") == ("a kettle boils over", "plain")
    assert words.plant_sentence("card tenant tapped") == ("the tenant's card is held to the reader", "plain")


def test_the_clock_of_the_evening_goes_past_midnight():
    assert clock.at("18:00") == 60 * 1_000_000_000
    assert clock.wall(clock.at("00:30")).day == clock.BEGIN.day + 1
