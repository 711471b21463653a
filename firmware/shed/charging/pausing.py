"""A sale whose group lost its supply: relay open, nothing billed, on again when the supply is back.

Hazard: a customer who pays for the dark, or whose bike is left alone because a breaker fell for a minute.
"""

from micropython import const

from shed.charging import session, stop_causes

_LONGEST_MS = const(1800000)  # then the sale is settled
_BACK_DATED_MS = const(12000)
_NONE_MW = const(1000)
_CLOSED_MS = const(2000)


def pause(sale, shed):
    """Billed time ends with the last reading that showed power."""
    if sale.state == session.STARTING:
        sale.enter(session.DONE)
    elif sale.wants_lease() or sale.state == session.RESUMING:
        sale.energised_ms -= min(sale.dark_ms, _BACK_DATED_MS, sale.energised_ms)
        sale.resumed = sale.paused = True
        if sale.state == session.TOP_UP:
            sale.top_up_ms = sale.state_ms
        sale.enter(session.RESUMING)
        sale.checkpoint(shed)


def waits(sale, shed):
    """Whether it still has no supply; too long ends it."""
    if not shed.no_supply(sale.index):
        sale.paused = False
        sale.enter(session.RESUMING)
        return False
    if sale.state_ms >= _LONGEST_MS:
        sale.stop(stop_causes.SUPPLY_LOST)
    return True


def shows_nothing(sale):
    """The relay is closed for it, and its meter shows no load, or none any more."""
    if sale is None or sale.reading.power_mw >= _NONE_MW or not sale.wants_lease() or sale.closed_ms < _CLOSED_MS:
        return False
    return sale.state == session.WAITING or 0 < sale.dark_ms < _BACK_DATED_MS
