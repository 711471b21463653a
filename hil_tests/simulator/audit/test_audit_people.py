"""The auditor on the paying card, limits, wrong meters, cuts at the moment of a trip, and a detector that burns through."""

from __future__ import annotations

from dataclasses import replace

import pytest
from shedbench.audit.collect import _alarms
from shedbench.audit.truth import Energised, Lie, Press, Span
from shedguard.formats.records import Log

from hil_tests.simulator.audit.test_audit import (
    BOOT,
    BOOT_S,
    CARD,
    RESET,
    SITE,
    SMOKY,
    SOLD,
    TRIP,
    TRUTH,
    S,
    end,
    findings,
    record,
    settle,
    start,
)

MS = 1_000_000
OTHER = b"\x04\x11\x22\x33\x44" + bytes(6)
OWNERS = {CARD: "resident", OTHER: "neighbour"}


def pressed(*presses: Press):
    return replace(TRUTH, owners=OWNERS, presses={1: list(presses)})


def test_a_session_on_the_card_of_who_pressed_gives_no_finding():
    assert findings(pressed(Press(99 * S, "resident")), *SOLD) == []


def test_a_card_that_comes_after_the_press_gives_no_finding():
    assert findings(pressed(Press(72 * S, "resident")), *SOLD) == []


@pytest.mark.parametrize("when_s", [99, 60])
def test_a_session_on_a_neighbours_card_is_found(when_s: int):
    (found,) = findings(pressed(Press(when_s * S, "neighbour"), Press(30 * S, "resident")), *SOLD)
    assert "is on the card of resident" in found
    assert ("pressed by neighbour" in found) is (when_s == 99)


def test_a_press_of_which_nobody_said_whose_it_was_is_not_judged():
    assert findings(pressed(Press(99 * S)), *SOLD) == []


def test_a_card_that_nobody_has_is_found():
    truth = replace(pressed(Press(99 * S, "resident")), owners={OTHER: "neighbour"})
    assert "which nobody has" in findings(truth, *SOLD)[0]


def test_a_session_stopped_by_somebody_elses_finger_is_found():
    sold = (BOOT, start(2, 100), end(3, 3705, stop_cause=9))
    truth = pressed(Press(99 * S, "resident"), Press(3703 * S, "neighbour"))
    assert "stopped by its user, and the button was pressed by neighbour" in findings(truth, *sold)[0]
    assert findings(pressed(Press(99 * S, "resident"), Press(3703 * S, "resident")), *sold) == []


@pytest.mark.parametrize(("ran", "agrees"), [(((100, 3710), (3770, 3775)), True), (((100, 3775),), False)])
def test_a_stop_before_a_cut_is_settled_by_a_later_start(ran: tuple[tuple[int, int], ...], agrees: bool):
    """The press of 3703 s is recorded 69 s later: with a board that ran all the time, it is too late for that press."""
    sold = (BOOT, start(2, 100), end(3, 3772, stop_cause=9))
    truth = pressed(Press(99 * S, "resident"), Press(3703 * S, "resident"))
    truth = replace(truth, boots_ns=[BOOT_S * S, *(begin * S for begin, _end in ran[1:])], stops_ns=[end * S for _begin, end in ran])
    assert any("nobody pressed its button" in words for words in findings(truth, *sold)) is not agrees


@pytest.mark.parametrize(("longest_s", "agrees"), [(3600, True), (3597, True), (3596, False), (0, True)])
def test_a_socket_fed_longer_than_the_longest_session_is_found_however_many_cuts(longest_s: int, agrees: bool):
    second = record(3, "boot", BOOT_S, reset_cause=1, fault=0, argument=0, boots=8)
    parts = [Energised(101 * S, 1901 * S, 75_000.0), Energised(4020 * S, 5822 * S, 75_000.0)]
    truth = replace(TRUTH, energised={1: parts, 2: []}, boots_ns=[BOOT_S * S, 4000 * S])
    found = settle(truth, replace(SITE, longest_s=longest_s), Log([BOOT, start(2, 100), second, end(4, 1830 + BOOT_S)]))
    assert (found == []) is agrees
    assert agrees or "was fed 3602 s" in found[0]


def test_what_a_meter_that_stood_still_did_not_see_may_be_missing_and_nothing_else():
    truth = replace(TRUTH, lies={1: [Lie(1000 * S, 1600 * S, "stuck", 25_000.0)]})
    assert findings(truth, BOOT, start(2, 100), end(3, 3705, energy_mwh=125_000)) == []
    assert findings(truth, BOOT, start(2, 100), end(3, 3705, energy_mwh=120_000)) != []
    assert findings(truth, BOOT, start(2, 100), end(3, 3705, energy_mwh=180_000)) != []


def test_a_jump_of_the_meter_is_never_billed():
    truth = replace(TRUTH, lies={1: [Lie(1000 * S, 1010 * S, "misread", 400.0)]})
    assert "180.00 Wh" in findings(truth, BOOT, start(2, 100), end(3, 3705, energy_mwh=180_000))[0]


