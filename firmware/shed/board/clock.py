"""Clocks of the board: ticks for control, calendar time for records.

Hazard: a stopped clock keeps time-outs from ending. The scan therefore counts its own passes and compares ticks between them
(safety/scan.py); nothing here is trusted alone.
"""

from time import sleep_ms, sleep_us, ticks_diff, ticks_ms, ticks_us

import machine

# The room's own names for the rest of the firmware.
__all__ = ("Clock", "set_full_speed", "sleep_ms", "sleep_us", "ticks_ms", "ticks_us")


class Clock:
    """Uptime in seconds without wrap, and calendar time in seconds since 2000-01-01 local time (0 = never set in this boot).

    `step(now_ms)` must be called at least every 2^29 ms (six days); the supervisor calls it several times a second.
    """

    def __init__(self):
        self._last_ms = ticks_ms()
        self._ms = 0
        self.uptime_s = 0
        self._epoch_at_zero_s = 0

    def step(self, now_ms):
        self._ms += ticks_diff(now_ms, self._last_ms)
        self._last_ms = now_ms
        if self._ms >= 1000:
            self.uptime_s += self._ms // 1000
            self._ms %= 1000

    def epoch_s(self):
        """Seconds since 2000-01-01 local time, or 0 when nobody set the clock in this boot."""
        if self._epoch_at_zero_s == 0:
            return 0
        return self._epoch_at_zero_s + self.uptime_s

    def set_epoch_s(self, epoch_s):
        self._epoch_at_zero_s = epoch_s - self.uptime_s


def set_full_speed():
    """240 MHz; a stock image boots at 160 MHz (measured). Returns the frequency read back, Hz."""
    machine.freq(240000000)
    return machine.freq()
