"""The records that begin and end a sale.

Hazard: a sale that was fed and never recorded, or is billed by other numbers than its record's.
"""

from shed.charging import stop_causes, tariff


def begin(sale, shed):
    """Law 4: everything that lets the sale survive a cut is programmed before the lease is asked. The checkpoint is first: a start
    record alone would be a sale that no boot takes up again. False: it does not begin, and with a cause it is to be settled."""
    sink = shed.sink
    sale.id = sink.new_session_id()
    sale.start_s = sink.stamp_s()
    if not sale.checkpoint(shed):
        return False
    if not sink.session_start(sale.id, sale.index, sale.card, sale.count.start_wh, tariff.charged_fen(sale.tariff, 0, 1)):
        sink.forget(sale.id)
        return False
    if sink.session_energised(sale.id, sale.index):
        return True
    sale.cause = stop_causes.MAINTENANCE  # never on; the start record gets its end
    return False


def end(sale, shed):
    """Whether its settlement stands."""
    count = sale.count
    seconds = sale.energised_s()
    fen = tariff.charged_fen(sale.tariff, sale.cause, seconds)
    return shed.sink.session_end(
        sale.id, sale.index, sale.card, sale.start_s, seconds, count.mwh, count.start_wh, count.wh, fen, sale.cause
    )
