"""The cause-and-effect matrix: what trips what, as masks (bit i is cause i, effect i; at most 30 of each).

Hazard: a trip that does not reach its effect, and one that resets itself. A latched cause acts until a person resets it *and* every point
of it is seen normal; one that is not latched acts for as long as a point of it is at fault. A latch that this configuration does not know
(another one's cause) acts on everything. A cause that is not armed is in shadow: shown and recorded, acting on nothing.
"""

from micropython import const

LATCHED = const(1)
ARMED = const(2)

CUT_GROUP = const(1)
FREE_GATE = const(2)

_ALL = const(0x3FFFFFFF)
UNKNOWN = 1 << 30  # in a mask of latches in flash, beside the causes' own bits: `unknown`


class Matrix:
    """`evaluate(alarm, fault)` is called by the scan, only when the alarm mask differs from `alarm_seen`, or the faults among
    `holding_points` from `fault_seen`; it allocates nothing.

    causes: sequence of (point mask, votes needed, flags, effects mask). effects: sequence of (kind, index).
    `cut_groups`, `free_gates`: masks of what must be open. `active`: causes present now; `latched`: held until reset; `shadow`: would
    have tripped. `unknown`: a latch of an unknown cause acts. `alarm`: the mask of the last evaluation. `watched`: the points of armed
    causes. windows_ms: per cause, how long after its alarm a point still counts as a vote (votes.py); none: never.
    """

    def __init__(self, causes, effects, latched=0, windows_ms=()):
        # Bits are kept with their rows: shifting one up row by row would end at 1 << 30, which allocates.
        self._causes = tuple([(1 << i, mask, votes, flags, effect) for i, (mask, votes, flags, effect) in enumerate(causes)])
        self.watched = 0
        for _bit, mask, _votes, flags, _effect in self._causes:
            if flags & ARMED:
                self.watched |= mask
        self.windows_ms = windows_ms if any(windows_ms) else ()
        self._recent = {1 << k: 0 if window_ms else -1 for k, window_ms in enumerate(self.windows_ms)}  # by cause: points that count
        self._voted = 0  # in alarm since the votes were last looked at; -1: trips were reset
        self._effects = tuple([(1 << i, kind, index) for i, (kind, index) in enumerate(effects)])
        self.alarm = 0
        self.alarm_seen = 0
        self.fault_seen = 0
        self.holding_points = 0  # of causes that trip and do not latch
        for _bit, mask, _votes, flags, _effects in self._causes:
            if flags & ARMED and not flags & LATCHED:
                self.holding_points |= mask
        self.active = 0
        self.held = 0  # not latched, and a point at fault since
        self.since = 0  # causes that tripped since a task last took them (Scan.take_trips)
        self.unknown = False
        self.latched = 0
        self.shadow = 0
        self.tripped_effects = 0
        self.cut_groups = 0
        self.free_gates = 0
        self.restore(latched)

    def evaluate(self, alarm, fault=0):
        self.alarm_seen = alarm
        self.fault_seen = fault
        windows = self.windows_ms
        if windows and self._voted >= 0:
            self._voted |= alarm | self.alarm
        self.alarm = alarm
        active = 0
        held = 0
        for bit, mask, votes, flags, _effects in self._causes:
            hits = alarm & mask
            if windows and hits and self._recent[bit] >= 0:
                hits = (alarm | self._recent[bit] | (self._voted if self._voted > 0 else 0)) & mask
            n = 0
            while hits:
                hits &= hits - 1
                n += 1
            if n >= votes:
                active |= bit
                if not flags & ARMED:
                    self.shadow |= bit
                else:
                    self.since |= bit
                    if flags & LATCHED:
                        self.latched |= bit
            elif mask & fault and (self.active | self.held) & bit:
                held |= bit
        self.active = active
        self.held = held
        self._apply()

    def _apply(self):
        acting = self.active | self.latched | self.held
        effects_mask = 0
        for bit, _mask, _votes, flags, effects in self._causes:
            if acting & bit and flags & ARMED:
                effects_mask |= effects
        cut = 0
        free = 0
        for bit, kind, index in self._effects:
            if effects_mask & bit:
                if kind == CUT_GROUP:
                    cut |= 1 << index
                else:
                    free |= 1 << index
        if self.unknown:
            cut = free = _ALL
        self.tripped_effects = effects_mask
        self.cut_groups = cut
        self.free_gates = free

    def cut_by(self, points):
        """The groups that armed causes of any of these points cut."""
        effects_mask = 0
        for _bit, mask, _votes, flags, effects in self._causes:
            if mask & points and flags & ARMED:
                effects_mask |= effects
        cut = 0
        for bit, kind, index in self._effects:
            if effects_mask & bit and kind == CUT_GROUP:
                cut |= 1 << index
        return cut

    # Votes within a window, by the executive. The scan may come between any two steps.

    def take_seen(self):
        """Points in alarm since the last call, or now; -1 when trips were reset since."""
        seen = self._voted
        self._voted = 0  # an alarm that begins just here is still there, and seen again when it ends
        return seen if seen < 0 else seen | self.alarm

    def note_recent(self, k, points):
        """These points count as votes of cause number `k`."""
        if self.windows_ms[k] and self._recent[1 << k] != points:
            self._recent[1 << k] = points
            self.alarm_seen = -1  # evaluated anew in the next scan

    def restore(self, latched, unknown=False):
        """Latches known from before a power cut act from now on; one without a cause here is unknown, unless there is no configuration at
        all. Through Scan.restore_trips once the scan runs."""
        self.latched |= latched
        if unknown or (self._causes and self.latched >= self._causes[-1][0] << 1):
            self.unknown = True
        self._apply()

    def kept(self):
        """The latches as one mask for flash: with UNKNOWN. Allocates then."""
        return self.latched | UNKNOWN if self.unknown else self.latched

    # A latch may be older than this configuration, and its cause not in it: no points, no effects.

    def points_of(self, cause):
        return self._causes[cause][1] if cause < len(self._causes) else 0

    def effects_of(self, cause):
        return self._causes[cause][4] if cause < len(self._causes) else 0

    def reset(self, unsure=0, fire=0):
        """A person resets: latches are released whose cause is gone and of whose points none is in `unsure` (in alarm, at fault, about to
        change, or not yet seen in this boot); an unknown one when no fire point is. Returns the mask of those that stay.

        A task calls it through Scan.reset_trips: a scan in the middle of it would be written over."""
        known = 0
        for bit, mask, _votes, _flags, _effects in self._causes:
            known |= bit
            if not self.active & bit and not mask & unsure:
                self.latched &= ~bit
        if not fire & unsure:
            self.unknown = False
            self.latched &= known
        if self.windows_ms:  # what was voted before counts no more
            for k in range(len(self.windows_ms)):
                self.note_recent(k, 0)
            self._voted = -1
            self.evaluate(self.alarm, self.fault_seen)
        self.shadow &= self.active
        self._apply()
        return self.latched
