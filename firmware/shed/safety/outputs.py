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
executive frees the gate. `drive` and `all_off` allocate nothing. At most 30 outlets (a mask is a small integer).

Relays on expanders: opening is written in the same scan, closing in the next. A bus error opens its groups as a trip would.
"""

from micropython import const

from shed.safety import holders

LEASE_SCANS = const(80)  # 0.4 s at 5 ms: an unrenewed outlet opens 0.4 to 0.8 s after its last renewal
CONTACTOR_SETTLE_SCANS = const(10)


class Outputs:
    """relays, contactors, locks: sequences of objects with `energise`, `release`, `level`, `energised_level` (board/pins.py OutputPin).
    A relay on an expander is None. groups: for each contactor the mask of its outlets. buses: board.expanders.Buses or None."""

    def __init__(self, relays, contactors, locks, groups, buses=None):
        self._relays = tuple(relays)
        self._contactors = tuple(contactors)
        self._locks = tuple(locks)
        self._groups = tuple(groups)
        self._buses = buses
        self._bused = buses.relays if buses is not None else 0
        self.everything = (1 << len(self._relays)) - 1
        self._off = tuple([pin.release for pin in self._contactors + self._relays + self._locks if pin])
        self._parts = self._contactors + self._relays + self._locks
        self._levels = tuple([(i, self._parts[i].level) for i in range(len(self._parts)) if self._parts[i]])
        self._expected = bytearray([1 - pin.energised_level if pin else 0 for pin in self._parts])
        self._first_lock = len(self._contactors) + len(self._relays)
        self._turn = 0
        self._moving = False
        self.relays_on = 0
        self.contactors_on = 0
        self.locks_on = 0
        self.bad_readback = -1  # index into contactors + relays + locks of the first output that did not follow
        self._settle = [0] * len(self._groups)
        self._ended = False
        self._lease = 0
        self._lease_before = 0
        self._lock_lease = 0
        self._lock_lease_before = 0
        self._scans = 0
        self._holders = [0] * holders.COUNT
        self.held = 0
        self._frozen = 0  # what is off stays off, what is on may stay on
        self.kept = 0  # mask of outlets, the executive's
        self.cut_outlets = 0
        self.cut_since = 0  # outlets that a trip cut since Scan.take_cuts
        self.lost_outlets = 0  # behind a bus that is out
        self.lost_since = 0  # outlets lost since the executive last looked
        self._cut_seen = 0
        self._lost_groups = 0

    # What the executive may do: ask and hold. None of it moves a pin.

    def renew(self, mask):
        """Renews the lease of the outlets in `mask`."""
        self._lease |= mask

    def drop(self, mask):
        """Ends the lease of the outlets in `mask` at the next scan."""
        self._lease &= ~mask
        self._lease_before &= ~mask

    def renew_locks(self, mask):
        """Requests the locks in `mask` energised; all others are released at the next scan."""
        self._lock_lease = mask
        self._lock_lease_before &= mask

    def hold(self, holder, mask):
        """`holder` keeps the outlets in `mask` off, in addition to those it already keeps off."""
        self._holders[holder] |= mask
        self._sum_up()

    def release(self, holder, mask):
        self._holders[holder] &= ~mask
        self._sum_up()

    def _sum_up(self):
        held = 0
        i = 1
        while i < holders.COUNT:
            if i != holders.POINT_FAULT:
                held |= self._holders[i]
            i += 1
        self.held = held
        self._frozen = self._holders[holders.POINT_FAULT]

    def held_by(self, holder):
        """Mask of the outlets that `holder` keeps off."""
        return self._holders[holder]

    def why(self, i):
        """The holders that keep outlet `i` off, in order; empty when nothing does."""
        bit = 1 << i
        found = []
        for holder in range(1, holders.COUNT):
            mask = self._holders[holder]
            if holder == holders.TRIP:
                mask |= self.cut_outlets
            elif holder == holders.RELAY_BUS:
                mask = self.lost_outlets
            elif holder == holders.LEASE:
                mask = ~(self._lease | self._lease_before)
            if mask & bit:
                found.append(holder)
        return found

    # What the scan does.

    def drive(self, cut_groups, free_gates):
        """One scan's output pass. Reads one output back, in rotation."""
        if self._ended:
            return
        scans = self._scans - 1
        if scans <= 0:
            scans = LEASE_SCANS
            self._lease_before = self._lease
            self._lease = 0
            self._lock_lease_before = self._lock_lease
            self._lock_lease = 0
        self._scans = scans
        cut = cut_groups != self._cut_seen
        if cut:
            self._cut(cut_groups)
        off = self.held | self.cut_outlets | self.lost_outlets | self.kept
        on = (self._lease | self._lease_before) & ~(off | self._frozen & ~self.relays_on)
        opening = self.relays_on & ~on
        if opening:
            self._switch(opening, 0)
            self.relays_on &= ~opening
        locks = (self._lock_lease | self._lock_lease_before) & ~free_gates
        if locks != self.locks_on:
            self._move_locks(locks)
        if self._buses is not None:
            lost = self._buses.run(1 if cut else 2)  # a scan that cuts is long, and its contactors are open already
            if lost != self._lost_groups:
                cut = True
                self._lost_groups = lost
                self._cut(cut_groups)
        if cut:  # such a scan is long: it closes nothing, and the next reads back
            return
        if on != self.relays_on or self._moving or opening:
            self._close(on, opening)
        turn = self._turn
        if turn:
            turn -= 1
            part, level = self._levels[turn]
            if level() != self._expected[part] and self.bad_readback < 0:
                self.bad_readback = part
            self._turn = turn
        else:
            self._turn = len(self._levels)

    def _set(self, part, on):
        """Energises or releases output number `part`: contactors, then relays, then locks."""
        pin = self._parts[part]
        if on:
            pin.energise()
            self._expected[part] = pin.energised_level
        else:
            pin.release()
            self._expected[part] = 1 - pin.energised_level

    def _cut(self, cut_groups):
        """Opens the contactors of the groups that a trip cuts or a bus has lost."""
        self._cut_seen = cut_groups
        outlets = lost = 0
        lost_groups = self._lost_groups
        g = 0
        for mask in self._groups:
            bit = 1 << g
            if (cut_groups | lost_groups) & bit:
                if cut_groups & bit:
                    outlets |= mask
                if lost_groups & bit:
                    lost |= mask
                self._set(g, 0)
                self._settle[g] = 0
            g += 1
        self.contactors_on &= ~(cut_groups | lost_groups)
        self.cut_outlets = outlets
        self.cut_since |= outlets
        self.lost_outlets = lost
        self.lost_since |= lost
        self._moving = True
        self.drop(outlets | lost)

    def _switch(self, outlets, on):
        """Switches relays on GPIOs one by one, those on expanders by the word; `Buses.run` writes these."""
        if outlets & self._bused:
            self._buses.switch(outlets & self._bused, on)
            outlets &= ~self._bused
        part = len(self._groups)
        while outlets:
            if outlets & 1:
                self._set(part, on)
            outlets >>= 1
            part += 1

    def _close(self, on, opened):
        """Slow path: something closes, or waits for its contactor. `_moving` stays set while a contactor is not in its final position."""
        before = self.relays_on
        moving = False
        g = 0
        ready = 0
        for mask in self._groups:
            bit = 1 << g
            if not mask & (self.cut_outlets | self.lost_outlets):
                if (on | opened) & mask:
                    if not self.contactors_on & bit:
                        self._set(g, 1)
                        self.contactors_on |= bit
                        self._settle[g] = 0
                        moving = True
                    elif self._settle[g] < CONTACTOR_SETTLE_SCANS:
                        self._settle[g] += 1
                        moving = True
                    else:
                        ready |= mask
                        moving |= not on & mask  # its last relay opened now, the contactor follows in the next scan
                elif self.contactors_on & bit:
                    if mask & self.kept & ~self.held & (self._lease | self._lease_before):
                        moving = True
                    else:
                        self._set(g, 0)
                        self.contactors_on &= ~bit
            g += 1
        closing = on & ready & ~before
        self._switch(closing, 1)
        self.relays_on = before | closing
        self._moving = moving

    def _move_locks(self, locks):
        for i in range(len(self._locks)):
            self._set(self._first_lock + i, locks >> i & 1)
        self.locks_on = locks

    def all_off(self):
        """Releases everything, group contactors first, until the next boot. Anything may call it at any time; it never raises.

        A scan that comes in the middle of it, or after it, drives nothing: only a reset follows.
        """
        self._ended = True
        for off in self._off:
            off()
        for i, _level in self._levels:
            self._expected[i] = 1 - self._parts[i].energised_level
        self._lease = 0
        self._lease_before = 0
        self._lock_lease = 0
        self._lock_lease_before = 0
        self.relays_on = 0
        self.contactors_on = 0
        self.locks_on = 0
        self._moving = False
