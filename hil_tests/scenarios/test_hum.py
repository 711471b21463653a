"""A detector cable beside mains: hum hides no smoke and imitates none, on the board's own converter and scan (decision 0015)."""

from __future__ import annotations

import random

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.bench.variant import longest_scan_us
from shedbench.places import SMALL_SITE as SITE

EIGHT = SITE.parent / "loops" / "eight.toml"
CONTACTOR_MS = 15  # opens this long after its coil was released


def trips_ms(bench: Bench, loop: str, phases_ms: list[float]) -> list[float]:
    """The time from the smoke to the opening of outlet 1, in futures that begin at these times."""

    def future(after_ms: float):
        def run(bench: Bench) -> float:
            bench.run(round(after_ms * 1e6))
            began_ns = bench.now_ns
            bench.smoke(loop).alarm()
            bench.until(bench.outlet(1).contact_is_open, within="1 s")
            return (bench.now_ns - began_ns) / 1e6 - CONTACTOR_MS

        return run

    return bench.branches([future(after_ms) for after_ms in phases_ms])


@pytest.mark.parametrize("hz", [50.0, 60.0])
@pytest.mark.parametrize("millivolts", [400, 600, 900])
def test_smoke_is_seen_through_hum_within_60_ms_and_hum_is_no_smoke(bench: Bench, seed: int, millivolts: int, hz: float):
    start_charging(bench, 1)
    chance = random.Random(f"{seed} {millivolts} {hz}")
    bench.smoke("bay").hum(millivolts, hz)
    bench.stays(bench.outlet(1).contact_is_closed, "20 s")
    assert not bench.journal.records("trip")
    assert max(trips_ms(bench, "bay", [chance.uniform(0, 500) for _ in range(20)])) <= 60


def test_hum_on_all_of_eight_loops_is_a_fault_within_two_seconds_and_the_scan_stays_short(seed: int):
    chance = random.Random(seed)
    with Bench(site=EIGHT, seed=seed) as bench:
        bench.run("15 s")
        start_charging(bench, 1)
        for number in range(1, 9):
            bench.smoke(str(number)).hum(chance.choice([600, 700, 800, 900]), chance.uniform(49.5, 50.5))
        bench.run("2 s")
        states = [row["st"] for row in bench.console.ask({"do": "status"}) if "p" in row]
        assert states[:8] == [6] * 8
        bench.stays(bench.outlet(1).contact_is_closed, "1 min")
        assert max(trips_ms(bench, "5", [chance.uniform(0, 500) for _ in range(20)])) <= 100
        scan = next(row for row in bench.console.ask({"do": "tasks"}) if "worst_us" in row)
        assert scan["worst_us"] <= longest_scan_us()


def test_eight_loops_that_begin_to_hum_at_once_make_no_long_pass(seed: int):
    """A welder is switched on beside the cable tray: eight windows begin within a few scans."""

    def future(number: int):
        def run(bench: Bench) -> int:
            chance = random.Random(f"{seed} {number}")
            bench.run(round(chance.uniform(0, 40) * 1e6))
            for loop in range(1, 9):
                bench.smoke(str(loop)).hum(chance.choice([600, 700, 800, 900]), chance.uniform(49.5, 50.5))
            bench.run("1500 ms")
            return next(row["worst_us"] for row in bench.console.ask({"do": "tasks"}) if "worst_us" in row)

        return run

    with Bench(site=EIGHT, seed=seed) as bench:
        bench.run("15 s")
        start_charging(bench, 1)
        assert max(bench.branches([future(number) for number in range(60)])) <= longest_scan_us()


@pytest.mark.parametrize("humming", [4, 6])
def test_smoke_at_a_loop_just_mended_is_seen_while_others_hum(seed: int, humming: int):
    """After work at the cable tray: one wire open, shorted or loose, then mended, and its detector sees smoke."""
    chance = random.Random(f"{seed} {humming}")

    def future(fault: str, target_hums: bool):
        def run(bench: Bench) -> float:
            loop = bench.smoke("8")
            if target_hums:
                loop.hum(900)
            bench.run(round(chance.uniform(1500, 1600) * 1e6))
            if fault == "loose":
                loop.flap("open", "ok", every="7300 us")
            else:
                loop.fault(fault)
            bench.run("2700 ms")
            loop.flap()
            loop.fault("ok")
            loop.alarm()
            began_ns = bench.now_ns
            bench.until(bench.outlet(1).contact_is_open, within="1 s")
            return (bench.now_ns - began_ns) / 1e6 - CONTACTOR_MS

        return run

    with Bench(site=EIGHT, seed=seed) as bench:
        bench.run("15 s")
        start_charging(bench, 1)
        for number in range(1, humming + 1):
            bench.smoke(str(number)).hum(900, chance.uniform(49.8, 50.2))
        took_ms = bench.branches([future(fault, hums) for fault in ("open", "short", "loose") for hums in (False, True)])
        assert max(took_ms) <= 105


@pytest.mark.parametrize("other", ["open", "short", "ok"])
@pytest.mark.parametrize("every", ["5 ms", "7300 us", "11 ms"])
def test_a_loop_that_flaps_in_alarm_trips_or_is_a_fault(bench: Bench, other: str, every: str):
    start_charging(bench, 1)
    bench.smoke("bay").flap("alarm", other, every=every)
    bench.run("3 s")
    state = next(row["st"] for row in bench.console.ask({"do": "status"}) if row.get("p") == 0)
    assert bench.outlet(1).contact_is_open or state > 1
