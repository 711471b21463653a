"""Expander buses in the pure rooms: contactors, contacts read by the byte, the return to service. The buses are stand-ins."""

from __future__ import annotations

import pytest
from shed.safety import faults
from shed.safety.banks import Banks
from shed.safety.bus_watch import BusWatch
from shed.safety.outputs import Outputs
from shed.safety.points import CONTACT, FIRE, NORMAL, NORMALLY_CLOSED, STALE, PointConfig, Points

from hil_tests.firmware.safety.test_outputs import Pin, scans

SCAN_US = 5000


class Chip:
    def __init__(self, pins: int = 0) -> None:
        self.bus, self.pins, self.bank = 0, pins, None


class Buses:
    """Outlets 0 and 1 are on it."""

    def __init__(self, log: list[tuple[str, int]] | None = None) -> None:
        self.relays, self.on, self.lost, self.out = [0b11], 0, 0, 0
        self.log = [] if log is None else log
        self.wires = [None]
        self.chips = [Chip()]
        self.fresh: Chip | None = None
        self.hot: Chip | None = None
        self.works = True
        self.tries = 0

    def switch(self, outlets: int, on: int, w: int) -> None:
        self.on = self.on | outlets if on else self.on & ~outlets

    def run(self, left: int) -> int:
        self.log.append(("bus", self.on))
        return self.lost

    def recover(self, bus: int) -> bool:
        self.tries += 1
        if self.works:
            self.out = 0
        return self.works


def shed():
    """Row A: two outlets on the bus and one on a GPIO. Row B: one on a GPIO."""
    log: list[tuple[str, int]] = []
    buses = Buses(log)
    relays = [None, None, Pin("K2", log), Pin("K3", log)]
    contactors = [Pin("KMA", log), Pin("KMB", log)]
    on_gpio = [(pin, 1) if pin else None for pin in relays]
    return Outputs(on_gpio, [(pin, 1) for pin in contactors], [], [[0b0111], [0b1000]], buses), buses, contactors, relays, log


def test_a_relay_on_the_bus_opens_in_the_scan_that_says_so_and_closes_in_the_next():
    outputs, buses, contactors, _, log = shed()
    scans(outputs, 20, renew=0b0001)
    assert contactors[0].on and buses.on == 1
    outputs.renew(0)
    log.clear()
    outputs.drive(0, 0)
    assert log == [("bus", 0)], "written in this very scan, and the contactor is still closed"
    outputs.drive(0, 0)
    assert ("KMA", 0) in log


def test_a_trip_opens_contactors_then_gpio_relays_then_the_bus():
    outputs, _, _, _, log = shed()
    scans(outputs, 20, renew=0b1111)
    log.clear()
    outputs.drive(0b11, 0)
    assert log[:2] == [("KMA", 0), ("KMB", 0)]
    assert log[2:4] == [("K2", 0), ("K3", 0)] and log[4] == ("bus", 0)


def test_a_lost_bus_opens_every_outlet_of_its_groups_and_no_other():
    outputs, buses, contactors, relays, _ = shed()
    scans(outputs, 20, renew=0b1111)
    buses.lost = 0b01
    outputs.drive(0, 0)
    assert not contactors[0].on, "in the scan that found the error"
    scans(outputs, 20, renew=0b1111)
    assert not relays[2].on and contactors[1].on and relays[3].on
    assert outputs.words[0].lost_since == 0b0111 and outputs.words[0].cut == 0
    assert 14 in outputs.why(0) and 14 not in outputs.why(3)


def test_after_a_lost_bus_nothing_comes_back_without_a_new_lease():
    outputs, buses, contactors, _, _ = shed()
    scans(outputs, 20, renew=0b0001)
    buses.lost = 0b01
    outputs.drive(0, 0)
    buses.lost = 0
    scans(outputs, 50)
    assert not contactors[0].on and buses.on == 0
    scans(outputs, 20, renew=0b0001)
    assert contactors[0].on and buses.on == 1


