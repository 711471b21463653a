"""Groups of outlets judged together: which lost their supply, which single meter is wrong, which have exchanged wires."""

import pytest
from shed.charging import off_watch, stop_causes, supply

from hil_tests.firmware.charging.metered_shed import Shed
from hil_tests.firmware.metering.metered_bus import Meter


class VoltMeter(Meter):
    """A meter whose voltage can be set."""

    volts = 220

    def registers(self):
        words = super().registers()
        words[0] = self.volts * 10
        return words


def two_rows() -> Shed:
    """Four outlets, two in each group; all charge."""
    shed = Shed(outlets=4, meters=[VoltMeter(11 + i) for i in range(4)], rows=((0, 1), (2, 3)))
    shed.run(3)
    return shed


def charge(shed: Shed, *outlets: int):
    for i in outlets:
        shed.begin(i, 150)
        shed.run(10)
    shed.run(130)


def read_volts(meter, volts):
    assert isinstance(meter, VoltMeter)
    meter.volts = volts


def test_one_group_pauses_and_the_other_goes_on():
    shed = two_rows()
    charge(shed, 0, 1, 2, 3)
    for i in (2, 3):
        shed.meters[i].silent = True
    shed.run(12)
    assert [bool(shed.contacts[i]) for i in range(4)] == [True, True, False, False]
    assert shed.sink.of("fault") == [(supply.FAULT_SUPPLY_LOST, 1)]
    for i in (2, 3):
        shed.meters[i].silent = False
    shed.run(40)
    assert all(shed.contacts)
    assert shed.sink.of("fault_over") == [(supply.FAULT_SUPPLY_LOST, 1)] and not shed.ends()


def test_one_meter_that_says_low_among_others_that_do_not_is_not_believed():
    shed = two_rows()
    charge(shed, 0)
    read_volts(shed.meters[0], 120)
    shed.run(300)
    assert shed.contacts[0] and not shed.sink.of("fault")


def test_a_low_voltage_of_one_second_is_no_low_voltage():
    shed = two_rows()
    charge(shed, 0, 1)
    for meter in shed.meters:
        read_volts(meter, 120)
    shed.run(1.5)
    for meter in shed.meters:
        read_volts(meter, 220)
    shed.run(30)
    assert shed.contacts[0] and shed.contacts[1] and not shed.sink.of("fault")


def test_nothing_begins_without_supply_and_the_holder_says_so():
    shed = two_rows()
    for i in (0, 1):
        shed.meters[i].silent = True
    shed.run(60)
    shed.begin(0, 150)
    shed.run(20)
    assert not shed.closed_ms[0] and (supply.HOLD_SUPPLY, 0) in shed.sink.held
    shed.begin(2, 150)
    shed.run(20)
    assert shed.contacts[2]


def test_wires_exchanged_between_two_groups_are_found_as_well():
    shed = two_rows()
    shed.meters[0].address, shed.meters[3].address = shed.meters[3].address, shed.meters[0].address
    shed.bus.meters = {meter.address: meter for meter in shed.meters}
    shed.begin(0, 150)
    shed.run(60)
    assert not any(shed.contacts)
    assert sorted(shed.sink.of("fault")) == [(off_watch.FAULT_MIXED, 0), (off_watch.FAULT_MIXED, 3)]
    for i in (0, 3):
        assert shed.charging.off_watch.clear(i)
    assert not shed.sink.held


def test_a_session_waits_half_an_hour_for_its_supply_and_is_then_settled_at_the_time_used():
    shed = two_rows()
    charge(shed, 0, 1)
    fed_s = shed.closed_ms[0] // 1000
    for i in (0, 1):
        shed.meters[i].silent = True
    shed.run(1700)
    assert not shed.ends()
    shed.run(150)
    assert {end["cause"] for end in shed.ends()} == {stop_causes.SUPPLY_LOST}
    first = min(shed.ends(), key=lambda end: end["outlet"])
    assert fed_s - 12 <= first["energised_s"] <= fed_s
    assert first["price_fen"] == first["energised_s"] * 100 // 18000


def test_a_crosstalk_of_less_than_a_watt_accuses_nobody():
    shed = two_rows()
    charge(shed, 0)
    shed.plug(1, 0.9)
    shed.welded.add(1)
    shed.run(120)
    assert not shed.sink.of("fault") and not shed.charging.off_watch.may_be_live(1)


def wait_without_supply(shed: Shed, seconds: float):
    for i in (0, 1):
        shed.meters[i].silent = True
    shed.run(seconds)


def supply_is_back(shed: Shed):
    for i in (0, 1):
        shed.meters[i].silent = False


