"""No power behind an open contactor proves nothing; neither does a meter that is silent with its whole row (decision 0033)."""

import pytest
from shed.charging import stop_causes
from shed.safety.holders import LIVE, WELDED

from hil_tests.firmware.charging.metered_shed import Shed
from hil_tests.firmware.charging.test_cuts import ROW, charging, next_boot, welded_with_a_dead_meter


def welded_behind_its_open_contactor() -> Shed:
    """Outlet 0 was seen off, its bike is still plugged; somebody presses at outlet 1, the other one of its row, without a bike."""
    shed = charging(3, ROW, contactors=True)
    shed.charging.stop(0, stop_causes.OPERATOR)
    shed.run(60)
    assert not shed.charging.off_watch.may_be_live(0)
    shed.welded.add(0)
    shed.run(60)
    assert not any(shed.contacts)
    shed.tap()
    shed.press(1)
    assert shed.run(20, until=lambda: shed.contacts[0])
    return shed


def stopped_to_look() -> Shed:
    shed = welded_behind_its_open_contactor()
    assert shed.run(20, until=lambda: not shed.on(1))
    assert not shed.sink.of("fault")
    return shed


def test_a_weld_is_named_though_the_neighbour_without_a_bike_was_the_only_session_of_its_row():
    shed = welded_behind_its_open_contactor()
    shed.run(30)
    assert shed.sink.of("fault") == [(9, 0)], "its power did not go with the other relay"
    assert not any(shed.contacts) and (WELDED, 0) in shed.sink.held
    shed.unplug(0)
    shed.begin(1, 150)
    shed.run(60)
    assert not any(shed.contacts), "nothing closes its contactor until somebody has looked"


def test_the_contactor_is_kept_closed_for_the_look_and_opens_with_its_verdict():
    shed = stopped_to_look()
    assert shed.contacts[0] and shed.fed == 1, "the relay of outlet 1 is open, and the row is not"
    assert shed.run(5, until=lambda: shed.fed == 0)
    assert shed.sink.of("fault") == [(9, 0)]


def test_a_weld_found_at_its_own_stop_is_named_though_a_session_without_a_bike_is_all_that_is_left_in_its_row():
    shed = charging(3, ROW, contactors=True)
    shed.tap()
    shed.press(1)
    assert shed.run(20, until=lambda: shed.on(1))
    shed.run(5)
    shed.welded.add(0)
    shed.charging.stop(0, stop_causes.OPERATOR)
    shed.run(30)
    assert shed.sink.of("fault") == [(9, 0)] and not any(shed.contacts)


def test_nothing_begins_at_an_outlet_that_is_looked_at():
    shed = stopped_to_look()
    shed.tap()
    shed.press(0)
    shed.run(1)
    assert shed.session(0) is None


def test_a_meter_that_falls_silent_during_the_look_does_not_keep_the_contactor_closed():
    shed = stopped_to_look()
    shed.meters[0].silent = True
    assert shed.run(12, until=lambda: shed.fed == 0)
    assert shed.sink.of("fault") == [(9, 0)]


def test_a_trip_during_the_look_proves_no_exchanged_meters():
    shed = stopped_to_look()
    shed.trips = 7
    shed.run(1)
    assert not any(shed.contacts)
    shed.trips = 0
    shed.run(30)
    assert shed.sink.of("fault") == [(9, 0)]


def test_exchanged_meters_in_a_row_where_nobody_else_charges_are_still_no_weld():
    shed = Shed(3, rows=ROW, contactors=True)
    shed.run(3)
    shed.meters[0].address, shed.meters[1].address = shed.meters[1].address, shed.meters[0].address
    shed.bus.meters = {meter.address: meter for meter in shed.meters}
    shed.begin(0, 150)
    shed.run(60)
    assert not any(shed.contacts) and shed.fed == 0
    assert sorted(shed.sink.of("fault")) == [(29, 0), (29, 1)]


def answers_behind_its_open_contactor(shed: Shed, seconds: float = 40) -> None:
    assert not shed.contacts[0]
    shed.meters[0].silent = False
    shed.run(seconds)
    assert not shed.sink.held and shed.charging.off_watch.may_be_live(0), "its row serves"
    shed.meters[0].silent = True


