"""A row without supply, or with a low voltage, counts neither as unplugging nor as many dead meters: sessions wait, one fault is raised."""

from __future__ import annotations

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging

from .test_live_outlets import OFF, faults, told

CARDS = ("resident", "neighbour", "tenant", "visitor")


def all_charge(bench: Bench) -> None:
    for number, card in enumerate(CARDS, start=1):
        start_charging(bench, number, card=card)
    bench.run("5 min")


def all_are_charging(bench: Bench) -> bool:
    return all(bench.outlet(number).is_charging() for number in (1, 2, 3, 4))


@pytest.mark.parametrize("volts", [72, *(pytest.param(volts, marks=pytest.mark.long) for volts in (80, 110)), 150])
def test_a_minute_of_low_voltage_is_waited_out_and_not_billed(bench: Bench, volts: int) -> None:
    start_charging(bench, 1)
    bench.run("5 min")
    bench.mains.set_volts(volts)
    bench.run("1 min")
    assert bench.outlet(1).contact_is_open()
    assert (27, 0) in faults(bench)
    bench.mains.on()
    bench.until(bench.outlet(1).is_charging, within="40 s")
    bench.run("5 min")
    bench.console.ask({"do": "stop", "o": 1}, key=True)
    bench.run("10 s")
    end = bench.journal.last("session_end")
    assert end.stop_cause == "operator"
    assert 560 <= end.energised_s <= 615
    assert abs(end.energy_mwh - bench.outlet(1).energy_mwh) <= 1000


def test_a_dip_of_two_seconds_ends_nothing_and_is_no_fault(bench: Bench) -> None:
    all_charge(bench)
    bench.mains.sag(85.0, "2 s")
    bench.run("30 s")
    assert all_are_charging(bench)
    bench.run("2 min")
    assert all_are_charging(bench)


def test_a_breaker_that_falls_is_one_fault_and_the_sessions_go_on_when_it_is_back(bench: Bench) -> None:
    all_charge(bench)
    bench.breaker("row A").trip()
    bench.run("5 min")
    assert faults(bench) == {(26, 0)}
    assert bench.journal.records("session_end") == []
    bench.breaker("row A").close()
    bench.until(lambda: all_are_charging(bench), within="30 s")
    bench.console.ask({"do": "clear"}, key=True)
    assert faults(bench) == set()


def test_a_breaker_that_stays_off_settles_the_sessions_at_the_time_they_were_fed(bench: Bench) -> None:
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


@pytest.mark.long
def test_healthy_outlets_are_off_after_a_fallen_breaker_and_no_meter_of_the_row_is_accused(bench: Bench) -> None:
    start_charging(bench, 2, card="neighbour")
    start_charging(bench, 1)
    bench.run("2 min")
    bench.breaker("row A").trip()
    bench.run("34 min")
    bench.breaker("row A").close()
    bench.run("1 min")
    assert faults(bench) == {(26, 0)}
    bench.bike(1).unplug()
    start_charging(bench, 3, card="tenant")
    bench.run("10 s")
    for number in (1, 2):
        assert told(bench, number) == OFF and not bench.outlet(number).is_energised()


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


def closings(bench: Bench) -> int:
    """Closings of the row's contactor so far, by the board or because its coil let go."""
    return (bench.contactor("row A").plant.operations + 1) // 2


DIPS = [(20, 110, 1, 5), *(pytest.param(40, *row, marks=pytest.mark.long) for row in ((110, 1, 5), (150, 4, 4), (120, 5, 25), (72, 1, 20)))]


