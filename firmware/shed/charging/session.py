"""One session at one outlet, from the button to the settled record.

Hazards: an outlet that is on without a meter or a record (energy given away, or billed from nothing); a session settled twice or never.

  button                    restore (outage; into STOPPING when the checkpoint has a cause); pause (no supply: from any state with a lease;
    v                          v    STARTING ends instead, DONE)
 STARTING                   RESUMING      relay open; waits for supply and detectors, then for a reading that arrived after the request
    | reading: checkpoint,     | reading: resumed record
    | start and energised      |
    | record, all true         |
    +---------> WAITING <------+          lease asked; load must come within start_ms with the relay closed
                   | start_w reached      (after an outage or a pause, `resumed`: 3 W, a float that lasted through it)
                   v    level above the full threshold again
               CHARGING <------------- TOP_UP     billed time runs while the relay is closed
                   |  FULL ------------> |
                   |                     | FULL after top_up_ms
                   v                     v
               STOPPING <----------------+        lease dropped at once; relay open, then the meter's last word, bounded
                   |  any cause, from any state above (STARTING ends without a record)
                   v
               SETTLING -- sink.session_end true --> DONE         asked again every second until it is true

Transitions into STOPPING carry a number of stop_causes: NO_LOAD or DEAD_CONTACT (when resumed OUTAGE_GONE, SUPPLY_LOST) from WAITING;
FULL, UNPLUGGED, OVER_POWER, MIN_POWER, LOAD_SWAPPED from the curve; MAX_TIME, BACKSTOP, WAITED, METER_STALE, TRIP, BLIND, RELAY_BUS,
SUPPLY_LOST, MAINTENANCE, USER, OPERATOR from anywhere. The first cause stays; only WELDED replaces it (the power that flows on is not the
customer's), but never a TRIP, which settles on the first reading after opening.
"""

from time import ticks_diff

from micropython import const

from shed.charging import recording, stop_causes
from shed.charging.energy import EnergyCount
from shed.charging.limits import TimeLimits
from shed.charging.load_watch import LoadWatch
from shed.charging.settling import FOLLOWS_MS, NO_POWER_MW, Ending
from shed.charging.signature import SWAPPED, Signature

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
_BASELINE_MS = const(8000)  # a customer is waiting
_ASK_MS = const(2000)
_RESUME_METER_MS = const(60000)  # nobody waits, nothing flows
_BACK_MW = const(3000)
_RETRY_MS = const(1000)
_BACK_DATED_MS = const(12000)  # the 10 s that confirm `unplugged`, and 2 s for the meter to follow: without power for longer is unplugged


