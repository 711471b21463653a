"""Loops: detector lines with an end-of-line resistor, judged through mains hum.

Hazard: smoke that nobody sees because the cable lies beside mains. Hum of 50 or 60 Hz moves single samples over every band, and samples a
whole number of half-periods apart all show the same moment of it. So:

    calm loop      takes turns, at distances that are no multiple of a mains half-period
    off its band   looked at in every scan: equal samples in a row, 5 ms apart, change its state
    not equal      only the mean of the last 20 ms (4 samples) changes its state, until it has been calm for half a second; one that
                   stays so is `suspect`, a fault (points.py)

A window begins anew when two samples are not about 5 ms apart: a late scan, an early one. At most four loops are sampled in a scan; when
more are off their band, windows take turns, and a loop that was calm goes first. A loop that cannot be read is `stale`.

    microvolts   0 .... short .... alarm .... normal .... full scale
    state          SHORT    ALARM     NORMAL      OPEN

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
_FAR_US = const(6500)
_WINDOW = const(4)
_WINDOW_US = const(15000)
_AT_ONCE = const(4)  # loops in a scan
_CALM_US = const(500000)
_LONG_US = const(100000)  # so long in one band, seen so often, a loop in alarm has left it
_OFTEN = const(6)
_LEAST = const(3)  # two samples a quarter period apart may agree by hum alone
_TICKS = const(0x3FFFFFFF)


class Loops:
    """points: points.Points, whose masks and states these are. rows: (point index, PointConfig) of each loop."""

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
        # Two and three in turn; three where that would come round in a multiple of 10 ms.
        self._other = self._each if n < 4 or n % 5 == 0 else 2
        self._turn = 0
        self._rest = False
        self._hot = 0  # loops off their band
        self._calm = n  # how many are not
        self._group = 0  # those of `_hot` that are sampled in every scan now
        self._done = 0  # those of `_group` whose window has just ended
        self._next = 0
        self._uneven = 0  # samples in a row differed: only the mean counts
        self._seen = bytearray(n)  # band of the last sample
        self._run = bytearray(n)  # samples in a row that said so
        self._even = bytearray(n)  # those of them that came 5 ms apart
        self._taken = bytearray(n)  # samples since the window began
        self._means = bytearray(n)  # of them, in a row, with a mean off the state
        self._ring = [0] * (n * _WINDOW)
        self._sum_uv = [0] * n
        self._since_us = [0] * n  # first sample of the run
        self._last_us = [0] * n
        self._off_us = [0] * n  # last sample off the state

    def sample(self, now_us):
        points = self._points
        n = self._each
        self._each = self._other
        self._other = n
        hot = points.suspect & ~points.alarm & self.mask
        if hot:
            n = self._watch(hot, now_us, n)
            if self._rest:
                self._rest = False
                return
        each = n
        turn = self._turn
        while n:
            bit, read, alarm_uv, normal_uv = self._looks[turn]
            if not hot & bit:
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
                # Fewer take turns beside loops that are off their band: a scan without them, where they would come round with the mains.
                self._rest = hot and not (self._calm % (2 * each) and (self._calm % 5 or each == 1))
        self._turn = turn

    def _watch(self, hot, now_us, n):
        """Samples the loops that are off their band. Returns how many others are to be sampled."""
        if hot != self._hot or self._done and self._group != hot:
            self._choose(hot)
        self._done = 0
        left = _AT_ONCE
        k = 0
        for bit, read, _, _ in self._looks:
            if self._group & bit:
                left -= 1
                try:
                    uv = read()
                except OSError:
                    uv = -1
                self._step(k, uv, now_us)
            k += 1
        if n > left:
            n = left
        return n if n < self._calm else self._calm

    def _choose(self, hot):
        """Which of them are sampled in every scan: all; when too many, those in mid-window, then calm ones, then the next in turn."""
        self._hot = hot
        n = _ones(hot)
        self._calm = self._count - n
        room = _AT_ONCE if hot == self.mask else _AT_ONCE - 1
        if n <= room:
            self._group = hot
            return
        group = self._group & hot & ~self._done
        wanted = hot & ~group & ~self._uneven
        if wanted:
            group &= ~self._uneven
        room -= _ones(group)
        k = self._next
        n = 2 * self._count
        while n and room > 0:
            if n == self._count:
                wanted = hot
            bit = self._looks[k][0]
            if wanted & bit and not group & bit:
                group |= bit
                room -= 1
            k += 1
            if k == self._count:
                k = 0
            n -= 1
        self._next = k
        self._group = group

    def _step(self, k, uv, now_us):
        """One sample of loop number `k`, which is off its normal band, or was. `uv` -1: it could not be read."""
        bit, i, short_uv, alarm_uv, normal_uv, need, clear_us = self._judged[k]
        gap_us = ticks_diff(now_us, self._last_us[k])
        if 0 <= gap_us < _NEAR_US:
            return
        self._last_us[k] = now_us
        points = self._points
        state = points.state[i]
        band = _STALE if uv < 0 else _SHORT if uv < short_uv else _ALARM if uv < alarm_uv else _NORMAL if uv < normal_uv else _OPEN
        apart = gap_us > _FAR_US or gap_us < 0
        if apart:
            self._taken[k] = self._even[k] = 0
        if band != self._seen[k] or not self._run[k]:
            self._seen[k] = band
            self._since_us[k] = now_us
            self._run[k] = self._even[k] = 0
            if points.suspect & bit:
                self._uneven |= bit
        if self._run[k] < 255:
            self._run[k] += 1
            self._even[k] += 1
        if band != state and (band or state != _SUSPECT):
            self._off_us[k] = now_us
            points.off(bit)
        elif points.suspect & bit and ticks_diff(now_us, self._off_us[k]) >= _CALM_US:
            self._settle(bit)
        if band == _NORMAL:
            if state and self._run[k] >= need and ticks_diff(now_us, self._since_us[k]) >= clear_us:
                self._become(k, _NORMAL)
                return
        elif band != state and (
            self._even[k] >= need and (band == _STALE or not self._uneven & bit) and ticks_diff(now_us, self._since_us[k]) >= _SPAN_US
            or state == _ALARM and self._run[k] >= _OFTEN and ticks_diff(now_us, self._since_us[k]) >= _LONG_US
        ):
            points.first_us = self._since_us[k]
            self._become(k, band)
            return
        if uv < 0 or state == _ALARM:
            self._taken[k] = 0
            return
        taken = self._taken[k]
        at = _WINDOW * k + (taken & 3)
        if not taken:
            self._sum_uv[k] = self._means[k] = 0
        self._sum_uv[k] += uv - (self._ring[at] if taken >= _WINDOW else 0)
        self._ring[at] = uv
        taken += 1
        self._taken[k] = taken if taken < 252 else taken - 4
        if taken < _WINDOW:
            return
        if taken >= need + 2:
            self._done |= bit
        uv = self._sum_uv[k] // _WINDOW
        band = _SHORT if uv < short_uv else _ALARM if uv < alarm_uv else _NORMAL if uv < normal_uv else _OPEN
        if band == _NORMAL or band == state:
            self._means[k] = 0
            return
        self._means[k] += 1
        # Two of them when the window has just begun on a loop that was normal; else four: a disturbance of two samples is in three.
        if self._means[k] >= need - (1 if taken <= need + 2 and (not state or state == _SUSPECT) else -1):
            points.first_us = now_us - _WINDOW_US & _TICKS
            self._become(k, band)

    def _settle(self, bit):
        self._uneven &= ~bit
        self._points.settle(bit)

    def _become(self, k, band):
        self._taken[k] = self._run[k] = 0
        self._settle(self._judged[k][0])
        self._points.become(self._judged[k][1], band)


def _ones(mask):
    n = 0
    while mask:
        mask &= mask - 1
        n += 1
    return n
