"""Mains, supply, heartbeat circuit, contacts and outlets."""

from __future__ import annotations

import pytest
from shedbench.link import link
from shedbench.plant.heartbeat import T_DROP_NS
from shedbench.plant.rig import Rig
from shedbench.plant.units import MS, S

KM1, K1 = 21, 16  # boards/devkitc-shed4.toml


def powers(rig: Rig) -> list[tuple[int, int]]:
    rig.take()
    return [(record.at_ns, record.arg) for record in rig.records if record.type == link.POWER]


def test_the_supply_rides_through_a_short_outage_and_not_through_a_long_one() -> None:
    rig = Rig()
    rig.run("1 s")
    rig.shed.mains.off()
    rig.run("20 ms")
    rig.shed.mains.on()
    rig.run("1 s")
    assert powers(rig) == [(0, 1)]
    rig.shed.mains.off()
    off = rig.world.now_ns
    rig.run("1 s")
    rig.shed.mains.on()
    rig.run("1 s")
    assert powers(rig)[1:] == [(off + 30 * MS, 0), (off + S + 50 * MS, 1)]


def test_a_sag_ends_by_itself() -> None:
    rig = Rig()
    rig.shed.mains.sag(150.0, "200 ms")
    rig.run("199 ms")
    assert rig.shed.mains.volts == 150.0
    rig.run("1 ms")
    assert rig.shed.mains.volts == 220.0


def test_the_heartbeat_circuit_drops_t_drop_after_the_last_edge() -> None:
    rig = Rig()
    rig.close_outlet()
    assert rig.shed.heartbeat.is_holding
    edge = rig.world.now_ns
    rig.run("50 ms")
    rig.strobe(False, edge)
    rig.run("10 s")
    assert rig.shed.heartbeat.dropped_at_ns == edge + T_DROP_NS
    assert 500 * MS <= T_DROP_NS <= 1000 * MS  # docs/laws.md
    assert rig.shed.contactors["row A"].opened_at_ns == edge + T_DROP_NS + 15 * MS
    assert rig.shed.outlets[1].opened_at_ns == rig.shed.contactors["row A"].opened_at_ns


def test_a_strobe_that_comes_back_in_time_keeps_the_contactor() -> None:
    rig = Rig()
    rig.close_outlet()
    edge = rig.world.now_ns
    rig.run("50 ms")
    rig.strobe(False, edge)
    rig.run("600 ms")
    rig.strobe(True)
    rig.run("5 s")
    assert rig.shed.outlets[1].path_closed


def test_a_single_edge_holds_nothing() -> None:
    rig = Rig()
    rig.drive(KM1, True)
    rig.strobe(True)
    edge = rig.world.now_ns
    rig.run("50 ms")
    rig.strobe(False, edge)
    rig.run("5 s")
    assert rig.shed.contactors["row A"].closed_at_ns is None


def test_relay_times_and_a_floating_pin_opens() -> None:
    rig = Rig()
    relay = rig.shed.relays[1]
    rig.drive(K1, True)
    rig.run("1 s")
    assert relay.closed_at_ns == 10 * MS
    rig.drive(K1, None)
    rig.run("1 s")
    assert relay.opened_at_ns == S + 5 * MS


def test_a_glitch_shorter_than_the_operate_time_moves_nothing() -> None:
    rig = Rig()
    rig.drive(K1, True)
    rig.run("8 ms")
    rig.drive(K1, False)
    rig.run("1 s")
    assert rig.shed.relays[1].closed_at_ns is None


def test_a_welded_relay_stays_closed_and_the_contactor_cuts() -> None:
    rig = Rig()
    rig.close_outlet()
    rig.shed.relays[1].fault("welded")
    rig.drive(K1, False)
    rig.run("1 s")
    assert rig.shed.relays[1].closed
    assert rig.shed.outlets[1].path_closed
    rig.drive(KM1, False)
    rig.run("1 s")
    assert rig.shed.relays[1].closed
    assert not rig.shed.outlets[1].path_closed


def test_an_open_relay_never_closes_until_repaired() -> None:
    rig = Rig()
    rig.shed.relays[1].fault("open")
    rig.close_outlet()
    assert not rig.shed.outlets[1].path_closed
    rig.shed.relays[1].fault("ok")
    rig.run("100 ms")
    assert rig.shed.outlets[1].path_closed


