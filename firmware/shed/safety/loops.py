"""Loops: detector lines with an end-of-line resistor, judged through mains hum.

Hazard: smoke that nobody sees because the cable lies beside mains. Hum of 50 or 60 Hz moves single samples over every band, and samples a
whole number of half-periods apart all show the same moment of it. So:

    calm loop      takes turns, at distances that are no multiple of a mains half-period
    off its band   looked at in every scan: equal samples in a row, 5 ms apart, change its state
    not equal      only the mean of the last 20 ms (4 samples) changes its state, until it has been calm for half a second; one that
                   stays so is `suspect`, a fault (points.py)

A window begins anew when two samples are not about 5 ms apart. At most four loops are sampled in a scan. When more than three are off their
band (four when none is calm) their windows take turns, each as long as telling smoke takes, from whatever state: five scans, seven where
a loop is no longer open or short. A loop that was calm for half a second joins at once, in the place of the calm ones; one that flaps
waits for its turn. A loop that cannot be read is `stale`.

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
_AT_ONCE = const(4)  # loops in a scan
_CALM_US = const(500000)
_MORE = const(2)  # scans by which a turn may be longer
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
        self._span = max([row[5] for row in judged]) + 2 + _MORE  # scans in a turn: a window, as many means as tell smoke, and more
        self._left = self._span  # scans of the turn of `_members` that are left
        self._next = 0
        self._uneven = 0  # samples in a row differed: only the mean counts
        self._band = bytearray(n)  # band of the last sample
        self._run = bytearray(n)  # samples in a row that said so; of a loop not in alarm, those about 5 ms apart
        self._since_us = [0] * n  # first sample of the run
        self._off_us = [0] * n  # last sample off the state, 0: none
        self._taken = bytearray(n)  # samples since the window began
        self._means = bytearray(n)  # means in a row in one band off the state, and the band << 5
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
        taken_of = self._taken
        if gap_us > _FAR_US or gap_us < 0:
            for k in range(self._count):
                taken_of[k] = 0
                if not 0 <= gap_us < _ALIAS_US:
                    self._run[k] = 0
            self._left = self._span
        if hot != self._hot or not self._left:
            n = n if hot == self._hot else 0  # a long pass already
            self._choose(hot)
        if self._rest:
            self._rest = False
            n = 0
        self._phase = phase = self._phase + 1 & 3
        ring = self._ring[phase]
        points = self._points
        looks = self._looks
        members = self._members
        uneven = self._uneven
        sums = self._sum_uv
        off = 0
        late = False
        size = j = self._size
        while j:
            j -= 1
            k = members[j]
            bit, read, alarm_uv, normal_uv = looks[k]
            try:
                uv = read()
            except OSError:
                taken_of[k] = 0
                self._step(k, -1, now_us)
                continue
            if not uneven & bit:
                self._step(k, uv, now_us)
                if not points.suspect & bit:
                    continue
            taken = taken_of[k] + 1
            if taken > _WINDOW:
                mean_uv = sums[k] + uv - ring[k]
                if taken > _FULL:
                    taken = _FULL
            else:
                mean_uv = sums[k] + uv if taken > 1 else uv
            taken_of[k] = taken
            sums[k] = mean_uv
            ring[k] = uv
            if not alarm_uv <= uv < normal_uv:
                off |= bit
                self._off_us[k] = now_us
            elif phase == j:  # each of them once in four scans
                self._quiet(k, now_us)
            if taken >= _WINDOW:
                mean_uv >>= 2
                if alarm_uv <= mean_uv < normal_uv:
                    self._means[k] = 0
                elif self._judge(k, mean_uv, taken, now_us):
                    late = True
        if off:
            points.shaken |= off
        if self._crowded:
            left = self._left - 1
            self._left = left if late or left > _MORE else 0
        size = _AT_ONCE - size
        if size < n:
            n = size
        return n if n < self._calm else self._calm

    def _choose(self, hot):
        """Which of them are sampled in every scan: all. When they are too many they take turns, each long enough to tell smoke; one
        that was calm joins at once, in the place of those that are calm still."""
        fresh = hot & ~self._hot
        if hot != self._hot:
            self._hot = hot
            n = 0
            bits = hot
            while bits:
                bits &= bits - 1
                n += 1
            self._calm = self._count - n
            self._room = _AT_ONCE if not self._calm else _AT_ONCE - 1
            crowded = n > self._room
            if crowded != self._crowded:
                self._crowded = crowded
                if crowded and not self._left:
                    self._left = self._span
        n = 0
        if self._left:
            members = self._members
            group = hot & self._group
            if group != self._group:
                for j in range(self._size):
                    k = members[j]
                    if group & self._looks[k][0]:
                        members[n] = k
                        n += 1
                self._size = n
                self._group = group
            n = group
        if not n:
            self._group = self._size = 0
            self._left = self._span
        if not self._crowded:
            self._join(hot, fresh, _AT_ONCE, 0)
            return
        self._join(hot & ~self._uneven, fresh, _AT_ONCE if n else self._room, 0)
        if not n:
            self._next = self._join(hot, fresh, self._room, self._next)

    def _join(self, wanted, fresh, room, k):
        """Those of them that are not looked at yet, from number k on, as far as there is room: their windows begin. Returns the next k."""
        wanted &= ~self._group
        n = self._size
        while wanted and n < room:
            bit = self._looks[k][0]
            if wanted & bit:
                wanted &= ~bit
                self._group |= bit
                self._members[n] = k
                n += 1
                self._taken[k] = 0
                if not fresh & bit:
                    self._run[k] = 0
            k += 1
            if k == self._count:
                k = 0
        self._size = n
        return k

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
            if not began or (self._off_us[k] and 0 <= ticks_diff(now_us, self._off_us[k]) < _CALM_US):
                self._uneven |= bit  # also one that comes back so soon: it takes no window away from others
            if began:
                self._off_us[k] = now_us
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
        """A mean that is not normal: twice in a window just begun, else four times: two disturbed samples are in three. So is the end
        of a short, and a wire that flaps passes the band of smoke: from open or short, or with an open sample, four times as well, and
        True while its turn waits for them."""
        bit, i, short_uv, alarm_uv, normal_uv, need, _ = self._judged[k]
        band = _SHORT if mean_uv < short_uv else _ALARM if mean_uv < alarm_uv else _OPEN
        state = self._points.state[i]
        if band == state:
            self._settle(bit)
            return False
        means = self._means[k] + 1
        if taken == _WINDOW or means >> 5 != band:  # in different bands they tell nothing together
            means = band << 5 | 1
        self._means[k] = means
        soon = taken <= need + 2 and not _ALARM <= state <= _SHORT
        if soon and band == _ALARM:
            for ring in self._ring:
                if ring[k] >= normal_uv:  # no smoke with hum reaches so high
                    soon = False
        if means & 31 >= need - (1 if soon else -1):
            self._points.first_us = now_us - _WINDOW_US & _TICKS
            self._become(k, band)
            return False
        return not soon and state != _ALARM

    def _settle(self, bit):
        self._uneven &= ~bit
        self._points.settle(bit)

    def _become(self, k, band):
        self._uneven &= ~self._judged[k][0]
        self._points.suspect &= ~self._judged[k][0]
        self._points.become(self._judged[k][1], band)
