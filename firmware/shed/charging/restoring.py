"""Takes up what an outage cut short. Only a boot needs it: start.py unloads it.

Hazard: a sale that a cut loses, or that goes on at an outlet that is no longer there.
"""

from shed.charging import session, stop_causes, tariff


def restore(shed, records, unstarted=()):
    """shed: the Charging. records: live ring records (storage/live.py FORMAT). unstarted: ids whose start record the cut prevented."""
    for record in records:
        if len(record) < 14:  # written by an older version: the price as configured, and no time lost
            record += (shed.tariff[1], shed.tariff[2], record[5], record[5], 0)
        i = record[1]
        price = (tariff.TIME, record[9], record[10])
        if record[0] in unstarted:
            shed.sink.session_start(record[0], i, record[2], record[4], tariff.price_fen(price, 1))
        if i < len(shed.sessions) and shed.sessions[i] is None:
            sale = session.Session(shed, i, bytes(record[2]))
            sale.resume(record)
            shed.take_up(sale)
        else:  # the site has changed: nothing to resume it on; what was measured is settled
            sale, _, card, start_s, wh, seconds, mwh, _, cause = record[:9]
            fen = tariff.price_fen(price, seconds)
            shed.sink.session_end(sale, i, card, start_s, seconds, mwh, wh, wh + mwh // 1000, fen, cause or stop_causes.OUTAGE_GONE)
