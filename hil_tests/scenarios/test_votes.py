"""Causes other than a single latched fire point: votes within a window, and a trip that is over at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from shedbench.bench.residents import start_charging
from shedbench.places import SMALL_SITE as SITE

from hil_tests.scenarios.changed_site import shed

VOTES = """[[cause]]
name = "two of two"
points = ["smoke bay", "call point door"]
votes = 2
window_s = 20
effects = ["cut row A", "free main"]

[[gate]]"""


@pytest.mark.parametrize(("apart", "trips"), [("3 s", True), ("15 s", True), ("24 s", False)])
def test_votes_count_within_their_window_and_not_beyond(seed: int, tmp_path: Path, apart: str, trips: bool):
    """Smoke for 3 s, gone; its point is normal 2 s later, and counts for 20 s after that."""
    changes = {"fire": ("fire = true", "fire = false"), "armed": ("armed = true", "armed = false"), "votes": ("[[gate]]", VOTES)}
    with shed(seed, tmp_path, SITE, changes) as bench:
        start_charging(bench, 1)
        bench.smoke("bay").alarm()
        bench.run("3 s")
        bench.smoke("bay").clear()
        bench.run(apart)
        assert bench.outlet(1).contact_is_closed
        bench.call_point("door").press()
        bench.run("40 ms")
        assert bool(bench.outlet(1).contact_is_open) == trips == bool(bench.gate("main").is_free)
        if trips:  # a reset clears the count
            bench.call_point("door").reset()
            bench.run("4 s")
            assert bench.console.ask({"do": "clear"}, key=True)[0]["trips"] == 0
            bench.call_point("door").press()
            bench.run("1 s")
            assert bench.gate("main").is_locked


@pytest.mark.parametrize("ms", [0, 37, 90, 143, 188])
def test_a_trip_that_is_over_at_once_ends_the_session_all_the_same(seed: int, tmp_path: Path, ms: int):
    changes = {"latched": ("latched = true", "latched = false"), "fire": ("fire = true", "fire = false"),
               "clear": ('terminal = "DI1"', 'terminal = "DI1"\nclear_ms = 100')}  # fmt: skip
    with shed(seed, tmp_path, SITE, changes) as bench:
        start_charging(bench, 1)
        bench.run("5 s")
        bench.run(ms * 1_000_000)
        bench.call_point("door").press()
        bench.run("30 ms")
        assert bench.outlet(1).contact_is_open
        bench.call_point("door").reset()
        bench.stays(bench.outlet(1).contact_is_open, "10 s")
        assert [session.stop_cause for session in bench.journal.sessions()] == ["trip"]


def test_a_cause_that_is_not_armed_is_no_trip_to_anybody_and_its_point_is_recorded(seed: int, tmp_path: Path):
    """A flood contact on trial for some weeks before it may cut anything."""
    flood = '[[cause]]\nname = "flood"\npoints = ["flood"]\neffects = ["cut row A", "free main"]\narmed = false\n\n[[gate]]'
    contact = ('name = "key switch"', 'name = "flood"')
    changes = {"contact": contact, "use": ('use = "key_switch"', "fire = false"), "cause": ("[[gate]]", flood)}
    with shed(seed, tmp_path, SITE, changes) as bench:
        start_charging(bench, 1)
        bench.call_point("flood").contact.set(True)
        bench.stays(bench.outlet(1).is_charging, "30 s")
        assert bench.gate("main").is_locked
        assert bench.console.ask({"do": "status"})[0]["trips"] == 0
        assert "TRIP" not in bench.console.type("status")
        bench.call_point("flood").contact.set(False)
        bench.run("5 s")
        assert [(row.point, row.state) for row in bench.journal.records("point")] == [("flood", "alarm"), ("flood", "normal")]
        assert not bench.journal.records("trip")
