"""The auditor on live outlets without a session: reported by the board within a minute or three, again in each start, or a finding."""

from __future__ import annotations

from dataclasses import replace

import pytest
from shedbench.audit.live import settle_live
from shedbench.audit.timeline import Timeline
from shedbench.audit.truth import Lie, Span, Truth
from shedguard.formats.records import Record

from hil_tests.simulator.audit.test_audit import BOOT, SITE, SOLD, TRUTH, S, record

LIVE = replace(TRUTH, drawn={1: [Span(101 * S, 6000 * S)]})  # the session ended at 3705 s and the power flowed on


def fault(sequence: int, at_s: int, code: int = 9, argument: int = 0) -> Record:
    return record(sequence, "fault", at_s, fault=code, argument=argument)


def cleared(sequence: int, at_s: int) -> Record:
    return record(sequence, "fault_cleared", at_s, fault=9, argument=0, authority=1)


def repeats(sequence: int, at_s: int) -> Record:
    return record(sequence, "repeats", at_s, of=7, detail=9 << 16, count=1, span_s=60, card=bytes(11))


def found(truth: Truth, *records: Record) -> list[str]:
    return settle_live(truth, SITE, records, Timeline(truth.boots_ns, records, truth.stops_ns))


def test_power_that_flows_on_after_a_session_and_is_told_by_nothing_is_found():
    (words,) = found(LIVE, *SOLD)
    assert words == "outlet 1 drew power that nobody had bought from 3709 s to 6000 s, and no fault tells of it"


def test_power_in_a_session_and_a_minute_longer_is_no_finding():
    assert found(replace(TRUTH, drawn={1: [Span(101 * S, 3765 * S)]}), *SOLD) == []


def test_power_without_any_session_is_found():
    assert len(found(LIVE, BOOT)) == 1


@pytest.mark.parametrize(("code", "argument", "tells"), [(9, 0, True), (28, 0, True), (8, 0, True), (9, 1, False), (21, 0, False)])
def test_the_fault_has_to_name_this_outlet_and_what_it_may_do(code: int, argument: int, tells: bool):
    assert (found(LIVE, *SOLD, fault(4, 3700, code, argument)) == []) is tells


@pytest.mark.parametrize(("at_s", "tells"), [(200, True), (3765, True), (3775, False)])
def test_it_is_told_in_time(at_s: int, tells: bool):
    assert (found(LIVE, *SOLD, fault(4, at_s)) == []) is tells


@pytest.mark.parametrize(("at_s", "tells"), [(3880, True), (3900, False)])
def test_while_a_meter_is_out_of_order_it_may_take_three_minutes(at_s: int, tells: bool):
    truth = replace(LIVE, lies={2: [Lie(3600 * S, 5000 * S, "off")]})
    assert (found(truth, *SOLD, fault(4, at_s)) == []) is tells


def test_what_was_cleared_long_before_does_not_tell_and_a_count_of_it_does():
    past = (BOOT, fault(2, 50), cleared(3, 60))
    live = replace(TRUTH, drawn={1: [Span(3000 * S, 6000 * S)]})
    assert len(found(live, *past)) == 1
    assert found(live, *past, repeats(4, 3060)) == []


def test_a_start_tells_it_anew():
    live = replace(LIVE, boots_ns=[10 * S, 4500 * S], stops_ns=[4400 * S])
    boot = Record(5, "boot", {"reset_cause": 1, "fault": 0, "argument": 0, "boots": 8}, uptime_s=0, boot=2)
    told = [*SOLD, fault(4, 3740), boot]
    (words,) = found(live, *told)
    assert "from 4515 s" in words
    again = Record(6, "fault", {"fault": 9, "argument": 0}, uptime_s=40, boot=2)
    assert found(live, *told, again) == []


def test_nobody_is_blamed_for_what_its_meter_cannot_show():
    assert found(replace(LIVE, lies={1: [Lie(3600 * S, 5000 * S, "zeros")]}), *SOLD) == []
    assert len(found(replace(LIVE, lies={1: [Lie(3600 * S, 5000 * S, "off")]}), *SOLD)) == 1


@pytest.mark.parametrize(("ill", "row", "tells"), [((1, 2), 0, True), ((1,), 0, False), ((2,), 0, False), ((1, 2), 1, False)])
def test_a_row_of_which_every_meter_is_out_of_order_looks_like_one_without_supply(ill: tuple[int, ...], row: int, tells: bool):
    """It is reported as such, by a fault whose text names the meters' line too; one meter that answers shows that the row has supply."""
    site = replace(SITE, outlets=(1, 2, 3), rows=(0, 0, 1))
    truth = replace(LIVE, lies={number: [Lie(3600 * S, 6000 * S, "garbage")] for number in ill})
    records = [*SOLD, fault(4, 3712, 26, row)]
    assert (settle_live(truth, site, records, Timeline(truth.boots_ns, records, truth.stops_ns)) == []) is tells


@pytest.mark.parametrize(("told_s", "tells"), [(5020, True), (5300, False)])
def test_once_a_meter_of_such_a_row_answers_again_the_row_alone_tells_no_longer(told_s: int, tells: bool):
    """What nobody saw until then has three minutes, as with any meter that is out of order."""
    row = replace(SITE, rows=(0,) * len(SITE.outlets))
    truth = replace(LIVE, lies={number: [Lie(3600 * S, 5000 * S, "off")] for number in SITE.outlets})
    records = [*SOLD, fault(4, 3712, 26, 0), fault(5, told_s)]
    assert (settle_live(truth, row, records, Timeline(truth.boots_ns, records, truth.stops_ns)) == []) is tells