@pytest.mark.parametrize(("cut_ms", "agrees"), [(100, True), (2000, False)])
def test_a_cut_in_the_moment_of_a_trip_may_lose_its_record_when_the_smoke_is_gone_by_the_next_start(cut_ms: int, agrees: bool):
    second = record(4, "boot", BOOT_S, reset_cause=1, fault=0, argument=0, boots=8)
    truth = replace(
        TRUTH,
        energised={},
        path={1: [Span(101 * S, 5000 * S + 50 * MS)], 2: []},
        alarms={"smoke bay": [Span(5000 * S, 5003 * S)]},
        locked={"main": [Span(12 * S, 5000 * S + 40 * MS), Span(5014 * S)]},
        boots_ns=[BOOT_S * S, 5010 * S],
        stops_ns=[5000 * S + cut_ms * MS],
    )
    found = findings(truth, BOOT, second)
    assert any("has no trip" in line for line in found) is not agrees


def test_a_trip_forgotten_over_a_later_cut_is_found():
    second = record(4, "boot", BOOT_S, reset_cause=1, fault=0, argument=0, boots=8)
    truth = replace(SMOKY, energised={}, boots_ns=[BOOT_S * S, 5500 * S], stops_ns=[5490 * S])
    truth = replace(truth, locked={"main": [Span(12 * S, 5000 * S + 50 * MS), Span(5503 * S)]})
    assert any("gate 'main' was locked during the trip" in line for line in findings(truth, BOOT, TRIP, second))


def test_a_detector_that_burns_through_stays_in_alarm_until_it_is_normal():
    mv = [(0, 1650), (5000 * S, 836), (5100 * S, 3300), (5200 * S, 7), (5300 * S, 1650), (5400 * S, 3300)]
    assert _alarms(mv, 300, 1300, 2300) == [Span(5000 * S, 5300 * S)]
    truth = replace(SMOKY, energised={}, alarms={"smoke bay": [Span(5000 * S, 5700 * S)]})
    assert any("while 'smoke bay' was still in alarm" in line for line in findings(truth, BOOT, TRIP, RESET))


def test_smoke_behind_a_loose_wire_is_an_alarm_once_the_wire_has_shown_it_for_long_enough_to_trip():
    ms = S // 1000
    loose = [(0, 1650), (5000 * S, 7), (5001 * S, 836), (5001 * S + 18 * ms, 7), (5002 * S, 836), (5002 * S + 90 * ms, 7)]
    glimpses = _alarms([*loose, (5003 * S, 1650)], 300, 1300, 2300)
    assert glimpses == [Span(5001 * S, 5001 * S + 18 * ms), Span(5002 * S, 5002 * S + 90 * ms)]
    seen = _alarms([*loose, (5003 * S, 836), (5003 * S + 110 * ms, 7), (5004 * S, 1650)], 300, 1300, 2300)
    assert seen[-1] == Span(5003 * S, 5004 * S)


def test_a_trip_may_be_of_the_second_of_two_alarms_where_the_first_was_too_short_to_demand_one():
    ms = S // 1000
    glimpse = Span(5000 * S - 400 * ms, 5000 * S - 390 * ms)
    twice = replace(SMOKY, energised={}, alarms={"smoke bay": [glimpse, Span(5000 * S, 5300 * S)]})
    assert findings(twice, BOOT, TRIP, RESET) == []
    alone = replace(SMOKY, energised={}, alarms={"smoke bay": [glimpse]})
    assert any("was locked during the trip" in line for line in findings(alone, BOOT, TRIP, RESET))


@pytest.mark.parametrize(("taps", "agrees"), [(("resident",), True), (("resident", "neighbour"), False), ((), False)])
def test_a_press_while_one_single_card_is_open_is_taken_for_its_owners(taps: tuple[str, ...], agrees: bool):
    truth = replace(pressed(Press(99 * S, "neighbour")), taps=[Press(90 * S + n * S, who) for n, who in enumerate(taps)])
    assert (findings(truth, *SOLD) == []) is agrees


def test_a_card_that_was_used_is_open_no_more():
    sold = (
        BOOT,
        start(2, 100),
        start(4, 120, session=2, outlet=1),
        end(5, 140, session=2, outlet=1, energy_mwh=0, energised_s=0, price_fen=0),
    )
    truth = replace(pressed(Press(99 * S, "resident")), taps=[Press(90 * S, "resident")])
    truth = replace(truth, presses={**truth.presses, 2: [Press(119 * S, "neighbour")]})
    found = findings(truth, *sold, end(6, 3705))
    assert [words for words in found if "is on the card" in words] == [
        "session 0x00000002 at outlet 2 is on the card of resident, and the button was pressed by neighbour"
    ]


