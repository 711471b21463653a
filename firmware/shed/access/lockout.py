"""Lock-out after bad tries: somebody who tries cards one after the other learns nothing and cannot fill the journal.

Hazard: a lock-out that shuts residents out. It only changes the reason of a card that is refused anyway; a valid card passes.
"""

from time import ticks_diff

from micropython import const

from shed.access.cards import LOCKED_OUT, UNKNOWN_CARD

_TRIES = const(5)
_WINDOW_MS = const(60000)


class LockOut:
    """Five unknown cards within 60 s: for the next 60 s unknown cards are refused with LOCKED_OUT."""

    def __init__(self):
        self._tries = []  # ticks of the newest unknown cards, oldest first
        self._since_ms = None

    def judge(self, reason, now_ms):
        """The reason to act on, for every card presented. reason: of CardTable.find."""
        if reason != UNKNOWN_CARD:
            return reason
        if self._since_ms is not None:
            if 0 <= ticks_diff(now_ms, self._since_ms) < _WINDOW_MS:
                return LOCKED_OUT
            self._since_ms = None
        tries = self._tries
        tries.append(now_ms)
        if len(tries) == _TRIES:
            if 0 <= ticks_diff(now_ms, tries.pop(0)) < _WINDOW_MS:
                self._since_ms = now_ms
                tries.clear()
        return reason
