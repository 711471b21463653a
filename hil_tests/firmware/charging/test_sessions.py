"""Whole sessions, from plug to settled record, against the scripted shed. The plant's own integral is the judge of energy."""

import pytest
from shed.charging import grants, session, stop_causes

from hil_tests.firmware.charging.metered_shed import CARD, OTHER_CARD, TICKS, Shed, energy_agrees, lead_acid, lithium

HOUR = 3600
LATE_TICKS = TICKS - 1000  # the clock wraps a second after the start


@pytest.fixture
def shed():
    shed = Shed()
    shed.run(2)
    return shed


def test_a_lead_acid_battery_is_charged_to_full_with_its_top_up():
    shed = Shed(pace_ms=1000, poll_ms=4000)
    shed.run(2)
    assert shed.begin(0, lead_acid(minutes=400)) == grants.STARTED
    assert shed.run(11 * HOUR, until=lambda: not shed.busy())
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.FULL
    energy_agrees(shed, end)
    float_from_s = (400 + 41) * 60
    assert float_from_s + 300 + 3600 - 60 <= end["energised_s"] <= float_from_s + 300 + 3600 + 300
    assert end["price_fen"] == 200
    assert shed.loads[0] is not None
    assert not shed.contacts[0]


def test_a_lead_acid_float_of_three_watts_is_not_taken_for_an_unplugged_bike():
    shed = Shed(pace_ms=1000, poll_ms=4000)
    shed.run(2)
    shed.begin(0, lead_acid(minutes=60, float_w=4.0))
    shed.settle(8 * HOUR)
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.FULL
    assert end["energised_s"] >= 100 * 60 + 1800 + 3600


def test_a_lithium_charger_that_rests_at_half_a_watt_after_its_taper_ends_as_full():
    shed = Shed(pace_ms=1000, poll_ms=4000)
    shed.run(2)
    shed.begin(0, lithium(minutes=60))
    shed.settle(6 * HOUR)
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.FULL
    energy_agrees(shed, end)


def test_power_that_rises_again_in_the_top_up_is_charging_again():
    shed = Shed(pace_ms=1000)
    shed.run(2)
    shed.begin(0, lambda s: 150 if s < 2400 or s > 6000 else 8)
    shed.run(2400 + 1800 + 60)
    assert shed.session().state == session.TOP_UP
    shed.run(2000)
    assert shed.session().state == session.CHARGING
    assert shed.on(0)


def test_unplugging_ends_the_session_within_a_quarter_of_a_minute(shed):
    shed.begin(0, 150)
    shed.run(1800)
    shed.unplug(0)
    shed.settle(20)
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.UNPLUGGED
    assert end["price_fen"] == 100
    energy_agrees(shed, end)


def test_no_unplug_is_decided_in_the_first_two_minutes(shed):
    shed.begin(0, lambda s: 150 if s < 20 or s > 100 else 0)
    shed.run(400)
    assert shed.session().state == session.CHARGING


def test_crosstalk_of_a_watt_and_a_half_is_an_unplugged_bike_after_five_minutes(shed):
    shed.begin(0, lambda s: 150 if s < 1000 else 1.5)
    shed.settle(1000 + 620)
    assert shed.ends()[0]["cause"] == stop_causes.UNPLUGGED


def test_a_short_session_is_accurate_although_the_register_counts_whole_watt_hours(shed):
    shed.begin(0, 60)
    shed.run(300)
    shed.charging.stop(0, stop_causes.OPERATOR)
    shed.settle()
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.OPERATOR
    assert abs(end["energy_mwh"] - float(shed.truth_mwh[0])) < 50
    assert end["wh_end"] - end["wh_start"] in (4, 5)


def test_the_relay_closes_only_after_a_fresh_reading_and_three_records(shed):
    reads = shed.meters[0].reads
    shed.begin(0, 150)
    shed.run(1, until=lambda: shed.on(0))
    assert shed.meters[0].reads > reads
    assert shed.sink.names() == ["live", "session_start", "session_energised"]
    (start,) = shed.sink.of("session_start")
    assert start[1:] == (0, CARD, 1000, 100)


def test_nobody_plugs_in_so_the_session_ends_unbilled(shed):
    shed.begin(0, 0)
    shed.settle(140)
    (end,) = shed.ends()
    assert (end["cause"], end["price_fen"], end["energised_s"]) == (stop_causes.NO_LOAD, 0, 0)


def test_over_power_for_three_seconds_stops_and_a_shorter_spike_does_not(shed):
    shed.begin(0, lambda s: 1500 if 300 < s < 301.5 or s > 400 else 150)
    shed.run(390)
    assert shed.session().state == session.CHARGING
    shed.settle(20)
    assert shed.ends()[0]["cause"] == stop_causes.OVER_POWER
    assert shed.closed_ms[0] <= 405.5 * 1000


@pytest.mark.parametrize(
    ("watts", "on_s", "off_s"), [(1900, 2.5, 1.5), (1900, 2, 2), (1500, 2.6, 1.5), (3000, 1, 2), (1900, 1, 1), (1300, 2.5, 1)]
)
def test_bursts_that_warm_a_contact_as_a_steady_overload_does_end_the_session(shed, watts, on_s, off_s):
    """Each burst alone is shorter than three seconds; together their mean square is above the limit's."""
    shed.begin(0, lambda s: watts if s > 300 and s % (on_s + off_s) < on_s else 20 if s > 300 else 150)
    shed.run(300)
    fed_ms = shed.closed_ms[0]
    assert shed.run(200, until=lambda: not shed.on(0))
    heat = watts * watts * on_s / (on_s + off_s) / 1e6 - 1
    assert (shed.closed_ms[0] - fed_ms) / 1000 <= 18 / heat * 1.5 + 10
    shed.settle(20)
    assert shed.ends()[0]["cause"] == stop_causes.OVER_POWER


