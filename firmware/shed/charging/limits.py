"""Time limits of one session: fed (decision 0021), and with its relay open (0017, 0023). Both count across power cuts (0021, 0029).

Hazard: a faulty battery that is fed for ever because each outage starts the clock anew. So a checkpoint records the limits as if all of the
time to the *next* one had passed: a cut never gives time back. To keep that fair the next one is near at first, and farther off the longer
the relay has kept its position. Also: another bike that is fed on the card of one that waited too long.
"""

from micropython import const

from shed.charging import stop_causes
from shed.charging.rules import DAY_MS

_SOON_MS = const(15000)  # the shortest time between two checkpoints
_FIRST_MS = const(2000)  # with the relay open: mains that flicker for minutes are boots of a second, and no long wait
_LATE_MS = const(2000)  # a step may come so late
_WAITED_MS = const(300000)  # with the relay open: after that another bike may stand there
_LONGEST_MS = const(1800000)  # the same while the shed has no supply, or a detector at fault


class TimeLimits:
    """used_ms: towards the longest session, with what cuts may have lost. whole_ms: of the session, with its pauses. open_ms: with the
    relay open. Only a load that is seen resets it, no state, pause or cut does. It may reach 30 min while the shed itself has a reason to
    keep the relay open, and 5 min after such a reason, or without one (due_ms)."""

    def __init__(self):
        self.used_ms = self.whole_ms = self.open_ms = 0
        self.due_ms = _LONGEST_MS
        self._closed = False
        self._same_ms = 0  # since the relay last opened or closed, in this boot
        self._unsaved_ms = 0  # since the last checkpoint
        self._promise_ms = 0  # so much of it may pass before the next one

    def go_on(self, span_ms, closed, counts, fed, reason):
        """Time went by. closed: with the relay closed. counts: towards the longest session. fed: the relay is closed now, and a load draws.
        reason: Charging.keeps_off."""
        if closed != self._closed:
            self._closed = closed
            self._same_ms = 0
            self._promise_ms = min(self._promise_ms, self._unsaved_ms + _SOON_MS + _LATE_MS)
        self.whole_ms += span_ms
        self._same_ms += span_ms
        self._unsaved_ms += span_ms
        if counts:
            self.used_ms += span_ms
        if fed:
            self.open_ms = 0
        elif not closed:
            self.open_ms += span_ms
        self.due_ms = _LONGEST_MS if reason or fed else min(self.due_ms, self.open_ms + _WAITED_MS)

    def over(self, limits, begun):
        """(stop cause of a limit that is reached, or 0; ms since it was). limits: Rules. begun: something was billed."""
        used_ms = self.used_ms - limits.max_ms
        if begun:
            used_ms = max(used_ms, self.whole_ms - limits.hard_ms)
        if used_ms >= 0:
            return stop_causes.MAX_TIME, used_ms
        day_ms = self.whole_ms - DAY_MS
        if day_ms >= 0:
            return stop_causes.BACKSTOP, day_ms
        return (0 if self.open_ms < self.due_ms else stop_causes.WAITED), 0

    def checkpoint_due(self):
        return self._unsaved_ms >= self._promise_ms - _LATE_MS

    def refused(self):
        """The checkpoint of promise_s does not stand: the next one is due in two seconds."""
        self._promise_ms = _FIRST_MS + _LATE_MS

    def promise_s(self, limits):
        """For a checkpoint that is written now: the seconds that are used when the next one is due, of the longest session, of the whole
        one, and with the relay open (0: a load draws). A relay that moves brings the next one forward."""
        self._unsaved_ms = 0
        soon_ms = _SOON_MS if self._closed else max(_FIRST_MS, min(self._same_ms, _SOON_MS))
        self._promise_ms = promise_ms = max(soon_ms, min(self._same_ms // 2, limits.checkpoint_ms)) + _LATE_MS
        fed_ms = promise_ms if self._closed else _SOON_MS + _LATE_MS
        open_s = (self.open_ms + promise_ms) // 1000 if self.open_ms else 0
        return (self.used_ms + fed_ms + 999) // 1000, (self.whole_ms + promise_ms + 999) // 1000, open_s