def test_a_card_that_lies_at_the_reader_is_one_tap():
    """A press uses the neighbour's grant; later readings of that card open no new one, and the resident's is the only one."""
    taps = [Press(ns * S // 2, "neighbour") for ns in range(180, 188)] + [Press(92 * S, "resident")]
    truth = replace(pressed(Press(99 * S, "tenant")), taps=taps)
    truth = replace(truth, presses={**truth.presses, 2: [Press(91 * S, "neighbour")]})
    assert findings(truth, *SOLD) == []


@pytest.mark.parametrize(("others", "agrees"), [(("neighbour",), True), ((), False)])
def test_a_second_tap_excuses_only_where_several_cards_made_the_press_unclear(others: tuple[str, ...], agrees: bool):
    """With a single card open its owner's press would have used it: the second tap starts no session at another's outlet."""
    taps = [Press(60 * S, "resident"), *(Press(62 * S, who) for who in others), Press(100 * S, "resident")]
    used = (start(2, 66, session=2, outlet=1), end(3, 90, session=2, outlet=1, energy_mwh=0, energised_s=0, price_fen=0))
    truth = replace(pressed(Press(98 * S, "tenant")), taps=taps)
    truth = replace(truth, presses={1: truth.presses[1], 2: [Press(64 * S, "resident")]} if not others else truth.presses)
    found = findings(truth, BOOT, *(used if not others else ()), start(4, 100), end(5, 3705))
    assert any("is on the card of resident" in words for words in found) is not agrees


@pytest.mark.parametrize(("alarm_ms", "erased", "agrees"), [(90, False, True), (150, False, False), (150, True, True), (450, True, False)])
def test_an_alarm_that_a_loop_must_hear_has_a_trip_unless_an_erase_stood_in_between(alarm_ms: int, erased: bool, agrees: bool):
    erases = [5000 * S - 10 * MS] if erased else []
    alarm = Span(5000 * S, 5000 * S + alarm_ms * MS)
    truth = replace(TRUTH, alarms={"smoke bay": [alarm]}, erases=erases, stops_ns=[7999 * S])
    assert any("has no trip of it" in words for words in findings(truth, *SOLD)) is not agrees


@pytest.mark.parametrize(("touch_s", "agrees"), [(5001, True), (4900, False)])
def test_a_trip_without_an_alarm_needs_a_wire_that_was_touched(touch_s: int, agrees: bool):
    truth = replace(TRUTH, energised={}, path={}, locked={}, touches={"smoke bay": [touch_s * S]})
    assert any("no detector of it was in alarm" in words for words in findings(truth, BOOT, TRIP)) is not agrees


@pytest.mark.parametrize("refused", [True, False])
def test_a_press_that_was_refused_leaves_open_cards_open_and_one_that_nobody_knows_of_does_not(refused: bool):
    """The neighbour's card was read first; another button was pressed; the session of the neighbour's press is on the other card."""
    presses = {1: [Press(99 * S, "neighbour")], 2: [Press(75 * S, "visitor")]}
    taps = [Press(60 * S, "neighbour"), Press(85 * S, "resident")]
    truth = replace(TRUTH, owners=OWNERS, presses=presses, taps=taps)
    boot, begins, ends = SOLD
    records = [boot, record(2, "press_refused", 75, outlet=1, reason=4, card=bytes(11))] if refused else [boot]
    found = findings(truth, *records, replace(begins, sequence=3), replace(ends, sequence=4))
    assert bool(found) is refused and all("is on the card of resident" in words for words in found)


@pytest.mark.parametrize(("second_s", "selected_s", "agrees"), [(100, 95, True), (101, 95, True), (101, 60, False)])
def test_a_second_tap_that_answers_anothers_press_uses_the_card_up(second_s: int, selected_s: int, agrees: bool):
    """Both cards were open and one press selected its outlet. The neighbour's second tap began the session there, and his press at once the
    other, on the one card that was still open; the records stand in any order. After half a minute the press selects no more."""
    first_s = selected_s - 5
    taps = [Press(first_s * S, "neighbour"), Press((first_s + 1) * S, "resident"), Press(100 * S - 400 * MS, "neighbour")]
    presses = {1: [Press(100 * S - 200 * MS, "neighbour")], 2: [Press(selected_s * S, "resident")]}
    truth = replace(TRUTH, owners=OWNERS, presses=presses, taps=taps)
    refused = record(2, "press_refused", selected_s, outlet=1, reason=1, card=bytes(11))
    sessions = (start(3, 100), start(4, second_s, session=2, outlet=1, card=OTHER))
    found = findings(truth, BOOT, refused, *sessions, end(5, 3705))
    assert any("outlet 1 is on the card of resident" in words for words in found) is not agrees


@pytest.mark.parametrize(("flowed_mwh", "agrees"), [(150_500.0, True), (100_000.0, False)])
def test_a_load_that_came_and_went_while_its_meter_stood_still_has_not_to_be_billed(flowed_mwh: float, agrees: bool):
    """The meter answers the truth again from 1600 s on; the relay stays closed until 3705 s, with a load only where energy flowed then."""
    truth = replace(TRUTH, lies={1: [Lie(50 * S, 1600 * S, "stuck", flowed_mwh)]})
    free = end(3, 3705, energised_s=0, energy_mwh=0, price_fen=0, stop_cause=5)
    assert (not [words for words in findings(truth, BOOT, start(2, 100), free) if "bills" in words or "costs" in words]) is agrees
