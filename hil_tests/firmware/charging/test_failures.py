"""Failures during a session or on an idle outlet: meters, relays, contacts, records. Each is found and reported; nobody pays for it."""

import pytest
from shed.charging import grants, off_watch, outlets, session, stop_causes

from hil_tests.firmware.charging.metered_shed import Shed, energy_agrees


@pytest.fixture
def shed():
    shed = Shed()
    shed.run(2)
    return shed


@pytest.mark.parametrize("record", ["session_start", "live", "session_energised"])
def test_a_record_that_cannot_be_written_keeps_the_relay_open(shed, record):
    shed.sink.refuse.add(record)
    shed.begin(0, 150)
    shed.settle()
    shed.run(5)
    assert shed.closed_ms[0] == 0
    ends = shed.ends()
    if record != "session_energised":
        assert not ends and not shed.sink.of("session_start")
        assert len(shed.sink.of("forget")) == len(shed.sink.of("live")), "no boot resumes a session that did not begin"
    else:
        assert (ends[0]["cause"], ends[0]["price_fen"], ends[0]["energised_s"]) == (stop_causes.MAINTENANCE, 0, 0)


def test_a_settlement_that_cannot_be_written_is_tried_until_it_stands(shed):
    shed.begin(0, 150)
    shed.run(200)
    shed.sink.refuse.add("session_end")
    shed.charging.stop(0, stop_causes.OPERATOR)
    shed.run(30)
    assert shed.busy() == 1
    assert not shed.contacts[0]
    shed.sink.refuse.clear()
    shed.settle(2)
    assert len(shed.ends()) == 1


def test_with_a_dead_meter_nothing_starts_and_the_outlet_says_why():
    shed = Shed()
    shed.meters[0].silent = True
    shed.run(2)
    shed.begin(0, 150)
    shed.settle(10)
    assert shed.closed_ms[0] == 0
    assert (7, 0) in shed.sink.held
    assert shed.sink.of("fault") == [(outlets.FAULT_METER_STALE, 0)]
    assert not shed.ends()
    shed.tap()
    assert shed.press(0) == grants.REFUSED
    shed.meters[0].silent = False
    shed.run(61)
    assert not shed.sink.held
    assert shed.sink.of("fault_over") == [(outlets.FAULT_METER_STALE, 0)]


def test_three_sessions_in_a_row_without_power_are_the_outlets_fault_until_power_flows(shed):
    for _ in range(3):
        shed.begin(0, 0)
        shed.settle(140)
    assert [e["cause"] for e in shed.ends()] == [stop_causes.NO_LOAD, stop_causes.NO_LOAD, stop_causes.DEAD_CONTACT]
    assert shed.sink.of("fault") == [(outlets.FAULT_DEAD_CONTACT, 0)]
    shed.begin(0, 150)
    shed.run(20)
    assert shed.sink.of("fault_over") == [(outlets.FAULT_DEAD_CONTACT, 0)]


def test_a_stale_meter_stops_the_session_after_the_grace_time_and_holds_the_outlet(shed):
    shed.begin(0, 150)
    shed.run(600)
    shed.meters[0].silent = True
    assert not shed.run(14, until=lambda: not shed.on(0))
    assert shed.run(4, until=lambda: not shed.on(0))
    shed.settle(10)
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.METER_STALE
    assert (7, 0) in shed.sink.held
    assert 590 * 150 / 3.6 < end["energy_mwh"] <= float(shed.truth_mwh[0])


def test_a_meter_that_misses_a_few_replies_stops_nothing(shed):
    shed.begin(0, 150)
    shed.run(300)
    for _ in range(10):
        shed.meters[0].silent = True
        shed.run(6)
        shed.meters[0].silent = False
        shed.run(20)
    assert shed.session().state == session.CHARGING
    assert abs(shed.session().count.mwh - float(shed.truth_mwh[0])) <= 1000


def test_a_relay_that_did_not_open_is_found_at_the_end_of_the_session(shed):
    shed.begin(0, 150)
    shed.run(600)
    shed.welded.add(0)
    shed.charging.stop(0, stop_causes.OPERATOR)
    shed.settle(10)
    assert shed.ends()[0]["cause"] == stop_causes.WELDED
    assert (off_watch.FAULT_WELDED, 0) in shed.sink.of("fault")
    assert (13, 0) in shed.sink.held
    assert not shed.charging.off_watch.clear(0)
    shed.unplug(0)
    shed.run(60)
    assert (off_watch.FAULT_WELDED, 0) not in shed.sink.of("fault_over"), "reported until a person has looked"
    assert (13, 0) in shed.sink.held, "latched until a person clears it"
    assert shed.charging.off_watch.clear(0)
    assert (off_watch.FAULT_WELDED, 0) in shed.sink.of("fault_over")
    assert not shed.sink.held


def test_a_welded_relay_is_found_on_an_idle_outlet_too(shed):
    shed.welded.add(1)
    shed.plug(1, 100)
    shed.run(40)
    assert shed.sink.of("fault") == [(off_watch.FAULT_WELDED, 1), (off_watch.FAULT_LIVE, 1)], "no contactor cuts this shed"


def test_an_outlet_that_no_contact_could_switch_off_is_not_called_off_because_its_plug_was_pulled(shed):
    shed.welded.add(1)
    shed.plug(1, 100)
    shed.run(40)
    assert (off_watch.FAULT_LIVE, 1) in shed.sink.of("fault")
    shed.unplug(1)
    shed.run(60)
    assert shed.charging.off_watch.may_be_live(1)
    assert (off_watch.FAULT_LIVE, 1) not in shed.sink.of("fault_over")
    assert shed.charging.off_watch.clear(1), "somebody has looked"
    assert not shed.charging.off_watch.may_be_live(1)
    assert (off_watch.FAULT_LIVE, 1) in shed.sink.of("fault_over")


def test_a_welded_relay_after_a_trip_is_settled_as_trip_and_still_found(shed):
    shed.begin(0, 150)
    shed.run(600)
    shed.welded.add(0)
    shed.trips = 1
    shed.settle(3)
    shed.run(10)
    assert shed.ends()[0]["cause"] == stop_causes.TRIP
    assert (13, 0) in shed.sink.held


def test_outputs_that_report_the_relay_closed_for_ever_are_a_welded_relay(shed):
    shed.begin(0, 150)
    shed.run(60)
    shed.stuck = True
    shed.charging.stop(0, stop_causes.OPERATOR)
    shed.settle(5)
    assert shed.ends()[0]["cause"] == stop_causes.WELDED


def test_a_register_that_starts_anew_in_mid_session_leaves_the_energy_whole(shed):
    shed.begin(0, 150)
    shed.run(1000)
    shed.meters[0].energy_mwh = 0
    shed.run(1000)
    shed.charging.stop(0, stop_causes.OPERATOR)
    shed.settle()
    energy_agrees(shed, shed.ends()[0])


def test_an_idle_dead_meter_is_reported_before_a_customer_finds_it(shed):
    shed.meters[1].silent = True
    shed.run(300)
    assert shed.sink.of("fault") == [(outlets.FAULT_METER_STALE, 1)]
