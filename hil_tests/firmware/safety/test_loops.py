"""Detector loops beside mains cables: hum neither hides smoke nor imitates it; a loop that stays between the bands is a fault."""

from __future__ import annotations

import random
from collections.abc import Collection

import pytest
from shed.safety import points as p

from hil_tests.firmware.safety.detector_lines import BANDS, OPEN_UV, QUIET_UV, SHORT_UV, SMOKE_UV, Lines, flapping, smoke_from

MAINS_HZ = (49.5, 49.95, 50.0, 50.5, 59.5, 60.0, 60.5)
HARMONICS_HZ = (99.9, 100.0, 120.0, 150.0)  # rectified hum (of which 0.42 of the peak is 100 Hz), and the third of 50 Hz
MILLIVOLTS = (300, 400, 500, 600, 700, 800, 900)


def hums(long: bool, each: int):
    """Amplitude, frequency, seed: a sample of the combinations, or all."""
    chance = random.Random(2)
    rows = [(mv, hz, seed) for mv in MILLIVOLTS for hz in MAINS_HZ for seed in range(each)]
    rows += [(mv, hz, seed) for mv in MILLIVOLTS[:3] for hz in HARMONICS_HZ for seed in range(each)]
    return rows if long else chance.sample(rows, 24)


def quiet_stays_quiet(count: int, mv: int, hz: float, seed: int, ms: int = 5000, **how) -> None:
    lines = Lines(seed, count, mv, hz, range(count), lambda i, ms: QUIET_UV, **how)
    assert not lines.until(lambda: lines.points.alarm, ms), f"false trip at {lines.ms:.0f} ms"
    assert lines.most_reads <= 4


def trip_ms(count: int, humming: Collection[int], mv: int, hz: float, seed: int, **how) -> float:
    begin_ms = random.Random(f"{seed} {mv} {hz}").uniform(300, 3000)
    lines = Lines(seed, count, mv, hz, humming, smoke_from(begin_ms, [0]), **how)
    assert lines.until(lambda: lines.points.alarm & 1, begin_ms + 1000), "no trip"
    assert lines.ms >= begin_ms and lines.most_reads <= 4
    return lines.ms - begin_ms


@pytest.mark.parametrize("count", [1, 8])
def test_hum_is_no_smoke(count: int):
    for row in hums(long=False, each=1):
        quiet_stays_quiet(count, *row, ms=2500)


@pytest.mark.parametrize("count", [1, 4, 5, 8])
def test_smoke_is_seen_through_hum_within_60_ms(count: int):
    for row in hums(long=False, each=1):
        assert trip_ms(count, [0], *row) <= 60


def test_smoke_is_seen_within_100_ms_when_every_one_of_eight_loops_hums():
    for row in hums(long=False, each=1):
        assert trip_ms(8, range(8), *row) <= 100


@pytest.mark.long
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 8])
def test_hum_of_every_kind_is_no_smoke_and_hides_none(count: int):
    for row in hums(long=True, each=3):
        quiet_stays_quiet(count, *row)
        assert trip_ms(count, range(count), *row) <= (60 if count < 5 else 100)
        assert trip_ms(count, [0], *row) <= 60


@pytest.mark.parametrize("how", [{"hints": True}, {"late_ms": 45}], ids=["early scans", "late scans"])
def test_scans_out_of_step_make_no_smoke_and_delay_by_little(how):
    for row in hums(long=False, each=1):
        quiet_stays_quiet(1, *row, ms=2500, **how)
        assert trip_ms(1, [0], *row, **how) <= 60 + 3 * how.get("late_ms", 10)


@pytest.mark.parametrize("mv", [500, 600, 800, 900])
@pytest.mark.parametrize("hz", [50.0, 60.0])
def test_a_loop_that_hums_without_end_is_a_fault_within_two_seconds_and_still_sees_smoke(mv: int, hz: float):
    lines = Lines(3, 2, mv, hz, [0], smoke_from(6000, [0]))
    assert lines.until(lambda: lines.points.state[0] == p.SUSPECT, 2000)
    assert lines.points.fault == 1
    assert lines.until(lambda: lines.points.alarm, 6100 - lines.ms) and lines.ms >= 6000


