"""The journal: what happened in this shed, for money and for the people who ask why (kinds and payloads: docs/protocols/records.md).

Hazard: a session that nobody can settle, a trip that nobody can explain. Each record carries uptime, calendar time and boot count. Sessions
and trips have a ring of their own, which events at a door, a reader or a loose wire cannot fill; all other records leave room for thirty
trips in it.
"""

from struct import calcsize, pack, pack_into, unpack_from

from micropython import const

from shed.storage.log import LogRing

BOOT = const(1)
TRIP = const(2)
TRIP_RESET = const(3)
SESSION_START = const(4)
SESSION_END = const(5)
GATE = const(6)
FAULT = const(7)
FAULT_CLEARED = const(8)
POINT = const(9)
CONFIG = const(10)
CLOCK_SET = const(11)
MAINTENANCE = const(12)
SESSION_RESUMED = const(13)
SESSION_ENERGISED = const(14)
STATE = const(15)
TRIAL = const(16)
REPEATS = const(17)
LOST = const(18)
PRESS_REFUSED = const(20)

LASTING_KINDS = (TRIP, TRIP_RESET, SESSION_START, SESSION_END, MAINTENANCE, SESSION_ENERGISED, STATE, TRIAL, LOST)  # all others are events
_ONCE = (SESSION_START, SESSION_END, SESSION_ENERGISED)
SESSION_KINDS = (SESSION_START, SESSION_END, SESSION_RESUMED, SESSION_ENERGISED)

_LATCH_KINDS = (TRIP, TRIP_RESET, STATE)  # with the CRC of the configuration behind their fields

TIME = const(9)  # bytes of time fields before every payload
_RESERVE = const(1536)  # thirty trips
_EVENTS_AHEAD = const(3)
FORMATS = (
    "<BBHI <BBIIiI <BBI <IB11sIH <IB11sIIQIIHBI <BB11s <BH <BHB <BB <II <II <B <IBI <IB <II <IBB <BIII11s <II - <BB11s"  # by kind, from 1
).split()


class Journal:
    """clock: `.uptime_s` (int) and `.epoch_s()` (0 = not set). boot: boot count. Counters and `sequence` of both rings: see LogRing, as
    `.ring`. events: the region for records of neither a session nor a trip; None: one ring has all.

    Every sector taken gets a `state` record with the boot count and `latched`, so that a boot finds both without reading years of records.
    """

    def __init__(self, region, clock, boot=0, keep=8, events=None):
        self.ring = LogRing(region, b"SGJ1", keep, _RESERVE, _ONCE)
        self.events = self.ring if events is None else LogRing(events, b"SGE1", _EVENTS_AHEAD)
        self._clock = clock
        self._stamp = bytearray(TIME)
        self.boot = boot
        self.latched = -1  # not known yet: no `state` records
        self.config_crc = 0  # of the configuration whose causes `latched` counts
        self._heads = [-1, -1]  # the sectors that have their `state` record

    def open(self):
        self.ring.open()
        if self.events is not self.ring:
            self.events.open()
        self.ring.sequence = max(self.ring.sequence, self.events.sequence)
        self._heads = [self.ring.head, self.events.head]

    def append(self, kind, payload):
        """Programs a record; `payload` follows the time fields. Returns its sequence, or -1: it is not in flash."""
        return self._append(self.ring if kind in LASTING_KINDS else self.events, kind, payload)

    def _append(self, ring, kind, payload):
        pack_into("<IIB", self._stamp, 0, self._clock.uptime_s, self._clock.epoch_s(), self.boot & 0xFF)
        ring.sequence = self.ring.sequence  # one count for both
        sequence = ring.append(kind, payload, self._stamp, kind == TRIP)
        self.ring.sequence = ring.sequence
        which = 0 if ring is self.ring else 1
        if ring.head != self._heads[which] and self.latched >= 0:
            self._heads[which] = ring.head
            self._append(ring, STATE, self._packed(STATE, self.boot, self.latched))
        return sequence

    def _packed(self, kind, *fields):
        data = pack(FORMATS[kind - 1], *fields)
        return data + pack("<I", self.config_crc) if kind in _LATCH_KINDS else data

    def write(self, kind, *fields):
        """As `append`, from the fields of records.md in their order."""
        if self.latched >= 0 and (kind == TRIP or kind == TRIP_RESET):
            self.latched = fields[-1]
        return self.append(kind, self._packed(kind, *fields))

    def erase_ahead(self, allowed):
        """As LogRing.erase_ahead, for the ring that needs it more."""
        first, second = self.ring, self.events
        if first.ahead and not second.ahead:
            first, second = second, first
        return first.erase_ahead(allowed) or (first is not second and second.erase_ahead(allowed))

    def erase_at_need(self):
        """With outlets on: for sessions and trips, never for events (law 10)."""
        return not self.ring.ahead and self.ring.erase_ahead(True)

    # Both yield (sequence, kind, payload), oldest first; None when a turn should be given away. A payload is valid until the next read.

    def since(self, sequence):
        """The records from `sequence` on."""
        if self.events is self.ring:
            return self.ring.since(sequence)
        return _merged(self.ring.since(sequence), self.events.since(sequence), 0)

    def newest(self, count, kinds=None):
        """The newest `count`; of `kinds` only, if given."""
        if self.events is self.ring:
            yield from self.ring.newest(count, kinds)
            return
        limit = self.ring.sequence
        parts = []
        total = 0
        for ring in (self.ring, self.events):
            found = (0, 0)
            if kinds is None or any([(kind in LASTING_KINDS) == (ring is self.ring) for kind in kinds]):
                for found in ring.look_back(count, kinds):  # noqa: B007  the last one counts
                    yield None
            parts.append(ring.forward(found[1], 0, limit, 0, kinds) if found[0] else iter(()))
            total += found[0]
        yield from _merged(parts[0], parts[1], max(0, total - count) if count > 0 else total)


def _merged(first, second, skip):
    """Two readers as one, by sequence, less the first `skip` records."""
    sources = [first, second]
    rows: list[tuple | None] = [None, None]
    while True:
        for i in (0, 1):
            while rows[i] is None and sources[i] is not None:
                try:
                    row = next(sources[i])
                except StopIteration:
                    sources[i] = None
                    break
                if row is None:
                    yield None
                else:
                    rows[i] = (row[0], row[1], bytes(row[2]))
        if rows[0] is None and rows[1] is None:
            return
        i = 0 if rows[1] is None or (rows[0] is not None and rows[0][0] < rows[1][0]) else 1
        row = rows[i]
        rows[i] = None
        if skip:
            skip -= 1
        else:
            yield row


def fields(kind, payload):
    """(uptime_s, epoch_s, boot, then the kind's own fields), or None for a kind or length that this version does not know."""
    if not 0 < kind <= len(FORMATS) or len(FORMATS[kind - 1]) < 2:
        return None
    layout = FORMATS[kind - 1]
    size = len(payload) - TIME
    old = kind == SESSION_END and calcsize(layout) > size  # of a version whose price had 16 bits only
    if old:
        layout = layout[:-1]
    if calcsize(layout) > size:
        return None
    own = unpack_from("<IIB", payload, 0) + unpack_from(layout, payload, TIME)
    return own + own[-2:-1] if old else own