def test_a_trip_and_a_lost_bus_end_each_for_itself():
    outputs, buses, contactors, _, _ = shed()
    outputs.drive(0b01, 0)
    buses.lost = 0b01
    outputs.drive(0b01, 0)
    outputs.drive(0, 0)
    scans(outputs, 20, renew=0b0111)
    assert not contactors[0].on and outputs.words[0].cut == 0
    buses.lost = 0
    scans(outputs, 20, renew=0b0111)
    assert contactors[0].on


def test_all_off_needs_no_bus():
    outputs, _, contactors, _, log = shed()
    scans(outputs, 20, renew=0b1111)
    log.clear()
    outputs.all_off()
    assert ("bus", 0) not in log and not contactors[0].on and not contactors[1].on


def contacts():
    """A normally closed fire contact on bit 0, a normally open one on bit 1: quiet at 0b10."""
    buses = Buses()
    config = PointConfig(CONTACT, NORMALLY_CLOSED | FIRE, 0, 0, 0, 0, 3, 2000, None)
    banks = Banks(buses)
    banks.add(256, 0, True)
    banks.add(257, 1, False)
    return Points([config, PointConfig(CONTACT, 0, 0, 0, 0, 0, 3, 2000, None)], lambda us: None, banks), buses


def sample(points: Points, buses: Buses, pins: int, reads: int, first: int = 0) -> None:
    """The chip is read in every fourth scan."""
    for scan in range(4 * reads):
        if scan % 4 == 0:
            buses.chips[0].pins = pins
            buses.fresh = buses.chips[0]
        points.sample((first + scan) * SCAN_US)


def test_a_contact_on_a_chip_needs_as_many_readings_as_any_other():
    points, buses = contacts()
    sample(points, buses, 0b10, 5)
    assert list(points.state) == [NORMAL, NORMAL]
    sample(points, buses, 0b11, 2, first=20)
    assert points.alarm == 0 and points.suspect == 1 and buses.hot is buses.chips[0], "scans without a reading are no samples"
    sample(points, buses, 0b11, 1, first=28)
    assert points.alarm == 0b01 and buses.hot is None


def test_both_polarities_alarm():
    points, buses = contacts()
    sample(points, buses, 0b01, 4)
    assert points.alarm == 0b11


def test_a_dead_bus_makes_its_contacts_stale_and_they_come_back_after_their_clear_time():
    points, buses = contacts()
    sample(points, buses, 0b11, 1)
    buses.out = 1
    points.sample(5 * SCAN_US)
    assert list(points.state) == [STALE, STALE] and points.fault == 0b11 and not points.suspect
    buses.out = 0
    sample(points, buses, 0b10, 20, first=6)
    assert points.fault, "two seconds quiet"
    sample(points, buses, 0b10, 100, first=86)
    assert points.fault == 0 and list(points.state) == [NORMAL, NORMAL]


def watched():
    heard: list[tuple[int, int, int]] = []
    buses = Buses()
    return BusWatch(buses, faults.Faults(lambda kind, code, arg: heard.append((kind, code, arg)))), buses, heard


def test_a_lost_bus_is_a_fault_at_once_and_rests_for_a_second_before_the_first_try():
    watch, buses, heard = watched()
    buses.out = 1
    watch.step()
    assert heard == [(1, faults.EXPANDER_BUS, 0)]
    for _ in range(9):
        watch.step()
    assert buses.tries == 0
    watch.step()
    assert buses.tries == 1 and heard[-1] == (0, faults.EXPANDER_BUS, 0)


def test_a_bus_that_stays_dead_is_tried_every_second():
    watch, buses, heard = watched()
    buses.out, buses.works = 1, False
    for _ in range(101):
        watch.step()
    assert buses.tries == 10 and len(heard) == 1


@pytest.mark.parametrize("good_turns", [100, 6000])
def test_the_third_loss_stands_until_a_person_clears_unless_there_were_ten_good_minutes(good_turns: int):
    watch, buses, _ = watched()
    for _ in range(3):
        buses.out = 1
        for _ in range(12):
            watch.step()
        for _ in range(good_turns):
            watch.step()
    assert bool(buses.out) is (good_turns == 100)
    watch.forgive()
    for _ in range(12):
        watch.step()
    assert not buses.out
