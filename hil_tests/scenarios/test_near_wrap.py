"""One test of every scenario file while `ticks_ms` wraps at 2^30: the board's power-on is 17 s before it, the bench is in service 2 s
before it. `python -m pytest hil_tests/scenarios --near-wrap` runs them all that way, and so does `make long` (test_variants.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from hil_tests.bench import variant
from hil_tests.bench.bench import Bench
from hil_tests.campaign import campaign
from hil_tests.scenarios import (
    test_bad_starts,
    test_boards,
    test_campaign,
    test_console,
    test_determinism,
    test_disturbance,
    test_esp32s3,
    test_expanders,
    test_fire,
    test_flash_wear,
    test_gate,
    test_law_1,
    test_power_cuts,
    test_sessions,
    test_trial,
    test_trips,
)
from hil_tests.scenarios.conftest import SITE

Shown = Callable[[str, object], None]
SILENT_TIMER = next(row for row in test_law_1.ROWS if row.name == "scan timer silent")

WITH_A_BENCH: dict[ModuleType, Callable[[Bench, Shown], object]] = {
    test_bad_starts: lambda bench, shown: test_bad_starts.test_a_trip_survives_every_kind_of_reset_even_right_after_it(
        bench, "watchdog", "1 s"
    ),
    test_boards: lambda bench, shown: test_boards.test_a_charge_runs_and_an_alarm_ends_it(bench),
    test_console: lambda bench, shown: test_console.test_the_key_switch_authorises_one_typed_command(bench),
    test_disturbance: lambda bench, shown: test_disturbance.test_a_flooded_port_costs_no_outlet_no_restart_and_no_late_trip(
        bench, "console: random bytes", shown
    ),
    test_esp32s3: lambda bench, shown: test_esp32s3.test_it_sells_and_trips(bench),
    test_expanders: lambda bench, shown: test_expanders.test_a_hung_bus_is_clocked_free_and_sells_again(bench),
    test_fire: lambda bench, shown: test_fire.test_a_trip_stays_until_the_smoke_is_gone_and_a_person_clears_it(bench),
    test_flash_wear: lambda bench, shown: test_flash_wear.test_with_a_point_off_normal_nothing_is_erased_under_an_outlet_that_is_on(bench),
    test_gate: lambda bench, shown: test_gate.test_a_known_card_frees_the_gate_for_its_release_time(bench),
    test_law_1: lambda bench, shown: test_law_1.test_no_outlet_stays_fed_without_a_live_scan(bench, SILENT_TIMER, shown),
    test_power_cuts: lambda bench, shown: test_power_cuts.test_a_sale_that_its_user_stopped_is_not_resumed_by_a_cut_before_its_settlement(
        bench
    ),
    test_sessions: lambda bench, shown: test_sessions.test_unplugging_ends_the_session_within_a_minute(bench),
    test_trial: lambda bench, shown: test_trial.test_without_confirmation_the_old_one_is_back_after_ten_minutes_and_a_charging_bike_goes_on(
        bench
    ),
    test_trips: lambda bench, shown: test_trips.test_a_second_trip_is_named_too(bench),
}
SITES = {test_boards: test_boards.SITES[0], test_esp32s3: test_esp32s3.SITE, test_expanders: test_expanders.SITES / "pcf.toml"}
WITHOUT = {test_campaign, test_determinism}
NOT_SCENARIOS = {"test_near_wrap", "test_stock_program", "test_variants"}


@pytest.fixture
def near_wrap() -> Iterator[None]:
    """Benches made now stand seconds before the wrap."""
    with variant.use(variant.Variant(ticks_offset_ms=variant.NEAR_WRAP_MS)):
        yield


@pytest.mark.parametrize("module", WITH_A_BENCH, ids=lambda module: module.__name__.rpartition(".")[2])
@pytest.mark.usefixtures("near_wrap")
def test_a_scenario_of_every_file_passes_while_the_ticks_wrap(module: ModuleType, seed: int):
    with Bench(site=SITES.get(module, SITE), seed=seed) as bench:
        bench.run("15 s")
        before = int(bench.board.probe("import time; print(time.ticks_ms())"))
        assert (1 << 30) - 3000 < before < (1 << 30) - 1000
        WITH_A_BENCH[module](bench, lambda name, value: None)


@pytest.mark.usefixtures("near_wrap")
def test_a_random_quarter_of_an_hour_is_settled_to_the_fen_while_the_ticks_wrap(seed: int):
    assert campaign(seed, 0.25) == []


def test_the_same_seed_gives_the_same_link_log_while_the_ticks_wrap(tmp_path: Path):
    logs = [test_determinism.evening(tmp_path, name, seed=7, hash_seed="0", ticks_ms=variant.NEAR_WRAP_MS) for name in ("a", "b")]
    assert len(logs[0].splitlines()) > 500 and logs[0] == logs[1]


def test_every_scenario_file_has_its_test_near_the_wrap():
    files = {path.stem for path in Path(__file__).parent.glob("test_*.py")} - NOT_SCENARIOS
    assert {module.__name__.rpartition(".")[2] for module in (*WITH_A_BENCH, *WITHOUT)} == files
