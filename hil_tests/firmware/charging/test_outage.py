"""A session that an outage interrupts resumes once, is billed for what flowed, and is settled once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shed.charging import session, stop_causes
from shed.charging.restoring import restore

from hil_tests.firmware.charging.metered_shed import CARD, Shed, lead_acid


def after_outage(before, **options):
    """Another boot: same meters and truth, everything else is forgotten except the newest checkpoints."""
    shed = Shed(meters=before.meters, **options)
    shed.truth_mwh = before.truth_mwh
    shed.sink.ids = before.sink.ids + 100
    newest = {}
    settled = {e["id"] for e in before.ends()}
    for record in before.sink.of("live"):
        if record[0] not in settled:
            newest[record[1]] = record
    restore(shed.charging, newest.values())
    return shed


@pytest.fixture
def cut():
    shed = Shed()
    shed.run(2)
    shed.begin(0, lead_acid())
    shed.run(1500)
    return shed


def test_a_session_goes_on_after_an_outage_and_the_outage_is_not_billed(cut):
    shed = after_outage(cut)
    shed.locked = True
    shed.plug(0, lead_acid())
    shed.run(10)
    assert shed.session().state == session.WAITING
    shed.locked = False
    shed.run(1000)
    assert shed.session().state == session.CHARGING
    assert shed.sink.of("session_resumed") == [(cut.sink.of("session_start")[0][0], 0, cut.sink.of("live")[-1][5])]
    shed.unplug(0)
    shed.settle(20)
    (end,) = shed.ends()
    assert (end["cause"], end["card"], end["price_fen"]) == (stop_causes.UNPLUGGED, CARD, 100)
    assert end["energised_s"] <= 1500 + 1015
    assert abs(end["energy_mwh"] - float(shed.truth_mwh[0])) <= 1000, "the meter keeps the energy after the checkpoint"


def test_the_relay_stays_open_until_the_meter_has_answered_after_the_outage(cut):
    cut.meters[0].silent = True
    shed = after_outage(cut)
    shed.plug(0, lead_acid())
    shed.run(30)
    assert shed.closed_ms[0] == 0
    shed.meters[0].silent = False
    shed.run(5)
    assert shed.on(0)


def test_a_meter_that_stays_silent_after_the_outage_ends_the_session_with_what_was_measured(cut):
    cut.meters[0].silent = True
    shed = after_outage(cut)
    shed.settle(70)
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.METER_STALE
    assert end["energy_mwh"] == cut.sink.of("live")[-1][6]
    assert shed.closed_ms[0] == 0


def test_a_bike_that_left_in_the_outage_is_outage_gone(cut):
    shed = after_outage(cut)
    shed.settle(140)
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.OUTAGE_GONE
    assert end["energised_s"] == cut.sink.of("live")[-1][5] >= 1500 * 2 // 3 - 2
    assert end["price_fen"] == 100
    assert end["wh_start"] == 1000


def test_a_battery_that_floats_after_the_outage_is_still_there(cut):
    shed = after_outage(cut)
    shed.plug(0, 6)
    shed.run(200)
    assert shed.session().state in (session.CHARGING, session.TOP_UP)


def test_a_trip_that_stands_after_the_boot_settles_the_session_with_the_relay_open(cut):
    shed = after_outage(cut)
    shed.trips = 1
    shed.plug(0, lead_acid())
    shed.settle(10)
    assert shed.ends()[0]["cause"] == stop_causes.TRIP
    assert shed.closed_ms[0] == 0


def test_a_session_of_an_outlet_that_is_no_longer_there_is_settled_at_once(cut):
    shed = Shed(outlets=1)
    record = list(cut.sink.of("live")[-1])
    record[1] = 5
    restore(shed.charging, [record])
    end = shed.ends()[0]
    assert (end["outlet"], end["cause"], end["price_fen"]) == (5, stop_causes.OUTAGE_GONE, 100)


def test_a_session_that_the_shed_stopped_before_the_cut_pays_the_time_used_also_at_an_outlet_that_is_gone(cut):
    shed = Shed(outlets=1)
    record = list(cut.sink.of("live")[-1])
    record[1] = 5
    record[8] = stop_causes.BLIND
    restore(shed.charging, [record])
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.BLIND
    assert end["price_fen"] == end["energised_s"] * 100 // 18000 < 100


def test_several_outages_in_a_row_still_bill_once(cut):
    shed = cut
    for _ in range(4):
        shed = after_outage(shed)
        shed.plug(0, lead_acid())
        shed.run(700)
    shed.charging.stop(0, stop_causes.OPERATOR)
    shed.settle()
    assert len(shed.ends()) == 1
    assert abs(shed.ends()[0]["energy_mwh"] - float(shed.truth_mwh[0])) <= 1000


def test_a_session_that_was_stopped_before_the_cut_is_settled_with_its_cause_and_never_energised_again(cut):
    cut.charging.stop(0, stop_causes.USER)
    assert cut.run(3, until=lambda: cut.sink.of("live")[-1][8]), "the checkpoint at the opening of the relay carries the cause"
    assert not cut.ends()
    shed = after_outage(cut)
    shed.plug(0, lead_acid())
    shed.settle(20)
    (end,) = shed.ends()
    assert (end["cause"], end["energised_s"]) == (stop_causes.USER, cut.sink.of("live")[-1][5])
    assert abs(end["energy_mwh"] - float(shed.truth_mwh[0])) <= 1000
    assert shed.closed_ms[0] == 0


def test_a_stopped_session_is_settled_without_its_meter_when_that_stays_silent(cut):
    cut.charging.stop(0, stop_causes.FULL)
    cut.run(3, until=lambda: cut.sink.of("live")[-1][8])
    cut.meters[0].silent = True
    shed = after_outage(cut)
    shed.settle(20)
    assert [e["cause"] for e in shed.ends()] == [stop_causes.FULL]


def test_a_session_that_was_cut_before_its_start_record_gets_one_and_goes_on():
    before = Shed()
    before.run(2)
    before.sink.refuse.add("session_start")
    before.begin(0, 150)
    before.run(1)
    live = before.sink.of("live")[-1]
    shed = Shed(meters=before.meters)
    restore(shed.charging, [live], [live[0]])
    assert shed.sink.of("session_start") == [(live[0], 0, CARD, 1000, 100)]
    shed.plug(0, 150)
    assert shed.run(5, until=lambda: shed.on(0))


EVENTS = ("press", "tap", "unplug", "plug", "trip", "clear", "silent", "back", "stop")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(1, 40)), max_size=25))
def test_whatever_happens_no_session_is_settled_twice_and_no_energy_is_lost(events):
    shed = Shed(pace_ms=500)
    shed.run(2)
    for what, seconds in events:
        if what == "press":
            shed.press(0)
        elif what == "tap":
            shed.tap()
        elif what == "unplug":
            shed.unplug(0)
        elif what == "plug":
            shed.plug(0, 200)
        elif what in ("trip", "clear"):
            shed.trips = int(what == "trip")
        elif what in ("silent", "back"):
            shed.meters[0].silent = what == "silent"
        else:
            shed.charging.stop(0, stop_causes.OPERATOR)
        shed.run(seconds)
    shed.charging.stop(0, stop_causes.OPERATOR)
    shed.settle(20)
    starts = [s[0] for s in shed.sink.of("session_start")]
    ends = shed.ends()
    assert [e["id"] for e in ends] == starts
    assert all(1 <= e["cause"] <= 16 for e in ends)
    assert all((e["price_fen"] == 0) == (e["energised_s"] == 0) for e in ends)
    billed = sum(e["energy_mwh"] for e in ends)
    silent_mwh = 200 * 21 / 3.6 * sum(1 for w, _ in events if w == "silent")
    assert billed <= float(shed.truth_mwh[0]) + 300 * len(ends) + 1
    assert billed >= float(shed.truth_mwh[0]) - silent_mwh - 300 * (len(ends) + 1)
