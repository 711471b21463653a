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
# then: those that no contact switches off, those whose meters are mixed, and these seconds by row, in 3 s (off_watch.py). Bit i of a mask,
# byte by byte, is outlet i; those from 32 on are in rows behind it, and there is LiveRing.trips.
_GOING_SIZE = const(34)
_PLACES = ((0, 4, 8), (40, 2, 12), (8, 4, 14), (16, 4, 18), (24, 4, 22), (32, 8, 26))  # of `watched`: from, bytes, at in the record
WATCHED_SIZE = const(42)
_HIGH = const(254)  # first byte of a row: outlets from 32 on
_WIRED = const(255)
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
        # What was last given to `watch`, also before a cut. Masks of 8 bytes: outlets that may be live, the welded, live, mixed ones; then
        # seconds by row, in 3 s, a byte each; then the most of them in two bytes.
        self.watched = bytes(WATCHED_SIZE)
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
        seen = set()  # outlets whose newest checkpoint was met
        wanted = None  # outlets to look for; None: no `going` record yet
        for back in range(ring.sectors):
            if wanted is not None and not wanted - seen:
                break
            newest = {}
            going = None
            tail = b""
            sector = ring.back(back)
            for _sequence, kind, payload in ring.sector_records(sector):
                if kind == LIVE and len(payload) >= _OLD_SIZE:
                    newest[payload[4]] = bytes(payload)
                elif kind == DONE and len(payload) >= 4:
                    ended.add(unpack_from("<I", payload, 0)[0])
                if kind != GOING and len(payload) >= 4:
                    self.newest = max(self.newest, unpack_from("<I", payload, 0)[0])
                elif kind == GOING and len(payload) >= 8:
                    going = (bytes(payload) + bytes(26))[:_GOING_SIZE]
                    tail = bytes(payload[_GOING_SIZE:])
            for outlet in newest:
                if outlet not in seen:
                    seen.add(outlet)
                    session = unpack_from("<I", newest[outlet], 0)[0]
                    if session not in ended:
                        found[outlet] = newest[outlet]
                        self._live[outlet] = (session, sector)
            if wanted is None and going is not None:
                wanted = set([i for i in range(64) if going[i >> 3] >> (i & 7) & 1])
                self._hear(going, tail)
        return found

    def _hear(self, going, tail):
        """What the newest `going` record tells beside the outlets with a session."""
        watched = bytearray(WATCHED_SIZE)
        for at, size, place in _PLACES:
            watched[at : at + size] = going[place : place + size]
        if len(tail) >= _ROW and tail[-_ROW] == _WIRED:
            self.wired = tail[-_ROW:]
            tail = tail[:-_ROW]
        while len(tail) >= _ROW and tail[-_ROW] == _HIGH:
            at = 8 * (tail[-2] & 3) + 4
            watched[at : at + 4] = tail[1 - _ROW : -2]
            tail = tail[:-_ROW]
        self.watched = bytes(watched)
        self.trips = tail if len(tail) > 4 else b""

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

    def watch(self, watched):
        """Records what the next boot must know of outlets that may be live, as `.watched`. False: it is not in flash."""
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
            going = bytearray(8)
            for outlet in self._live:
                going[outlet >> 3] |= 1 << (outlet & 7)
            watched = self.watched
            for at, size, _ in _PLACES:
                going += watched[at : at + size]
            tail = b""
            for at in range(4, 36, 8):
                if any(watched[at : at + 4]):
                    tail += pack("<B4sH", _HIGH, watched[at : at + 4], at >> 3)
            tail += self.wired
            going += (self.trips or bytes(4)) + tail if tail else self.trips
            if self.ring.append(GOING, going) < 0:
                return False
            self._sector = self.ring.head
        return True
