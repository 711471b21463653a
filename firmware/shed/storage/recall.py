"""What a boot asks the journal: how many boots there were, what is latched, which sessions are settled. It leaves the RAM after the start.

Hazard: two sessions with one id, a trip forgotten, a session billed twice. A record that a cut may have prevented is looked for elsewhere;
nothing is taken to be zero because the newest record does not have it.
"""

from struct import calcsize, unpack_from

from micropython import const

from shed.storage import journal as kinds
from shed.storage.journal import BOOT, REPEATS, SESSION_END, SESSION_START, STATE, TRIP, TRIP_RESET

_TALLY = const(4)
_COUNTED = "<BIH"
_LOOK_BACK = const(8)  # sectors: each holds a `state` record unless a cut came between its header and that record


def before(journal):
    """(boot count, latched causes) from the newest records that have them, 0 if none has; `journal.config_crc` is then that of the latches,
    0 if not recorded. Blocks; for the boot only."""
    boots = latched = -1
    ring = journal.ring
    for back in range(min(_LOOK_BACK, ring.sectors)):
        here_boots = here_latched = -1
        sector = ring.back(back)
        for _sequence, kind, payload in ring.sector_records(sector, (BOOT, TRIP, TRIP_RESET, SESSION_START, STATE)):
            row = kinds.fields(kind, payload)
            if row is None:
                continue
            if kind == SESSION_START:
                here_boots = max(here_boots, row[3] >> 16)
                continue
            if kind == BOOT or kind == STATE:
                here_boots = row[-1] if kind == BOOT else row[-2]
            if kind != BOOT:
                here_latched = row[-1]
                if latched < 0:
                    end = kinds.TIME + calcsize(kinds.FORMATS[kind - 1])
                    journal.config_crc = unpack_from("<I", payload, end)[0] if len(payload) >= end + 4 else 0
        boots = max(boots, here_boots)
        latched = here_latched if latched < 0 else latched
        if boots >= 0 and latched >= 0:
            break
    if journal.events is not ring:
        for back in range(journal.events.sectors):
            sector = journal.events.back(back)
            here_boots = -1
            for _sequence, kind, payload in journal.events.sector_records(sector, (BOOT, STATE)):
                row = kinds.fields(kind, payload)
                if row is not None:
                    here_boots = row[-1] if kind == BOOT else row[-2]
            if here_boots >= 0:
                boots = max(boots, here_boots)
                break
    return max(boots, 0), max(latched, 0)


def fates(journal, session_ids):
    """Which of these sessions have a `session_end`, and which a `session_start`, as two sets. Blocks; for the boot only.

    Searched backwards until each has its end, its start, or the boot that began it (or a sector begun before that boot).
    """
    missing = set(session_ids)
    ended = set()
    started = set()
    for back in range(journal.ring.sectors):
        if not missing:
            break
        boot = 0x10000
        sector = journal.ring.back(back)
        for _sequence, kind, payload in journal.ring.sector_records(sector, (BOOT, SESSION_START, SESSION_END, STATE)):
            if kind == BOOT:
                boot = min(boot, unpack_from("<I", payload, kinds.TIME + 4)[0] & 0xFFFF)
            elif kind == STATE:
                boot = min(boot, (unpack_from("<I", payload, kinds.TIME)[0] & 0xFFFF) + 1)
            else:
                session = unpack_from("<I", payload, kinds.TIME)[0]
                if session in missing:
                    (ended if kind == SESSION_END else started).add(session)
        missing = set([s for s in missing if s not in ended and s not in started and s >> 16 < boot])
    return ended, started


def trips(journal, tally):
    """Trips that were only counted when a cut came, as (cause, how many, in s). tally: LiveRing.trips. Without those that the journal has
    by now: the cut may have come between its record and the live ring's."""
    told = set()
    if len(tally) > _TALLY:
        for record in journal.since(unpack_from("<I", tally)[0]):
            row = kinds.fields(record[1], record[2]) if record is not None and record[1] == REPEATS else None
            if row is not None and row[3] == TRIP:
                told.add(row[4])
    rows = [unpack_from(_COUNTED, tally, at) for at in range(_TALLY, len(tally) - calcsize(_COUNTED) + 1, calcsize(_COUNTED))]
    return [row for row in rows if row[1] and row[0] not in told]
