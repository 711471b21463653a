"""Typed lines without the words: nothing is imported while an outlet is on, and the crew still gets its answer."""

from __future__ import annotations

import gc
import re
import sys

import pytest
from shed.console import auth as auth_room
from shed.console import talk
from shedguard.formats.lists import FAULT_ARGUMENTS, FAULTS

from hil_tests.firmware.console.console_desk import TICKS, Desk


@pytest.fixture(autouse=True)
def _without_words():
    kept = {name: sys.modules.pop(name) for name in talk.WORDY if name in sys.modules}
    yield
    sys.modules.update(kept)


def loaded():
    return [name for name in talk.WORDY if name in sys.modules]


def live_desk(start_ms=0):
    desk = Desk(start_ms)
    desk.shed.outlets_on = True
    return desk


LINES = ["status", "why 3", "log", "sessions 5", "faults", "version", "help", "stop 3", "clear", "nonsense", "time now"]


@pytest.mark.parametrize("line", LINES)
def test_no_line_imports_anything_while_an_outlet_is_on(line):
    desk = live_desk()
    said = desk.type(line + "\r", 1000)
    assert loaded() == []
    assert "numbers only" in said
    assert said.endswith("shed> ")


def test_a_status_in_numbers_names_every_thing_and_its_values():
    said = live_desk().type("status\r", 1000)
    assert "outlet 3 st=3 mw=182400 wh=812" in said
    assert "point 2 st=2" in said
    assert "gate 1 st=0" in said
    assert "meter of outlet 1 age=1200" in said
    assert "up_s=3725" in said


def test_a_stop_works_in_numbers_for_somebody_who_is_there():
    desk = live_desk()
    assert "err=auth" in desk.type("stop 3\r", 1000)
    desk.presence(auth_room.KEY_SWITCH)
    assert "ok=True" in desk.type("stop 3\r", 1000)
    assert desk.shed.calls == [("stop", 3)]
    assert "hold=[]" in desk.type("why 3\r", 1000)


def test_the_words_come_with_the_first_line_of_a_quiet_shed_and_stay_while_an_outlet_is_on():
    desk = Desk()
    assert "outlet 3 is on" in desk.type("why 3\r", 1000)
    desk.shed.outlets_on = True
    desk.run(120_000)
    assert "outlet 3 is on" in desk.type("why 3\r", 1000)
    desk.shed.outlets_on = False
    desk.run(61_000)
    assert loaded() == []


def test_an_outlet_that_goes_on_in_the_middle_of_loading_ends_the_loading():
    desk = Desk()
    desk.wire.incoming += b"status\r"
    while not loaded():
        desk.run(1)
    desk.shed.outlets_on = True
    said = desk.type("", 2000)
    assert loaded() == list(talk.WORDY[:1])
    assert "numbers only" in said


@pytest.mark.parametrize("start_ms", [0, TICKS - 1000, TICKS // 2 - 1000])
def test_a_board_with_room_has_the_words_from_its_start_and_for_good(start_ms, monkeypatch):
    monkeypatch.setattr(gc, "mem_free", lambda: 120_000)
    desk = Desk(start_ms)
    desk.run(3200)
    assert loaded() == list(talk.WORDY)
    desk.run(200_000)
    desk.shed.outlets_on = True
    assert "outlet 3 is on" in desk.type("why 3\r", 1000)


def test_a_fault_in_numbers_counts_its_thing_as_the_rows_of_the_things_do():
    """`meter 3` beside `a=2` sent the crew to meter 2. A meter is named by its outlet, which has the same index."""
    names = {name: number for number, name in FAULTS.items()}
    outlets = {names[name] for name, thing in FAULT_ARGUMENTS.items() if thing in ("outlet", "meter")}
    assert set(talk._OF_OUTLETS) == outlets and set(talk._OF_OTHERS) == {names[name] for name in FAULT_ARGUMENTS} - outlets


def test_in_numbers_too_a_live_outlet_is_said_first(monkeypatch):
    desk = live_desk()
    monkeypatch.setattr(desk.shed, "why", lambda number: (2, [7]))
    assert "switch the breaker off, it may be live: " in desk.type("why 3\r", 1000)
    assert "switch the breaker off" not in live_desk().type("why 3\r", 1000)


def test_in_numbers_too_a_welded_relay_begins_with_its_breaker():
    desk = live_desk()
    desk.shed.faults.table = [(9, 1, 1, True), (9, 2, 1, False), (16, 0, 1, True)]
    assert re.findall("switch the breaker off.*f=(\\d+)", desk.type("faults\r", 1000)) == ["9"]
