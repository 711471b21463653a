"""What the samples of a loop mean: equal ones in a row, or their mean, against its bands (docs/decisions/0015).

Hazard: hum or a loose wire taken for smoke, and smoke taken for either. loops.py chooses which loop is sampled when.

    microvolts   0 .. SHORT .. short .. ALARM .. alarm .. NORMAL .. normal .. OPEN

Everything here is allocation-free but `__init__`.
"""

from time import ticks_diff

from micropython import const

_NORMAL = const(0)  # the states of points.py
_ALARM = const(1)
_OPEN = const(2)
_SHORT = const(3)
_STALE = const(5)

_SPAN_US = const(8000)  # three samples closer together than this may agree by hum alone
_WINDOW = const(4)
_WINDOW_US = const(15000)
_FULL = const(200)
_CALM_US = const(500000)
_LONG_US = const(100000)  # a loop in alarm leaves it after so long in another band, seen _OFTEN times
_OFTEN = const(6)
_LEAST = const(3)  # two samples a quarter period apart may agree by hum alone
_TICKS = const(0x3FFFFFFF)


class LoopJudge:
    """points: points.Points, whose masks and states these are. rows: (point index, PointConfig) of each loop. Lists are by loop.

    `uneven`: loops whose samples in a row differed: only the mean counts. loops.py uses `ring`, `means`, `run` and `off_us` too.
    """

    def __init__(self, points, rows):
        self._points = points
        self._judged = tuple(
            [
                (1 << i, i) + config.bands_uv + (max(config.trip_samples, _LEAST), config.clear_ms * 1000)  # need, clear_us
                for i, config in rows
            ]
        )
        self.need = max([row[5] for row in self._judged])
        n = len(rows)
        self.uneven = 0
        self._band = bytearray(n)  # band of the last sample
        self.run = bytearray(n)  # samples in a row in that band; of a loop not in alarm, those about 5 ms apart
        self._since_us = [0] * n  # first sample of the run
        self.off_us = [0] * n  # last sample off the state, 0: none
        self.means = bytearray(n)  # means in a row in one band off the state, and the band << 5
        self.ring = tuple([[0] * n for _ in range(_WINDOW)])  # the samples of the last four scans

    def step(self, k, uv, now_us):
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
            if not began or (self.off_us[k] and 0 <= ticks_diff(now_us, self.off_us[k]) < _CALM_US):
                self.uneven |= bit  # also one that is back so soon: it then takes no window from others
            if began:
                self.off_us[k] = now_us
        else:
            run = self.run[k] + 1
        if run < _FULL:
            self.run[k] = run
        if band == state:
            if state == _ALARM and not began and ticks_diff(now_us, self.off_us[k]) >= _CALM_US:
                self._settle(bit)
            return
        if began:
            points.off(bit)
        elif band:
            points.shaken |= bit
        since_us = self._since_us[k]
        if state == _ALARM:
            self.off_us[k] = now_us
            if run >= _OFTEN and ticks_diff(now_us, since_us) >= (_LONG_US if band else clear_us):
                self._become(k, band)
        elif band and run >= need and (band == _STALE or not self.uneven & bit) and ticks_diff(now_us, since_us) >= _SPAN_US:
            points.first_us = since_us
            self._become(k, band)

    def quiet(self, k, now_us):
        """The loop is in its normal band: it changes its state, or settles, when it was there for long enough."""
        bit, i, _, _, _, _, clear_us = self._judged[k]
        quiet_us = ticks_diff(now_us, self.off_us[k])
        if self._points.state[i]:
            if quiet_us >= clear_us:
                self._become(k, _NORMAL)
        elif quiet_us >= _CALM_US:
            self._settle(bit)

    def mean(self, k, mean_uv, taken, now_us):
        """A mean that is not normal changes the state: two in a row in a new window, else four, for two disturbed samples spoil three
        means. Four also from open or short, or for smoke with an open sample: the end of a short and a flapping wire pass through the band
        of smoke. Returns True while its turn waits for them."""
        bit, i, short_uv, alarm_uv, normal_uv, need, _ = self._judged[k]
        band = _SHORT if mean_uv < short_uv else _ALARM if mean_uv < alarm_uv else _OPEN
        state = self._points.state[i]
        if band == state:
            self._settle(bit)
            return False
        means = self.means[k] + 1
        if taken == _WINDOW or means >> 5 != band:  # means in different bands prove nothing together
            means = band << 5 | 1
        self.means[k] = means
        soon = taken <= need + 2 and not _ALARM <= state <= _SHORT
        if soon and band == _ALARM:
            for ring in self.ring:
                if ring[k] >= normal_uv:  # no smoke with hum reaches so high
                    soon = False
        if means & 31 >= need - (1 if soon else -1):
            self._points.first_us = now_us - _WINDOW_US & _TICKS
            self._become(k, band)
            return False
        return not soon and state != _ALARM

    def _settle(self, bit):
        self.uneven &= ~bit
        self._points.settle(bit)

    def _become(self, k, band):
        self.uneven &= ~self._judged[k][0]
        self._points.suspect &= ~self._judged[k][0]
        self._points.become(self._judged[k][1], band)
