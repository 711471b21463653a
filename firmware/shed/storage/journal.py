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

SESSION_KINDS = (SESSION_START, SESSION_END, SESSION_RESUMED, SESSION_ENERGISED)

_TIME = const(9)  # bytes of time fields before every payload
_FORMATS = (
    "<BBHI <BBIIiI <BBI <IB11sIH <IB11sIIQIIHB <BB11s <BH <BHB <BB <II <II <B <IBI <IB"  # by kind, from 1
).split()


class Journal:
    """clock: `.uptime_s` (int) and `.epoch_s()` (0 = not set). boot: boot count. Counters and `sequence`: see LogRing, as `.ring`."""

    def __init__(self, region, clock, boot=0, keep=8):
        self.ring = LogRing(region, b"SGJ1", keep)
        self._clock = clock
        self._stamp = bytearray(_TIME)
        self.boot = boot
        self.open = self.ring.open
        self.erase_ahead = self.ring.erase_ahead
        self.since = self.ring.since
        self.newest = self.ring.newest

    def append(self, kind, payload):
        """Programs a record; `payload` follows the time fields. Returns its sequence, or -1: it is lost (fault `journal_full`)."""
        pack_into("<IIB", self._stamp, 0, self._clock.uptime_s, self._clock.epoch_s(), self.boot & 0xFF)
        return self.ring.append(kind, payload, self._stamp)

    def write(self, kind, *fields):
        """As `append`, from the fields of records.md in their order."""
        return self.append(kind, pack(_FORMATS[kind - 1], *fields))

    def ended(self, session_ids):
        """Which of these sessions have a `session_end`: searched backwards until the start of each is found. Blocks; for the boot only."""
        missing = set(session_ids)
        done = set()
        for back in range(self.ring.sectors):
            if not missing:
                break
            started = set()
            sector = (self.ring.head - back) % self.ring.sectors
            for _sequence, kind, payload in self.ring.sector_records(sector, (SESSION_START, SESSION_END)):
                session = unpack_from("<I", payload, _TIME)[0]
                if session in missing:
                    (done if kind == SESSION_END else started).add(session)
            missing -= done
            missing -= started
        return done


def fields(kind, payload):
    """(uptime_s, epoch_s, boot, then the kind's own fields), or None for a kind or length that this version does not know."""
    if not 0 < kind <= len(_FORMATS) or len(payload) < _TIME + calcsize(_FORMATS[kind - 1]):
        return None
    return unpack_from("<IIB", payload, 0) + unpack_from(_FORMATS[kind - 1], payload, _TIME)
