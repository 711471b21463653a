"""The journal: what happened in this shed, for money and for the people who ask why (kinds and payloads: docs/protocols/records.md).

Hazard: a sale that nobody can settle, a trip that nobody can explain. Every record carries uptime, calendar time and boot count.
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
PRESS_REFUSED = const(20)

SESSION_KINDS = (SESSION_START, SESSION_END, SESSION_RESUMED, SESSION_ENERGISED)

_LOOK_BACK = const(8)  # sectors: each holds a `state` record unless a cut came between its header and that record
_TIME = const(9)  # bytes of time fields before every payload
_FORMATS = (
    "<BBHI <BBIIiI <BBI <IB11sIH <IB11sIIQIIHBI <BB11s <BH <BHB <BB <II <II <B <IBI <IB <II <IBB - - - <BB11s"  # by kind, from 1
).split()


class Journal:
    """clock: `.uptime_s` (int) and `.epoch_s()` (0 = not set). boot: boot count. Counters and `sequence`: see LogRing, as `.ring`.

    Every sector taken gets a `state` record with the boot count and `latched`, so that a boot finds both without reading years of records.
    """

    def __init__(self, region, clock, boot=0, keep=8):
        self.ring = LogRing(region, b"SGJ1", keep)
        self._clock = clock
        self._stamp = bytearray(_TIME)
        self.boot = boot
        self.latched = -1  # not known yet: no `state` records
        self._sector = -1  # the head that has its `state` record
        self.erase_ahead = self.ring.erase_ahead
        self.since = self.ring.since
        self.newest = self.ring.newest

    def open(self):
        self.ring.open()
        self._sector = self.ring.head

    def append(self, kind, payload):
        """Programs a record; `payload` follows the time fields. Returns its sequence, or -1: it is lost (fault `journal_full`)."""
        pack_into("<IIB", self._stamp, 0, self._clock.uptime_s, self._clock.epoch_s(), self.boot & 0xFF)
        sequence = self.ring.append(kind, payload, self._stamp)
        if self.ring.head != self._sector and self.latched >= 0:
            self._sector = self.ring.head
            self.write(STATE, self.boot, self.latched)
        return sequence

    def write(self, kind, *fields):
        """As `append`, from the fields of records.md in their order."""
        if self.latched >= 0 and (kind == TRIP or kind == TRIP_RESET):
            self.latched = fields[-1]
        return self.append(kind, pack(_FORMATS[kind - 1], *fields))

    def before(self):
        """(boot count, latched causes) as the newest records tell them, 0 for what none tells. Blocks; for the boot only."""
        boots = latched = -1
        for back in range(min(_LOOK_BACK, self.ring.sectors)):
            here_boots = here_latched = -1
            sector = (self.ring.head - back) % self.ring.sectors
            for _sequence, kind, payload in self.ring.sector_records(sector, (BOOT, TRIP, TRIP_RESET, STATE)):
                row = fields(kind, payload)
                if row is not None:
                    if kind == BOOT or kind == STATE:
                        here_boots = row[-1] if kind == BOOT else row[-2]
                    if kind != BOOT:
                        here_latched = row[-1]
            boots = here_boots if boots < 0 else boots
            latched = here_latched if latched < 0 else latched
            if boots >= 0 and latched >= 0:
                break
        return max(boots, 0), max(latched, 0)

    def fates(self, session_ids):
        """Which of these sessions have a `session_end`, and which a `session_start`, as two sets. Blocks; for the boot only.

        Searched backwards until each has its end, its start, or the boot that began it.
        """
        missing = set(session_ids)
        ended = set()
        started = set()
        for back in range(self.ring.sectors):
            if not missing:
                break
            boot = 0x10000
            sector = (self.ring.head - back) % self.ring.sectors
            for _sequence, kind, payload in self.ring.sector_records(sector, (BOOT, SESSION_START, SESSION_END)):
                if kind == BOOT:
                    boot = min(boot, unpack_from("<I", payload, _TIME + 4)[0] & 0xFFFF)
                else:
                    session = unpack_from("<I", payload, _TIME)[0]
                    if session in missing:
                        (ended if kind == SESSION_END else started).add(session)
            missing = set([s for s in missing if s not in ended and s not in started and s >> 16 < boot])
        return ended, started


def fields(kind, payload):
    """(uptime_s, epoch_s, boot, then the kind's own fields), or None for a kind or length that this version does not know."""
    if not 0 < kind <= len(_FORMATS) or len(_FORMATS[kind - 1]) < 2:
        return None
    layout = _FORMATS[kind - 1]
    size = len(payload) - _TIME
    old = kind == SESSION_END and calcsize(layout) > size  # of a version whose price had 16 bits only
    if old:
        layout = layout[:-1]
    if calcsize(layout) > size:
        return None
    own = unpack_from("<IIB", payload, 0) + unpack_from(layout, payload, _TIME)
    return own + own[-2:-1] if old else own
