"""Repetition defeats no limit: cuts against waiting times, bursts against an overload; an expired grant, a register of zero."""

from __future__ import annotations

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.plant.loads import ResistiveLoad
from shedbench.plant.packs import Resistor

PRICE_FEN, BLOCK_S = 100, 300 * 60


def cut(bench: Bench, seconds: int = 3) -> None:
    bench.mains.off()
    bench.run(f"{seconds} s")
    bench.mains.on()


@pytest.mark.long
@pytest.mark.parametrize("cuts", [9, 14])
def test_a_session_that_waits_through_more_than_half_an_hour_of_cuts_feeds_no_other_bike(bench: Bench, cuts: int) -> None:
    start_charging(bench, 1)
    bench.run("3 min")
    bench.smoke("bay").fault("open")
    cut(bench)
    bench.run("1 min")
    bench.bike(1).unplug()
    bench.bike(1).plug("li48v", soc=0.1)
    for _ in range(cuts):
        cut(bench)
        bench.run("237 s")
        assert bench.outlet(1).contact_is_open
    bench.smoke("bay").fault("ok")
    bench.stays(bench.outlet(1).contact_is_open, "2 min")
    (session,) = bench.journal.sessions()
    assert session.stop_cause in ("blind", "waited")
    assert session.price_fen == session.energised_s * PRICE_FEN // BLOCK_S


def test_a_session_in_a_weak_supply_with_cuts_is_settled_within_the_half_hour(bench: Bench) -> None:
    start_charging(bench, 1)
    bench.run("3 min")
    bench.mains.set_volts(150)
    bench.run("30 s")
    assert bench.outlet(1).contact_is_open
    for _ in range(3):
        bench.run("12 min")
        bench.mains.off()
        bench.run("3 s")
        bench.mains.set_volts(150)
    bench.run("20 s")
    (session,) = bench.journal.sessions()
    assert session.stop_cause == "supply_lost" and session.energy_mwh == pytest.approx(bench.outlet(1).energy_mwh, abs=1000)
    bench.mains.on()
    bench.stays(bench.outlet(1).contact_is_open, "90 s")


@pytest.mark.parametrize("minutes", [15, pytest.param(4, marks=pytest.mark.long)])
def test_a_live_outlet_with_a_dead_meter_takes_its_row_off_whatever_the_mains_do(bench: Bench, minutes: int) -> None:
    start_charging(bench, 2, pack="la48v20", soc=0.0, card="neighbour")
    start_charging(bench, 1, pack="la48v20", soc=0.0)
    bench.run("1 min")
    bench.relay(1).fault("welded")
    bench.meter(1).fault("off")
    bench.run("1 min")
    assert [session.stop_cause for session in bench.journal.sessions()] == ["meter_stale"]
    before_mwh = bench.outlet(1).energy_mwh
    for _ in range(60 // minutes):
        cut(bench)
        bench.run(f"{minutes} min")
        if not bench.outlet(1).is_energised():
            break
    assert not bench.outlet(1).is_energised() and bench.outlet(2).contact_is_open
    assert bench.outlet(1).energy_mwh - before_mwh <= 150 * 10 / 60 * 1000
    cut(bench)
    bench.run("1 min")
    assert not bench.outlet(1).is_energised(), "and it stays off after the next"


def test_an_overload_in_bursts_is_ended_within_half_a_minute(bench: Bench) -> None:
    start_charging(bench, 1)
    bench.run("1 min")
    bench.bike(1).unplug()
    socket, heater = bench.plant.outlets[1], ResistiveLoad(Resistor("burst heater", 1900.0))
    began_ns = bench.now_ns
    while bench.outlet(1).contact_is_closed() and bench.now_ns - began_ns < 120e9:
        for load, span in ((heater, "2500 ms"), (None, "1500 ms")):
            if load is None:
                socket.unplug()
            else:
                socket.plug(load)
            bench.run(span)
    assert bench.now_ns - began_ns <= 30e9
    bench.run("10 s")
    assert bench.journal.last("session_end").stop_cause == "over_power"


def test_who_presses_after_the_own_grant_is_not_served_on_anothers(bench: Bench) -> None:
    bench.bike(1).plug("li48v")
    bench.card("resident").tap()
    bench.run("170 s")
    bench.card("neighbour").tap()
    bench.run("15 s")
    bench.button(1).press()
    bench.stays(bench.outlet(1).contact_is_open, "20 s")
    assert bench.journal.last("press_refused").outlet == 1
    bench.button(1).press()
    bench.run("1 s")
    bench.card("neighbour").tap()
    bench.until(bench.outlet(1).is_charging, within="20 s")


@pytest.mark.parametrize("when", ["at the press", "after an outage"])
def test_a_register_that_alone_reads_zero_takes_nothing_and_gives_nothing(bench: Bench, when: str) -> None:
    meter = bench.meter(1)
    meter._energy_j = 123_456 * 3600.0
    honest = meter.input_registers

    def no_energy() -> list[int]:
        return [*honest()[:5], 0, 0, *honest()[7:]]

    bench.run("40 s")
    if when == "at the press":
        meter.input_registers = no_energy
    bench.bike(1).plug("li48v", soc=0.2)
    bench.card("resident").tap()
    bench.run("1 s")
    bench.button(1).press()
    bench.until(bench.outlet(1).is_charging, within="20 s")
    if when == "after an outage":
        bench.run("14 min")
        bench.mains.off()
        bench.run("30 s")
        meter.input_registers = no_energy
        bench.mains.on()
    bench.run("15 s")
    del meter.input_registers
    bench.run("5 min")
    bench.bike(1).unplug()
    bench.run("1 min")
    (session,) = bench.journal.sessions()
    assert session.energy_mwh == pytest.approx(bench.outlet(1).energy_mwh, abs=600)
    assert (session.meter_end_wh - session.meter_start_wh) * 1000 == pytest.approx(session.energy_mwh, abs=2001)