def test_a_suspect_loop_is_normal_again_only_after_its_clear_time_without_hum():
    lines = Lines(4, 1, 800, 50.0, [0], lambda i, ms: QUIET_UV)
    assert lines.until(lambda: lines.points.fault, 2500)
    lines.humming = []
    assert not lines.until(lambda: not lines.points.fault, 1900)
    assert lines.until(lambda: not lines.points.fault, 200)
    assert lines.points.state[0] == p.NORMAL and not lines.points.suspect


@pytest.mark.parametrize("other_uv", [OPEN_UV, SHORT_UV, QUIET_UV])
@pytest.mark.parametrize("step_ms", [3, 5, 7.3, 10, 11, 17, 40])
def test_a_loop_that_flaps_is_an_alarm_or_a_fault_within_two_seconds_at_any_pace(other_uv: int, step_ms: float):
    for count in (1, 8):
        lines = Lines(5, count, 0, 50, [], flapping(SMOKE_UV, other_uv, step_ms))
        assert lines.until(lambda lines=lines: lines.points.alarm | lines.points.fault, 2000)


MENDED = {  # what the loop showed before it was mended and its detector saw smoke
    "flapped open": flapping(OPEN_UV, QUIET_UV, 7.3),
    "flapped slowly": flapping(OPEN_UV, QUIET_UV, 33),
    "flapped short and open": flapping(SHORT_UV, OPEN_UV, 7.3),
    "flapped short": flapping(SHORT_UV, QUIET_UV, 33),
    "was open": lambda i, ms: OPEN_UV,
    "was short": lambda i, ms: SHORT_UV,
}
TARGET = 7


@pytest.mark.parametrize("before", MENDED)
@pytest.mark.parametrize("humming", [3, 4, 5, 7])
@pytest.mark.parametrize("target_hums", [False, True])
def test_smoke_is_seen_within_100_ms_at_a_loop_just_mended_while_others_hum(before: str, humming: int, target_hums: bool):
    for seed in range(12):
        chance = random.Random(f"{seed} {before}")
        began_ms = chance.uniform(1500, 2500)
        mended_ms = began_ms + chance.choice([700, 2700])
        smoke_ms = mended_ms + chance.choice([0, 10, 300])

        def uv(i: int, ms: float, began_ms=began_ms, mended_ms=mended_ms, smoke_ms=smoke_ms) -> float:
            if i != TARGET or ms < began_ms:
                return QUIET_UV
            return MENDED[before](i, ms) if ms < mended_ms else QUIET_UV if ms < smoke_ms else SMOKE_UV

        loops = [*range(humming), *([TARGET] if target_hums else [])]
        lines = Lines(seed, 8, chance.choice([600, 900]), chance.choice([49.9, 50.0, 60.0]), loops, uv)
        lines.until(lambda lines=lines, ms=smoke_ms: lines.ms >= ms, 6000)
        if not lines.points.alarm >> TARGET & 1:
            assert lines.until(lambda lines=lines: lines.points.alarm >> TARGET & 1, 1000), f"no trip, seed {seed}"
            assert lines.ms - smoke_ms <= 105, f"seed {seed}"  # the scan that ends the 100 ms may be a little late
        assert lines.most_reads <= 4


@pytest.mark.parametrize("step_ms", [7.3, 20, 60, 130, 260, 600])
@pytest.mark.parametrize("pattern", [(OPEN_UV, QUIET_UV), (OPEN_UV, QUIET_UV, QUIET_UV, QUIET_UV), (SHORT_UV, OPEN_UV)])
def test_loops_that_flap_take_no_window_away_from_one_that_hums_and_sees_smoke(pattern: tuple[int, ...], step_ms: float):
    for seed in range(12):
        for flapping_loops, humming in (((6,), 4), ((5, 6), 5)):
            smoke_ms = random.Random(seed).uniform(2500, 2900)

            def uv(i: int, ms: float, flap=flapping_loops, smoke_ms=smoke_ms) -> float:
                if i in flap:
                    return pattern[int(ms / (step_ms + 1.3 * (i - 5))) % len(pattern)]
                return SMOKE_UV if i == TARGET and ms >= smoke_ms else QUIET_UV

            lines = Lines(seed, 8, 900, 50.0, [*range(humming), TARGET], uv)
            lines.until(lambda lines=lines, ms=smoke_ms: lines.ms >= ms, 6000)
            assert not lines.points.alarm >> TARGET & 1
            assert lines.until(lambda lines=lines: lines.points.alarm >> TARGET & 1, 1000), f"no trip, seed {seed}"
            assert lines.ms - smoke_ms <= 105, f"seed {seed}"


