"""Laws 4, 6 and 10: the power fails at any flash operation of a charging day, and no session is lost, billed twice or left on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.places import SMALL_SITE as SITE
from shedbench.power_cuts import KINDS, Sweep, sweep
from shedbench.power_cuts.day import used_flash
from shedbench.power_cuts.errors import sweep_errors
from shedbench.power_cuts.twice import STEPS, sweep_twice

PARTS = 4  # of the first cuts of two, so that several workers have a share


def check(result: Sweep) -> None:
    print(f"{result.operations} operations, {result.figures()}")
    assert result.findings == []
    assert (result.lost, result.double_billed, result.left_on) == (0, 0, 0)


@pytest.mark.slow(15)
def test_a_sample_of_the_cuts_of_a_charging_day_loses_nothing(seed: int, record_property: Callable[[str, object], None]):
    """Up to the end of its first outage: four sessions begin, one is stopped, one unplugged, the others are resumed."""
    result = sweep(seed=seed, share=0.04, jobs=1, up_to="mains are back", after="2 min")
    record_property("power_cuts", result.figures())
    check(result)
    assert result.tried >= 8


@pytest.mark.long
@pytest.mark.slow(800)
@pytest.mark.parametrize("kind", KINDS)
def test_no_cut_at_any_flash_operation_of_a_charging_day_loses_anything(
    kind: str, seed: int, record_property: Callable[[str, object], None]
):
    result = sweep(seed=seed, jobs=1, kinds=[kind])
    record_property(f"power_cuts_{kind}", result.figures())
    check(result)
    assert result.tried == result.operations >= 200


@pytest.mark.slow(8)
def test_a_sample_of_two_cuts_in_a_row_loses_nothing(seed: int):
    result = sweep_twice("resume", seed=seed, share=0.007, jobs=1)
    check(result)
    assert result.tried >= 5


@pytest.mark.long
@pytest.mark.slow(400)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("what", STEPS)
def test_no_two_cuts_in_a_row_lose_anything(what: str, part: int, seed: int, record_property: Callable[[str, object], None]):
    result = sweep_twice(what, seed=seed, jobs=1, part=(part, PARTS))
    record_property(f"power_cuts_twice_{what}_{part}", result.figures())
    check(result)
    assert result.tried >= 40


@pytest.mark.parametrize("what", STEPS)
def test_a_sample_of_flash_errors_loses_nothing(what: str, seed: int):
    result = sweep_errors(what, seed=seed, share=0.08, jobs=1)
    check(result)
    assert result.tried >= 2


@pytest.mark.long
@pytest.mark.slow(150)
@pytest.mark.parametrize("what", STEPS)
def test_no_flash_error_loses_anything(what: str, seed: int, record_property: Callable[[str, object], None]):
    result = sweep_errors(what, seed=seed)
    record_property(f"flash_errors_{what}", result.figures())
    check(result)
    assert result.tried == 4 * result.operations >= 16


def test_a_shed_with_years_behind_it_boots_once_and_knows_its_boot_count_and_its_trip():
    """A journal that wrapped around is 512 KB; searching it takes longer than the watchdog waits."""
    with Bench(site=SITE, seed=1, power=False) as bench:
        used_flash(bench.process.flash)
        bench.spawn_board()
        bench.plant.psu.start()
        bench.run("15 s")
        bench.smoke("bay").alarm()
        bench.run("1 s")
        bench.smoke("bay").clear()
        bench.run("5 s")
        bench.mains.off()
        bench.run("5 s")
        bench.mains.on()
        bench.run("20 s")
        assert len(bench.board.boots) == 2, "a watchdog reset during the boot"
        assert [record.boots for record in bench.journal.records("boot")] == [1, 2]
        assert bench.gate("main").is_free, "a latched trip is not forgotten over an outage"


@pytest.mark.parametrize(("in_the_boot", "operation"), [(True, 8), (False, 2)], ids=["live ring", "journal"])
def test_a_torn_sector_header_costs_the_next_boot_none_of_its_records(in_the_boot: bool, operation: int):
    """In a used flash the live ring takes a new sector into use in the boot, the journal at a session's start."""
    with Bench(site=SITE, seed=1, power=False) as bench:
        used_flash(bench.process.flash)
        bench.spawn_board()
        bench.plant.psu.start()
        if not in_the_boot:
            bench.run("15 s")
            bench.card("resident").tap()
            bench.run("3 s")
            bench.bike(1).plug("li48v", soc=0.2)
        bench.board.trace_flash()
        bench.board.fault("power-cut-at-write", operation, kind="torn")
        bench.button(1).press()
        bench.until(bench.board.is_halted, within="5 s")
        assert bench.board.flash_operations[-1][3] == 16, "a sector header"
        bench.board.power_cycle()
        bench.run("40 s")
        assert [record.boots for record in bench.journal.records("boot")][-1] == 2
        if in_the_boot:
            start_charging(bench, 1)
        assert bench.outlet(1).is_charging and len(bench.journal.records("session_start")) == 1


def test_a_session_that_its_user_stopped_is_settled_after_a_cut(bench: Bench):
    start_charging(bench, 1)
    bench.run("5 min")
    bench.card("resident").tap()
    bench.run("1 s")
    bench.button(1).press()
    bench.until(bench.outlet(1).contact_is_open, within="1 s")
    bench.run("500 ms")
    assert bench.journal.sessions() == []
    bench.board.kill()
    bench.run("5 s")
    bench.board.start()
    bench.stays(bench.outlet(1).contact_is_open, "60 s")
    (end,) = bench.journal.sessions()
    assert end.stop_cause == "user" and end.price_fen == 100
    assert end.energy_mwh == pytest.approx(bench.outlet(1).energy_mwh, abs=1000)
