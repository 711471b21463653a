"""One test of every scenario file while `ticks_ms` wraps at 2^30: the board's power-on is 17 s before it, the bench is in service 2 s
before it. `python -m pytest hil_tests/scenarios --near-wrap` runs them all that way, and so does `make long` (test_variants.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from shedbench.bench import variant
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.campaign import campaign
from shedbench.places import SMALL_SITE as SITE

from hil_tests.scenarios import (
    test_bad_starts,
    test_blind,
    test_boards,
    test_broken_program,
    test_campaign,
    test_clearing,
    test_clock,
    test_console,
    test_counted_times,
    test_determinism,
    test_disturbance,
    test_entrance_presence,
    test_esp32s3,
    test_expander_parts,
    test_expanders,
    test_fire,
    test_flash_wear,
    test_full_size,
    test_gate,
    test_hum,
    test_hung_board,
    test_journal_room,
    test_keys_at_power_on,
    test_last_of_a_row,
    test_law_1,
    test_limits,
    test_live_outlets,
    test_live_over_cuts,
    test_money,
    test_moved_outlets,
    test_power_cuts,
    test_reading,
    test_sessions,
    test_site_keys,
    test_supply,
    test_trial,
    test_trip_records,
    test_trips,
    test_votes,
    test_wrong_board,
)

Shown = Callable[[str, object], None]
SILENT_TIMER = next(row for row in test_law_1.ROWS if row.name == "scan timer silent")


def _dead(bench: Bench) -> Bench:
    start_charging(bench, 1)
    bench.board.kill()
    bench.run("2 s")
    return bench


WITH_A_BENCH: dict[ModuleType, Callable[[Bench, Shown], object]] = {
    test_bad_starts: lambda bench, shown: test_bad_starts.test_a_trip_survives_every_kind_of_reset_even_right_after_it(
        bench, "watchdog", "1 s"
    ),
    test_blind: lambda bench, shown: test_blind.test_a_session_does_not_go_on_after_an_outage_until_the_detectors_see(bench),
    test_boards: lambda bench, shown: test_boards.test_a_charge_runs_and_an_alarm_ends_it(bench),
    test_clearing: lambda bench, shown: test_clearing.test_a_point_on_its_way_to_alarm_clears_nothing(bench),
    test_clock: lambda bench, shown: test_clock.test_a_shed_without_dated_cards_needs_no_clock(bench),
    test_console: lambda bench, shown: test_console.test_the_key_switch_authorises_one_typed_command(bench),
    test_counted_times: lambda bench, shown: test_counted_times.test_who_presses_after_the_own_grant_is_not_served_on_anothers(bench),
    test_disturbance: lambda bench, shown: test_disturbance.test_a_flooded_port_costs_no_outlet_no_restart_and_no_late_trip(
        bench, "console: random bytes", shown
    ),
    test_entrance_presence: lambda bench, shown: test_entrance_presence.test_who_missed_the_release_and_taps_on_is_let_in_again(bench),
    test_esp32s3: lambda bench, shown: test_esp32s3.test_it_sells_and_trips(bench),
    test_expanders: lambda bench, shown: test_expanders.test_a_hung_bus_is_clocked_free_and_sells_again(bench),
    test_fire: lambda bench, shown: test_fire.test_a_trip_stays_until_the_smoke_is_gone_and_a_person_clears_it(bench),
    test_flash_wear: lambda bench, shown: test_flash_wear.test_with_a_point_off_normal_nothing_is_erased_under_an_outlet_that_is_on(bench),
    test_gate: lambda bench, shown: test_gate.test_a_known_card_frees_the_gate_for_its_release_time(bench),
    test_hum: lambda bench, shown: test_hum.test_smoke_is_seen_through_hum_within_60_ms_and_hum_is_no_smoke(bench, 5, 800, 50.0),
    test_hung_board: lambda bench, shown: test_hung_board.test_a_hung_board_frees_the_gate_within_t_drop(bench, "a C call that blocks"),
    test_journal_room: lambda bench, shown: test_journal_room.test_two_cards_in_a_purse_are_two_things(bench),
    test_live_outlets: lambda bench, shown: test_live_outlets.test_an_outlet_that_obeys_is_off_within_seconds_of_its_stop(bench),
    test_moved_outlets: lambda bench, shown: test_moved_outlets.test_a_weld_at_an_unknown_socket_holds_every_row_until_a_person_has_looked(
        bench
    ),
    test_live_over_cuts: lambda bench, shown: (
        test_live_over_cuts.test_a_proven_weld_is_forgotten_at_no_cut_though_its_meter_shows_nothing_behind_the_open_contactor(bench, True)
    ),
    test_money: lambda bench, shown: test_money.test_three_people_come_in_together_and_each_pays_for_the_own_bike(bench),
    test_reading: lambda bench, shown: test_reading.test_the_first_typed_word_on_a_live_shed_holds_up_no_scan_and_is_answered(bench),
    test_supply: lambda bench, shown: test_supply.test_a_breaker_that_falls_is_one_fault_and_the_sessions_go_on_when_it_is_back(bench),
    test_trip_records: lambda bench, shown: test_trip_records.test_a_trip_that_only_rtc_memory_knows_is_latched_and_written_down(bench),
    test_wrong_board: lambda bench, shown: test_wrong_board.test_an_image_of_an_earlier_version_that_names_no_board_still_serves(
        _dead(bench)
    ),
    test_last_of_a_row: lambda bench, shown: (
        test_last_of_a_row.test_a_relay_that_welds_in_the_rows_only_session_is_told_at_its_own_stop(bench)
    ),
    test_law_1: lambda bench, shown: test_law_1.test_no_outlet_stays_fed_without_a_live_scan(bench, SILENT_TIMER, shown),
    test_power_cuts: lambda bench, shown: test_power_cuts.test_a_session_that_its_user_stopped_is_settled_after_a_cut(bench),
    test_sessions: lambda bench, shown: test_sessions.test_unplugging_ends_the_session_within_a_minute(bench),
    test_trial: lambda bench, shown: test_trial.test_without_confirmation_the_old_one_is_back_after_ten_minutes_and_a_charging_bike_goes_on(
        bench
    ),
    test_trips: lambda bench, shown: test_trips.test_a_second_trip_is_named_too(bench),
}
SITES = {test_boards: test_boards.SHEDS[0], test_esp32s3: test_esp32s3.SITE, test_expanders: test_expanders.EXPANDERS / "pcf.toml"}
WITHOUT = {test_campaign, test_determinism}  # below
# Sites of their own, or over before the wrap.
ELSEWHERE = {test_expander_parts, test_full_size, test_limits, test_broken_program, test_keys_at_power_on, test_site_keys, test_votes}
NOT_SCENARIOS = {"test_near_wrap", "test_stock_program", "test_variants"}


@pytest.fixture
def near_wrap() -> Iterator[None]:
    """Benches made now begin seconds before the wrap."""
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


@pytest.mark.long
def test_the_same_seed_gives_the_same_link_log_while_the_ticks_wrap(tmp_path: Path):
    logs = [test_determinism.evening(tmp_path, name, seed=7, hash_seed="0", ticks_ms=variant.NEAR_WRAP_MS) for name in ("a", "b")]
    assert len(logs[0].splitlines()) > 500 and logs[0] == logs[1]


def test_every_scenario_file_has_its_test_near_the_wrap():
    files = {path.stem for path in Path(__file__).parent.glob("test_*.py")} - NOT_SCENARIOS
    assert {module.__name__.rpartition(".")[2] for module in (*WITH_A_BENCH, *WITHOUT, *ELSEWHERE)} == files
