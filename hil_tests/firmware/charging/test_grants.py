"""Whose press it is: nobody ever pays for another's bike, and everybody can start to charge."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shed.charging import grants, stop_causes
from shedguard.formats.lists import NOWHERE, PRESS_REASONS

from hil_tests.firmware.charging.metered_shed import CARD, OTHER_CARD, Shed

REASONS = {name: number for number, name in PRESS_REASONS.items()}
THIRD = bytes((4, 5, 5, 5, 5, 0, 0, 0, 0, 0, 0))


@pytest.fixture
def shed():
    shed = Shed(3)
    shed.run(3)
    for i in range(3):
        shed.plug(i, 150)
    return shed


def sold(shed):
    return [(outlet, card) for _, outlet, card, *_ in shed.sink.of("session_start")]


def test_tap_then_press_with_a_single_card_works_as_ever(shed):
    shed.tap()
    assert shed.press(1) == grants.STARTED
    shed.run(3)
    assert sold(shed) == [(1, CARD)]


def test_two_cards_and_a_press_start_nothing_and_the_press_selects(shed):
    shed.tap(CARD)
    shed.tap(OTHER_CARD)
    assert shed.press(0) == grants.UNCLEAR
    shed.run(5)
    assert sold(shed) == []
    assert shed.sink.of("press_refused") == [(0, REASONS["several_cards"], bytes(11))]
    shed.tap(CARD)
    shed.run(3)
    assert sold(shed) == [(0, CARD)]
    assert shed.press(2) == grants.STARTED, "the other's grant is the only one again"
    shed.run(3)
    assert sold(shed) == [(0, CARD), (2, OTHER_CARD)]


def test_two_pressed_outlets_and_a_tap_start_nothing_until_one_of_them_is_forgotten(shed):
    shed.tap(CARD)
    shed.tap(OTHER_CARD)
    shed.press(0)
    shed.run(20)
    shed.press(1)
    shed.tap(OTHER_CARD)
    shed.run(3)
    assert sold(shed) == []
    assert (NOWHERE, REASONS["several_outlets"], OTHER_CARD) in shed.sink.of("press_refused")
    shed.run(10)
    shed.tap(OTHER_CARD)
    shed.run(3)
    assert sold(shed) == [(1, OTHER_CARD)]


@pytest.mark.parametrize("taps", [1, 2])
@pytest.mark.parametrize("before", [(), (CARD, OTHER_CARD)])
def test_whoever_comes_in_after_a_press_does_not_pay_for_it_however_often_the_card_is_read(shed, before, taps):
    for card in before:
        shed.tap(card)
    shed.press(0)
    for _ in range(taps):
        shed.run(2)
        shed.tap(THIRD)
    shed.run(5)
    assert sold(shed) == []


def test_an_outlet_pressed_half_a_minute_ago_is_nobodys(shed):
    shed.tap(CARD)
    shed.tap(OTHER_CARD)
    shed.press(2)
    shed.run(31)
    shed.tap(OTHER_CARD)
    shed.run(3)
    assert sold(shed) == []


def test_a_running_session_is_neither_stopped_nor_paid_by_a_card_that_comes_in_while_somebody_plays_with_its_button(shed):
    shed.tap(CARD)
    shed.press(0)
    shed.run(60)
    for card in (OTHER_CARD, CARD):
        shed.press(0)
        shed.tap(card)
        shed.run(3)
        assert shed.on(0) and sold(shed) == [(0, CARD)]


def test_one_stops_ones_own_session_though_another_card_is_open(shed):
    shed.tap(CARD)
    shed.press(0)
    shed.run(60)
    shed.tap(OTHER_CARD)
    shed.tap(CARD)
    assert shed.press(0) == grants.STOPPED
    shed.settle()
    assert shed.ends()[0]["cause"] == stop_causes.USER
    assert shed.press(1) == grants.STARTED, "only the person's own grant was used up"


def test_a_refused_press_uses_up_no_grant(shed):
    shed.trips = 1
    shed.run(1)
    shed.tap(CARD)
    assert shed.press(0) == grants.REFUSED
    shed.trips = 0
    shed.run(1)
    assert shed.press(0) == grants.STARTED


def test_each_grant_has_its_own_time_and_a_new_tap_replaces_the_cards_old_one(shed):
    shed.tap(CARD)
    shed.run(100)
    shed.tap(OTHER_CARD)
    shed.run(85)
    assert shed.press(0) == grants.UNCLEAR, "the first may still stand there: it is not known whose press it is"
    shed.tap(OTHER_CARD)
    shed.run(3)
    assert sold(shed) == [(0, OTHER_CARD)], "a press and a second tap identify the person"
    shed.run(180)
    shed.tap(THIRD)
    shed.tap(THIRD)
    assert shed.press(1) == grants.STARTED, "one card, one grant"


@pytest.mark.parametrize("later_s", [5, 170, 200, 300])
def test_who_presses_when_the_own_grant_has_run_out_is_not_served_on_the_card_of_another(shed, later_s):
    shed.tap(CARD)
    shed.run(later_s)
    shed.tap(OTHER_CARD)
    shed.run(max(183 - later_s, 5))
    assert shed.press(0) == grants.UNCLEAR
    shed.run(3)
    assert sold(shed) == []
    shed.tap(CARD)
    shed.run(3)
    assert sold(shed) == [], "that card was not open at the press"


def test_a_grant_that_ran_out_stops_no_session_and_is_forgotten_in_the_end(shed):
    shed.tap(CARD)
    shed.press(0)
    shed.run(30)
    shed.tap(CARD)
    shed.run(200)
    shed.tap(OTHER_CARD)
    assert shed.press(0) == grants.BUSY and shed.on(0)
    shed.run(170)
    assert shed.press(1) == grants.STARTED
    shed.run(3)
    assert sold(shed) == [(0, CARD), (1, OTHER_CARD)]


def test_every_refused_press_is_handed_to_the_books_which_count_what_repeats(shed):
    shed.tap(CARD)
    shed.tap(OTHER_CARD)
    for k in range(30):
        shed.press(k % 3)
        shed.run(0.2)
    assert len(shed.sink.of("press_refused")) == 30


PEOPLE = {0: CARD, 1: OTHER_CARD, 2: THIRD}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.permutations([(who, what) for who in PEOPLE for what in ("tap", "press")]), st.integers(1, 20))
def test_in_whatever_order_three_people_tap_and_press_nobody_pays_for_another(order, seconds):
    """Each taps before pressing; three bikes, three cards, person n stands at outlet n."""
    order = sorted(order, key=lambda act: act[1] == "press") if seconds % 2 else order
    tapped = set()
    shed = Shed(3)
    shed.run(3)
    for who, what in order:
        if what == "tap":
            shed.tap(PEOPLE[who])
            tapped.add(who)
        elif who in tapped:
            shed.press(who)
        shed.run(seconds)
    assert all(PEOPLE[outlet] == card for outlet, card in sold(shed))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_three_people_who_came_in_together_all_charge_by_pressing_and_tapping_one_after_the_other(shed, order):
    for card in PEOPLE.values():
        shed.tap(card)
    for who in order:
        shed.press(who)
        shed.tap(PEOPLE[who])
        shed.run(5)
    assert sorted(sold(shed)) == sorted(PEOPLE.items())