class Session:
    """id, card (11 bytes), start_s (epoch or uptime, from the sink), energised_ms (billed), count (EnergyCount), watch, cause, state."""

    def __init__(self, shed, index, card):
        self.index = index
        self.meter = shed.meter_of(index)
        self.reading = shed.poller.reading(self.meter)
        self.card = card
        self.id = self.start_s = self.cause = self.energised_ms = 0
        self.tariff = shed.tariff  # the price at its beginning, whatever is configured later
        self.count = None
        self.watch = LoadWatch()
        self.time = TimeLimits()
        self._ending = None
        self.resumed = False
        self._last_ms = -1
        self._was = 0  # at the last step: 0 relay open, 1 closed, 2 closed and billed
        self.closed_ms = self.dark_ms = 0  # since the relay closed; since then, or since the last power (WAITING: load)
        self.wait_ms = 0  # closed, since it began; only a pause with a load resets it: no dip, no relay and no pause without one
        self.unread = None  # resumed: called with the first reading, which shows what flowed before the cut
        self.top_up_ms = 0  # of a top-up that a cut interrupted
        self._asked_ms = 0  # since the meter was asked
        self.signature = Signature()
        self._seen = self.reading.count
        self.enter(STARTING)
        shed.poller.request_now(self.meter)

    def wants_lease(self):
        """The relay should be closed. Otherwise the session waits for something and wants every step."""
        return WAITING <= self.state <= TOP_UP

    def energised_s(self):
        """Billed seconds so far."""
        return self.energised_ms // 1000

    def stop(self, cause):
        """End it; False when it is ending already. STARTING has no record yet and ends without one."""
        if self.state == STARTING:
            self.enter(DONE)
        elif self.state in (STOPPING, SETTLING, DONE):
            return False
        else:
            self.cause = cause
            self.enter(STOPPING)
        return True

    def is_billed(self):
        """A load was seen, and may draw."""
        return self.state == CHARGING or self.state == TOP_UP

    def step(self, shed, now_ms, closed, tripped):
        """closed: the outputs report the relay closed; tripped: a trip acts on this outlet. Time since the last step counts as closed when
        the relay was closed then."""
        span_ms = ticks_diff(now_ms, self._last_ms) if self._last_ms >= 0 else 0
        self._last_ms = now_ms
        self.state_ms += span_ms
        self._asked_ms += span_ms
        reason = shed.keeps_off(self.index)
        if self._was:
            self.closed_ms += span_ms
            self.wait_ms += span_ms
            self.dark_ms += span_ms
            if self._was == 2:
                self.energised_ms += span_ms
            if not closed:
                self.closed_ms = self.dark_ms = 0
                self.watch.restart()
        counts = self._was == 2 or (self._was and self.resumed)
        self.time.go_on(span_ms, self._was > 0, counts, closed and self.is_billed(), reason)
        over, late_ms = self.time.over(shed.rules, self.energised_ms)
        if over and self._was == 2:
            self.energised_ms -= min(late_ms, span_ms)  # noticed late: time past the limit is not billed
        fresh = self.reading.valid and self.reading.count != self._seen
        read_ms = 0
        believed = fresh and self.reading.odd_wh < 0
        if fresh:
            self._seen = self.reading.count
            if not self.unread:
                if self.count:
                    read_ms = self.count.add(self.reading)
            elif believed:
                believed = self.unread(self, shed)
                self.unread = None if believed else self.unread
        if tripped:
            self.stop(stop_causes.TRIP)
        elif over and self.state != STARTING:
            self.stop(reason if reason and over == stop_causes.WAITED else over)
        state = self.state
        if state == STARTING or state == RESUMING:
            self._await_reading(shed, believed)
        elif state == STOPPING:
            self._ending = self._ending or Ending()
            if self._ending.step(self, shed, span_ms, self.state_ms, believed, closed):
                self._settle(shed)
        elif state == SETTLING:
            if self.state_ms >= _RETRY_MS:
                self._settle(shed)
        elif state != DONE:
            self._running(shed, now_ms, fresh, read_ms, closed)
        self._was = 0 if not closed else 2 if self.is_billed() else 1

    def pause(self, shed):
        """Its group has no supply. Billed time ends with the last reading that showed power."""
        if self.state == STARTING:
            self.enter(DONE)
        elif self.wants_lease() or self.state == RESUMING:
            self.resumed = True
            if self.state == TOP_UP:
                self.top_up_ms = self.state_ms
            if self.is_billed():  # it may be another bike afterwards
                self.energised_ms -= min(self.dark_ms, _BACK_DATED_MS)
                self.wait_ms = 0
                self.signature.remember(self.signature.level_mw, self.watch.peak_mw, self.energised_ms)
            self.enter(RESUMING)
            self.time.go_on(0, False, False, False, True)  # the relay as it will be: a cut now costs seconds, not minutes
            self.checkpoint(shed)

    def shows_nothing(self):
        """The relay is closed for it, and its meter shows no load, or none any more."""
        if self.reading.power_mw >= NO_POWER_MW or not self.wants_lease() or self.closed_ms < FOLLOWS_MS:
            return False
        return self.state == WAITING or 0 < self.dark_ms < _BACK_DATED_MS

    def enter(self, state):
        self.state = state
        self.state_ms = 0

    def checkpoint(self, shed):
        """Writes what a cut must not lose; False when the flash refuses."""
        count = self.count
        top_up_ms = self.state_ms + 1000 if self.state == TOP_UP else self.top_up_ms
        used_s, whole_s, open_s = self.time.promise_s(shed.rules)
        stands = shed.sink.live(
            self.id, self.index, self.card, self.start_s, count.start_wh, self.energised_s(), count.mwh, self.watch.peak_mw, self.cause,
            self.tariff[1], self.tariff[2], used_s, whole_s, min(top_up_ms // 1000, 0xFFFF),
            min(self.signature.level_mw // 100, 0xFFFF), count.zero_wh, count.phase_mwh, open_s, self.time.due_ms // 1000,
        )  # fmt: skip
        if not stands:
            self.time.refused()
        return stands

    def _await_reading(self, shed, believed):
        starting = self.state == STARTING
        if not starting and self.time.checkpoint_due():
            self.checkpoint(shed)
        if starting and shed.start_blocked:
            self.enter(DONE)
        elif not starting and shed.keeps_off(self.index):
            self.state_ms = 0  # it waits for the shed, not for its meter
        elif believed:
            if not starting:
                shed.sink.session_resumed(self.id, self.index, self.energised_s())
                self.checkpoint(shed)
                self.enter(WAITING)
            else:
                self._begin(shed)
        elif self.state_ms >= (_BASELINE_MS if starting else _RESUME_METER_MS):
            shed.meter_lost(self.index)
            self.stop(stop_causes.METER_STALE)
        elif self._asked_ms >= _ASK_MS:
            self._asked_ms = 0
            shed.poller.request_now(self.meter)

    def _begin(self, shed):
        self.count = EnergyCount(self.reading.energy_wh)
        self.count.add(self.reading)
        if recording.begin(self, shed):
            self.enter(WAITING)
        elif self.cause:
            self._settle(shed)
        else:
            self.enter(DONE)

    def _running(self, shed, now_ms, fresh, read_ms, closed):
        """WAITING, CHARGING, TOP_UP."""
        cause = 0
        if shed.supply.turns[shed.group_of[self.index]]:
            self.watch.gone_ms = -1  # a charger needs seconds after a dip
        if self.state == WAITING:
            cause = self._waiting(shed, fresh, closed)
        elif closed:
            if fresh:
                if self.reading.power_mw >= NO_POWER_MW:
                    self.dark_ms = 0
                cause = self._follow(shed, read_ms)
            if not cause and self.state == TOP_UP and self.state_ms >= shed.rules.top_up_ms:
                cause = stop_causes.FULL
        if closed and not cause:
            unread_ms = min(self.closed_ms, shed.poller.age_ms(self.meter, now_ms))
            if unread_ms > STALE_GRACE_MS:
                shed.meter_lost(self.index)
                cause = stop_causes.METER_STALE
                if self.state != WAITING:  # not measured, so not billed
                    self.energised_ms -= min(unread_ms, self.energised_ms)
        if cause:
            self.stop(cause)
        elif self.time.checkpoint_due():
            self.checkpoint(shed)

    def _waiting(self, shed, fresh, closed):
        if not closed:
            return 0
        power_mw = self.reading.power_mw
        limits = shed.rules
        if fresh:
            if power_mw >= (min(_BACK_MW, limits.start_mw) if self.resumed else limits.start_mw):
                shed.load_seen(self.index)
                self.enter(TOP_UP if self.top_up_ms else CHARGING)
                self.state_ms = self.top_up_ms
                self.top_up_ms = self.dark_ms = 0
                self.checkpoint(shed)
                return 0
            self.watch.peak_mw = max(self.watch.peak_mw, power_mw)  # distinguishes NO_LOAD from DEAD_CONTACT
        if self.wait_ms < limits.start_ms:
            return 0
        if self.resumed:
            return stop_causes.SUPPLY_LOST if shed.supply.owed[shed.group_of[self.index]] else stop_causes.OUTAGE_GONE
        return shed.no_load(self.index, self.watch.peak_mw)

    def _follow(self, shed, read_ms):
        if self.count.still_mwh > _STUCK_MWH:  # the meter answers and measures nothing: no session goes on with it
            shed.meter_lost(self.index)
            return stop_causes.METER_STALE
        limits = shed.rules
        watch = self.watch
        power_mw = self.reading.power_mw
        seen = self.signature.look(power_mw, watch.level_mw, watch.peak_mw, read_ms, self.energised_ms)
        if seen == SWAPPED:
            return stop_causes.LOAD_SWAPPED
        if seen:
            self.checkpoint(shed)
        cause = watch.look(limits, power_mw, read_ms, self.closed_ms, self.energised_ms, shed.limit_mw(self.index))
        if cause == stop_causes.FULL:
            cause = 0
            if self.state == CHARGING:
                self.enter(TOP_UP)
                self.checkpoint(shed)
        elif self.state == TOP_UP and watch.level_mw > watch.full_below_mw(limits) + limits.drift_mw:
            self.enter(CHARGING)
            self.checkpoint(shed)
        return cause

    def _settle(self, shed):
        self.enter(DONE if recording.end(self, shed) else SETTLING)
