"""The end of a session: the relay opens, then the meter's last reading shows what flowed, and that nothing flows any more.

Hazard: a session settled while its relay is still closed, or on a reading that began before it opened; a contact that welded, unseen.
"""

from micropython import const

from shed.charging import stop_causes

NO_POWER_MW = const(1000)  # less is no power, but a neighbour's crosstalk (decision 0022); a lithium charger at rest may show as little
FOLLOWS_MS = const(2000)  # a meter's power value follows the relay within this
_OPEN_MS = const(3000)  # the outputs must report the relay open within this
_FINAL_MS = const(5000)  # after this the last reading is used


class Ending:
    """One session's last seconds, from the stop on."""

    def __init__(self):
        self._opened_ms = -1  # since the relay opened for good
        self._hot_readings = 0  # with power, after that

    def step(self, session, shed, span_ms, stopping_ms, fresh, closed):
        """True when the session is to be settled. Law 4: open before recording."""
        if closed:
            if stopping_ms < _OPEN_MS:
                return False
            self._welded(session, shed, False)
            return True
        if self._opened_ms < 0:
            self._opened_ms = 0
            session.checkpoint(shed)
            shed.poller.request_now(session.meter)  # a reading taken in this very step may have begun before the relay opened
            return False
        self._opened_ms += span_ms
        trip = session.cause == stop_causes.TRIP
        if fresh and (trip or self._opened_ms >= FOLLOWS_MS):
            if trip or session.reading.power_mw <= NO_POWER_MW:
                return True
            self._hot_readings += 1
            if self._hot_readings == 2:
                self._welded(session, shed, True)
                return True
        if self._opened_ms >= _FINAL_MS:
            return True
        if self._opened_ms >= FOLLOWS_MS:
            shed.poller.request_now(session.meter)
        return False

    def _welded(self, session, shed, ask):
        if shed.off_watch.accuse(session.index, ask) and session.cause != stop_causes.TRIP:
            session.cause = stop_causes.WELDED
