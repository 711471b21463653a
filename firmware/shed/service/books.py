"""The books: everything that is written to flash about sessions, the gate, trips and faults, in the order that the laws require.

Hazard: a session that a power cut loses or bills twice, a trip without a record. A record that `Charging` requests is programmed before it
goes on (law 4), a settlement is in the journal before the live ring forgets the session, and a second settlement of the same session is
never written. The record of a trip, or of its reset, is tried again until it is written. Repeated events and records without room are
counted, and the counts are recorded.
"""

from struct import pack

from micropython import const

from shed.safety import faults as codes
from shed.storage import journal as kinds
from shed.storage import live
from shed.storage.repeats import NO_CARD, Repeats

_TYPES = const(0)  # true for the type checker

if _TYPES:
    from shed.access.contracts import GateSink
    from shed.charging.contracts import Sink

    def _is_a_sink(books: "Books") -> "Sink":
        return books

    def _hears_gates(books: "Books") -> "GateSink":
        return books.gate


_WORD = const(30)  # outlets a mask (safety/outputs.py)
_TALLY_S = const(5)  # a detector that flaps all day wears the live ring no more than a session does


class Books:
    """journal: storage.journal.Journal. live_ring: storage.live.LiveRing. clock: board.clock.Clock. outputs: safety.outputs.Outputs.
    `faults` is the shed's fault table. `begin` before the first record."""

    def __init__(self, journal, live_ring, clock, outputs):
        self.journal = journal
        self.live_ring = live_ring
        self.clock = clock
        self.outputs = outputs
        self.faults = codes.Faults(self._fault_changed)
        self.forget = live_ring.done  # these four belong to Charging's sink, too
        self.watch = live_ring.watch
        self.fault = self.faults.came
        self.fault_over = self.faults.over
        self.cleared_by = 0
        self._session = 0
        self._repeats = Repeats(self.write)
        self._due = []  # records of trips and resets that are not written yet, oldest first
        self._lost_events = self._refused = 0
        self._ends = []  # ids of sessions whose end was refused and is not written yet
        self._due_refused = False  # the first of _due was refused
        self._tally_s = 0

    def begin(self, boots, latched):
        """boots: the count of this boot, part of every record and of every session id. latched: the latches now, as Matrix.kept."""
        self.journal.boot = boots
        self.journal.latched = latched
        self._session = (boots & 0xFFFF) << 16

    def write(self, kind, *fields):
        """Writes a journal record; no room in the ring of sessions raises a fault that blocks new sessions. Returns whether it is
        written."""
        if self._stands(kind, *fields):
            return True
        if kind in kinds.LASTING_KINDS:
            self._refused += kind != kinds.LOST
        else:
            self._lost_events += 1
        return False

    def _stands(self, kind, *fields):
        """The same for a record that its caller tries again until it is written, and counts once if it is refused."""
        if self.journal.write(kind, *fields) >= 0:
            return True
        if kind in kinds.LASTING_KINDS:
            self.faults.came(codes.JOURNAL_FULL)
        return False

    def _owes(self):
        """The fault lasts as long as a refused record is not written."""
        (self.faults.came if self._ends or self._due_refused else self.faults.over)(codes.RECORDS_LOST)

    def event(self, kind, detail, card, *fields):
        """A record of an event that may repeat without end. Events with the same detail and card are repetitions."""
        if self._repeats.is_first(self.clock.uptime_s, kind, detail, card):
            self.write(kind, *fields)

    def step(self):
        """Records the counts of repeated events and of records without room. Trips that were only counted are kept for after a cut."""
        now_s = self.clock.uptime_s
        repeats = self._repeats
        if repeats.trips and now_s >= self._tally_s:
            self._tally_s = now_s + _TALLY_S
            tally = pack("<I", self.journal.ring.sequence)
            for key, row in repeats.rows.items():
                if key[0] == kinds.TRIP:
                    tally += pack("<BIH", key[1], row[2], row[1])
            ring = self.live_ring
            ring.trips = tally
            repeats.trips = not ring.watch(ring.watched)
        repeats.step(now_s)
        if (self._lost_events or self._refused) and self.journal.ring.ahead and self.journal.events.ahead and not self._due:
            lost, refused = self._lost_events, self._refused
            if self.write(kinds.LOST, lost, refused):
                self._lost_events -= lost
                self._refused -= refused

    def point(self, i, state):
        self.event(kinds.POINT, i << 8 | state, NO_CARD, i, state)

    # The sink of charging.outlets.Charging (charging/contracts.pyi).

    def new_session_id(self):
        self._session += 1
        return self._session

    def stamp_s(self):
        return self.clock.epoch_s() or self.clock.uptime_s

    def session_start(self, session, i, card, wh, first_fen):
        return self.write(kinds.SESSION_START, session, i, card, wh, first_fen)

    def session_energised(self, session, i):
        return self.write(kinds.SESSION_ENERGISED, session, i)

    def session_resumed(self, session, i, energised_s):
        self.event(kinds.SESSION_RESUMED, session, NO_CARD, session, i, energised_s)

    def live(self, *row):
        return self.live_ring.put(pack(live.FORMAT, *row)) >= 0

    def session_end(self, session, i, card, start_s, energised_s, energy_mwh, wh_start, wh_end, price_fen, cause):
        own = (session, i, card, start_s, energised_s, energy_mwh, wh_start, wh_end, min(price_fen, 0xFFFF), cause, price_fen)
        known = session in self._ends
        stands = self._stands(kinds.SESSION_END, *own)
        if stands:
            self.live_ring.done(session)
            if known:
                self._ends.remove(session)
        elif not known:
            self._ends.append(session)
            self._refused += 1
        self._owes()
        return stands

    def press_refused(self, i, reason, card):
        self.event(kinds.PRESS_REFUSED, i << 8 | reason, card, i, reason, card)

    def hold(self, holder, i):
        self.outputs.hold(holder, 1 << i % _WORD, i // _WORD)

    def release(self, holder, i):
        self.outputs.release(holder, 1 << i % _WORD, i // _WORD)

    # The sink of access.gate.Gate (access/contracts.pyi).

    def gate(self, event, reason, card):
        self.event(kinds.GATE, event << 8 | reason, card, event, reason, card)

    # Faults and trips.

    def _fault_changed(self, change, code, arg):
        if change == 1 and code != codes.JOURNAL_FULL:
            self.event(kinds.FAULT, code << 16 | arg, NO_CARD, code, arg)
        elif change == 2:
            by = self.cleared_by
            self.event(kinds.FAULT_CLEARED, by << 24 | code << 16 | arg, NO_CARD, code, arg, by)

    def trips(self, new, matrix, alarm, latency_us):
        """One record per cause in `new`, each with the mask of all latched causes: the newest record alone shows what is latched. Repeated
        trips of a cause that does not latch are only counted."""
        i = 0
        while new >> i:
            if new >> i & 1 and (matrix.latching >> i & 1 or self._repeats.is_first(self.clock.uptime_s, kinds.TRIP, i)):
                mask = matrix.points_of(i) & alarm
                point = 0
                while mask and not mask >> point & 1:
                    point += 1
                self._due.append((kinds.TRIP, i, point if mask else 255, matrix.effects_of(i), alarm, latency_us))
            i += 1
        self.write_due(matrix)

    def trip_resets(self, gone, matrix, by):
        """gone: as Matrix.kept."""
        i = 0
        while gone >> i:
            if gone >> i & 1:
                self._due.append((kinds.TRIP_RESET, i, by))
            i += 1
        self.write_due(matrix)

    def write_due(self, matrix):
        """Writes the trips and resets that have no record yet, in their order. Returns whether all are written."""
        while self._due:
            stands = self._stands(*self._due[0], matrix.kept())
            if stands:
                self._due.pop(0)
            else:
                self._refused += not self._due_refused
            self._due_refused = not stands
            self._owes()
            if not stands:
                return False
        return True

    def waits_for_room(self):
        """Whether a trip has no record yet for lack of an erased sector: an erase can then keep nothing on, for its outlets are off."""
        return bool(self._due) and not self.journal.ring.ahead
