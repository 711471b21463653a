"""Whether an outlet that was commanded off is off: either its meter shows it, or the outlet counts as live (docs/decisions/0022).

Hazard: somebody repairs, or trusts, a socket that is called off and is live.

Commanded off: unseen until a reading two seconds later shows no power. If power still flows, the board looks for the relay that carries it:
  another session's own meter shows nothing -> that session ends, and the contactor is kept closed for some seconds; if power ends
                                            too: meters_mixed, both outlets off until `clear`. Without a result: as below
  else                                   -> welded: the group contactor opens; if power still flows: live_outlet
                                            both until `clear`: behind an open contactor a weld is not seen, and no power behind a closed
                                            one may be a pulled plug, or a charger that waits
Unseen for 15 s (meter silent): no session begins in its group; after ten minutes the group contactor opens. A person's `clear` ends both.
No power behind an open contactor is no proof that a relay opened (docs/decisions/0033): it does not make an outlet unseen for so long count
as off, before its own next session or a `clear`. Its row is free; the minutes used are kept, and go on when its meter is silent for 15 s
behind the closed contactor. An idle outlet whose contactor closes is unknown until three readings show no power; so is one whose meter was
silent with its whole row: that is no unseen outlet, unless its meter alone stays silent behind the closed contactor. A cut resets none of
this: which outlets may be live, the minutes, and what was proven are kept in the live ring (decision 0029).
"""

from micropython import const

from shed.charging import stop_causes
from shed.charging.settling import FOLLOWS_MS, NO_POWER_MW
from shed.charging.supply import LOST
from shed.safety.faults import LIVE_OUTLET as FAULT_LIVE
from shed.safety.faults import METERS_MIXED as FAULT_MIXED
from shed.safety.faults import WELDED as FAULT_WELDED
from shed.safety.holders import FAULT as HOLD_FAULT
from shed.safety.holders import LIVE as HOLD_LIVE
from shed.safety.holders import WELDED as HOLD_WELDED

_WELDED = const(1)  # this and the next two: in the order of `told`
_LIVE = const(2)
_MIXED = const(4)
_POWERED = const(8)  # commanded off, and power was there at the last reading
_HELD = const(16)

LOOK = const(3)  # readings an outlet is watched closely after a session or when its contactor closes; so many with power call `accuse`
_SETTLED = FOLLOWS_MS // 1000 + 1  # looks after which a reading is surely later than the opening of the relay
UNSEEN_S = const(15)
_SINCE_BOOT = const(255)  # never seen in this boot, or a person has looked, or its contactor closed just now: only for display
_ROW_SILENT = const(254)  # its meter was silent with the whole row: only for display until its contactor closes
_BEHIND = const(253)  # unseen, and then no power behind its open contactor: only for display until its contactor closes
_GRACE = const(600)  # seconds: ten minutes, as a row may run on a blind fire point by default (decision 0022)
_WORD = const(30)  # outlets a mask (safety/outputs.py)
_LATE = const(4)
_TELL = const(5)  # seconds unseen from which the live ring keeps it: reached before a session with a silent meter is settled
_TOLD = const(60)  # so many s of the ten minutes are recorded in advance, for a cut; 3, 6, 12 at first: flickering mains make short boots
_UNIT_S = const(3)
_JUDGED = const(30)  # seconds unseen: a boot begins at UNSEEN_S, and so reads for 15 s before it ends sessions
_AGAIN = const(10)  # of UNSEEN_S, for a meter that was silent behind a closed contactor before
_LOOK_MS = const(10000)  # so long without a reading, and a contactor is kept closed no longer
_FED = const(128)  # in _suspect


