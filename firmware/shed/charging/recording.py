"""The records that begin and end a session.

Hazard: a session that was fed and never recorded, or is billed by other numbers than its record's.
"""

from micropython import const

from shed.charging import stop_causes, tariff

_SLACK_MWH = const(10000)  # an overload of some seconds, and what flowed before the load was seen
_SAME_WH = const(2)


def begin(session, shed):
    """Law 4: everything that lets the session survive a cut is programmed before the lease is asked. The checkpoint is first: with a start
    record alone no boot would resume the session. False: it does not begin; if it has a cause it must be settled."""
    sink = shed.sink
    session.id = sink.new_session_id()
    session.start_s = sink.stamp_s()
    if not session.checkpoint(shed):
        return False
    if not sink.session_start(session.id, session.index, session.card, session.count.start_wh, tariff.charged_fen(session.tariff, 0, 1)):
        sink.forget(session.id)
        return False
    if sink.session_energised(session.id, session.index):
        return True
    session.cause = stop_causes.MAINTENANCE  # never on; the start record gets its end
    return False


def end(session, shed):
    """Writes its settlement; whether that is in flash. Never more energy than the outlet can have given; the register at the start is
    shifted by a jump."""
    count = session.count
    seconds = session.energised_s()
    fen = tariff.charged_fen(session.tariff, session.cause, seconds)
    mwh = min(count.mwh, shed.limit_mw(session.index) // 2880 * (session.time.used_ms // 1000) + _SLACK_MWH)
    wh = count.zero_wh
    if wh < 0 or abs(wh - count.start_wh) <= _SAME_WH:
        wh = count.start_wh
    return shed.sink.session_end(session.id, session.index, session.card, session.start_s, seconds, mwh, wh, count.wh, fen, session.cause)