@pytest.mark.slow(4)
@pytest.mark.parametrize(("minutes", "volts", "low_s", "well_s"), DIPS)
def test_a_feeder_that_sags_again_and_again_closes_the_contactor_a_dozen_times_an_hour_at_most(
    bench: Bench, minutes: int, volts: int, low_s: int, well_s: int
) -> None:
    """A pump or a lift on a weak feeder. Each closing under load wears the contact; thousands weld it."""
    bench.contactor("row A").plant.drop_out_share = 0.75
    start_charging(bench, 1)
    bench.run("3 min")
    before = closings(bench)
    for _ in range(minutes * 60 // (low_s + well_s)):
        bench.mains.set_volts(volts)
        bench.run(f"{low_s} s")
        bench.mains.on()
        bench.run(f"{well_s} s")
    assert closings(bench) - before <= 12
    assert (27, 0) in faults(bench)
    bench.run("13 min")
    bench.bike(1).unplug()
    bench.run("1 min")
    start_charging(bench, 1, card="neighbour")


def test_a_dip_of_a_second_each_minute_is_borne(bench: Bench) -> None:
    start_charging(bench, 1)
    bench.run("2 min")
    before = closings(bench)
    for _ in range(12):
        bench.mains.sag(150.0, "1 s")
        bench.run("1 min")
    assert bench.outlet(1).is_charging() and closings(bench) == before


def test_a_contactor_that_cannot_pull_in_is_not_asked_to_and_one_that_holds_goes_on(bench: Bench) -> None:
    """At 175 V a closed contactor holds; the coil of an open one would hum until it burns."""
    start_charging(bench, 1)
    bench.mains.set_volts(175)
    bench.stays(bench.outlet(1).is_charging, "5 min")
    start_charging(bench, 2, card="neighbour")
    bench.bike(1).unplug()
    bench.bike(2).unplug()
    bench.run("1 min")
    coil = bench.contactor("row A").plant
    assert not coil.coil_energised
    bench.bike(3).plug("li48v")
    bench.card("tenant").tap()
    bench.run("1 s")
    bench.button(3).press()
    bench.run("30 s")
    assert (27, 0) in faults(bench)
    assert bench.journal.records("session_end")[2:] == []
    assert not bench.plant.port.energises(coil.gpio)
    bench.mains.on()
    bench.run("30 s")
    bench.bike(3).unplug()
    start_charging(bench, 3, card="tenant")


def dips(bench: Bench, times: int, every_s: int, volts: float) -> None:
    for _ in range(times):
        bench.run(f"{every_s - 2} s")
        bench.mains.set_volts(volts)
        bench.run("2 s")
        bench.mains.on()


def test_a_press_without_a_bike_leaves_a_dead_outlet_though_the_feeder_dips(bench: Bench) -> None:
    """Else the next bike that is plugged in there charges on the card of a person who left long ago."""
    bench.card("resident").tap()
    bench.run("1 s")
    bench.button(1).press()
    bench.until(bench.outlet(1).contact_is_closed, within="10 s")
    dips(bench, 3, 110, 180)
    assert bench.outlet(1).contact_is_open()
    bench.bike(1).plug("la48v20", soc=0.0)
    dips(bench, 3, 110, 180)
    assert bench.outlet(1).energy_mwh == 0
    assert [end.stop_cause for end in bench.journal.records("session_end")] == ["no_load"]


def test_a_bike_that_leaves_in_a_pause_leaves_a_dead_outlet_though_the_feeder_dips(bench: Bench) -> None:
    start_charging(bench, 1)
    bench.run("3 min")
    bench.mains.set_volts(150)
    bench.run("8 s")
    bench.bike(1).unplug()
    bench.mains.on()
    dips(bench, 3, 100, 180)
    assert bench.outlet(1).contact_is_open()
    assert [end.stop_cause for end in bench.journal.records("session_end")] == ["outage_gone"]


def test_an_unplugged_bike_is_seen_on_a_feeder_that_dips_each_minute(bench: Bench) -> None:
    start_charging(bench, 1)
    start_charging(bench, 2, card="neighbour")
    bench.run("2 min")
    dips(bench, 4, 70, 160)
    bench.bike(1).unplug()
    dips(bench, 1, 70, 160)
    assert bench.outlet(1).contact_is_open() and bench.outlet(2).is_charging()
    assert [end.stop_cause for end in bench.journal.records("session_end")] == ["unplugged"]


def go_on_at_200_v(bench: Bench) -> None:
    bench.mains.set_volts(200)
    bench.until(lambda: bench.outlet(1).is_charging() and bench.outlet(2).is_charging(), within="30 s")
    assert bench.journal.records("session_end") == [] and len(bench.journal.records("session_start")) == 2


@pytest.mark.long
def test_a_cut_on_a_feeder_that_holds_a_contactor_and_cannot_pull_it_in_loses_no_session(bench: Bench) -> None:
    """At 180 V the row charges. After three dark seconds its contactor could only hum: each session waits, then goes on or is settled."""
    start_charging(bench, 1, pack="la48v20", soc=0.0)
    start_charging(bench, 2, pack="la48v20", soc=0.0, card="neighbour")
    bench.mains.set_volts(180)
    bench.stays(lambda: bench.outlet(1).is_charging() and bench.outlet(2).is_charging(), "20 min")
    fed_s = [bench.outlet(number).energised_s for number in (1, 2)]
    bench.mains.off()
    bench.run("3 s")
    bench.mains.set_volts(180)
    bench.run("15 s")
    assert faults(bench) == {(27, 0)}
    coil = bench.contactor("row A").plant.gpio
    bench.stays(lambda: not bench.plant.port.energises(coil), "25 min")
    assert bench.journal.records("session_end") == []
    bench.branch(go_on_at_200_v)
    bench.stays(lambda: not bench.plant.port.energises(coil), "6 min")
    ends = sorted(bench.journal.records("session_end"), key=lambda end: end.outlet)
    assert [end.stop_cause for end in ends] == ["supply_lost"] * 2
    for end, true_s, number in zip(ends, fed_s, (1, 2), strict=True):
        assert true_s - 600 <= end.energised_s <= true_s
        assert end.price_fen == end.energised_s * 100 // 18000
        assert abs(end.energy_mwh - bench.outlet(number).energy_mwh) <= 1000