class OffWatch:
    """shed: the Charging. rows: the outlets of each group."""

    def __init__(self, shed, rows):
        self._shed = shed
        self._rows = rows
        n = len(shed.sessions)
        self._flags = bytearray(n)
        self.unseen = bytearray([_SINCE_BOOT] * n)  # seconds since it was commanded off; 0: seen off
        self._hot = bytearray(n)
        self.look = bytearray(n)  # readings for which it is still read closely
        self._suspect = bytearray(n)  # outlet + 1 that was stopped to see whether power ends with it; _FED: it may come through a weld
        self.kept = [0] * len(shed.lease)  # masks of the outlets whose power is looked at: their contactor does not open meanwhile
        self.grace = [0] * len(rows)
        self.told = b""  # what a boot finds: as LiveRing.watched
        self.ahead = bytearray(8)  # used of the ten minutes of each row, as a boot finds it: in 3 s
        self._fed = bytearray(len(rows))
        self._late = bytearray(n)  # seconds for which a session's meter showed nothing; else: was silent behind a closed contactor

    def may_be_live(self, i):
        """It was commanded off, and not seen off."""
        return self._flags[i] & (_POWERED | _LIVE) or self.unseen[i]

    def blocked(self, i):
        """No session may begin at outlet i."""
        return self._flags[i] & (_WELDED | _MIXED | _HELD) or self._suspect[i]

    def keep(self, i, ending):
        """ending: the session at outlet i has stopped. Its contactor waits for the last reading, which shows a welded relay."""
        if not self._suspect[i]:
            self._keep(i, ending)

    def _keep(self, i, kept):
        w = i // _WORD
        bit = 1 << i % _WORD
        self.kept[w] = self.kept[w] & ~bit | (bit if kept else 0)

    def step(self, g, now_ms):
        """Of group g. Once a second."""
        shed = self._shed
        unseen = self.unseen
        late_s = self._late
        late = 0
        fed = shed.fed >> g & 1
        edge = fed and not self._fed[g]
        for i in self._rows[g]:
            seconds = unseen[i]
            if shed.is_closed(i):
                unseen[i] = 0
                session = shed.sessions[i]
                late_s[i] = min(late_s[i] + 1, UNSEEN_S) if session is not None and session.shows_nothing() else 0
                late |= late_s[i] == _LATE
            elif 0 < seconds < _BEHIND:
                if seconds == 1:
                    late_s[i] = 0
                if seconds < UNSEEN_S and shed.supply.state[g] == LOST and shed.poller.silent_s(shed.meter_of(i)):
                    unseen[i] = _ROW_SILENT
                elif seconds < _BEHIND - 1:
                    unseen[i] += 1
            elif 0 < seconds < _SINCE_BOOT and fed and not edge:
                self.look[i] = max(self.look[i], 1)
                shed.mark(i)
                late_s[i] += 1
                if late_s[i] >= UNSEEN_S:  # it may be live, and nobody sees it: as before, with the minutes that are left
                    late_s[i] = _AGAIN
                    unseen[i] = _JUDGED
            if self._suspect[i] and shed.poller.age_ms(shed.meter_of(i), now_ms) > _LOOK_MS:
                self.accuse(i, False)
        if late or edge:
            for row in self._rows if late else (self._rows[g],):  # a session's load may show at another outlet's meter; or ...
                for i in row:
                    if shed.sessions[i] is None:
                        if not late and not unseen[i]:  # ... a contact that welded behind an open contactor shows now
                            unseen[i] = _SINCE_BOOT
                        self.look[i] = LOOK
                        shed.mark(i)
        self._fed[g] = fed
        self._hold(g, 1)
        if not g:
            self._tell()

    def _tell(self):
        """Tells the live ring. What was proven is written as soon as a trip would be; the rest within a second."""
        told = bytearray(42)
        for i in range(len(self.unseen)):
            at = i >> 3
            bit = 1 << (i & 7)
            flags = self._flags[i]
            if flags & _WELDED or _TELL <= self.unseen[i] <= _BEHIND:
                told[at] |= bit
            for k in range(3):
                if flags >> k & 1:
                    told[8 + 8 * k + at] |= bit
        told[32:40] = self.ahead
        most_s = max(self.ahead) * _UNIT_S
        told[40] = most_s & 255
        told[41] = most_s >> 8
        if told != self.told and self._shed.sink.watch(bytes(told)):
            self.told = told

    def fresh(self, i, power_mw):
        """A reading of outlet i, which is commanded off and not STOPPING."""
        if self.look[i]:
            self.look[i] -= 1
        if power_mw > NO_POWER_MW:
            if 0 < self.unseen[i] < _SETTLED:
                return
            self._flags[i] |= _POWERED
            self._hot[i] += 1
            self.look[i] = max(self.look[i], 1)
            if self._hot[i] >= LOOK:
                self.accuse(i, True)
            return
        self._hot[i] = 0
        unseen = self.unseen[i]
        g = self._shed.group_of[i]
        fed = self._fed[g] & self._shed.fed >> g  # and not only just now
        if fed:
            self._late[i] = 0
        if not 0 < unseen < _SETTLED and unseen != _BEHIND:
            if unseen < UNSEEN_S or (not self.look[i] if fed else unseen == _SINCE_BOOT):
                self.unseen[i] = 0
            elif not fed and unseen < _BEHIND:
                self.unseen[i] = _BEHIND
        suspect = self._suspect[i]
        if suspect:
            if suspect > _FED and not fed:  # a trip came between, or its supply went: no power behind an open contactor is no proof
                self.accuse(i, False)
            else:
                self._suspect[i] = 0
                self._keep(i, False)
                self.mixed(i)
                self.mixed(suspect % _FED - 1)
                self._tell()
        self._flags[i] &= ~_POWERED

    def accuse(self, i, ask):
        """Power at an outlet that should be off. True when outlet i's own relay carries it. ask: rules out another outlet's relay first;
        None: a boot calls, which knows it from flash."""
        flags = self._flags
        flags[i] |= _POWERED
        self._hot[i] = 0
        shed = self._shed
        sink = shed.sink
        if ask and not self._suspect[i] and not flags[i] & _WELDED:
            for k in range(len(shed.sessions)):
                if k != i and shed.sessions[k] is not None and shed.sessions[k].shows_nothing():
                    self._suspect[i] = k + 1 | (shed.fed >> shed.group_of[i] & 1) * _FED
                    self._keep(i, True)  # it must not go with the contactor
                    shed.stop(k, stop_causes.MAINTENANCE)
                    return False
        self._suspect[i] = 0
        self._keep(i, False)
        if not flags[i] & _WELDED:
            flags[i] |= _WELDED
            sink.hold(HOLD_WELDED, i)
            sink.fault(FAULT_WELDED, i)
            shed.stop(i, stop_causes.WELDED)
            self._hold(shed.group_of[i], 0)
        elif not flags[i] & _LIVE:
            flags[i] |= _LIVE
            sink.fault(FAULT_LIVE, i)
        if ask is not None:
            self._tell()
        return True

    def clear(self, i):
        """A person has looked. False while the meter still shows power."""
        if UNSEEN_S <= self.unseen[i]:
            self.unseen[i] = _SINCE_BOOT
        flags = self._flags
        sink = self._shed.sink
        if flags[i] & _MIXED:
            flags[i] &= ~_MIXED
            sink.release(HOLD_FAULT, i)
            sink.fault_over(FAULT_MIXED, i)
        if flags[i] & _POWERED:
            return False
        if flags[i] & _LIVE:
            flags[i] &= ~_LIVE
            sink.fault_over(FAULT_LIVE, i)
        if flags[i] & _WELDED:
            flags[i] &= ~_WELDED
            sink.release(HOLD_WELDED, i)
            sink.fault_over(FAULT_WELDED, i)
        self._hold(self._shed.group_of[i], 0)
        return True

    def mixed(self, i):
        flags = self._flags
        if not flags[i] & _MIXED:
            flags[i] |= _MIXED
            self._shed.sink.hold(HOLD_FAULT, i)
            self._shed.sink.fault(FAULT_MIXED, i)

    def _hold(self, g, span_s):
        """Holds the group of an outlet that is live, or may be."""
        shed = self._shed
        row = self._rows[g]
        flags = self._flags
        ahead = self.ahead
        used = self.grace[g]
        cut = longest = behind = 0
        for i in row:
            cut |= flags[i] & _WELDED
            seconds = self.unseen[i]
            if seconds < _BEHIND:
                longest = max(longest, seconds)
            behind |= seconds == _BEHIND
        unseen = longest >= UNSEEN_S
        over = cut
        if not unseen:
            if not behind:  # else they wait for its meter to fall silent again
                used = ahead[g] = 0
        else:
            if shed.supply.state[g]:  # nothing flows; the minutes wait
                unseen = False
            else:
                used = min(used + span_s, _GRACE)
                if used > ahead[g] * _UNIT_S:
                    ahead[g] = min(used + max(2, min(longest - UNSEEN_S, _TOLD)) + 2, _GRACE) // _UNIT_S
            over |= used == _GRACE
        self.grace[g] = used
        for i in row:
            if cut or (over and longest >= _JUDGED):
                shed.stop(i, stop_causes.SUPPLY_LOST)
            held = bool(over or (unseen and shed.sessions[i] is None))
            if held != bool(flags[i] & _HELD):
                flags[i] ^= _HELD
                (shed.sink.hold if held else shed.sink.release)(HOLD_LIVE, i)