@pytest.mark.parametrize(("watts", "on_s", "off_s"), [(1900, 2, 8), (1400, 2, 3), (1000, 60, 5), (1900, 0.9, 4), (2600, 0.4, 30)])
def test_bursts_that_a_contact_bears_for_ever_end_nothing(shed, watts, on_s, off_s):
    shed.begin(0, lambda s: watts if s > 300 and s % (on_s + off_s) < on_s else 150)
    shed.run(3600)
    assert shed.on(0) and not shed.ends()


def test_a_single_spike_does_not_raise_the_full_threshold(shed):
    shed.begin(0, lambda s: 900 if 300 < s < 301 else 100)
    shed.run(3000)
    assert shed.session().state == session.CHARGING
    assert shed.session().watch.peak_mw == 100000


def test_something_that_never_draws_thirty_watts_is_stopped_after_half_an_hour(shed):
    shed.begin(0, 15)
    shed.settle(1820)
    assert shed.ends()[0]["cause"] == stop_causes.MIN_POWER


def test_the_longest_session_ends_unfinished_not_as_a_fault():
    shed = Shed(pace_ms=1000, poll_ms=5000, settings={"max_min": 480})
    shed.run(2)
    shed.begin(0, 150)
    shed.settle(9 * HOUR)
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.MAX_TIME
    assert end["energised_s"] in (28800, 28801)
    assert end["price_fen"] == 200
    assert not shed.sink.of("fault")
    assert len(shed.sink.of("live")) >= 48


def test_a_session_whose_outlet_stays_off_for_five_minutes_is_settled_and_one_that_waited_less_goes_on():
    shed = Shed(settings={"hard_min": 0})
    shed.run(2)
    shed.begin(0, 150)
    shed.run(60)
    shed.locked = True
    shed.run(280)
    shed.locked = False
    shed.run(60)
    assert not shed.ends()
    shed.locked = True
    shed.run(310)
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.WAITED
    assert end["energised_s"] <= 122


def test_a_trip_drops_the_lease_at_once_and_settles_without_a_silent_meter(shed):
    shed.begin(0, 150)
    shed.run(900)
    shed.meters[0].silent = True
    shed.trips = 1
    assert shed.run(0.3, until=lambda: shed.charging.lease[0] == 0)
    shed.settle(6)
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.TRIP
    assert end["price_fen"] == 100
    energy_agrees(shed, end)


def test_a_trip_with_a_living_meter_is_settled_within_a_second(shed):
    shed.begin(0, 150)
    shed.run(900)
    shed.trips = 1
    shed.settle(1)
    energy_agrees(shed, shed.ends()[0])


def test_the_same_card_stops_its_own_session_and_another_card_does_not(shed):
    shed.begin(0, 150)
    shed.run(200)
    shed.tap(OTHER_CARD)
    assert shed.press(0) == grants.BUSY
    shed.tap()
    assert shed.press(0) == grants.STOPPED
    shed.settle()
    assert [e["cause"] for e in shed.ends()] == [stop_causes.USER]


def test_one_tap_starts_one_session_and_lasts_three_minutes(shed):
    shed.plug(0, 150)
    shed.plug(1, 150)
    shed.tap()
    assert shed.press(0) == grants.STARTED
    assert shed.press(1) == grants.NO_GRANT
    shed.tap()
    shed.run(181)
    assert shed.press(1) == grants.NO_GRANT


def test_a_fire_point_fault_blocks_a_new_session_but_not_a_running_one(shed):
    shed.begin(0, 150)
    shed.run(10)
    shed.blocked = True
    shed.run(1)
    shed.plug(1, 150)
    shed.tap()
    assert shed.press(1) == grants.REFUSED
    shed.run(60)
    assert shed.on(0)


@pytest.mark.parametrize("ticks_ms", [LATE_TICKS, TICKS // 2 - 1000, TICKS - 3600_000])
def test_the_wrap_of_the_clock_changes_nothing(ticks_ms):
    shed = Shed(ticks_ms=ticks_ms, pace_ms=500)
    shed.run(2)
    shed.begin(0, 150)
    shed.run(2 * HOUR)
    shed.unplug(0)
    shed.settle(20)
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.UNPLUGGED
    assert 7200 <= end["energised_s"] <= 7215
    energy_agrees(shed, end)


def test_taking_the_board_out_of_service_settles_everything(shed):
    shed.begin(0, 150)
    shed.begin(1, 100)
    shed.run(300)
    for i in range(len(shed.meters)):
        shed.charging.stop(i, stop_causes.MAINTENANCE)
    shed.settle()
    assert [e["cause"] for e in shed.ends()] == [stop_causes.MAINTENANCE] * 2
    energy_agrees(shed, shed.ends()[0], shed.ends()[0]["outlet"])


def test_many_outlets_charge_at_once_and_a_stop_opens_one_relay_at_once():
    shed = Shed(outlets=28, pace_ms=100)
    shed.run(6)
    for i in range(28):
        assert shed.begin(i, 100 + i) == grants.STARTED
    shed.run(60)
    assert all(s.state == session.CHARGING for s in shed.charging.sessions)
    before = shed.closed_ms[9]
    shed.charging.stop(9, stop_causes.OPERATOR)
    shed.run(5)
    assert shed.closed_ms[9] - before <= 200
    for i in range(28):
        shed.unplug(i)
        shed.run(12)
    shed.run(120)
    shed.settle(60)
    for end in shed.ends():
        energy_agrees(shed, end, end["outlet"])
