"""Loops: detector lines with an end-of-line resistor, judged through mains hum.

Hazard: smoke that nobody sees because the cable lies beside mains. Hum of 50 or 60 Hz moves single samples over every band, and samples a
whole number of half-periods apart all show the same moment of it. So:

    calm loop      takes turns, at distances that are no multiple of a mains half-period
    off its band   looked at in every scan: equal samples in a row, 5 ms apart, change its state
    not equal      only the mean of the last 20 ms (4 samples) changes its state, until it has been calm for half a second; one that
                   stays so is `suspect`, a fault (points.py)

A window begins anew when two samples are not about 5 ms apart. At most four loops are sampled in a scan; when more are off their band,
windows take turns, and a loop that was calm goes first. A loop that cannot be read is `stale`.

    microvolts   0 .. SHORT .. short .. ALARM .. alarm .. NORMAL .. normal .. OPEN

Everything `sample` does is allocation-free. An OSError of the port comes from the emergency buffer when the heap is locked.
"""

from time import ticks_diff

from micropython import const

_NORMAL = const(0)  # the states of points.py
_ALARM = const(1)
_OPEN = const(2)
_SHORT = const(3)
_STALE = const(5)
_SUSPECT = const(6)

_NEAR_US = const(3500)  # nearer than this it is no other sample
_SPAN_US = const(8000)  # three samples of hum nearer than this may agree
_FAR_US = const(6500)  # a window with a gap like this is no whole period
_ALIAS_US = const(9000)  # samples this far apart may show the same moment of hum
_WINDOW = const(4)
_WINDOW_US = const(15000)
_FULL = const(200)
_PHASES = const(15)  # mask
_AT_ONCE = const(4)  # loops in a scan
_CALM_US = const(500000)
_LONG_US = const(100000)  # so long in one band, seen so often, a loop in alarm has left it
_OFTEN = const(6)
_LEAST = const(3)  # two samples a quarter period apart may agree by hum alone
_TICKS = const(0x3FFFFFFF)