@pytest.mark.parametrize("cuts", [False, True])
def test_a_meter_that_answers_now_and_then_behind_an_open_contactor_gives_no_new_minutes(cuts):
    shed = welded_with_a_dead_meter(neighbour=True, contactors=True)
    assert shed.run(660, until=lambda: not shed.contacts[0]), "ten minutes"
    for _ in range(6):
        shed.run(40)
        answers_behind_its_open_contactor(shed)
        if cuts:
            shed = next_boot(shed, ROW)
            shed.meters[0].silent = False
            shed.run(20)
            answers_behind_its_open_contactor(shed)
        before_ms, ends = shed.closed_ms[0], len(shed.ends())
        shed.begin(1, 150)
        shed.run(900)
        assert shed.closed_ms[0] - before_ms <= 20_000
        assert not shed.contacts[0] and (LIVE, 1) in shed.sink.held
        assert len(shed.ends()) == ends + 1 and shed.ends()[-1]["cause"] == stop_causes.SUPPLY_LOST


def test_minutes_that_are_left_go_on_where_they_were():
    shed = welded_with_a_dead_meter(neighbour=True, contactors=True)
    shed.run(300)
    shed.charging.stop(1, stop_causes.OPERATOR)
    shed.run(20)
    answers_behind_its_open_contactor(shed)
    shed.begin(1, 150)
    shed.run(60)
    assert shed.contacts[0] and (LIVE, 0) in shed.sink.held, "nothing else begins"
    assert shed.run(260, until=lambda: not shed.contacts[0])


def test_an_outlet_whose_meter_goes_on_answering_costs_its_neighbour_nothing():
    shed = welded_with_a_dead_meter(neighbour=True, contactors=True)
    assert shed.run(660, until=lambda: not shed.contacts[0])
    shed.run(40)
    shed.unplug(0)
    answers_behind_its_open_contactor(shed)
    shed.meters[0].silent = False
    shed.begin(1, 150)
    shed.run(1800)
    assert shed.on(1) and not shed.sink.held
    assert shed.charging.off_watch.may_be_live(0), "its load may be gone: its own next session shows it"


def row_silent(shed: Shed, silent: bool) -> None:
    for i in (0, 1):
        shed.meters[i].silent = silent


def ended_in_a_silent_row() -> Shed:
    shed = charging(3, ROW, contactors=True)
    shed.begin(1, 150)
    shed.run(60)
    row_silent(shed, True)
    shed.run(2400)
    assert [end["cause"] for end in shed.ends()] == [stop_causes.SUPPLY_LOST] * 2
    return shed


@pytest.mark.parametrize("cut", [False, True])
def test_outlets_that_were_silent_with_their_whole_row_are_off_when_a_closed_contactor_has_shown_it(cut):
    shed = ended_in_a_silent_row()
    row_silent(shed, False)
    shed.run(60)
    if cut:
        shed = next_boot(shed, ROW)
        shed.run(30)
    assert not shed.sink.held
    shed.unplug(0)
    shed.begin(1, 150)
    shed.run(30)
    assert shed.on(1) and not shed.charging.off_watch.may_be_live(0)


def test_one_that_stays_silent_when_its_row_is_back_is_unseen_with_ten_minutes():
    """Its relay may have welded with what took the supply."""
    shed = ended_in_a_silent_row()
    shed.welded.add(0)
    row_silent(shed, False)
    shed.run(60)
    shed.meters[0].silent = True
    before_ms = shed.closed_ms[0]
    shed.begin(1, 150)
    shed.run(60)
    assert shed.contacts[0] and (LIVE, 0) in shed.sink.held
    shed.run(900)
    assert not shed.contacts[0] and shed.closed_ms[0] - before_ms <= 640_000


def test_a_meter_that_was_unseen_before_its_row_fell_silent_is_unseen_after_it():
    shed = welded_with_a_dead_meter(neighbour=True, contactors=True)
    shed.run(60)
    row_silent(shed, True)
    shed.run(600)
    shed.meters[1].silent = False
    shed.run(60)
    assert (LIVE, 0) in shed.sink.held and shed.charging.off_watch.grace[0] >= 60


def test_when_a_rows_supply_returns_its_idle_meters_have_two_minutes_to_answer():
    shed = Shed(6, rows=((0, 1, 2, 3), (4, 5)))
    shed.run(140)
    for i in range(4):
        shed.meters[i].silent = True
    shed.run(300)
    for i in range(3):
        shed.meters[i].silent = False
    assert shed.run(90, until=lambda: not shed.charging.supply.state[0])
    shed.run(110)
    assert shed.sink.of("fault") == [(26, 0)], "one fault, not four dead meters"
    shed.run(20)
    assert shed.sink.of("fault") == [(26, 0), (8, 3)], "and the one that is dead"
