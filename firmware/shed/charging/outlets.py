"""All outlets: who may start, which leases are asked for, what is watched while nobody charges.

Hazards: two sessions on one tap; a meter or a relay that fails unseen at an idle outlet; a session forgotten or repeated by a restart.

What it asks of the sink is in contracts.pyi; service/books.py implements it. `i`: outlet index.

`trip` and `closed` are lists of mask words, 30 outlets a word, by outlet index; so is .lease; .meters is by meter index.
"""

from time import ticks_diff

from micropython import const

from shed.charging import session, stop_causes
from shed.charging.grants import Grants
from shed.charging.off_watch import LOOK, OffWatch
from shed.charging.supply import LOST, Supply
from shed.safety.faults import DEAD_CONTACT as FAULT_DEAD_CONTACT
from shed.safety.faults import METER_JUMP as FAULT_METER_JUMP
from shed.safety.faults import METER_STALE as FAULT_METER_STALE
from shed.safety.holders import METER_STALE as HOLD_METER_STALE

_TYPES = const(0)  # true for the type checker (host_tools/pyright-firmware.json); on a board the compiler leaves out what is under it

if _TYPES:
    from shed.charging.contracts import Sink

_WORD = const(30)
_STALE = const(1)  # bits of _flags
_DUD = const(2)
_DUDS = const(3)  # sessions in a row without power that mean a dead contact (X10P, docs/domain.md)
_DUD_MW = const(7000)
_IDLE_STALE_S = const(120)
_SECOND_MS = const(1000)
_TURN = const(5)  # divides _WORD


