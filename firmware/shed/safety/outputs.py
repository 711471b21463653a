"""Outputs: outlet relays, group contactors and gate locks; leases, holders, and who may energise.

Hazard: an outlet that stays on when nobody answers for it (law 1), or that comes on for the wrong reason (law 3).

    outlet on  =  (lease of this generation | lease of the last)  &  ~held  &  ~cut by a trip
    lease        renewed by the executive, counted in scans: a generation lasts LEASE_SCANS scans, so an unrenewed lease ends after
                 one to two generations, whatever the clocks say
    held         any holder (safety/holders.py)
    kept         the outlet's relay is open and stays so; its contactor does not open with the last relay, as long as the lease is renewed:
                 charging/off_watch.py looks at a meter behind it. It closes no contactor

Opening is immediate: contactor first on a trip, relay first otherwise. Closing waits until the group's contactor has been driven for
CONTACTOR_SETTLE_SCANS, so that the contactor, not the relay, never makes onto an inrush alone. Locks follow the same leases: a dead
executive frees the gate. `drive` and `all_off` allocate nothing.

A mask has 30 outlets, so that it is a small integer: masks are of a word, `w`, and bit i of word w is outlet 30 * w + i. A group may have
outlets in several words.

Relays on expanders: opening is written in the same scan, closing in the next. A bus error opens its groups as a trip would.
"""

from micropython import const

from shed.safety import holders

LEASE_SCANS = const(80)  # 0.4 s at 5 ms: an unrenewed outlet opens 0.4 to 0.8 s after its last renewal
CONTACTOR_SETTLE_SCANS = const(10)
_WORD = const(30)  # outlets a mask


class Word:
    """Word number w of the outlets. `part`: number of the first one's relay in Outputs. `groups`: by group, which of them are in it."""

    def __init__(self, w, part, groups, bused):
        self.w = w
        self.part = part
        self.groups = groups
        self.bused = bused  # relays on expanders
        self.on = 0  # relays energised
        self.lease = 0
        self.lease_before = 0
        self.holders = [0] * holders.COUNT
        self.held = 0
        self.frozen = 0  # what is off stays off, what is on may stay on
        self.kept = 0  # the executive's
        self.cut = 0
        self.cut_since = 0  # a trip cut them since Scan.take_cuts
        self.lost = 0  # behind a bus that is out
        self.lost_since = 0  # since the executive last looked
        self.wanted = self.opened = 0  # of the scan that runs


