"""Points and matrix: fast to trip, slow to clear; a fault is not an alarm; latches hold until the alarm is gone and they are reset."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shed.safety import points as p
from shed.safety.matrix import ARMED, CUT_GROUP, FREE_GATE, LATCHED, Matrix

PERIOD_US = 5000
BANDS = (300, 1300, 2300)
NORMAL_UV, ALARM_UV, SHORT_UV, OPEN_UV = 1_800_000, 800_000, 100_000, 3_100_000
TICKS = 1 << 30


class Wire:
    """What an input reads now."""

    def __init__(self, value: int):
        self.value = value

    def __call__(self) -> int:
        return self.value


class Bench:
    def __init__(self, configs, start_us: int = 0):
        self.points = p.Points(configs, lambda us: None)
        self.now_us = start_us

    def scans(self, count: int) -> None:
        for _ in range(count):
            self.now_us = (self.now_us + PERIOD_US) % TICKS
            self.points.sample(self.now_us)


def loop(wire: Wire) -> p.PointConfig:
    return p.PointConfig(p.LOOP, p.FIRE, 0, *BANDS, 3, 2000, wire)


def call_point(wire: Wire) -> p.PointConfig:
    return p.PointConfig(p.CONTACT, p.FIRE | p.NORMALLY_CLOSED | p.DIRECT, 0, 0, 0, 0, 3, 2000, wire)


def test_a_smoke_loop_alarms_after_three_agreeing_samples_and_not_before():
    wire = Wire(NORMAL_UV)
    bench = Bench([loop(wire)])
    bench.scans(10)
    wire.value = ALARM_UV
    bench.scans(2)
    assert bench.points.alarm == 0
    bench.scans(1)
    assert bench.points.alarm == 1


@pytest.mark.parametrize(("uv", "state"), [(OPEN_UV, p.OPEN), (SHORT_UV, p.SHORT)])
def test_a_broken_or_shorted_loop_is_a_fault_and_not_an_alarm(uv: int, state: int):
    wire = Wire(uv)
    bench = Bench([loop(wire)])
    bench.scans(4)
    assert bench.points.alarm == 0 and bench.points.fault == 1 and bench.points.state[0] == state


def test_two_noisy_samples_do_not_alarm_however_often_they_come():
    wire = Wire(NORMAL_UV)
    bench = Bench([loop(wire)])
    for _ in range(50):
        wire.value = ALARM_UV
        bench.scans(2)
        wire.value = NORMAL_UV
        bench.scans(8)
    assert bench.points.alarm == 0


def test_an_alarm_clears_only_after_its_clear_time_of_quiet():
    wire = Wire(ALARM_UV)
    bench = Bench([loop(wire)])
    bench.scans(5)
    wire.value = NORMAL_UV
    bench.scans(2000 // 5 - 5)
    assert bench.points.alarm == 1
    bench.scans(10)
    assert bench.points.alarm == 0


def test_a_call_point_is_confirmed_within_one_scan():
    wire = Wire(0)
    bench = Bench([call_point(wire)])
    bench.scans(3)
    wire.value = 1
    bench.scans(1)
    assert bench.points.alarm == 1 and bench.points.first_us == bench.now_us


def test_a_call_point_that_bounces_back_within_the_scan_does_not_alarm():
    reads = iter([1, 0] + [0] * 100)
    bench = Bench([call_point(lambda: next(reads))])  # type: ignore[arg-type]
    bench.scans(1)
    assert bench.points.alarm == 0


def test_of_eight_loops_the_first_is_heard_within_six_scans_and_the_last_within_twelve():
    wires = [Wire(NORMAL_UV) for _ in range(8)]
    bench = Bench([loop(wire) for wire in wires])
    bench.scans(4)
    for wire in wires:
        wire.value = ALARM_UV
    bench.scans(6)
    assert bench.points.alarm
    bench.scans(6)
    assert bench.points.alarm == 0xFF


MOVES = st.lists(st.tuples(st.sampled_from([NORMAL_UV, ALARM_UV, SHORT_UV, OPEN_UV]), st.integers(1, 6)), max_size=40)


@given(st.integers(0, TICKS - 1), MOVES)
def test_no_state_is_left_for_less_than_three_samples_off_it_whatever_the_clock(start_us: int, moves: list[tuple[int, int]]):
    wire = Wire(NORMAL_UV)
    bench = Bench([loop(wire)], start_us)
    bands = {NORMAL_UV: p.NORMAL, ALARM_UV: p.ALARM, SHORT_UV: p.SHORT, OPEN_UV: p.OPEN}
    history: list[int] = []
    for uv, count in moves:
        wire.value = uv
        for _ in range(count):
            before = bench.points.state[0]
            bench.scans(1)
            history.append(bands[uv])
            if bench.points.state[0] != before:
                assert sum(band != before for band in history[-7:]) >= 3
        assert bench.points.alarm == (1 if bench.points.state[0] == p.ALARM else 0)


CUT_AND_FREE = [(CUT_GROUP, 0), (FREE_GATE, 0)]


def test_a_latched_cause_acts_until_reset_and_gone():
    matrix = Matrix([(0b1, 1, LATCHED | ARMED, 0b11)], CUT_AND_FREE)
    matrix.evaluate(1)
    assert matrix.cut_groups == 1 and matrix.free_gates == 1
    assert matrix.reset() == 1 and matrix.cut_groups == 1
    matrix.evaluate(0)
    assert matrix.cut_groups == 1
    assert matrix.reset() == 0 and matrix.cut_groups == 0 and matrix.free_gates == 0


def test_a_cause_that_is_not_armed_trips_nothing_and_its_points_are_recorded():
    matrix = Matrix([(0b1, 1, LATCHED, 0b11), (0b10, 1, LATCHED | ARMED, 0b11)], CUT_AND_FREE)
    matrix.evaluate(0b1)
    assert (matrix.active, matrix.latched, matrix.since, matrix.cut_groups, matrix.free_gates) == (0, 0, 0, 0, 0)
    assert (matrix.watched, matrix.recorded) == (0b10, 0b11)
    matrix.evaluate(0b11)
    assert matrix.active == matrix.latched == 0b10 and matrix.cut_groups == 1


def test_two_votes_need_two_detectors():
    matrix = Matrix([(0b111, 2, ARMED, 0b1)], CUT_AND_FREE)
    matrix.evaluate(0b100)
    assert matrix.cut_groups == 0
    matrix.evaluate(0b101)
    assert matrix.cut_groups == 1
    matrix.evaluate(0b001)
    assert matrix.cut_groups == 0


def test_latches_from_before_a_reset_act_at_once():
    assert Matrix([(0b1, 1, LATCHED | ARMED, 0b11)], CUT_AND_FREE, latched=1).cut_groups == 1
