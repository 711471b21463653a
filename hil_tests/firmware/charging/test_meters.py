"""What is billed when the meter itself is wrong: rolled over, reset, exchanged, stuck, silent about power."""

from fractions import Fraction

import pytest
from shed.charging import session, stop_causes

from hil_tests.firmware.charging.metered_shed import Shed
from hil_tests.firmware.metering.metered_bus import Meter

LAST_WH = 9_999_999  # then the register of a PZEM-016 rolls over


class RollingMeter(Meter):
    def registers(self):
        words = super().registers()
        wh = int(self.energy_mwh // 1000) % (LAST_WH + 1)
        words[5:7] = [wh & 0xFFFF, wh >> 16]
        return words


def sold(meter: Meter, watts=200, before=600, change=None, after=600):
    """A session in the middle of which `change(meter)` happens. (the shed, its end record)"""
    shed = Shed(outlets=1, meters=[meter])
    shed.run(2)
    shed.begin(0, watts)
    shed.run(before)
    if change:
        change(meter)
    shed.run(after)
    shed.charging.stop(0, stop_causes.OPERATOR)
    shed.settle(20)
    (end,) = shed.ends()
    return shed, end


@pytest.mark.parametrize("left_wh", [0, 3, 9, 33, 34])
def test_a_register_that_rolls_over_in_a_session_costs_neither_energy_nor_the_session(left_wh):
    shed, end = sold(RollingMeter(11, LAST_WH - left_wh))
    assert end["cause"] == stop_causes.OPERATOR
    assert abs(end["energy_mwh"] - float(shed.truth_mwh[0])) <= 1000
    assert end["wh_start"] == LAST_WH - left_wh


@pytest.mark.parametrize("wh", [0, 5, 900, 4_000_000])
def test_a_register_that_was_reset_or_belongs_to_another_meter_bills_what_flowed(wh):
    def exchange(meter):
        meter.energy_mwh = Fraction(wh * 1000)

    shed, end = sold(Meter(11, 1000), change=exchange)
    assert abs(end["energy_mwh"] - float(shed.truth_mwh[0])) <= 1000


def test_a_register_that_stands_still_under_power_ends_the_session_as_a_lost_meter():
    shed = Shed(outlets=1)
    shed.run(2)
    shed.begin(0, 200)
    shed.run(300)
    meter = shed.meters[0]
    frozen = meter.registers()
    meter.registers = lambda: frozen[:3] + meter.__class__.registers(meter)[3:5] + frozen[5:]
    shed.run(200)
    assert shed.contacts[0] is False
    shed.settle(20)
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.METER_STALE
    assert end["energy_mwh"] <= float(shed.truth_mwh[0])


def test_a_slow_load_is_no_stuck_meter():
    shed = Shed(outlets=1)
    shed.run(2)
    shed.begin(0, lambda s: 100 if s < 60 else 7)
    shed.run(3600)
    assert shed.session().state in (session.CHARGING, session.TOP_UP)


def test_a_meter_that_lies_0_w_while_its_register_counts_is_billed_by_the_register():
    shed = Shed(outlets=1)
    shed.run(2)
    shed.begin(0, 200)
    shed.run(300)
    meter = shed.meters[0]
    meter.registers = lambda: [*meter.__class__.registers(meter)[:3], 0, 0, *meter.__class__.registers(meter)[5:]]
    shed.settle(400)
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.UNPLUGGED
    assert abs(end["energy_mwh"] - float(shed.truth_mwh[0])) <= 1000


def test_a_baseline_that_never_arrives_sells_nothing():
    shed = Shed(outlets=1)
    shed.meters[0].silent = True
    shed.begin(0, 200)
    shed.settle(20)
    assert shed.closed_ms[0] == 0 and not shed.sink.of("session_start") and not shed.ends()
    assert shed.sink.of("fault") == [(8, 0)]


def test_an_answer_under_another_address_is_no_baseline():
    shed = Shed(outlets=1)
    shed.bus.mangle = lambda reply: wrong(reply)
    shed.begin(0, 200)
    shed.settle(20)
    assert shed.closed_ms[0] == 0 and not shed.sink.of("session_start")


def wrong(reply: bytes) -> bytes:
    """The same answer from the next address, with its own good CRC."""
    from pymodbus.framer import FramerRTU

    body = bytes([reply[0] + 1]) + reply[1:-2]
    return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")
