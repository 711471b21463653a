"""A row without supply, or with a low voltage, is neither people who unplugged nor many dead meters: sales wait, one fault is named."""

from __future__ import annotations

import pytest

from hil_tests.bench.bench import Bench

from .conftest import start_charging
from .test_live_outlets import faults

CARDS = ("resident", "neighbour", "tenant", "visitor")


def all_charge(bench: Bench) -> None:
    for number, card in enumerate(CARDS, start=1):
        start_charging(bench, number, card=card)
    bench.run("5 min")


def all_are_charging(bench: Bench) -> bool:
    return all(bench.outlet(number).is_charging() for number in (1, 2, 3, 4))


@pytest.mark.parametrize("volts", [72, 80, 110, 150])
def test_a_minute_of_low_voltage_is_waited_out_and_not_billed(bench: Bench, volts: int) -> None:
    start_charging(bench, 1)
    bench.run("10 min")
    bench.mains.set_volts(volts)
    bench.run("1 min")
    assert bench.outlet(1).contact_is_open()
    assert (27, 0) in faults(bench)
    bench.mains.on()
    bench.until(bench.outlet(1).is_charging, within="40 s")
    bench.run("10 min")
    bench.console.ask({"do": "stop", "o": 1}, key=True)
    bench.run("10 s")
    end = bench.journal.last("session_end")
    assert end.stop_cause == "operator"
    assert 1160 <= end.energised_s <= 1215
    assert abs(end.energy_mwh - bench.outlet(1).energy_mwh) <= 1000


def test_a_dip_of_two_seconds_ends_nothing_and_is_no_fault(bench: Bench) -> None:
    all_charge(bench)
    bench.mains.sag(85.0, "2 s")
    bench.run("30 s")
    assert all_are_charging(bench)
    bench.run("2 min")
    assert all_are_charging(bench)


def test_a_breaker_that_falls_is_one_fault_and_the_sales_go_on_when_it_is_back(bench: Bench) -> None:
    all_charge(bench)
    bench.breaker("row A").trip()
    bench.run("5 min")
    assert faults(bench) == {(26, 0)}
    assert bench.journal.records("session_end") == []
    bench.breaker("row A").close()
    bench.until(lambda: all_are_charging(bench), within="30 s")
    bench.console.ask({"do": "clear"}, key=True)
    assert faults(bench) == set()


def test_a_breaker_that_stays_off_settles_the_sales_at_the_time_they_were_fed(bench: Bench) -> None:
    all_charge(bench)
    bench.breaker("row A").trip()
    bench.run("32 min")
    ends = bench.journal.records("session_end")
    assert [end.stop_cause for end in ends] == ["supply_lost"] * 4
    fed_s = sorted(bench.outlet(number).energised_s for number in (1, 2, 3, 4))
    for billed_s, true_s in zip(sorted(end.energised_s for end in ends), fed_s, strict=True):
        assert true_s - 12 <= billed_s <= true_s
    for end in ends:
        assert end.price_fen == end.energised_s * 100 // 18000 < 100
    assert faults(bench) == {(26, 0)}, "not four dead meters as well"


def test_a_row_that_lost_its_supply_while_nobody_charged_is_one_fault(bench: Bench) -> None:
    bench.breaker("row A").trip()
    bench.run("4 min")
    assert faults(bench) == {(26, 0)}
    bench.breaker("row A").close()
    bench.run("90 s")
    start_charging(bench, 1)


def test_an_outlets_own_breaker_is_that_outlets_meter_and_nobody_elses(bench: Bench) -> None:
    all_charge(bench)
    bench.outlet(2).plant.own_breaker.trip()
    bench.run("1 min")
    assert faults(bench) == {(8, 1)}
    assert bench.outlet(1).is_charging() and bench.outlet(3).is_charging()


def test_a_contactor_that_drops_out_under_four_bikes_is_no_four_people_who_unplugged(bench: Bench) -> None:
    all_charge(bench)
    bench.contactor("row A").fault("open")
    bench.run("15 s")
    assert faults(bench) == {(26, 0)}
    bench.contactor("row A").fault("ok")
    bench.until(lambda: all_are_charging(bench), within="60 s")
    assert bench.journal.records("session_end") == []


def test_a_contactor_that_stays_open_settles_them_for_the_supply(bench: Bench) -> None:
    all_charge(bench)
    bench.contactor("row A").fault("open")
    bench.run("4 min")
    assert {end.stop_cause for end in bench.journal.records("session_end")} == {"supply_lost"}


def test_two_neighbours_who_leave_one_after_the_other_have_unplugged(bench: Bench) -> None:
    start_charging(bench, 1)
    start_charging(bench, 2, card="neighbour")
    bench.run("5 min")
    bench.bike(1).unplug()
    bench.run("5 s")
    bench.bike(2).unplug()
    bench.run("30 s")
    assert {end.stop_cause for end in bench.journal.records("session_end")} == {"unplugged"}
    assert faults(bench) == set()
