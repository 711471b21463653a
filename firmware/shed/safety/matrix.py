"""The cause-and-effect matrix: what trips what, as masks (bit i is cause i, effect i; at most 30 of each).

Hazard: a trip that does not reach its effect, and one that resets itself. A latched cause acts until a person resets it *and* it is gone; a
cause that is not armed is in shadow: shown and recorded, acting on nothing.
"""

from micropython import const

LATCHED = const(1)
ARMED = const(2)

CUT_GROUP = const(1)
FREE_GATE = const(2)


class Matrix:
    """`evaluate(alarm)` is called by the scan, only when the alarm mask differs from `alarm_seen`; it allocates nothing.

    causes: sequence of (point mask, votes needed, flags, effects mask). effects: sequence of (kind, index).
    `cut_groups`, `free_gates`: masks of what must be open. `active`: causes present now; `latched`: held until reset; `shadow`: would
    have tripped.
    """

    def __init__(self, causes, effects, latched=0):
        self._causes = tuple(causes)
        self._effects = tuple(effects)
        self.alarm_seen = 0
        self.active = 0
        self.latched = latched
        self.shadow = 0
        self.tripped_effects = 0
        self.cut_groups = 0
        self.free_gates = 0
        self._apply()

    def evaluate(self, alarm):
        self.alarm_seen = alarm
        active = 0
        bit = 1
        for mask, votes, flags, _effects in self._causes:
            hits = alarm & mask
            n = 0
            while hits:
                hits &= hits - 1
                n += 1
            if n >= votes:
                active |= bit
                if flags & LATCHED and flags & ARMED:
                    self.latched |= bit
                if not flags & ARMED:
                    self.shadow |= bit
            bit <<= 1
        self.active = active
        self._apply()

    def _apply(self):
        acting = self.active | self.latched
        effects_mask = 0
        bit = 1
        for _mask, _votes, flags, effects in self._causes:
            if acting & bit and flags & ARMED:
                effects_mask |= effects
            bit <<= 1
        cut = 0
        free = 0
        bit = 1
        for kind, index in self._effects:
            if effects_mask & bit:
                if kind == CUT_GROUP:
                    cut |= 1 << index
                else:
                    free |= 1 << index
            bit <<= 1
        self.tripped_effects = effects_mask
        self.cut_groups = cut
        self.free_gates = free

    def restore(self, latched):
        """Latches known from before a power cut act from now on. Called before the scan starts or from a task."""
        self.latched |= latched
        self._apply()

    def points_of(self, cause):
        return self._causes[cause][0]

    def effects_of(self, cause):
        return self._causes[cause][3]

    def reset(self):
        """A person resets: latches whose cause is gone are released. Returns the mask of those that stay. Not called from the scan."""
        self.latched &= self.active
        self.shadow &= self.active
        self._apply()
        return self.latched
