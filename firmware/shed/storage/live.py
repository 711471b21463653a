"""Checkpoints of the sessions that are going on, so that a cut at any byte costs nobody a sale (docs/protocols/records.md, live ring).

Hazard: a session billed twice or not at all. The ring never erases the newest checkpoint of a session that is not done.
"""

from struct import pack, unpack_from

from micropython import const

from shed.storage.log import LogRing

LIVE = const(1)
DONE = const(2)
FORMAT = "<IB11sIIIQIB"  # session id, outlet, card, start s, baseline Wh, energised s, energy mWh, peak mW, cause (0: goes on)
SIZE = const(41)


class LiveRing:
    """`open()` first, then `put` and `done`. `.ring` has the counters of LogRing."""

    def __init__(self, region, keep=12):
        self.ring = LogRing(region, b"SGL1", keep)
        self._live = {}  # outlet -> (session id, sector of its newest checkpoint)

    def open(self):
        """Mounts the ring. Returns {outlet: payload bytes} of sessions without a `done`, for `journal.fates` to thin out."""
        found = {}
        self.ring.open()
        for record in self.ring.since(0):
            if record is None:
                continue
            payload = record[2]
            if record[1] == LIVE and len(payload) >= SIZE:
                session, outlet = unpack_from("<IB", payload, 0)
                found[outlet] = bytes(payload)
                self._live[outlet] = (session, self.ring.at)
            elif record[1] == DONE and len(payload) >= 4:
                for outlet in self._outlets_of(unpack_from("<I", payload, 0)[0]):
                    del found[outlet], self._live[outlet]
        return found

    def put(self, payload):
        """A checkpoint, packed as FORMAT. Returns its sequence or -1."""
        sequence = self.ring.append(LIVE, payload)
        if sequence >= 0:
            session, outlet = unpack_from("<IB", payload, 0)
            self._live[outlet] = (session, self.ring.head)
        return sequence

    def done(self, session):
        """The session is settled in the journal. Returns the sequence or -1 (then the next boot asks the journal)."""
        for outlet in self._outlets_of(session):
            del self._live[outlet]
        return self.ring.append(DONE, pack("<I", session))

    def erase_ahead(self, allowed):
        """As LogRing.erase_ahead, but leaves the newest checkpoint of every live session alone."""
        victim = self.ring.next_victim()
        for row in self._live.values():
            if row[1] == victim:
                allowed = False
        return self.ring.erase_ahead(allowed)

    def _outlets_of(self, session):
        return [outlet for outlet in self._live if self._live[outlet][0] == session]