class Loops:
    """points: points.Points, whose masks and states these are. rows: (point index, PointConfig) of each loop. Lists are by loop."""

    def __init__(self, points, rows):
        self._points = points
        self.mask = 0
        looks = []
        judged = []
        for i, config in rows:
            self.mask |= 1 << i
            short_uv, alarm_uv, normal_uv = config.bands_uv
            looks.append((1 << i, config.read, alarm_uv, normal_uv))
            judged.append((1 << i, i, short_uv, alarm_uv, normal_uv, max(config.trip_samples, _LEAST), config.clear_ms * 1000))
        self._looks = tuple(looks)
        self._judged = tuple(judged)
        n = self._count = len(looks)
        self._each = min(n, 3)
        self._swap = int(n > 3 and n % 5 > 0)  # two and three in turn; three where that would come round in a multiple of 10 ms
        self._turn = 0
        self._rest = False
        self._scan_us = 0
        self._phase = 0
        self._hot = 0  # loops off their band
        self._calm = n  # how many are not
        self._group = 0  # those of `_hot` that are sampled in every scan now
        self._members = bytearray(_AT_ONCE)  # their numbers
        self._size = 0
        self._room = _AT_ONCE
        self._crowded = False  # more are off their band than can be sampled at once
        self._done = False  # the turn of `_members` is over
        self._next = 0
        self._uneven = 0  # samples in a row differed: only the mean counts
        self._band = bytearray(n)  # band of the last sample
        self._run = bytearray(n)  # samples in a row that said so; of a loop not in alarm, those about 5 ms apart
        self._since_us = [0] * n  # first sample of the run
        self._off_us = [0] * n  # last sample off the state
        self._taken = bytearray(n)  # samples since the window began
        self._means = bytearray(n)  # of them, in a row, with a mean off the state
        self._sum_uv = [0] * n  # of the last four
        self._ring = tuple([[0] * n for _ in range(_WINDOW)])

    def sample(self, now_us):
        points = self._points
        n = self._each
        self._each = n ^ self._swap
        hot = points.suspect & ~points.alarm & self.mask
        if hot or self._hot:
            n = self._watch(hot, now_us, n)
        else:
            self._scan_us = now_us
        each = n
        turn = self._turn
        while n:
            bit, read, alarm_uv, normal_uv = self._looks[turn]
            if not hot & bit:
                points.seen |= bit
                try:
                    uv = read()
                except OSError:
                    uv = -1
                if not alarm_uv <= uv < normal_uv or points.unquiet & bit:
                    self._step(turn, uv, now_us)
                n -= 1
            turn += 1
            if turn == self._count:
                turn = 0
                if hot:  # fewer take turns: one scan without them, where they would come round with the mains
                    self._rest = not (self._calm % (2 * each) and (self._calm % 5 or each == 1))
        self._turn = turn

    def _watch(self, hot, now_us, n):
        """Samples the loops that are off their band. Returns how many others are to be sampled."""
        gap_us = ticks_diff(now_us, self._scan_us)
        if 0 <= gap_us < _NEAR_US:
            return 0
        self._scan_us = now_us
        if gap_us > _FAR_US or gap_us < 0:
            for k in range(self._count):
                self._taken[k] = 0
                if not 0 <= gap_us < _ALIAS_US:
                    self._run[k] = 0
        if hot != self._hot or self._done:
            n = n if hot == self._hot else 0  # a long pass already
            self._choose(hot)
        if self._rest:
            self._rest = False
            n = 0
        self._phase = phase = self._phase + 1 & _PHASES
        ring = self._ring[phase & 3]
        points = self._points
        sums = self._sum_uv
        off = 0
        j = self._size
        while j:
            j -= 1
            k = self._members[j]
            bit, read, alarm_uv, normal_uv = self._looks[k]
            try:
                uv = read()
            except OSError:
                self._taken[k] = 0
                self._step(k, -1, now_us)
                continue
            if not self._uneven & bit:
                self._step(k, uv, now_us)
                if not points.suspect & bit:
                    continue
            taken = self._taken[k] + 1
            mean_uv = sums[k] + uv if taken > 1 else uv
            if taken > _WINDOW:
                mean_uv -= ring[k]
            sums[k] = mean_uv
            ring[k] = uv
            mean_uv >>= 2
            if taken < _FULL:
                self._taken[k] = taken
            if not alarm_uv <= uv < normal_uv:
                off |= bit
                self._off_us[k] = now_us
            elif taken == _WINDOW or not phase:
                self._quiet(k, now_us)
            if taken >= _WINDOW:
                if alarm_uv <= mean_uv < normal_uv:
                    self._means[k] = 0
                    self._done = self._done or (self._crowded and taken > _WINDOW)
                else:
                    self._judge(k, mean_uv, taken, now_us)
        if off:
            points.shaken |= off
        return min(n, _AT_ONCE - self._size, self._calm)

    def _choose(self, hot):
        """Which of them are sampled in every scan: all. When they are too many they take turns of five scans, and calm ones go first."""
        fresh = hot & ~self._group
        group = 0
        n = 0
        if hot != self._hot:
            self._hot = hot
            size = _ones(hot)
            self._calm = self._count - size
            self._room = _AT_ONCE if hot == self.mask else _AT_ONCE - 1
            self._crowded = size > self._room
            wanted = hot if not self._crowded else 0 if self._done else hot & self._group
            if self._crowded and fresh & ~self._uneven:
                wanted = fresh & ~self._uneven
            k = 0
            while wanted and n < self._room:
                bit = self._looks[k][0]
                if wanted & bit:
                    wanted &= ~bit
                    group |= bit
                    self._members[n] = k
                    n += 1
                    if fresh & bit:
                        self._taken[k] = 0
                k += 1
            if not self._crowded or (group and not fresh & group):
                hot = 0
        hot &= ~group
        k = self._next
        while hot and n < self._room:
            bit = self._looks[k][0]
            if hot & bit:
                hot &= ~bit
                group |= bit
                self._members[n] = k
                n += 1
                self._taken[k] = self._run[k] = 0
            k += 1
            if k == self._count:
                k = 0
        self._next = k
        self._size = n
        self._group = group
        self._done = False

    def _step(self, k, uv, now_us):
        """One sample of a loop that was calm, or is in alarm, or cannot be read (-1)."""
        bit, i, short_uv, alarm_uv, normal_uv, need, clear_us = self._judged[k]
        points = self._points
        state = points.state[i]
        band = _STALE if uv < 0 else _SHORT if uv < short_uv else _ALARM if uv < alarm_uv else _NORMAL if uv < normal_uv else _OPEN
        if state == _STALE:
            if uv < 0:
                points.dark |= bit
            else:
                points.dark &= ~bit
        began = not points.suspect & bit
        if began or band != self._band[k]:
            self._band[k] = band
            self._since_us[k] = now_us
            run = 1
            if began:
                self._off_us[k] = now_us
            else:
                self._uneven |= bit
        else:
            run = self._run[k] + 1
        if run < _FULL:
            self._run[k] = run
        if band == state:
            if state == _ALARM and not began and ticks_diff(now_us, self._off_us[k]) >= _CALM_US:
                self._settle(bit)
            return
        if began:
            points.off(bit)
        elif band:
            points.shaken |= bit
        run_us = ticks_diff(now_us, self._since_us[k])
        if state == _ALARM:
            self._off_us[k] = now_us
            if run >= _OFTEN and run_us >= (_LONG_US if band else clear_us):
                self._become(k, band)
        elif band and run >= need and (band == _STALE or not self._uneven & bit) and run_us >= _SPAN_US:
            points.first_us = self._since_us[k]
            self._become(k, band)

    def _quiet(self, k, now_us):
        """The loop is in its normal band now: for how long?"""
        bit, i, _, _, _, _, clear_us = self._judged[k]
        quiet_us = ticks_diff(now_us, self._off_us[k])
        if self._points.state[i]:
            if quiet_us >= clear_us:
                self._become(k, _NORMAL)
        elif quiet_us >= _CALM_US:
            self._settle(bit)

    def _judge(self, k, mean_uv, taken, now_us):
        """A mean that is not normal: twice in a window just begun on a normal loop, else four times: two disturbed samples are in three."""
        bit, i, short_uv, alarm_uv, _, need, _ = self._judged[k]
        band = _SHORT if mean_uv < short_uv else _ALARM if mean_uv < alarm_uv else _OPEN
        state = self._points.state[i]
        if band == state:
            self._settle(bit)
            return
        self._means[k] = means = self._means[k] + 1 if taken > _WINDOW else 1
        if means >= need - (1 if taken <= need + 2 and (not state or state == _SUSPECT) else -1):
            self._points.first_us = now_us - _WINDOW_US & _TICKS
            self._become(k, band)

    def _settle(self, bit):
        self._uneven &= ~bit
        self._points.settle(bit)

    def _become(self, k, band):
        self._uneven &= ~self._judged[k][0]
        self._points.suspect &= ~self._judged[k][0]
        self._points.become(self._judged[k][1], band)


def _ones(mask):
    n = 0
    while mask:
        mask &= mask - 1
        n += 1
    return n
