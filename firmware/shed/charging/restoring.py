"""Takes up what an outage cut short. Only a boot needs it: start.py unloads it.

Hazard: a sale that a cut loses, or that goes on at an outlet that is no longer there.
"""

from shed.charging import session, stop_causes, tariff


def restore(shed, records, unstarted=()):
    """shed: the Charging. records: live ring records (storage/live.py FORMAT). unstarted: ids whose start record the cut prevented."""
    for record in records:
        i = record[1]
        if record[0] in unstarted:
            shed.sink.session_start(record[0], i, record[2], record[4], tariff.price_fen(shed.tariff, 1))
        if i < len(shed.sessions) and shed.sessions[i] is None:
            sale = session.Session(shed, i, bytes(record[2]))
            sale.resume(record)
            shed.take_up(sale)
        else:  # the site has changed: nothing to resume it on; what was measured is settled
            sale, _, card, start_s, wh, seconds, mwh, _, cause = record
            price = tariff.price_fen(shed.tariff, seconds)
            shed.sink.session_end(sale, i, card, start_s, seconds, mwh, wh, wh + mwh // 1000, price, cause or stop_causes.OUTAGE_GONE)
