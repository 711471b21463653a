"""One sale at one outlet, from the button to the settled record.

Hazards: an outlet that is on without a meter or a record (energy given away, or billed from nothing); a sale settled twice or never.

  button                    restore (outage; into STOPPING when the checkpoint has a cause)
    v                          v
 STARTING                   RESUMING      relay open; waits for a reading that arrived after the request
    | reading: checkpoint,     | reading: resumed record
    | start and energised      |
    | record, all true         |
    +---------> WAITING <------+          lease asked; load must come within start_ms of the relay closing
                   | start_w reached      (resumed: 3 W, a float that lasted through the outage)
                   v    level above the full threshold again
               CHARGING <------------- TOP_UP     billed time runs while the relay is closed
                   |  FULL ------------> |
                   |                     | FULL after top_up_ms
                   v                     v
               STOPPING <----------------+        lease dropped at once; relay open, then the meter's last word, bounded
                   |  any cause, from any state above (STARTING ends without a record)
                   v
               SETTLING -- sink.session_end true --> DONE         asked again every second until it is true

Transitions into STOPPING carry a number of stop_causes: NO_LOAD or DEAD_CONTACT (OUTAGE_GONE when resumed) from WAITING; FULL,
UNPLUGGED, OVER_POWER, MIN_POWER from the curve; MAX_TIME, BACKSTOP, METER_STALE, TRIP, USER, OPERATOR, MAINTENANCE from anywhere. A
first cause stands; only WELDED replaces it (power flows on: not the customer's), and not a TRIP, which settles on the first reading
after opening.
"""

from time import ticks_diff

from micropython import const

from shed.charging import rules, stop_causes, tariff
from shed.charging.energy import EnergyCount
from shed.charging.load_watch import LoadWatch
from shed.charging.settling import Ending

IDLE = const(0)
STARTING = const(1)
WAITING = const(2)
CHARGING = const(3)
TOP_UP = const(4)
STOPPING = const(5)
RESUMING = const(6)
SETTLING = const(7)
DONE = const(8)

STALE_GRACE_MS = const(15000)
_STUCK_MWH = const(5000)  # five steps of the register
_BASELINE_MS = const(8000)  # a customer stands there
_ASK_MS = const(2000)
_RESUME_METER_MS = const(60000)  # nobody waits, nothing flows
_BACK_MW = const(3000)
_RETRY_MS = const(1000)


