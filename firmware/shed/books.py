"""The books: everything that is written to flash about sales, the gate, trips and faults, in the order that the laws ask for.

Hazard: a sale that a power cut loses or bills twice. What `Charging` asks for is programmed before it goes on (law 4), a settlement
stands in the journal before the live ring forgets the session, and a second settlement of the same session is never written.
"""

from struct import pack

from shed.safety import faults as codes
from shed.storage import journal as kinds
from shed.storage import live


class Books:
    """journal: storage.journal.Journal. live_ring: storage.live.LiveRing. clock: board.clock.Clock. outputs: safety.outputs.Outputs.
    `faults` is the shed's fault table. `begin` before the first record."""

    def __init__(self, journal, live_ring, clock, outputs):
        self.journal = journal
        self.live_ring = live_ring
        self.clock = clock
        self.outputs = outputs
        self.faults = codes.Faults(self._fault_changed)
        self.cleared_by = 0
        self._session = 0

    def begin(self, boots, latched):
        """Boot count of this boot: part of every record and of every session id. latched: causes that a boot before left latched."""
        self.journal.boot = boots
        self.journal.latched = latched
        self._session = (boots & 0xFFFF) << 16

    def write(self, kind, *fields):
        """A journal record; a full journal is a fault that blocks new sessions. Returns whether it stands."""
        if self.journal.write(kind, *fields) >= 0:
            return True
        self.faults.came(codes.JOURNAL_FULL)
        return False

    # The sink of charging.outlets.Charging.

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
        return self.write(kinds.SESSION_RESUMED, session, i, energised_s)

    def live(self, *row):
        return self.live_ring.put(pack(live.FORMAT, *row)) >= 0

    def forget(self, session):
        self.live_ring.done(session)

    def session_end(self, session, i, card, start_s, energised_s, energy_mwh, wh_start, wh_end, price_fen, cause):
        own = (session, i, card, start_s, energised_s, energy_mwh, wh_start, wh_end, min(price_fen, 0xFFFF), cause, price_fen)
        if not self.write(kinds.SESSION_END, *own):
            return False
        self.live_ring.done(session)
        return True

    def press_refused(self, i, reason, card):
        return self.write(kinds.PRESS_REFUSED, i, reason, card)

    def fault(self, code, arg):
        self.faults.came(code, arg)

    def fault_over(self, code, arg):
        self.faults.over(code, arg)

    def hold(self, holder, i):
        self.outputs.hold(holder, 1 << i)

    def release(self, holder, i):
        self.outputs.release(holder, 1 << i)

    # The sink of access.gate.Gate.

    def gate(self, event, reason, card):
        self.write(kinds.GATE, event, reason, card)

    # Faults and trips.

    def _fault_changed(self, change, code, arg):
        if change == 1 and code != codes.JOURNAL_FULL:
            self.journal.write(kinds.FAULT, code, arg)
        elif change == 2:
            self.journal.write(kinds.FAULT_CLEARED, code, arg, self.cleared_by)

    def trips(self, new, matrix, points, alarm, latency_us):
        """One record per cause in `new`, each with the mask of all latched causes: the newest record alone tells what is latched."""
        i = 0
        while new >> i:
            if new >> i & 1:
                mask = matrix.points_of(i) & alarm
                point = 0
                while mask and not mask >> point & 1:
                    point += 1
                self.write(kinds.TRIP, i, point if mask else 255, matrix.effects_of(i), alarm, latency_us, matrix.latched)
            i += 1

    def trip_resets(self, gone, matrix, by):
        i = 0
        while gone >> i:
            if gone >> i & 1:
                self.write(kinds.TRIP_RESET, i, by, matrix.latched)
            i += 1

    def unsettled(self):
        """Live records of sessions that the journal has not settled, to resume: (rows of live.FORMAT, ids without a start record)."""
        rows = [live.row(payload) for payload in self.live_ring.open().values()]
        if not self.live_ring.ring.ahead:  # as for the journal in service.py
            self.live_ring.erase_ahead(True)
        ended, started = self.journal.fates([row[0] for row in rows])
        for session in ended:
            self.live_ring.done(session)
        rows = [row for row in rows if row[0] not in ended]
        return rows, [row[0] for row in rows if row[0] not in started]
