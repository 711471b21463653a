"""A trip is cleared only when its cause is gone: every point of it was seen normal in this boot, and a person turned the key."""

from __future__ import annotations

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.places import SMALL_SITE as SITE

from hil_tests.scenarios.test_bad_starts import into_safe_mode

SERVICE = "from shed.app import service as s\n"


def clear(bench: Bench) -> int:
    return bench.console.ask({"do": "clear"}, key=True)[0]["trips"]


@pytest.mark.parametrize("fault", ["open", "short"])
def test_a_burnt_loop_clears_nothing_until_it_is_mended_and_quiet(bench: Bench, fault: str):
    bench.smoke("bay").alarm()
    bench.run("2 s")
    bench.smoke("bay").fault(fault)
    bench.run("10 s")
    assert clear(bench) == 1
    bench.run("3 s")
    assert bench.gate("main").is_free
    bench.smoke("bay").fault("ok")
    bench.smoke("bay").clear()
    bench.run("10 s")
    assert clear(bench) == 0
    bench.run("3 s")
    assert bench.gate("main").is_locked


def test_a_point_on_its_way_to_alarm_clears_nothing(bench: Bench):
    bench.smoke("bay").alarm()
    bench.run("2 s")
    bench.smoke("bay").clear()
    bench.run("6 s")
    bench.board.probe(SERVICE + "s.points.suspect |= 1\ns.clear(3)\n")
    bench.run("3 s")
    assert bench.gate("main").is_free


def test_a_point_that_was_not_read_in_this_boot_clears_nothing(bench: Bench):
    bench.smoke("bay").alarm()
    bench.run("2 s")
    bench.smoke("bay").clear()
    bench.run("6 s")
    bench.board.probe(
        SERVICE + "s.scan._inside = True\ns.points.seen &= ~1\ns.matrix.reset(~s.points.seen, s.points.fire)\ns.scan._inside = False"
    )
    bench.run("3 s")
    assert bench.gate("main").is_free
    assert clear(bench) == 0


def test_a_trip_in_the_moment_of_a_clear_outlives_a_reset(bench: Bench):
    """What is latched after the reset is in RTC memory, and has a record."""
    bench.call_point("door").press()
    bench.run("1 s")
    bench.call_point("door").reset()
    bench.run("5 s")
    bench.board.probe(
        SERVICE + "run = s.scan.run\nreset = s.matrix.reset\ndef late(timer):\n    s.scan.run = run\n    s.scan._inside = True\n"
        "    s.matrix.evaluate(1)\n    s.scan._keep_latched(s.matrix.latched)\n    s.scan._inside = False\n    run(timer)\n"
        "def resets(*how):\n    s.matrix.reset = reset\n    s.scan.run = late\n    return reset(*how)\ns.matrix.reset = resets"
    )
    bench.console.ask({"do": "clear"}, key=True)
    bench.run("2 s")
    assert bench.journal.last("trip").cause == "smoke bay"
    bench.board.probe(SERVICE + "s._restart = 1")
    bench.run("15 s")
    assert bench.gate("main").is_free


def test_a_key_that_was_left_on_authorises_nothing_until_it_is_turned(bench: Bench):
    bench.key_switch.turn(True)
    bench.run("70 s")
    bench.smoke("bay").alarm()
    bench.run("2 s")
    bench.smoke("bay").clear()
    bench.run("6 s")
    bench.board.power_cycle()
    bench.run("15 s")
    bench.console.type("clear")
    bench.run("2 s")
    assert bench.gate("main").is_free
    bench.key_switch.turn(False)
    bench.run("10 s")
    bench.key_switch.turn(True)
    bench.run("1 s")
    bench.console.type("clear")
    bench.run("2 s")
    assert bench.gate("main").is_locked


def test_a_session_that_waited_hours_in_safe_mode_is_settled_and_the_next_bike_gets_no_power(bench: Bench):
    start_charging(bench, 1)
    bench.run("20 s")
    into_safe_mode(bench)
    bench.bike(1).unplug()
    bench.bike(1).plug("la72", soc=0.0)
    bench.run("10 min")
    (end,) = bench.journal.sessions()
    assert end.stop_cause == "waited"
    clear(bench)
    bench.run("40 s")
    assert bench.outlet(1).contact_is_open


def test_a_cause_that_does_not_latch_cuts_for_as_long_as_its_point_cannot_be_read(seed: int, tmp_path):
    """The loop is a flow switch here, no fire point. It trips, its wire burns, and it is not known whether the water still flows."""
    site = tmp_path / "flow.toml"
    text = SITE.read_text(encoding="utf-8").replace("fire = true\nbands_mv", "bands_mv", 1).replace("latched = true", "latched = false", 1)
    site.write_text(text, encoding="utf-8")
    with Bench(site=site, seed=seed) as bench:
        bench.run("15 s")
        start_charging(bench, 1)
        loop = bench.smoke("bay")
        loop.alarm()
        bench.until(bench.outlet(1).contact_is_open, within="100 ms")
        loop.fault("open")
        bench.run("10 s")
        assert bench.gate("main").is_free
        loop.fault("ok")
        loop.clear()
        bench.run("10 s")
        assert bench.gate("main").is_locked
        assert len(bench.journal.records("trip")) == 1
