"""Clocks of the board: ticks for control, calendar time for records.

Hazard: a stopped clock keeps time-outs from ending. The scan therefore counts its own passes and compares ticks between them
(safety/scan.py); nothing here is trusted alone. And an expired card still opens while the date is not set: the clock reports its quality.
"""

from time import gmtime, mktime, sleep_ms, sleep_us, ticks_diff, ticks_ms, ticks_us

import machine
from micropython import const

# Quality of the calendar time (console.md, `clk`).
UNSET = const(0)
SET = const(1)  # by a person or a tool, in this boot
KEPT = const(2)  # over a reset, by the chip's own counter, which loses it with the power

_FIRST_YEAR = const(2024)  # the counter begins at 2000 after a power-on

# The names that other rooms import from here.
__all__ = ("Clock", "cpu_mhz", "sleep_ms", "sleep_us", "ticks_ms", "ticks_us")


def cpu_mhz():
    return machine.freq() // 1000000


class Clock:
    """Uptime in seconds without wrap, and calendar time in seconds since 2000-01-01 local time (0 = not known).

    `step(now_ms)` must be called at least every 2^29 ms (six days); the supervisor calls it several times a second.
    """

    def __init__(self):
        self._last_ms = ticks_ms()
        self._ms = 0
        self.uptime_s = 0
        self._rtc = machine.RTC()
        self._zero_s = mktime((2000, 1, 1, 0, 0, 0, 0, 0))
        year, month, day, _, hour, minute, second, _ = self._rtc.datetime()
        self.quality = KEPT if year >= _FIRST_YEAR else UNSET
        self._epoch_at_zero_s = mktime((year, month, day, hour, minute, second, 0, 0)) - self._zero_s

    def step(self, now_ms):
        self._ms += ticks_diff(now_ms, self._last_ms)
        self._last_ms = now_ms
        if self._ms >= 1000:
            self.uptime_s += self._ms // 1000
            self._ms %= 1000

    def epoch_s(self):
        """Seconds since 2000-01-01 local time, or 0 when nobody set the clock since the last power-on."""
        return self._epoch_at_zero_s + self.uptime_s if self.quality else 0

    def set_epoch_s(self, epoch_s):
        self._epoch_at_zero_s = epoch_s - self.uptime_s
        self.quality = SET
        year, month, day, hour, minute, second, weekday, _ = gmtime(epoch_s + self._zero_s)
        self._rtc.datetime((year, month, day, weekday, hour, minute, second, 0))
