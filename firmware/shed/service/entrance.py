"""The entrance: card readers, the card table, and the gates they open.

Hazard: somebody who cannot leave, and a card that opens for the wrong person. A card only ever *grants*; what holds a lock is decided by
the gate's own state (access/gate.py), a trip beats it, and in safe mode no lock is held.
"""

from micropython import const

from shed.access.cards import OK, CardTable
from shed.access.gate import FREE, HELD_OPEN, Gate
from shed.access.lockout import LockOut
from shed.access.pn532 import Pn532
from shed.access.presence import ANEW, NOT, Presence
from shed.board import flash
from shed.safety import faults

_LOOK = const(16)  # cards, in 5 ms


class Entrance:
    """wired: wired.Wired. readers: (open UART, gate) of each. `admitted(card, role, now_ms)` is called for every valid card that is newly
    presented."""

    def __init__(self, wired, readers, books, safe_mode):
        self._wired = wired
        self._books = books
        self._safe_mode = safe_mode
        self.admitted = None
        self._lockout = LockOut()
        self.cards = CardTable(flash.Region("shed_cards"))
        if not self.cards.open():
            books.faults.came(faults.CARDS_BAD)
        self.gates = [Gate(release_s * 1000, held_s * 1000, books.gate) for release_s, held_s in wired.gates]
        if safe_mode:
            for gate in self.gates:
                gate.state = FREE
        self._dates_seen = 0
        self._readers = []
        self._presences = []
        self._reader_gates = []
        for port, gate in readers:
            self._readers.append(Pn532(port))
            self._presences.append(Presence(self.gates[gate].release_ms))
            self._reader_gates.append(gate)

    def read(self, now_ms):
        """Task: the readers. Returns ms until the next look."""
        wake_ms = 1000
        for r in range(len(self._readers)):
            reader = self._readers[r]
            wake_ms = min(wake_ms, reader.step(now_ms))
            seen = reader.present
            presence = self._presences[r]
            presence.empty = reader.seen_empty
            if seen is not None:
                sight = presence.sight(seen, now_ms)
                if sight != NOT:
                    self._judge(seen, self._reader_gates[r], now_ms, sight == ANEW)
            self._tell(faults.READER_SILENT, r, reader.silent)
        return wake_ms

    def look_for_dates(self):
        """While the clock is not set, checks a few more cards: a card with a last day raises a fault, for that day is not enforced then."""
        clock = self._books.clock
        live = self._books.faults
        if clock.quality:
            live.over(faults.CLOCK_UNSET)
        elif self._dates_seen < self.cards.count:
            if self.cards.has_dates(self._dates_seen, _LOOK):
                live.came(faults.CLOCK_UNSET)
                self._dates_seen = self.cards.count
            self._dates_seen += _LOOK

    def _judge(self, card, gate, now_ms, anew):
        role, reason = self.cards.find(card, self._books.clock.epoch_s())
        reason = self._lockout.judge(reason, now_ms)
        if reason != OK:
            self.gates[gate].deny(reason, card)
            return
        self.gates[gate].grant(now_ms, card)
        if anew and self.admitted is not None:
            self.admitted(card, role, now_ms)

    def locks(self, now_ms, free_gates):
        """Advances every gate. Returns the mask of locks to hold. Call it at least every 100 ms."""
        mask = 0
        if self._safe_mode:
            return mask
        for g in range(len(self.gates)):
            contact = self._wired.door_contacts[g]
            door_open = 1 if contact is not None and contact[0]() != contact[1] else 0
            gate = self.gates[g]
            if gate.step(now_ms, door_open, free_gates >> g & 1):
                mask |= 1 << g
            self._tell(faults.GATE_FORCED, g, gate.forced)
            self._tell(faults.GATE_HELD, g, gate.state == HELD_OPEN)
        return mask

    def _tell(self, code, i, holds):
        live = self._books.faults
        (live.came if holds else live.over)(code, i)
