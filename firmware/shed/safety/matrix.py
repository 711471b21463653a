"""The cause-and-effect matrix: what trips what, as masks (bit i is cause i, effect i; at most 30 of each).

Hazard: a trip that does not reach its effect, and one that resets itself. A latched cause acts until a person resets it *and* every point
of it is seen normal; one that is not latched acts while it is present, and after that as long as a point of it is at fault. A latch that
this configuration does not know (another one's cause) acts on everything. A cause that is not armed trips nothing: only the changes of its
points are recorded.
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
    `cut_groups`, `free_gates`: masks of what must be open. `latching`: the causes that latch. `active`: armed causes present now.
    `latched`: held until reset. `unknown`: a latch of an unknown cause acts. `alarm`: the mask of the last evaluation. `watched`: points of
    armed causes; `recorded`: of all. windows_ms: per cause, how long after its alarm a point still counts (votes.py); none: never.
    """

    def __init__(self, causes, effects, latched=0, windows_ms=()):
        # Bits are kept with their rows: shifting one up row by row would end at 1 << 30, which allocates.
        # A cause that is not armed keeps its place and has no points.
        self._causes = tuple([(1 << i, row[0] if row[2] & ARMED else 0, row[1], row[2], row[3]) for i, row in enumerate(causes)])
        self.watched = self.recorded = self.latching = 0
        for row in causes:
            self.recorded |= row[0]
        self.holding_points = 0  # of causes that trip and do not latch
        acts = []  # of armed causes: what is cut and freed
        for bit, mask, _votes, flags, effect in self._causes:
            if flags & LATCHED:
                self.latching |= bit
            if flags & ARMED:
                self.watched |= mask
                if not flags & LATCHED:
                    self.holding_points |= mask
                cut = free = 0
                for i, (kind, index) in enumerate(effects):
                    if effect >> i & 1:
                        if kind == CUT_GROUP:
                            cut |= 1 << index
                        else:
                            free |= 1 << index
                acts.append((bit, cut, free, mask))
        self._acts = tuple(acts)
        self.windows_ms = windows_ms if any(windows_ms) else ()
        self._recent = {1 << k: 0 if window_ms else -1 for k, window_ms in enumerate(self.windows_ms)}  # by cause: points that count
        self._voted = 0  # in alarm since the votes were last looked at; -1: trips were reset
        self.alarm = 0
        self.alarm_seen = 0
        self.fault_seen = 0
        self.active = 0
        self.held = 0  # causes that are not latched, with a point at fault since they acted
        self.since = 0  # causes that began to trip since a task last took them (Scan.take_trips)
        self.unknown = False
        self.latched = 0
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
        before = self.active | self.held
        holds = before if fault else 0
        for bit, mask, votes, _flags, _effects in self._causes:
            hits = alarm & mask
            if hits:
                if windows and self._recent[bit] >= 0:
                    hits = (hits | self._recent[bit] | (self._voted if self._voted > 0 else 0)) & mask
                n = votes
                while hits and n:
                    hits &= hits - 1
                    n -= 1
                if not n:
                    active |= bit
                    continue
            if holds & bit and mask & fault:
                held |= bit
        self.active = active
        self.held = held
        if active:
            self.since |= active & ~before
            self.latched |= active & self.latching
        self._apply()

    def _apply(self):
        acting = self.active | self.latched | self.held
        cut = free = 0
        if acting:
            for bit, cause_cuts, cause_frees, _mask in self._acts:
                if acting & bit:
                    cut |= cause_cuts
                    free |= cause_frees
        if self.unknown:
            cut = free = _ALL
        self.cut_groups = cut
        self.free_gates = free

    def cut_by(self, points):
        """The groups that armed causes of any of these points cut."""
        cut = 0
        for _bit, cause_cuts, _frees, mask in self._acts:
            if mask & points:
                cut |= cause_cuts
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
        """The latches as one mask for flash, with UNKNOWN; that one allocates."""
        return self.latched | UNKNOWN if self.unknown else self.latched

    # A latch may be older than this configuration, and its cause not in it: no points, no effects.

    def points_of(self, cause):
        return self._causes[cause][1] if cause < len(self._causes) else 0

    def effects_of(self, cause):
        return self._causes[cause][4] if cause < len(self._causes) else 0

    def reset(self, unsure=0, fire=0):
        """A person resets. A latch is released when its cause is over and none of its points is in `unsure` (in alarm, at fault, about to
        change, or not yet seen in this boot); an unknown latch when no fire point is. Returns the mask of those that stay.

        A task calls it through Scan.reset_trips: else a scan in the middle of it would be overwritten."""
        known = 0
        for bit, mask, _votes, _flags, _effects in self._causes:
            known |= bit
            if not self.active & bit and not mask & unsure:
                self.latched &= ~bit
        if not fire & unsure:
            self.unknown = False
            self.latched &= known
        if self.windows_ms:  # earlier votes no longer count
            for k in range(len(self.windows_ms)):
                self.note_recent(k, 0)
            self._voted = -1
            self.evaluate(self.alarm, self.fault_seen)
        self._apply()
        return self.latched
