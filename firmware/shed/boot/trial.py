"""A configuration on trial: it stays when it is confirmed in time, else the board starts again with the one before it.

Hazard: a shed left with limits that nobody has looked at. In the RAM only while a trial runs (`start.py` loads it, the service drops it).
"""

from micropython import const

from shed.storage.journal import TRIAL

_TRIAL_S = const(600)
_CONFIRMED = const(2)  # an event of `trial` records


class Trial:
    """slots: storage.slots.ConfigSlots. clock: board.clock.Clock."""

    def __init__(self, slots, books, clock):
        self._slots = slots
        self._books = books
        self._clock = clock

    def left_s(self):
        """Seconds in which it may still be confirmed, at least 1."""
        return max(_TRIAL_S - self._clock.uptime_s, 1)

    def over(self):
        """Whether the old configuration comes back: the time is up."""
        return self._clock.uptime_s >= _TRIAL_S

    def confirm(self, by):
        """Keeps the configuration. False when the flash refuses."""
        try:
            self._slots.confirm()
        except OSError:
            return False
        self._books.write(TRIAL, self._slots.sequence, _CONFIRMED, by)
        return True