def test_bounce_ends_closed() -> None:
    rig = Rig()
    rig.shed.relays[1].fault("bounce")
    rig.close_outlet()
    assert rig.shed.relays[1].closed
    assert rig.shed.relays[1].operations >= 3
    assert rig.shed.relays[1].operations % 2 == 1


def test_energised_intervals_and_energy_agree_with_the_load() -> None:
    rig = Rig()
    load = rig.shed.bikes[1].plug("heater")
    rig.close_outlet()
    outlet = rig.shed.outlets[1]
    rig.run("10 s")
    rig.drive(K1, False)
    rig.run("10 s")
    rig.drive(K1, True)
    rig.run("5 s")
    rig.shed.mains.off()
    rig.run("5 s")
    assert len(outlet.intervals) == 2
    seconds = [((i.off_ns or 0) - i.on_ns) / S for i in outlet.intervals]
    assert outlet.energised_s() == pytest.approx(sum(seconds))
    assert outlet.energy_j() == pytest.approx(1500.0 * sum(seconds))
    assert sum(i.energy_j for i in outlet.intervals) == pytest.approx(outlet.energy_j())
    assert load.energy_j(rig.world.now_ns) == pytest.approx(outlet.energy_j())


def test_what_is_unplugged_stays_counted_and_a_taken_socket_refuses() -> None:
    rig = Rig()
    rig.shed.bikes[1].plug("heater")
    rig.close_outlet()
    rig.run("10 s")
    with pytest.raises(RuntimeError, match="taken"):
        rig.shed.bikes[1].plug("lamp")
    before = rig.shed.outlets[1].energy_j()
    rig.shed.bikes[1].unplug()
    rig.run("10 s")
    assert rig.shed.outlets[1].energy_j() == before > 10_000


def test_a_breaker_that_falls_takes_its_sockets_and_their_meters() -> None:
    rig = Rig()
    rig.shed.bikes[1].plug("heater")
    rig.close_outlet()
    rig.shed.breakers["row A"].trip()
    assert not rig.shed.outlets[1].is_energised
    assert not any(meter.is_powered for meter in rig.shed.meters.values())
    rig.shed.breakers["row A"].close()
    assert rig.shed.outlets[1].power_w() == 1500.0
    assert all(meter.is_powered for meter in rig.shed.meters.values())


def test_an_outlets_own_breaker_takes_that_outlet_and_its_meter_only() -> None:
    rig = Rig()
    rig.shed.bikes[1].plug("heater")
    rig.close_outlet()
    rig.shed.outlets[1].own_breaker.trip()
    assert not rig.shed.outlets[1].is_energised
    assert [number for number, meter in rig.shed.meters.items() if not meter.is_powered] == [1]


@pytest.mark.parametrize(("volts", "holds", "picks_up"), [(190, True, True), (180, True, False), (120, True, False), (100, False, False)])
def test_a_contactor_holds_on_less_than_it_picks_up_at(volts: int, holds: bool, picks_up: bool) -> None:
    rig = Rig()
    rig.close_outlet()
    contactor = rig.shed.contactors["row A"]
    rig.shed.mains.set_volts(volts)
    rig.run("1 s")
    assert contactor.closed is holds
    rig.drive(KM1, False)
    rig.run("1 s")
    rig.drive(KM1, True)
    rig.run("1 s")
    assert contactor.closed is picks_up
    rig.shed.mains.on()
    rig.run("1 s")
    assert contactor.closed


def test_the_drop_out_of_a_contactor_and_t_drop_can_be_any_of_their_range() -> None:
    rig = Rig()
    contactor, heartbeat = rig.shed.contactors["row A"], rig.shed.heartbeat
    contactor.drop_out_share, heartbeat.t_drop_ns = 0.75, 500 * MS
    rig.close_outlet()
    rig.shed.mains.set_volts(160)
    rig.run("1 s")
    assert not contactor.closed
    rig.shed.mains.on()
    rig.run("1 s")
    edge = rig.world.now_ns
    rig.run("50 ms")
    rig.strobe(False, edge)
    rig.run("449 ms")
    assert heartbeat.is_holding
    rig.run("2 ms")
    assert not heartbeat.is_holding