class Charging:
    """outlets: (meter index, greatest power in W) per outlet index. rules: Rules. tariff: see tariff.py. poller: metering.poller.Poller.
    rows: the outlet indices of each group; None: all are one."""

    def __init__(self, outlets, rules, tariff, poller, sink: "Sink", rows=None):
        self.rules = rules
        self.tariff = tariff
        self.poller = poller
        self.sink = sink
        self.start_blocked = False
        self.fed = 0  # groups whose contactor the outputs reported closed, a bit each
        self.fire_fault = 0  # not 0: a fire point is at fault, and no session from before an outage goes on
        self._outlets = outlets
        n = len(outlets)
        self.sessions: list[session.Session | None] = [None] * n
        self.lease = [0] * ((n + _WORD - 1) // _WORD)
        self.meters = [0] * len(poller.fresh)
        self._trip = self.lease
        self._active = [0] * len(self.lease)  # outlets with a session
        self._todo = [0] * len(self.lease)
        self._closed = [0] * len(self.lease)
        self._outlet_of = [-1] * len(poller.readings)
        for i in range(n):
            self._outlet_of[outlets[i][0]] = i
        self._flags = bytearray(n)
        self._duds = bytearray(n)
        self._grants = Grants(self)
        rows = rows or (tuple(range(n)),)
        self.group_of = bytearray(n)
        for g in range(len(rows)):
            for i in rows[g]:
                self.group_of[i] = g
        self.supply = Supply(self, rows)
        self.off_watch = OffWatch(self, rows)
        self._turn = self._half = self._rows_ms = self._row = 0
        self._last_ms = -1

    def step(self, now_ms, closed, trip, start_blocked):
        """Advance every outlet; returns ms until the next call. Afterwards .lease and .meters hold what is wanted now.

        closed: relays the outputs report as on. trip: outlets a latched trip acts on. start_blocked: no session may begin.
        """
        span_ms = max(ticks_diff(now_ms, self._last_ms), 0) if self._last_ms >= 0 else 0
        self._last_ms = now_ms
        self._grants.step(span_ms)
        self.start_blocked = start_blocked
        self._trip = trip
        todo = self._todo
        any_waiting = any_active = 0
        for w in range(len(todo)):
            active = self._active[w]
            waiting = active & ~self.lease[w]
            todo[w] = waiting | (active & (trip[w] | (closed[w] ^ self._closed[w])))
            opened = self._closed[w] & ~closed[w]
            self._closed[w] = closed[w]
            i = w * _WORD
            while opened:
                if opened & 1:
                    self.off_watch.unseen[i] = 1
                opened >>= 1
                i += 1
        self._note_fresh()
        self._look_at_rows(now_ms, span_ms)
        self._half ^= 1
        if self._half:
            self._take_turn(now_ms)
        for w in range(len(todo)):
            bits = todo[w]
            i = w * _WORD
            while bits:
                if bits & 1:
                    self._step_one(i, now_ms, closed[w] >> i % _WORD & 1, trip[w] >> i % _WORD & 1)
                bits >>= 1
                i += 1
            any_active |= self._active[w] | self.off_watch.kept[w]
            any_waiting |= self._active[w] & ~self.lease[w]
        return 100 if any_waiting else 200 if any_active else 1000

    def _look_at_rows(self, now_ms, span_ms):
        """Each row has its turn once a second; they follow one another, so that no step is as long as all of them."""
        rows = len(self.supply.state)
        self._rows_ms += span_ms * rows
        for _ in range(rows):
            if self._rows_ms < _SECOND_MS:
                return
            self._rows_ms -= _SECOND_MS
            g = self._row = (self._row + 1) % rows
            self.supply.step(g, now_ms)
            self.off_watch.step(g, now_ms)
        self._rows_ms %= _SECOND_MS  # held up for seconds: they are not made up for

    def _note_fresh(self):
        """Outlets whose meter has a new reading have their turn in this step."""
        fresh = self.poller.fresh
        for w in range(len(fresh)):
            bits = fresh[w]
            m = w * _WORD
            while bits:
                if bits & 1 and self._outlet_of[m] >= 0:
                    i = self._outlet_of[m]
                    if self.poller.readings[m].jumped:
                        self.poller.readings[m].jumped = False
                        self.meter_jumped(i)
                    self._todo[i // _WORD] |= 1 << i % _WORD
                    open_session = self.sessions[i]
                    if not self.is_closed(i) and (open_session is None or open_session.state != session.STOPPING):
                        self.off_watch.fresh(i, self.poller.readings[m].power_mw)
                bits >>= 1
                m += 1
            fresh[w] = 0

    def _take_turn(self, now_ms):
        """Five outlets have their turn every other step in any case: silent meters, times that run out."""
        first = self._turn
        self._turn = first + _TURN if first + _TURN < len(self.sessions) else 0
        self._todo[first // _WORD] |= self._active[first // _WORD] & (0x1F << first % _WORD)
        for i in range(first, min(first + _TURN, len(self.sessions))):  # a dead meter is reported before a customer finds it
            if self.sessions[i] is None and self.supply.fed_s[self.group_of[i]] > _IDLE_STALE_S:
                if self.poller.age_ms(self._outlets[i][0], now_ms) > _IDLE_STALE_S * 1000:
                    self.meter_lost(i)

    def _step_one(self, i, now_ms, closed, tripped):
        open_session = self.sessions[i]
        if open_session is None:
            self._idle(i)
            return
        open_session.step(self, now_ms, closed, tripped)
        if open_session.state == session.DONE:
            self.sessions[i] = None
            self.off_watch.look[i] = LOOK
        self.mark(i)

    def mark(self, i):
        """Bring the masks of outlet i up to date."""
        open_session = self.sessions[i]
        w = i // _WORD
        bit = 1 << i % _WORD
        self.lease[w] &= ~bit
        self._active[w] &= ~bit
        if open_session is not None:
            self._active[w] |= bit
            if open_session.wants_lease():
                self.lease[w] |= bit
        ending = open_session is not None and open_session.state == session.STOPPING
        self.off_watch.keep(i, ending and open_session.cause != stop_causes.TRIP)
        meter = self._outlets[i][0]
        bit = 1 << meter % _WORD
        if (open_session is not None or self.off_watch.look[i]) and self.no_supply(i) != LOST:
            self.meters[meter // _WORD] |= bit
        else:
            self.meters[meter // _WORD] &= ~bit

    def card_tapped(self, card):
        """An admitted card (11 bytes): what it may start or stop, grants.py decides."""
        self._grants.tap(card)

    def button(self, i):
        """The button of outlet i. Returns an answer of grants.py."""
        return self._grants.press(i)

    def may_begin(self, i):
        """Whether a session may begin at the idle outlet i; if not, `why` tells."""
        return not (
            self.start_blocked
            or self._flags[i] & _STALE
            or self.off_watch.blocked(i)
            or self.no_supply(i)
            or self._trip[i // _WORD] >> (i % _WORD) & 1
        )

    def begin(self, i, card):
        """A session on this card at the idle outlet i."""
        self.take_up(session.Session(self, i, card))

    def take_up(self, open_session):
        """A new session, or one that an outage cut short (restoring.py)."""
        self.sessions[open_session.index] = open_session
        if open_session.resumed:
            self.off_watch.unseen[open_session.index] = 1  # it was on before the cut
        self.mark(open_session.index)

    def stop(self, i, cause):
        """End the session at outlet i, if any; cause OPERATOR, MAINTENANCE... False when there is none, or it is ending already."""
        open_session = self.sessions[i]
        if open_session is None or not open_session.stop(cause):
            return False
        self.mark(i)
        return True

    # What a session asks of the shed.

    def meter_of(self, i):
        """Meter index of outlet i."""
        return self._outlets[i][0]

    def limit_mw(self, i):
        """Greatest power of outlet i."""
        return self._outlets[i][1] * 1000

    def meter_lost(self, i):
        """No reading for too long: the outlet is held off until its meter answers."""
        if not self._flags[i] & _STALE:
            self._flags[i] |= _STALE
            self.sink.hold(HOLD_METER_STALE, i)
            self.sink.fault(FAULT_METER_STALE, self._outlets[i][0])

    def meter_jumped(self, i):
        """Its register made a step that power and time cannot explain, and goes on from there: reported, and billed to nobody."""
        self.sink.fault(FAULT_METER_JUMP, self._outlets[i][0])
        self.sink.fault_over(FAULT_METER_JUMP, self._outlets[i][0])

    def load_seen(self, i):
        """A load draws power through outlet i: contact and fuse are good."""
        self._duds[i] = 0
        if self._flags[i] & _DUD:
            self._flags[i] &= ~_DUD
            self.sink.fault_over(FAULT_DEAD_CONTACT, i)

    def no_load(self, i, peak_mw):
        """No load worth charging came. Returns the stop cause: the third time in a row without any power the outlet counts as faulty."""
        if peak_mw >= _DUD_MW:
            self._duds[i] = 0
            return stop_causes.NO_LOAD
        self._duds[i] = min(self._duds[i] + 1, _DUDS)
        if self._duds[i] < _DUDS:
            return stop_causes.NO_LOAD
        if not self._flags[i] & _DUD:
            self._flags[i] |= _DUD
            self.sink.fault(FAULT_DEAD_CONTACT, i)
        return stop_causes.DEAD_CONTACT

    # What supply.py and off_watch.py ask of the shed.

    def no_supply(self, i):
        """The group of outlet i has no supply, or a low one."""
        return self.supply.state[self.group_of[i]]

    def keeps_off(self, i):
        """What keeps the sessions at outlet i waiting with an open relay, as the stop cause of one that waits too long for it; 0:
        nothing."""
        return stop_causes.SUPPLY_LOST if self.no_supply(i) else stop_causes.BLIND if self.fire_fault else 0

    def is_closed(self, i):
        """The outputs reported its relay closed."""
        return self._closed[i // _WORD] >> i % _WORD & 1

    def _idle(self, i):
        """A fresh reading of an outlet without a session."""
        if self._flags[i] & _STALE:
            self._flags[i] &= ~_STALE
            self.sink.release(HOLD_METER_STALE, i)
            self.sink.fault_over(FAULT_METER_STALE, self._outlets[i][0])
        self.mark(i)
