"""Impossible readings: zeros after power-up, a register wrong once or for good, and what is left to settle after a cut."""

import random

import pytest
from shed.charging import grants, outlets, stop_causes
from shed.charging.restoring import restore

from hil_tests.firmware.charging.metered_shed import Shed, energy_agrees
from hil_tests.firmware.metering.metered_bus import Meter


class OddMeter(Meter):
    """The register is wrong by `off_wh`, or the whole frame zero."""

    def __init__(self, address, wh=5000):
        super().__init__(address, wh)
        self.off_wh = 0
        self.zeros = False

    def registers(self):
        if self.zeros:
            return [0] * 10
        row = super().registers()
        wh = ((row[5] | row[6] << 16) + self.off_wh) % 10_000_000
        return [*row[:5], wh & 0xFFFF, wh >> 16, *row[7:]]


@pytest.fixture
def shed():
    shed = Shed(meters=[OddMeter(11), OddMeter(12)])
    shed.run(3)
    return shed


@pytest.mark.parametrize("seconds", [0.6, 1.1, 4, 20])
@pytest.mark.parametrize("off_wh", [-4000, -30, -3, 3, 30, 60000])
def test_a_register_that_is_off_for_a_while_bills_nothing_and_takes_nothing(shed, off_wh, seconds):
    shed.begin(0, 150)
    shed.run(1200)
    shed.meters[0].off_wh = off_wh
    shed.run(seconds)
    shed.meters[0].off_wh = 0
    shed.run(300)
    shed.unplug(0)
    shed.settle()
    (end,) = shed.ends()
    assert abs(end["energy_mwh"] - float(shed.truth_mwh[0])) <= 500
    assert (end["wh_end"] - end["wh_start"]) * 1000 == pytest.approx(end["energy_mwh"], abs=1001)


def test_a_meter_whose_register_moves_for_good_is_named_and_nobody_pays_for_the_step(shed):
    shed.begin(0, 150)
    shed.run(1200)
    shed.meters[0].off_wh = 700
    shed.run(1200)
    assert shed.sink.of("fault") == shed.sink.of("fault_over") == [(outlets.FAULT_METER_JUMP, 0)]
    shed.unplug(0)
    shed.settle()
    energy_agrees(shed, shed.ends()[0])


def test_one_wrong_reading_has_no_fault(shed):
    shed.begin(0, 150)
    shed.run(1200)
    shed.meters[0].off_wh = 30
    reads = shed.meters[0].reads
    assert shed.run(3, until=lambda: shed.meters[0].reads > reads)
    shed.meters[0].off_wh = 0
    shed.run(60)
    assert not shed.sink.of("fault")


def test_a_meter_that_is_exchanged_while_its_outlet_is_idle_is_named_too(shed):
    shed.meters[1].energy_mwh = 17_000
    shed.run(100)
    assert (outlets.FAULT_METER_JUMP, 1) in shed.sink.of("fault")
    shed.begin(1, 150)
    shed.run(100)
    assert shed.sink.of("session_start")[0][3] == 17


def test_a_register_that_rolls_over_is_no_fault_and_loses_nothing(shed):
    shed.meters[0].energy_mwh = 9_999_990_000
    shed.run(100)
    faults = len(shed.sink.of("fault"))
    shed.begin(0, 150)
    shed.run(1200)
    shed.unplug(0)
    shed.settle()
    energy_agrees(shed, shed.ends()[0])
    assert len(shed.sink.of("fault")) == faults


@pytest.mark.parametrize("zeros_s", [1.5, 3, 5])
def test_zeros_at_the_press_are_no_baseline(shed, zeros_s):
    shed.meters[0].zeros = True
    assert shed.begin(0, 150) == grants.STARTED
    shed.run(zeros_s)
    assert not shed.contacts[0]
    shed.meters[0].zeros = False
    shed.run(600)
    shed.unplug(0)
    shed.settle()
    (end,) = shed.ends()
    assert end["wh_start"] == 5000
    energy_agrees(shed, end, percent=2)


@pytest.mark.parametrize("off_wh", [-30, 30])
def test_a_register_that_is_off_at_the_press_is_no_baseline(shed, off_wh):
    shed.meters[0].off_wh = off_wh
    shed.begin(0, 150)
    shed.run(1)
    shed.meters[0].off_wh = 0
    shed.run(600)
    assert shed.sink.of("session_start")[0][3] == 5000


@pytest.mark.parametrize("seconds", [2.5, 6, 300])
def test_a_register_that_alone_reads_zero_at_the_press_is_no_energy_of_the_session(shed, seconds):
    shed.meters[0].off_wh = -5000
    shed.run(4)
    shed.begin(0, 150)
    shed.run(seconds)
    shed.meters[0].off_wh = 0
    shed.run(1200)
    shed.unplug(0)
    shed.settle()
    (end,) = shed.ends()
    energy_agrees(shed, end, percent=2)
    assert (end["wh_end"] - end["wh_start"]) * 1000 == pytest.approx(end["energy_mwh"], abs=2001)


