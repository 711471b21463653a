"""The end of a sale: relay open, then the meter's last word on what flowed, and that nothing flows any more.

Hazard: a sale settled while its relay is still closed, or on a reading that began before it opened; a contact that welded, unseen.
"""

from micropython import const

from shed.charging import stop_causes

NO_POWER_MW = const(1000)  # less is no power, but a neighbour's crosstalk (decision 0022); a lithium charger at rest may show as little
FOLLOWS_MS = const(2000)  # a meter's power value follows the relay within this
_OPEN_MS = const(3000)  # the outputs must report the relay open within this
_FINAL_MS = const(5000)  # then the last reading will do


class Ending:
    """One sale's last seconds, from the stop on."""

    def __init__(self):
        self._opened_ms = -1  # since the relay opened for good
        self._hot_readings = 0  # with power, after that

    def step(self, sale, shed, span_ms, stopping_ms, fresh, closed):
        """True when the sale is to be settled. Law 4: open before recording."""
        if closed:
            if stopping_ms < _OPEN_MS:
                return False
            self._welded(sale, shed, False)
            return True
        if self._opened_ms < 0:
            self._opened_ms = 0
            sale.checkpoint(shed)
            shed.poller.request_now(sale.meter)  # a reading taken in this very step may have begun before the relay opened
            return False
        self._opened_ms += span_ms
        trip = sale.cause == stop_causes.TRIP
        if fresh and (trip or self._opened_ms >= FOLLOWS_MS):
            if trip or sale.reading.power_mw <= NO_POWER_MW:
                return True
            self._hot_readings += 1
            if self._hot_readings == 2:
                self._welded(sale, shed, True)
                return True
        if self._opened_ms >= _FINAL_MS:
            return True
        if self._opened_ms >= FOLLOWS_MS:
            shed.poller.request_now(sale.meter)
        return False

    def _welded(self, sale, shed, ask):
        if shed.off_watch.accuse(sale.index, ask) and sale.cause != stop_causes.TRIP:
            sale.cause = stop_causes.WELDED