class Session:
    """id, card (11 bytes), start_s (epoch or uptime, from the sink), energised_ms (billed), count (EnergyCount), watch, cause, state."""

    def __init__(self, shed, index, card):
        self.index = index
        self.meter = shed.meter_of(index)
        self.reading = shed.poller.reading(self.meter)
        self.card = card
        self.id = self.start_s = self.cause = 0
        self.count = None
        self.watch = LoadWatch()
        self._ending = Ending()
        self.resumed = False
        self.energised_ms = 0
        self._last_ms = -1
        self._was = 0  # at the last step: 0 relay open, 1 closed, 2 closed and billed
        self._whole_ms = 0  # of the session, pauses included
        self._closed_ms = 0  # since the relay closed
        self._saved_ms = 0  # since the last checkpoint
        self._seen = self.reading.count
        self._enter(STARTING)
        shed.poller.request_now(self.meter)

    def resume(self, record):
        """Turn the new session into the one of a live record (storage/live.py FORMAT)."""
        self.id = record[0]
        self.start_s = record[3]
        self.energised_ms = self._whole_ms = record[5] * 1000
        self.count = EnergyCount(record[4], record[6])
        self.watch.peak_mw = record[7]
        self.resumed = True
        self.cause = record[8]
        self._enter(STOPPING if self.cause else RESUMING)  # what was stopped before the cut is settled, and never energised again

    def wants_lease(self):
        """The relay should be closed. Otherwise the session waits for something and wants every step."""
        return WAITING <= self.state <= TOP_UP

    def energised_s(self):
        """Billed seconds so far."""
        return self.energised_ms // 1000

    def stop(self, cause):
        """End it; False when it is ending already. STARTING has no record yet and ends without one."""
        if self.state == STARTING:
            self._enter(DONE)
        elif self.state in (STOPPING, SETTLING, DONE):
            return False
        else:
            self.cause = cause
            self._enter(STOPPING)
        return True

    def step(self, shed, now_ms, closed, tripped):
        """closed: the outputs report the relay closed; tripped: a trip acts on this outlet. Time since the last step counts as closed when
        the relay was closed then."""
        span_ms = ticks_diff(now_ms, self._last_ms) if self._last_ms >= 0 else 0
        self._last_ms = now_ms
        self._state_ms += span_ms
        self._whole_ms += span_ms
        self._saved_ms += span_ms
        if self._was:
            self._closed_ms += span_ms
            if self._was == 2:
                self.energised_ms += span_ms
            if not closed:
                self._closed_ms = 0
                self.watch.restart()
        fresh = self.reading.valid and self.reading.count != self._seen
        read_ms = 0
        if fresh:
            self._seen = self.reading.count
            if self.count:
                read_ms = self.count.add(self.reading)
        if tripped:
            self.stop(stop_causes.TRIP)
        state = self.state
        if state == STARTING or state == RESUMING:
            self._await_reading(shed, fresh)
        elif state == STOPPING:
            if self._ending.step(self, shed, span_ms, self._state_ms, fresh, closed):
                self._settle(shed)
        elif state == SETTLING:
            if self._state_ms >= _RETRY_MS:
                self._settle(shed)
        elif state != DONE:
            self._running(shed, now_ms, fresh, read_ms, closed)
        self._was = 0 if not closed else 2 if self.state == CHARGING or self.state == TOP_UP else 1

    def _enter(self, state):
        self.state = state
        self._state_ms = 0

    def checkpoint(self, shed):
        """What a cut may not lose; False when the flash refuses."""
        self._saved_ms = 0
        count = self.count
        return shed.sink.live(
            self.id, self.index, self.card, self.start_s, count.start_wh, self.energised_s(), count.mwh, self.watch.peak_mw, self.cause
        )

    def _await_reading(self, shed, fresh):
        starting = self.state == STARTING
        if starting and shed.start_blocked:
            self._enter(DONE)
        elif fresh:
            if not starting:
                shed.sink.session_resumed(self.id, self.index, self.energised_s())
                self.checkpoint(shed)
                self._enter(WAITING)
            elif self._open_books(shed):
                self._enter(WAITING)
        elif self._state_ms >= (_BASELINE_MS if starting else _RESUME_METER_MS):
            shed.meter_lost(self.index)
            self.stop(stop_causes.METER_STALE)
        elif self._saved_ms >= _ASK_MS:
            self._saved_ms = 0
            shed.poller.request_now(self.meter)

    def _open_books(self, shed):
        """Law 4: everything that lets the session survive a cut is programmed before the lease is asked. The checkpoint is first: a start
        record alone would be a sale that no boot takes up again."""
        sink = shed.sink
        self.id = sink.new_session_id()
        self.start_s = sink.stamp_s()
        self.count = EnergyCount(self.reading.energy_wh)
        self.count.add(self.reading)
        first_fen = tariff.price_fen(shed.tariff, 1)
        if not self.checkpoint(shed):
            self._enter(DONE)
            return False
        if not sink.session_start(self.id, self.index, self.card, self.count.start_wh, first_fen):
            sink.forget(self.id)
            self._enter(DONE)
            return False
        if sink.session_energised(self.id, self.index):
            return True
        self.cause = stop_causes.MAINTENANCE  # never on; the start record gets its end
        self._settle(shed)
        return False

    def _running(self, shed, now_ms, fresh, read_ms, closed):
        """WAITING, CHARGING, TOP_UP."""
        limits = shed.rules
        cause = 0
        if self.state == WAITING:
            cause = self._waiting(shed, fresh, closed)
        elif closed:
            if fresh:
                cause = self._follow(shed, read_ms)
            if not cause and self.state == TOP_UP and self._state_ms >= limits.top_up_ms:
                cause = stop_causes.FULL
        if closed and not cause and min(self._closed_ms, shed.poller.age_ms(self.meter, now_ms)) > STALE_GRACE_MS:
            shed.meter_lost(self.index)
            cause = stop_causes.METER_STALE
        if not cause:
            if self.energised_ms >= limits.max_ms or (self.energised_ms and self._whole_ms >= limits.hard_ms):
                cause = stop_causes.MAX_TIME
            elif self._whole_ms >= rules.DAY_MS:
                cause = stop_causes.BACKSTOP
        if cause:
            self.stop(cause)
        elif self._saved_ms >= limits.checkpoint_ms:
            self.checkpoint(shed)

    def _waiting(self, shed, fresh, closed):
        if not closed:
            return 0
        power_mw = self.reading.power_mw
        limits = shed.rules
        if fresh:
            if power_mw >= (min(_BACK_MW, limits.start_mw) if self.resumed else limits.start_mw):
                shed.load_seen(self.index)
                self._enter(CHARGING)
                self.checkpoint(shed)
                return 0
            self.watch.peak_mw = max(self.watch.peak_mw, power_mw)  # tells NO_LOAD from DEAD_CONTACT
        if self._closed_ms < limits.start_ms:
            return 0
        if self.resumed:
            return stop_causes.OUTAGE_GONE
        return shed.no_load(self.index, self.watch.peak_mw)

    def _follow(self, shed, read_ms):
        if self.count.still_mwh > _STUCK_MWH:  # it answers, and measures nothing: no sale on that
            shed.meter_lost(self.index)
            return stop_causes.METER_STALE
        limits = shed.rules
        watch = self.watch
        power_mw = self.reading.power_mw
        cause = watch.look(limits, power_mw, read_ms, self._closed_ms, self.energised_ms, shed.limit_mw(self.index))
        if cause == stop_causes.FULL:
            cause = 0
            if self.state == CHARGING:
                self._enter(TOP_UP)
                self.checkpoint(shed)
        elif self.state == TOP_UP and watch.level_mw > watch.full_below_mw(limits) + limits.drift_mw:
            self._enter(CHARGING)
            self.checkpoint(shed)
        return cause

    def _settle(self, shed):
        count = self.count
        price = tariff.price_fen(shed.tariff, self.energised_s())
        settled = shed.sink.session_end(
            self.id, self.index, self.card, self.start_s, self.energised_s(), count.mwh, count.start_wh, count.wh, price, self.cause
        )
        self._enter(DONE if settled else SETTLING)
