"""Resumes the sessions that an outage cut short. Only a boot needs it: start.py unloads it.

Hazard: a session that a cut loses, or that goes on at an outlet that is no longer there.
"""

from micropython import const

from shed.charging import stop_causes, tariff
from shed.charging.energy import UNSURE, EnergyCount
from shed.charging.off_watch import LOOK, UNSEEN_S
from shed.charging.session import RESUMING, STOPPING, Session
from shed.metering.register import step_wh

_PATIENCE_MS = const(50000)  # a meter may answer nonsense for some seconds after power-up; session.py gives up after 60 s


def restore(shed, records, unstarted=(), told=bytes(42), moved=False):
    """shed: the Charging. records: live ring records (storage/live.py FORMAT). unstarted: ids whose start record the cut prevented. told:
    LiveRing.watched. moved: outlet indexes meant other sockets then (decision 0037). False: a session that it settled does not stand."""
    settled = True
    if moved:  # no session goes on at another socket, and whichever was not seen off may be any
        longest = max(told[32:40])
        most_s = longest * 3
        told = b"\xff" * 8 + bytes(24) + bytes([longest] * 8 + [most_s & 255, most_s >> 8]) if any(told[:8]) else bytes(42)
    for record in records:
        session_id, i, card, start_s, wh, seconds, mwh, _, cause = record[:9]
        if len(record) < 19:  # written by an older version: the price as configured, and no time lost
            record += (shed.tariff[1], shed.tariff[2], seconds, seconds, 0, 0, wh, UNSURE, 0, 0)
        price = (tariff.TIME, record[9], record[10])
        if session_id in unstarted:
            shed.sink.session_start(session_id, i, card, wh, tariff.charged_fen(price, 0, 1))
        if not moved and i < len(shed.sessions) and shed.sessions[i] is None:
            session = Session(shed, i, bytes(card))
            session.tariff = price
            _fill(session, record)
            shed.take_up(session)
        else:  # the site has changed: no outlet to resume it at; what was measured is settled
            cause = cause or stop_causes.OUTAGE_GONE
            fen = tariff.charged_fen(price, cause, seconds)
            settled &= _ended(shed.sink, session_id, i, card, start_s, seconds, mwh, wh, wh + mwh // 1000, fen, cause)
    watch = shed.off_watch
    watch.told = told
    for i in range(len(shed.sessions)):
        at = i >> 3
        bit = 1 << (i & 7)
        for k in (8, 16):  # until a person's `clear`: readings behind the contactor that opened for it prove nothing
            if told[k + at] & bit:
                watch.accuse(i, None)  # the second time: neither contact obeys
                watch.fresh(i, 0)  # its power is from before the cut: if it still flows, three readings show it
        if told[24 + at] & bit:
            watch.mixed(i)
        if told[at] & bit:
            watch.unseen[i] = UNSEEN_S
            watch.look[i] = LOOK  # before its row is judged
            shed.mark(i)
            g = shed.group_of[i]
            by_row = any(told[32:40])  # an older version kept one number for all rows
            watch.ahead[g] = told[32 + g] if by_row else (told[40] | told[41] << 8) // 3
            watch.grace[g] = watch.ahead[g] * 3
    return settled


def _ended(sink, *end):
    """Whether the end stands. Eight tries use up a bad place in the flash, and the ninth goes to another sector (storage/log.py)."""
    for _ in range(9):
        if sink.session_end(*end):
            return True
    return False


def _fill(session, record):
    """Turn a new session into the one of the record."""
    session.id, _, _, session.start_s, wh, seconds, mwh, peak_mw, session.cause = record[:9]
    _, _, used_s, whole_s, top_up_s, level_dw, zero_wh, phase_mwh, open_s, due_s = record[9:]
    session.energised_ms = seconds * 1000
    session.watch.peak_mw = peak_mw
    session.time.used_ms = used_s * 1000
    session.time.whole_ms = whole_s * 1000
    session.time.open_ms = open_s * 1000 + 1  # its relay is open, and no load seen
    session.time.due_ms = due_s * 1000 or session.time.due_ms
    session.top_up_ms = top_up_s * 1000
    session.signature.remember(level_dw * 100, peak_mw, session.energised_ms)
    session.count = EnergyCount(wh, mwh, zero_wh, phase_mwh)
    session.resumed = True
    session.unread = _first_reading  # keeps this module's code in RAM until then
    session.enter(STOPPING if session.cause else RESUMING)  # stopped before the cut: it is settled, and never energised again


def _first_reading(session, shed):
    """Counts what flowed between the last checkpoint and the cut, as the meter shows it. False: an implausible register is read again, as
    long as the session may wait for it; after that it is not counted."""
    count = session.count
    wh = session.reading.energy_wh
    step = step_wh(count.wh, wh)
    explained = -1 <= step <= shed.limit_mw(session.index) // 1000 * (shed.rules.checkpoint_ms // 60000 + 1) // 60 + 2
    if not explained and session.state == RESUMING and session.state_ms < _PATIENCE_MS:
        return False
    count.zero_wh += wh - count.wh - step
    if explained:
        if count.phase_mwh == UNSURE:
            count.phase_mwh = 500
        count.mwh = max(count.mwh, (wh - count.zero_wh) * 1000 - count.phase_mwh)
    else:
        count.zero_wh += step
        count.phase_mwh = UNSURE
        shed.meter_jumped(session.index)
    count.wh = wh
    count.add(session.reading)
    return True
