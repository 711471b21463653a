"""The auditor finds each kind of disagreement, and none if plant and journal agree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from shedbench.audit import settle
from shedbench.audit.site import Cause, Site, Tariff
from shedbench.audit.truth import Energised, Span, Truth
from shedguard.formats.records import Log, Record

S = 1_000_000_000
CARD = b"\x04\x04\xa1\xb2\xc3" + bytes(6)
SMOKE = Cause("smoke bay", ("smoke bay",), frozenset({1, 2}), frozenset({"main"}), latched=True)
SITE = Site(Tariff(100, 300), (1, 2), ("smoke bay",), (SMOKE,), ("smoke bay",))
BOOT_S = 10  # the plant saw the board start here


def record(sequence: int, kind: str, at_s: int, **fields: Any) -> Record:
    return Record(sequence, kind, fields, uptime_s=at_s - BOOT_S, boot=1)


def start(sequence: int, at_s: int, session: int = 1, outlet: int = 0, card: bytes = CARD) -> Record:
    return record(sequence, "session_start", at_s, session=session, outlet=outlet, card=card, meter_wh=0, price_fen=100)


def end(sequence: int, at_s: int, session: int = 1, outlet: int = 0, **changed: Any) -> Record:
    fields = {"session": session, "outlet": outlet, "card": CARD, "start_s": 90, "energised_s": 3600, "energy_mwh": 150_000}
    fields |= {"meter_start_wh": 0, "meter_end_wh": 150, "price_fen": 100, "stop_cause": 2}
    return record(sequence, "session_end", at_s, **(fields | changed))


BOOT = record(1, "boot", BOOT_S, reset_cause=1, fault=0, argument=0, boots=7)
TRIP = record(2, "trip", 5000, cause=0, point=0, effects=3, alarms=1, latency_us=9000, latched=1)
RESET = record(3, "trip_reset", 5600, cause=0, authority=3, latched=0)
SOLD = (BOOT, start(2, 100), end(3, 3705))
TRUTH = Truth(
    now_ns=8000 * S,
    boots_ns=[BOOT_S * S],
    energised={1: [Energised(101 * S, 3703 * S, 150_500.0)], 2: []},
    path={1: [Span(101 * S, 3703 * S)], 2: []},
    alarms={"smoke bay": []},
    locked={"main": [Span(12 * S)]},
)
SMOKY = replace(
    TRUTH, alarms={"smoke bay": [Span(5000 * S, 5300 * S)]}, locked={"main": [Span(12 * S, 5000 * S + 50_000_000), Span(5601 * S)]}
)


def findings(truth: Truth, *records: Record) -> list[str]:
    return settle(truth, SITE, Log(list(records)))


def outlet_1(*intervals: Energised) -> Truth:
    return replace(TRUTH, energised={1: list(intervals), 2: []})


def test_agreement_gives_no_finding():
    assert findings(TRUTH, *SOLD) == []


def test_a_trip_that_was_recorded_reset_and_kept_gives_no_finding():
    assert findings(replace(SMOKY, energised={}), BOOT, TRIP, RESET) == []


@pytest.mark.parametrize(("energy_mwh", "agrees"), [(149_000, True), (151_900, True), (148_900, False), (152_100, False)])
def test_energy_agrees_to_one_percent(energy_mwh: int, agrees: bool):
    found = findings(TRUTH, BOOT, start(2, 100), end(3, 3705, energy_mwh=energy_mwh))
    assert (found == []) is agrees
    assert agrees or "150.50 Wh" in found[0]


@pytest.mark.parametrize(("energy_mwh", "agrees"), [(18_900, True), (21_100, True), (18_700, False), (21_300, False)])
def test_below_100_wh_the_meters_own_resolution_is_the_tolerance(energy_mwh: int, agrees: bool):
    truth = outlet_1(Energised(101 * S, 3703 * S, 20_000.0))
    assert (findings(truth, BOOT, start(2, 100), end(3, 3705, energy_mwh=energy_mwh)) == []) is agrees


def test_from_100_wh_on_it_is_one_percent_and_nothing_more():
    truth = outlet_1(Energised(101 * S, 3703 * S, 100_000.0))
    assert findings(truth, BOOT, start(2, 100), end(3, 3705, energy_mwh=98_950)) != []


@pytest.mark.parametrize(("missing_mwh", "cause", "agrees"), [(2400, 8, True), (2700, 8, False), (-1600, 8, False), (2400, 2, False)])
def test_only_a_session_that_ended_for_its_dead_meter_may_lack_what_nobody_measured(missing_mwh: int, cause: int, agrees: bool):
    truth = outlet_1(Energised(101 * S, 3703 * S, 150_500.0))  # 25 s at its mean power are 1044 mWh, 1 % is 1505
    found = findings(truth, BOOT, start(2, 100), end(3, 3705, energy_mwh=150_500 - missing_mwh, stop_cause=cause))
    assert (found == []) is agrees


def test_a_price_that_the_tariff_does_not_give_is_found():
    found = findings(TRUTH, BOOT, start(2, 100), end(3, 3705, price_fen=99))
    assert any("cost 100 fen by the tariff, the journal took 99" in line for line in found)


def test_a_price_that_fits_the_journals_time_but_not_the_plants_is_found():
    found = findings(TRUTH, BOOT, start(2, 100), end(3, 3705, energised_s=18_500, price_fen=200))
    assert any("bills 18500 s" in line for line in found)
    assert any("plant's energised time costs 100 fen, the journal took 200" in line for line in found)


@pytest.mark.parametrize(("seconds", "price_fen", "agrees"), [(17_990, 100, True), (18_003, 200, True), (17_980, 100, False)])
def test_at_the_edge_of_a_block_the_span_of_the_load_decides(seconds: int, price_fen: int, agrees: bool):
    truth = outlet_1(Energised(101 * S, 18_104 * S, 900_000.0))  # 18 003 s; 18 000 s are one block
    sold = end(3, 18_106, energised_s=seconds, price_fen=price_fen, energy_mwh=900_000)
    assert (findings(truth, BOOT, start(2, 100), sold) == []) is agrees


def test_voltage_without_a_session_is_found():
    truth = replace(TRUTH, energised={**TRUTH.energised, 2: [Energised(200 * S, 300 * S, 4000.0)]})
    assert findings(truth, *SOLD) == ["outlet 2 had voltage from 200.000 s on (4.0 Wh) and no session says why"]


def test_voltage_after_the_end_of_a_session_is_found():
    truth = outlet_1(*TRUTH.energised[1], Energised(3720 * S, 3800 * S, 10.0))
    assert len(findings(truth, *SOLD)) == 1


def test_a_session_that_is_never_settled_is_found():
    assert findings(TRUTH, *SOLD[:2]) == ["session 0x00000001 at outlet 1 was never settled; the plant delivered 150.5 Wh in it"]


def test_a_session_that_still_runs_is_left_out():
    assert findings(outlet_1(Energised(101 * S)), *SOLD[:2]) == []


def test_a_session_settled_twice_is_found():
    assert findings(TRUTH, *SOLD, end(4, 3710)) == ["session 0x00000001 at outlet 1 is settled twice"]


def test_an_end_without_a_start_is_found():
    assert "no start" in findings(replace(TRUTH, energised={}), BOOT, end(2, 3705))[0]


def test_an_end_without_a_numbered_cause_is_found():
    assert "stop cause 0" in findings(TRUTH, BOOT, start(2, 100), end(3, 3705, stop_cause=0))[0]


def test_a_socket_that_stays_live_behind_its_settlement_is_found():
    assert "still delivers" in findings(outlet_1(Energised(101 * S)), *SOLD)[0]


def test_a_session_over_an_outage_adds_its_intervals_up():
    second = record(3, "boot", BOOT_S, reset_cause=1, fault=0, argument=0, boots=8)
    parts = outlet_1(Energised(101 * S, 1901 * S, 75_000.0), Energised(4020 * S, 5820 * S, 75_000.0))
    truth = replace(parts, boots_ns=[BOOT_S * S, 4000 * S])
    sold = end(4, 1825 + BOOT_S)  # uptime of the second boot
    assert findings(truth, BOOT, start(2, 100), second, sold) == []


@pytest.mark.parametrize(("seconds", "agrees"), [(3585, True), (2985, True), (2950, False), (3603, False)])
def test_a_power_cut_may_cost_the_time_since_the_last_checkpoint_and_no_more(seconds: int, agrees: bool):
    second = record(3, "boot", BOOT_S, reset_cause=1, fault=0, argument=0, boots=8)
    parts = outlet_1(Energised(101 * S, 1901 * S, 75_000.0), Energised(4020 * S, 5820 * S, 75_000.0))
    truth = replace(parts, boots_ns=[BOOT_S * S, 4000 * S])
    assert (findings(truth, BOOT, start(2, 100), second, end(4, 1825 + BOOT_S, energised_s=seconds)) == []) is agrees


def test_two_sessions_at_one_outlet_are_not_mixed_up():
    truth = outlet_1(*TRUTH.energised[1], Energised(4000 * S, 7600 * S, 120_000.0))
    second = end(5, 7603, session=2, energised_s=3598, energy_mwh=120_100)
    assert findings(truth, *SOLD, start(4, 3999, session=2), second) == []


def test_an_alarm_without_a_trip_is_found():
    assert any("the journal has no trip" in line for line in findings(replace(SMOKY, energised={}), BOOT))


def test_a_trip_without_an_alarm_is_found():
    assert any("no detector of it was in alarm" in line for line in findings(replace(TRUTH, energised={}), BOOT, TRIP, RESET))


def test_an_outlet_that_is_fed_during_a_trip_is_found():
    truth = replace(SMOKY, path={1: [], 2: [Span(4000 * S, 5001 * S)]})
    found = findings(truth, *SOLD, TRIP, RESET)
    assert found == ["outlet 2 was fed during the trip by 'smoke bay' (alarm of 'smoke bay' at 5000.000 s)"]


def test_an_outlet_that_is_fed_after_the_smoke_but_before_the_reset_is_found():
    truth = replace(SMOKY, path={1: [], 2: [Span(5400 * S, 5410 * S)]})
    assert "outlet 2 was fed" in findings(truth, *SOLD, TRIP, RESET)[0]


def test_a_gate_that_is_locked_during_a_trip_is_found():
    truth = replace(SMOKY, locked={"main": [Span(12 * S, 5002 * S)]})
    assert "gate 'main' was locked" in findings(truth, *SOLD, TRIP, RESET)[0]


def test_a_reset_under_smoke_is_found():
    early = record(3, "trip_reset", 5100, cause=0, authority=3, latched=0)
    assert any("while 'smoke bay' was still in alarm" in line for line in findings(SMOKY, *SOLD, TRIP, early))


def test_a_second_alarm_under_a_latched_trip_needs_no_second_record():
    truth = replace(SMOKY, alarms={"smoke bay": [Span(5000 * S, 5100 * S), Span(5200 * S, 5300 * S)]})
    assert findings(truth, *SOLD, TRIP, RESET) == []


def test_a_boot_that_the_plant_never_saw_is_found():
    ghost = record(4, "boot", BOOT_S, reset_cause=1, fault=0, argument=0, boots=9)
    assert "boot 9" in findings(TRUTH, *SOLD, ghost)[0]


@pytest.mark.parametrize(("written_s", "found"), [({}, True), ({1: 4000, 2: 5002}, False)])
def test_a_record_belongs_to_the_start_in_which_it_was_seen_going_to_flash(written_s: dict[int, int], found: bool):
    """Of two starts of like length only one wrote records; nobody can tell which, unless the flash was watched."""
    trip = replace(TRIP, uptime_s=1001)
    starts = {"boots_ns": [BOOT_S * S, 4000 * S, 6000 * S], "stops_ns": [2010 * S, 5900 * S]}
    truth = replace(SMOKY, energised={}, locked={}, **starts, written_ns={number: at_s * S for number, at_s in written_s.items()})
    assert any("no detector of it was in alarm" in words for words in findings(truth, BOOT, trip)) is found


def test_a_trip_of_a_cause_that_is_not_armed_is_found():
    site = replace(SITE, causes=(None,))
    assert "not armed" in settle(replace(SMOKY, energised={}), site, Log([BOOT, TRIP]))[0]


@pytest.mark.parametrize(("point", "latched", "agrees"), [(255, 1 << 30 | 32, True), (0, 1 << 30 | 32, False), (255, 32, False)])
def test_a_trip_of_a_cause_that_the_site_has_not_is_an_unknown_latch_that_a_start_found(point: int, latched: int, agrees: bool):
    found = record(2, "trip", 5000, cause=5, point=point, effects=0, alarms=0, latency_us=-1, latched=latched)
    assert (findings(replace(TRUTH, energised={}), BOOT, found) == []) is agrees


@pytest.mark.parametrize(("bad_boots", "agrees"), [(11, True), (10, False)])
def test_a_board_without_points_sees_no_alarm_and_must_feed_and_hold_nothing(bad_boots: int, agrees: bool):
    loop = record(2, "fault", BOOT_S + 1, fault=15, argument=bad_boots)
    dark = replace(SMOKY, energised={}, path={}, locked={})
    assert (findings(dark, BOOT, loop) == []) is agrees
    fed = replace(dark, path={1: [Span(5100 * S, 5200 * S)]}, locked={"main": [Span(5100 * S, 5200 * S)]})
    assert len([words for words in findings(fed, BOOT, loop) if "without points" in words]) == (2 if agrees else 0)


@pytest.mark.parametrize(("reset_s", "found"), [(4998, False), (5001, True)])
def test_a_reset_is_one_under_smoke_only_if_it_surely_came_after_the_smoke(reset_s: int, found: bool):
    """A record is known to some seconds; without a trip record of this alarm the reset may be of the time before it."""
    reset = record(3, "trip_reset", reset_s, cause=0, authority=3, latched=0)
    assert any("while 'smoke bay' was still in alarm" in line for line in findings(SMOKY, *SOLD, reset)) is found