def test_a_pause_is_half_an_hour_at_most_whatever_the_detectors_say_and_no_other_bike_is_fed_after_it():
    shed = two_rows()
    charge(shed, 0, 1)
    shed.charging.fire_fault = 1
    wait_without_supply(shed, 1200)
    supply_is_back(shed)
    shed.run(700)
    assert {(end["outlet"], end["cause"]) for end in shed.ends()} == {(0, stop_causes.BLIND), (1, stop_causes.BLIND)}
    assert all(end["price_fen"] == end["energised_s"] * 100 // 18000 for end in shed.ends())
    fed_ms = list(shed.closed_ms)
    shed.charging.fire_fault = 0
    shed.plug(0, 120)
    shed.run(120)
    assert shed.closed_ms == fed_ms


def test_a_second_of_blindness_gives_a_pause_no_new_half_hour():
    shed = two_rows()
    charge(shed, 0, 1)
    wait_without_supply(shed, 1680)
    shed.charging.fire_fault = 1
    shed.run(1)
    shed.charging.fire_fault = 0
    shed.run(180)
    assert {end["cause"] for end in shed.ends()} == {stop_causes.SUPPLY_LOST}


def test_supply_that_comes_and_goes_without_a_load_gives_no_new_half_hour():
    shed = two_rows()
    charge(shed, 0, 1)
    shed.unplug(0)
    shed.unplug(1)
    for _ in range(8):
        wait_without_supply(shed, 270)
        supply_is_back(shed)
        shed.run(20)
    assert {end["outlet"] for end in shed.ends()} == {0, 1}


def test_after_a_pause_a_relay_that_stays_open_for_another_reason_has_five_minutes():
    shed = two_rows()
    charge(shed, 0, 1)
    wait_without_supply(shed, 600)
    shed.locked = True
    supply_is_back(shed)
    shed.run(280)
    assert not shed.ends()
    shed.run(60)
    assert {end["cause"] for end in shed.ends()} == {stop_causes.WAITED}


def dip(shed: Shed, times: int, every_s: float, volts: float = 180):
    """Both meters of the row read this voltage for two seconds, at the end of each period."""
    for _ in range(times):
        shed.run(every_s - 2)
        for meter in shed.meters[:2]:
            read_volts(meter, volts)
        shed.run(2)
        for meter in shed.meters[:2]:
            read_volts(meter, 220)


@pytest.mark.parametrize(("every_s", "volts"), [(110, 180), (50, 180), (4, 180), (20, 120)])
def test_an_empty_outlet_goes_dead_after_two_minutes_however_often_its_feeder_dips(every_s, volts):
    shed = two_rows()
    shed.tap()
    shed.press(0)
    dip(shed, 1800 // every_s, every_s, volts)
    assert 0 < shed.closed_ms[0] <= 125_000 and not shed.on(0)
    shed.plug(0, 150)
    shed.run(60)
    assert not shed.truth_mwh[0], "the next bike is not fed on the old card"


def test_neither_does_a_relay_that_opens_for_a_second_give_an_empty_outlet_new_minutes():
    shed = two_rows()
    shed.tap()
    shed.press(0)
    for _ in range(5):
        shed.run(100)
        shed.locked = True
        shed.run(1)
        shed.locked = False
    assert [end["cause"] for end in shed.ends()] == [stop_causes.NO_LOAD]
    assert shed.closed_ms[0] <= 125_000


@pytest.mark.parametrize("every_s", [100, 40])
def test_a_bike_that_left_in_a_pause_leaves_a_dead_outlet_two_minutes_after_it_however_often_its_feeder_dips(every_s):
    shed = two_rows()
    charge(shed, 0)
    wait_without_supply(shed, 60)
    shed.unplug(0)
    supply_is_back(shed)
    fed_ms = shed.closed_ms[0]
    dip(shed, 1200 // every_s, every_s)
    assert shed.closed_ms[0] - fed_ms <= 125_000
    assert [(end["outlet"], end["cause"]) for end in shed.ends()] == [(0, stop_causes.OUTAGE_GONE)]


def test_each_pause_gives_a_bike_that_charged_its_two_minutes():
    shed = two_rows()
    charge(shed, 0, 1)
    for _ in range(3):
        wait_without_supply(shed, 20)
        shed.plug(0, lambda s: 0 if s < 120 else 150)
        supply_is_back(shed)
        shed.run(200)
    assert shed.on(0) and not shed.ends()


@pytest.mark.parametrize("every_s", [60, 100])
def test_an_unplugged_bike_is_seen_within_half_a_minute_of_the_next_dip(every_s):
    shed = two_rows()
    charge(shed, 0, 1)
    dip(shed, 5, every_s, 160)
    shed.unplug(0)
    dip(shed, 1, 15, 160)
    shed.run(15)
    assert [end["cause"] for end in shed.ends()] == [stop_causes.UNPLUGGED]
    assert not shed.on(0) and shed.on(1)


def test_a_charger_that_needs_nine_seconds_after_a_dip_has_not_been_unplugged():
    shed = two_rows()
    charge(shed, 0, 1)
    for _ in range(4):
        shed.plug(0, lambda s: 0 if s < 11 else 150)
        dip(shed, 1, 2, 160)
        shed.run(58)
    assert shed.on(0) and not shed.ends()


@pytest.mark.parametrize("load_comes", [False, True])
def test_a_wait_takes_nothing_off_the_time_before_the_last_one(load_comes):
    """A charger that needs its seconds, on a feeder that fails repeatedly: only what was billed since power was last seen is in doubt."""
    watts = [150.0]
    shed = two_rows()
    shed.begin(0, lambda _: watts[0])
    shed.run(130)
    billed_s = shed.session().energised_s()
    for _ in range(8):
        watts[0] = 0
        shed.session().pause(shed.charging)
        assert shed.run(10, until=lambda: shed.on(0)), "the supply is back"
        shed.run(11)
        if load_comes:
            watts[0] = 150
            assert shed.run(10, until=lambda: shed.session().is_billed())
    shed.session().pause(shed.charging)
    assert billed_s <= shed.session().energised_s() <= billed_s + 8 * load_comes
    assert not shed.ends()