@pytest.mark.parametrize("step_ms", [33, 60, 130])
def test_a_wire_that_flaps_between_short_and_open_is_no_smoke(step_ms: float):
    for seed in range(10):
        for count, humming in ((1, 0), (8, 0), (8, 5)):
            chance = random.Random(seed)
            steps = flapping(SHORT_UV, OPEN_UV, step_ms * chance.uniform(0.95, 1.05))
            lines = Lines(seed, count, 900, 50.0, range(1, humming), lambda i, ms, steps=steps: QUIET_UV if i or ms < 500 else steps(i, ms))
            assert not lines.until(lambda lines=lines: lines.points.alarm, 3000), f"false trip, {count} loops, seed {seed}"
            assert lines.points.fault & 1


@pytest.mark.parametrize("humming", [0, 3, 6, 7])
def test_a_short_that_ends_is_no_smoke(humming: int):
    for seed in range(30):
        mended_ms = random.Random(seed).uniform(1500, 2500)
        lines = Lines(seed, 8, 600, 50.0, range(humming), lambda i, ms, at=mended_ms: SHORT_UV if i == TARGET and ms < at else QUIET_UV)
        assert not lines.until(lambda lines=lines: lines.points.alarm, 3000), f"false trip, seed {seed}"


@pytest.mark.parametrize("step_ms", [5, 7.3, 13, 33])
def test_a_cut_wire_that_touches_again_and_again_is_a_fault_and_no_smoke(step_ms: float):
    lines = Lines(6, 1, 0, 50, [], flapping(QUIET_UV, OPEN_UV, step_ms))
    assert lines.until(lambda: lines.points.fault, 2000) and not lines.points.alarm


def test_a_calm_loop_of_eight_trips_within_36_ms():
    for seed in range(200):
        assert trip_ms(8, [], 0, 50.0, seed) <= 36


class Contact:
    def __init__(self, step_scans: int):
        self.step_scans = step_scans
        self.reads = 0

    def __call__(self) -> int:
        self.reads += 1
        return self.reads // self.step_scans % 2


def test_a_contact_that_flaps_is_an_alarm_or_a_fault_and_normal_again_when_quiet():
    wire = Contact(1)
    points = p.Points([p.PointConfig(p.CONTACT, p.FIRE | p.NORMALLY_CLOSED, 0, 0, 0, 0, 3, 2000, lambda: wire())], lambda us: None)
    us = 0
    seen = []
    for scan in range(1, 1201):
        us += 5000
        if scan == 400:
            seen.append(points.state[0])
            wire = lambda: 0  # noqa: E731
        points.sample(us)
        if scan % 20 == 0:
            points.review()
    assert seen == [p.SUSPECT] and points.state[0] == p.NORMAL and not points.fault


def test_a_loop_that_cannot_be_read_is_stale_and_read_again_when_it_can():
    broken = True

    def read() -> int:
        if broken:
            raise OSError(-258)
        return QUIET_UV

    points = p.Points([p.PointConfig(p.LOOP, p.FIRE, 0, *BANDS, 3, 2000, read)], lambda us: None)
    for scan in range(4):
        points.sample(5000 * scan)
    assert points.state[0] == p.STALE and points.fault == 1 and not points.alarm
    broken = False
    for scan in range(4, 500):
        points.sample(5000 * scan)
    assert points.state[0] == p.NORMAL
