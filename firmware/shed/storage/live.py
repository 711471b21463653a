"""Checkpoints of running sessions, so that a cut at any byte loses nobody's session (docs/protocols/records.md, live ring).

Hazard: a session billed twice or not at all. The ring never erases the newest checkpoint of a session that is not done.
"""

from struct import pack, unpack, unpack_from

from micropython import const

from shed.storage.log import LogRing

LIVE = const(1)
DONE = const(2)
GOING = const(3)  # second record of every sector taken: a boot searches no further back than the sessions named there
# Outlets with a session; added later: outlets that may be live, and the most seconds for which they may in any row; then: welded ones;
# then: those that no contact switches off, those whose meters are mixed, and these seconds by row, in 3 s (off_watch.py). Behind it
# LiveRing.trips.
_GOING = "<QIHIII8s"
# Session id, outlet, card, start s, baseline Wh, energised s, energy mWh, peak mW, cause (0: goes on); added later: price fen, block min,
# used s, whole s, top-up s, level 0.1 W, zero Wh, phase mWh; then: open s, due s.
FORMAT = "<IB11sIIIQIBHHIIHHiHHH"
SIZE = const(67)
_OLD = "<IB11sIIIQIB"
_OLD_SIZE = const(41)
_ROW = const(7)  # bytes of a row behind a `going` record


def row(payload):
    """The fields of a checkpoint: all of FORMAT; from an older version with 0 for the last two, or only the first nine."""
    whole = len(payload) >= SIZE - 4
    return unpack(FORMAT, (payload + bytes(4))[:SIZE]) if whole else unpack(_OLD, payload[:_OLD_SIZE])


class LiveRing:
    """`open()` first, then `put` and `done`. `.ring` has the counters of LogRing."""

    def __init__(self, region, keep=12):
        self.ring = LogRing(region, b"SGL1", keep)
        self._live = {}  # outlet -> (session id, sector of its newest checkpoint)
        self.newest = 0  # greatest session id that `open` met
        self._sector = -1  # the head that has its `going` record
        self.watched = (0, 0, 0, 0, 0, bytes(8))  # the arguments of the last `watch`, also of one before a cut
        self.trips = b""  # also: counted trips (Books.step), behind the sequence of the journal's next record when they were counted
        self.wired = b""  # also: which sockets the outlets' indexes mean (start.py), a row behind the trips; empty: not known

    def open(self):
        """Mounts the ring. Returns {outlet: payload bytes} of sessions without a `done`; `recall.fates` tells which of them the journal has
        settled.

        Sector by sector from the newest back, until every outlet of the newest `going` record is accounted for.
        """
        ring = self.ring
        ring.open()
        self._sector = ring.head
        found = {}
        ended = set()
        seen = 0  # outlets whose newest checkpoint was met
        wanted = -1  # outlets to look for; -1: no `going` record yet
        for back in range(ring.sectors):
            if not wanted & ~seen:
                break
            newest = {}
            going = -1
            watched = self.watched
            tally = wired = b""
            sector = ring.back(back)
            for _sequence, kind, payload in ring.sector_records(sector):
                if kind == LIVE and len(payload) >= _OLD_SIZE:
                    newest[payload[4]] = bytes(payload)
                elif kind == DONE and len(payload) >= 4:
                    ended.add(unpack_from("<I", payload, 0)[0])
                if kind != GOING and len(payload) >= 4:
                    self.newest = max(self.newest, unpack_from("<I", payload, 0)[0])
                elif kind == GOING and len(payload) >= 8:
                    going, *watched = unpack(_GOING, (bytes(payload) + bytes(26))[:34])
                    tally = bytes(payload[34:])
                    if tally[-_ROW:-6] == b"\xff":
                        wired = tally[-_ROW:]
                        tally = tally[:-_ROW] if len(tally) > _ROW + 4 else b""
            for outlet in newest:
                if not seen >> outlet & 1:
                    seen |= 1 << outlet
                    session = unpack_from("<I", newest[outlet], 0)[0]
                    if session not in ended:
                        found[outlet] = newest[outlet]
                        self._live[outlet] = (session, sector)
            if wanted < 0:
                wanted = going
                self.watched = watched
                self.trips = tally
                self.wired = wired
        return found

    def put(self, payload):
        """A checkpoint, packed as FORMAT. Returns its sequence or -1."""
        if self._sector == -2 and not self._name_the_going():  # what `watch` was told comes first: it says what this index means
            return -1
        sequence = self.ring.append(LIVE, payload)
        if sequence >= 0:
            session, outlet = unpack_from("<IB", payload, 0)
            self._live[outlet] = (session, self.ring.head)
        self._name_the_going()
        return sequence

    def done(self, session):
        """The session is settled in the journal. Returns the sequence or -1 (then the next boot asks the journal)."""
        for outlet in list(self._live):
            if self._live[outlet][0] == session:
                del self._live[outlet]
        sequence = self.ring.append(DONE, pack("<I", session))
        self._name_the_going()
        return sequence

    def watch(self, *watched):
        """Records what the next boot must know of outlets that may be live. False: it is not in flash."""
        self.watched = watched
        self._sector = -2
        return self._name_the_going()

    def erase_ahead(self, allowed):
        """As LogRing.erase_ahead, but leaves the newest checkpoint of every live session alone."""
        victim = self.ring.next_victim()
        for newest in self._live.values():
            if newest[1] == victim:
                allowed = False
        return self.ring.erase_ahead(allowed)

    def erase_at_need(self):
        """With outlets on."""
        return not self.ring.ahead and self.erase_ahead(True)

    def _name_the_going(self):
        """Records in a sector just taken, or after `watch`, which outlets have a session without a `done`."""
        if self.ring.head != self._sector:
            going = 0
            for outlet in self._live:
                going |= 1 << outlet
            tail = (self.trips or bytes(4)) + self.wired if self.wired else self.trips
            if self.ring.append(GOING, pack(_GOING, going, *self.watched) + tail) < 0:
                return False
            self._sector = self.ring.head
        return True
