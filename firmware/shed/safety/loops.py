"""Loops: detector lines with an end-of-line resistor, and which of them is sampled when.

Hazard: smoke that nobody sees because the cable lies beside mains. Hum of 50 or 60 Hz moves single samples over every band, and samples a
whole number of half-periods apart all show the same moment of it. So:

    calm loop      takes turns, at distances that are no multiple of a mains half-period
    off its band   looked at in every scan: equal samples in a row, 5 ms apart, change its state
    not equal      only the mean of the last 20 ms (4 samples) changes its state, until it has been calm for half a second; one that
                   stays so is `suspect`, a fault (points.py)

A window begins anew when two samples are not about 5 ms apart. At most four loops are sampled in a scan. When more than three are off their
band (four when none is calm) their windows take turns, each as long as detecting smoke takes, from any state: five scans, seven where a
loop is no longer open or short. A loop that was calm for half a second joins at once, in the place of the calm ones; one that flaps waits
for its turn. A loop that cannot be read is `stale`.

loop_judge.py judges what the samples mean.

Everything `sample` does is allocation-free. An OSError of the port comes from the emergency buffer when the heap is locked.
"""

from time import ticks_diff

from micropython import const

from shed.safety.loop_judge import LoopJudge

_NEAR_US = const(3500)  # closer than this it is not another sample
_FAR_US = const(6500)  # a window with a longer gap is no whole period
_ALIAS_US = const(9000)  # samples this far apart may show the same moment of hum
_WINDOW = const(4)
_FULL = const(200)
_AT_ONCE = const(4)  # loops in a scan
_MORE = const(2)  # scans that a turn may be longer


class Loops:
    """points: points.Points, whose masks and states these are. rows: (point index, PointConfig) of each loop. Lists are by loop."""

    def __init__(self, points, rows):
        self._points = points
        self.mask = 0
        judge = self._judge = LoopJudge(points, rows)
        looks = []
        self._numbers = {}  # by bit
        for i, config in rows:
            self._numbers[1 << i] = len(looks)
            self.mask |= 1 << i
            looks.append((1 << i, config.read, config.bands_uv[1], config.bands_uv[2]))
        self._looks = tuple(looks)
        n = self._count = len(looks)
        self._each = min(n, 3)
        self._swap = int(n > 3 and n % 5 > 0)  # two and three alternate; always three where a round would take a multiple of 10 ms
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
        self._span = judge.need + 2 + _MORE  # scans in a turn: a window, the means that detect smoke, and _MORE
        self._left = self._span  # scans of the turn of `_members` that are left
        self._next = 0
        self._taken = bytearray(n)  # samples since the window began
        self._sum_uv = [0] * n  # of the last four
        self._ring = judge.ring
        self._means = judge.means
        self._run = judge.run
        self._off_us = judge.off_us

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
            if hot & bit:  # on to the next that is not
                bit = self.mask & ~hot & -bit
                turn = self._numbers[bit & -bit] if bit else self._count
            else:
                points.seen |= bit
                try:
                    uv = read()
                except OSError:
                    uv = -1
                if not alarm_uv <= uv < normal_uv or points.unquiet & bit:
                    self._judge.step(turn, uv, now_us)
                n -= 1
                turn += 1
            if turn == self._count:
                turn = 0
                if hot:  # fewer take turns: one scan without them, where their round would keep step with the mains
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
        chosen = hot != self._hot or not self._left
        if chosen:
            n = n if hot == self._hot else 0  # a long pass already
            self._choose(hot)
        if self._rest:
            self._rest = False
            n = 0
        self._phase = phase = self._phase + 1 & 3
        ring = self._ring[phase]
        if chosen:
            phase = -1  # nor is any loop judged quiet: a turn has five scans, so each phase comes again
        points = self._points
        looks = self._looks
        members = self._members
        judge = self._judge
        uneven = judge.uneven
        sums = self._sum_uv
        off_us = self._off_us
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
                judge.step(k, -1, now_us)
                continue
            if not uneven & bit:
                judge.step(k, uv, now_us)
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
                off_us[k] = now_us
            elif phase == j:  # each of them once in four scans
                judge.quiet(k, now_us)
            if taken >= _WINDOW:
                mean_uv >>= 2
                if alarm_uv <= mean_uv < normal_uv:
                    self._means[k] = 0
                elif judge.mean(k, mean_uv, taken, now_us):
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
        """Chooses which loops off their band are sampled in every scan: all. When they are too many they take turns, each long enough to
        detect smoke; one that was calm joins at once, in the place of the calm ones."""
        fresh = hot & ~self._hot
        if hot != self._hot:
            bits = hot ^ self._hot
            self._hot = hot
            n = self._count - self._calm
            while bits:
                n += 1 if hot & bits & -bits else -1
                bits &= bits - 1
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
        room = self._room
        even = hot & ~self._judge.uneven
        if even & ~self._group:
            self._join(even, fresh, _AT_ONCE if n else room, 0)
        if not n and self._size < room:
            self._next = self._join(hot, fresh, room, self._next)

    def _join(self, wanted, fresh, room, k):
        """Adds those of `wanted` that are not sampled yet, from number k on, while there is room: their windows begin. Returns the next
        k."""
        wanted &= ~self._group
        n = self._size
        if not wanted or n >= room:
            return k
        self._group |= wanted
        later = wanted & -self._looks[k][0]  # loops are in the order of their points: bits from that of k on
        wanted ^= later
        numbers = self._numbers
        members = self._members
        taken_of = self._taken
        run = self._run
        while n < room:
            if not later:
                if not wanted:
                    break
                later = wanted
                wanted = 0
            bit = later & -later
            later ^= bit
            k = numbers[bit]
            members[n] = k
            n += 1
            taken_of[k] = 0
            if not fresh & bit:
                run[k] = 0
        self._group ^= later | wanted
        self._size = n
        k += 1
        return k if k < self._count else 0