class Outputs:
    """relays, contactors, locks: sequences of (pin, level that energises it), pin as of board/pins.py `output`. A relay on an expander is
    None. groups: for each contactor the masks of the outlets behind it, by word. buses: board.expanders.Buses or None."""

    def __init__(self, relays, contactors, locks, groups, buses=None):
        self._buses = buses
        first = len(contactors)
        words = []
        for i in range(0, len(relays), _WORD):
            w = len(words)
            masks = tuple([row[w] if w < len(row) else 0 for row in groups])
            bused = buses.relays[w] if buses is not None and w < len(buses.relays) else 0
            words.append(Word(w, first + i, masks, bused))
        self.words = tuple(words)
        self._rows = tuple([tuple([(word, word.groups[g]) for word in words if word.groups[g]]) for g in range(first)])
        parts = list(contactors) + list(relays) + list(locks)
        self._pins = tuple([part[0] if part else None for part in parts])
        self._on = bytes([part[1] if part else 0 for part in parts])  # levels
        self._expected = bytearray([1 - level for level in self._on])  # levels
        self._first_lock = first + len(relays)
        self._turn = 0
        self._moving = False
        self.contactors_on = 0
        self.locks_on = 0
        self.bad_readback = -1  # index into contactors + relays + locks of the first output that did not follow
        self._settle = [0] * first
        self._ended = False
        self._lock_lease = 0
        self._lock_lease_before = 0
        self._scans = 0
        self._cut_seen = 0
        self._lost_groups = 0

    # What the executive may do: ask and hold. None of it moves a pin.

    def renew(self, mask, w=0):
        """Renews the lease of the outlets in `mask`; that of every other outlet of the word ends at the next scan."""
        word = self.words[w]
        word.lease = mask
        word.lease_before &= mask

    def renew_locks(self, mask):
        """Requests the locks in `mask` energised; all others are released at the next scan."""
        self._lock_lease = mask
        self._lock_lease_before &= mask

    def hold(self, holder, mask, w=0):
        """`holder` keeps the outlets in `mask` off, in addition to those it already keeps off."""
        word = self.words[w]
        self._holds(word, holder, word.holders[holder] | mask)

    def release(self, holder, mask, w=0):
        word = self.words[w]
        self._holds(word, holder, word.holders[holder] & ~mask)

    def hold_groups(self, holder, groups):
        """`holder` keeps exactly the outlets of these groups off. -1: all."""
        for word in self.words:
            mask = 0
            for g in range(len(word.groups)):
                if groups >> g & 1:
                    mask |= word.groups[g]
            self._holds(word, holder, mask)

    def _holds(self, word, holder, mask):
        word.holders[holder] = mask
        held = 0
        for i in range(holders.COUNT):
            if i != holders.POINT_FAULT:
                held |= word.holders[i]
        word.held = held  # in one step: the scan may come between any two
        word.frozen = word.holders[holders.POINT_FAULT]

    def is_on(self, i):
        return self.words[i // _WORD].on >> i % _WORD & 1

    def any_on(self):
        for word in self.words:
            if word.on:
                return True
        return False

    def why(self, i):
        """The holders that keep outlet `i` off, in order; empty when nothing does."""
        word = self.words[i // _WORD]
        bit = 1 << i % _WORD
        found = []
        for holder in range(1, holders.COUNT):
            mask = word.holders[holder]
            if holder == holders.TRIP:
                mask |= word.cut
            elif holder == holders.RELAY_BUS:
                mask = word.lost
            elif holder == holders.LEASE:
                mask = ~(word.lease | word.lease_before)
            if mask & bit:
                found.append(holder)
        return found

    # What the scan does.

    def drive(self, cut_groups, free_gates):
        """One scan's output pass. Reads one output back, in rotation."""
        if self._ended:
            return
        words = self.words
        scans = self._scans - 1
        if scans <= 0:
            scans = LEASE_SCANS
            for word in words:
                word.lease_before = word.lease
                word.lease = 0
            self._lock_lease_before = self._lock_lease
            self._lock_lease = 0
        self._scans = scans
        cut = cut_groups != self._cut_seen
        if cut:
            self._cut(cut_groups)
        moving = self._moving
        for word in words:
            on = word.on
            wanted = (word.lease | word.lease_before) & ~(word.held | word.cut | word.lost | word.kept | word.frozen & ~on)
            word.wanted = wanted
            word.opened = opened = on & ~wanted
            if wanted != on:
                moving = True
                if opened:
                    self._switch(word, opened, 0)
                    word.on = on & ~opened
        locks = (self._lock_lease | self._lock_lease_before) & ~free_gates
        if locks != self.locks_on and not cut:  # a scan that cuts is long: gates follow in the next
            self._move_locks(locks)
        if self._buses is not None:
            lost = self._buses.run(1 if cut else 2)  # a scan that cuts is long, and its contactors are open already
            if lost != self._lost_groups:
                cut = True
                self._lost_groups = lost
                self._cut(cut_groups)
        if cut:  # such a scan is long: it closes nothing, and the next reads back
            return
        if moving:
            self._close()
        turn = self._turn
        if turn:
            turn -= 1
            pin = self._pins[turn]
            if pin is not None and pin() != self._expected[turn] and self.bad_readback < 0:
                self.bad_readback = turn
            self._turn = turn
        else:
            self._turn = len(self._pins)

    def _set(self, part, on):
        """Energises or releases output number `part`: contactors, then relays, then locks."""
        level = self._on[part] if on else 1 - self._on[part]
        self._expected[part] = level
        self._pins[part](level)

    def _cut(self, cut_groups):
        """Opens the contactors of the groups that a trip cuts or a bus has lost."""
        self._cut_seen = cut_groups
        lost_groups = self._lost_groups
        for word in self.words:
            word.cut = word.lost = 0
        g = 0
        for row in self._rows:
            bit = 1 << g
            if (cut_groups | lost_groups) & bit:
                for word, mask in row:
                    if cut_groups & bit:
                        word.cut |= mask
                    if lost_groups & bit:
                        word.lost |= mask
                self._set(g, 0)
                self._settle[g] = 0
            g += 1
        self.contactors_on &= ~(cut_groups | lost_groups)
        for word in self.words:
            word.cut_since |= word.cut
            word.lost_since |= word.lost
            ended = ~(word.cut | word.lost)
            word.lease &= ended
            word.lease_before &= ended
        self._moving = True

    def _switch(self, word, outlets, on):
        """Switches relays on GPIOs one by one, those on expanders by the word; `Buses.run` writes these."""
        if outlets & word.bused:
            self._buses.switch(outlets & word.bused, on, word.w)
            outlets &= ~word.bused
        part = word.part
        while outlets:
            if outlets & 1:
                self._set(part, on)
            outlets >>= 1
            part += 1

    def _close(self):
        """Slow path: something closes, or waits for its contactor. `_moving` stays set while a contactor is not in its final position."""
        moving = False
        g = 0
        for row in self._rows:
            bit = 1 << g
            cut = wanted = opened = kept = ready = 0
            for word, mask in row:
                cut |= mask & (word.cut | word.lost)
                wanted |= mask & word.wanted
                opened |= mask & word.opened
                kept |= mask & word.kept & ~word.held & (word.lease | word.lease_before)
            if not cut:
                if wanted or opened:
                    if not self.contactors_on & bit:
                        self._set(g, 1)
                        self.contactors_on |= bit
                        self._settle[g] = 0
                        moving = True
                    elif self._settle[g] < CONTACTOR_SETTLE_SCANS:
                        self._settle[g] += 1
                        moving = True
                    else:
                        ready = 1
                        moving |= not wanted  # its last relay opened now, the contactor follows in the next scan
                elif self.contactors_on & bit:
                    if kept:
                        moving = True
                    else:
                        self._set(g, 0)
                        self.contactors_on &= ~bit
            if not ready:
                for word, mask in row:
                    word.wanted &= ~mask
            g += 1
        for word in self.words:
            closing = word.wanted & ~word.on
            if closing:
                self._switch(word, closing, 1)
                word.on |= closing
        self._moving = moving

    def _move_locks(self, locks):
        first = self._first_lock
        for i in range(len(self._pins) - first):
            self._set(first + i, locks >> i & 1)
        self.locks_on = locks

    def all_off(self):
        """Releases everything, group contactors first, until the next boot. Anything may call it at any time; it never raises.

        A scan that comes in the middle of it, or after it, drives nothing: only a reset follows.
        """
        self._ended = True
        for part in range(len(self._pins)):
            if self._pins[part] is not None:
                self._set(part, 0)
        for word in self.words:
            word.lease = word.lease_before = word.on = 0
        self._lock_lease = 0
        self._lock_lease_before = 0
        self.contactors_on = 0
        self.locks_on = 0
        self._moving = False
