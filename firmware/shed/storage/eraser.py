"""When sectors are erased ahead, for all log rings of the board (law 10).

Hazard: an erase masks every interrupt for 45 ms and more. So it waits until no outlet is energised. A shed that is never without a bike
would run out of erased sectors and could neither begin nor settle a session. Then, and only while every point that may trip is normal, one
sector a minute is erased with outlets on, for sessions and trips alone; an event that finds no room is counted. These erases are counted
(`forced`) and shown.
"""

from time import ticks_diff

from micropython import const

_FORCED_EVERY_MS = const(60000)


class Eraser:
    """logs: objects with `erase_ahead(allowed) -> erased`, and `erase_at_need() -> erased`, which erases only if no session could be
    recorded."""

    def __init__(self, logs):
        self._logs = logs
        self._wait_ms = 0  # until the next forced erase may come
        self._last_ms = -1
        self.forced = 0

    def step(self, now_ms, quiet, normal):
        """quiet: no outlet is energised, and no point that may trip is on its way to alarm (one that is there already has tripped). normal:
        no such point is off normal. Erases at most one sector; returns whether it did: the caller gives every other task a turn before the
        next."""
        if self._last_ms >= 0:
            self._wait_ms = max(0, self._wait_ms - ticks_diff(now_ms, self._last_ms))
        self._last_ms = now_ms
        for log in self._logs:
            if log.erase_ahead(quiet):
                return True
            if not quiet and normal and not self._wait_ms and log.erase_at_need():
                self.forced += 1
                self._wait_ms = _FORCED_EVERY_MS
                return True
        return False