def test_a_register_that_runs_by_itself_bills_no_more_than_the_outlet_can_give(shed):
    """Two watt-hours with every reading are more than a kilowatt outlet can give, though each step alone is possible."""
    shed.begin(0, 150)
    shed.run(60)
    reads, shed.meters[0].reads = shed.meters[0].reads, 0
    honest = shed.meters[0].registers

    def running_away():
        shed.meters[0].off_wh = 2 * shed.meters[0].reads
        return honest()

    shed.meters[0].registers = running_away
    shed.run(600)
    assert shed.meters[0].reads > 300 > reads, "it was read every second or two"
    shed.unplug(0)
    shed.settle()
    (end,) = shed.ends()
    assert (end["wh_end"] - end["wh_start"]) * 1000 > end["energy_mwh"], "the registers stay as read"
    assert end["energy_mwh"] <= 1000 * 1.25 * shed.closed_ms[0] / 3600 + 10_000


def test_a_meter_that_gives_zeros_only_ends_the_session_as_a_silent_one_does(shed):
    shed.begin(0, 150)
    shed.run(600)
    shed.meters[0].zeros = True
    shed.settle(60)
    assert shed.ends()[0]["cause"] == stop_causes.METER_STALE
    assert abs(shed.ends()[0]["energy_mwh"] - 150 * 600 / 3.6) <= 400


def after_cut(before, **meter):
    shed = Shed(meters=before.meters)
    shed.truth_mwh = before.truth_mwh
    for name, value in meter.items():
        setattr(shed.meters[0], name, value)
    restore(shed.charging, [before.sink.of("live")[-1]])
    return shed


def test_zeros_after_an_outage_lose_nothing(shed):
    shed.begin(0, 150)
    shed.run(2900)
    shed = after_cut(shed, zeros=True)
    shed.run(4)
    odd = shed.meters[0]
    assert isinstance(odd, OddMeter)
    odd.zeros = False
    shed.plug(0, 150)
    shed.run(600)
    shed.unplug(0)
    shed.settle()
    assert abs(shed.ends()[0]["energy_mwh"] - float(shed.truth_mwh[0])) <= 500


@pytest.mark.parametrize("seconds", [4, 20, 40])
def test_a_register_that_alone_reads_zero_after_an_outage_is_asked_until_it_is_back(shed, seconds):
    """Only that register has the energy since the last checkpoint."""
    shed.begin(0, 150)
    shed.run(1150)
    shed = after_cut(shed, off_wh=-5000)
    shed.plug(0, 150)
    fed_ms = shed.closed_ms[0]
    shed.run(seconds)
    assert shed.closed_ms[0] == fed_ms, "no session goes on with an impossible register"
    odd = shed.meters[0]
    assert isinstance(odd, OddMeter)
    odd.off_wh = 0
    shed.run(600)
    shed.unplug(0)
    shed.settle()
    (end,) = shed.ends()
    assert end["energy_mwh"] == pytest.approx(float(shed.truth_mwh[0]), abs=600)
    assert (end["wh_end"] - end["wh_start"]) * 1000 == pytest.approx(end["energy_mwh"], abs=1001)


def test_a_meter_exchanged_in_the_outage_is_named_and_its_register_bills_nothing(shed):
    shed.begin(0, 150)
    shed.run(2900)
    known_mwh = shed.sink.of("live")[-1][6]
    fed_mwh = float(shed.truth_mwh[0])
    shed = after_cut(shed, energy_mwh=123_456_000)
    shed.plug(0, 150)
    shed.run(600)
    assert (outlets.FAULT_METER_JUMP, 0) in shed.sink.of("fault")
    shed.unplug(0)
    shed.settle()
    assert abs(shed.ends()[0]["energy_mwh"] - known_mwh - (float(shed.truth_mwh[0]) - fed_mwh)) <= 500


@pytest.mark.parametrize("seed", range(12))
def test_however_often_the_power_goes_the_register_makes_good_what_the_cuts_hid(seed):
    chance = random.Random(seed)
    shed = Shed(meters=[OddMeter(11), OddMeter(12)])
    shed.meters[0].energy_mwh = 5_000_000 + chance.randrange(1000)
    shed.run(3)
    watts = chance.choice((45, 170, 900))
    shed.begin(0, watts)
    for _ in range(8):
        shed.run(chance.choice((5, 20, 77, 300)) * chance.uniform(0.5, 1.5))
        shed = after_cut(shed)
        shed.plug(0, watts)
    shed.run(200)
    shed.unplug(0)
    shed.settle()
    assert abs(shed.ends()[0]["energy_mwh"] - float(shed.truth_mwh[0])) <= 700


class FastMeter(OddMeter):
    """Shows 3 % more power than its register counts."""

    def registers(self):
        row = super().registers()
        return [*row[:3], row[3] * 103 // 100, *row[4:]]


@pytest.mark.parametrize("watts", [170, 320, 600])
def test_a_session_that_began_with_the_first_watt_hour_of_a_new_meter_keeps_its_zero_over_a_cut(watts):
    """Where the power shown runs ahead of the register, the register's zero of this session lies below 0."""
    shed = Shed(meters=[FastMeter(11, wh=0), FastMeter(12)])
    shed.run(3)
    shed.begin(0, watts)
    shed.run(300)
    zero_wh = shed.session().count.zero_wh
    assert zero_wh == -1
    shed = after_cut(shed)
    shed.plug(0, watts)
    shed.run(200)
    assert shed.session().count.zero_wh == zero_wh
    shed.unplug(0)
    shed.settle()
    assert abs(shed.ends()[0]["energy_mwh"] - float(shed.truth_mwh[0])) <= 1000
