"""Whether a group of outlets has its supply: voltage, meters, load, looked at together once a second.

Hazard: a fallen breaker or a low voltage taken for so many people who unplugged, so many dead meters; a customer who pays for the dark.

  OK ----- meters of the group read under LOW_DV (BACK_DV while none of it is billed) for 3 s, or in dips --------> LOW    fault low_voltage
  OK, LOW - every meter silent, or the load of two sessions lost at once --------------------------------------> LOST   fault supply_lost
  LOW, LOST - meters read BACK_DV and more for 3 s, after a vanished load 20 s; twice as long each time again -> OK

In LOW and LOST sessions pause (session.py) and none begins. One silent meter stays a meter's fault. A contactor (85 % to pull in, 75 % or
less to drop, IEC 60947-4-1) must not chatter: LOW_DV is 75 %, BACK_DV 85 % of 220 V. Nor is a row switched on whenever a weak feeder
recovers (docs/decisions/0031): a loss counts for ten minutes, so that there are a dozen closings in an hour at most.
"""

from micropython import const

from shed.charging.settling import NO_POWER_MW
from shed.safety.faults import LOW_VOLTAGE as FAULT_LOW_VOLTAGE
from shed.safety.faults import SUPPLY_LOST as FAULT_SUPPLY_LOST
from shed.safety.holders import SUPPLY as HOLD_SUPPLY

_LOW = const(1)
LOST = const(2)
_FAULTS = (0, FAULT_LOW_VOLTAGE, FAULT_SUPPLY_LOST)  # by state
_LOW_DV = const(1650)
_BACK_DV = const(1870)
_LOAD_MW = const(5000)  # more than a charger at rest
_NEW_MS = const(40000)  # an idle meter is read every 30 s; when one reads low, or normal again, the others are read at once
_STILL_MS = const(1000)
_TOLD_MS = const(2500)  # a low reading counts for so long
_SURE = const(3)
_DIP = const(60)  # seconds that a dip counts, as _LOSS for a loss; _DIPS together are low, though it recovers in between
_LOSS = const(600)
_DIPS = const(150)
_LOSSES = const(5400)
_TRY_AGAIN = const(20)
_GONE = const(9)  # looks; less than a load needs to count as unplugged


class Supply:
    """shed: the Charging. rows: the outlets of each group."""

    def __init__(self, shed, rows):
        self._shed = shed
        self._rows = rows
        n = len(rows)
        self.state = bytearray(n)  # not 0: sessions pause, none begins
        self.turns = [0] * n  # looks in a row that differ << 2 | the state they show; not 0: readings of loads prove nothing
        self.fed_s = bytearray(n)  # seconds since the supply came, or since the boot; 255: and more
        self._until = [0] * n  # so many looks change it back
        self._was_low = bytearray(len(shed.sessions))
        self._dipped = bytearray(n)  # at the last look
        self._losses = [0] * n  # seconds that losses and dips still count
        self._silent = bytearray(n)
        self._asked = bytearray(n)
        self.owed = bytearray(n)  # a load vanished, and none has come since
        self._gone = bytearray(len(shed.sessions))  # 0: no load so far; 1: it is there; then looks since it vanished

    def step(self, g, now_ms):
        """Of group g. Once a second."""
        self._look(g, now_ms)
        self.fed_s[g] = 0 if self.state[g] else min(self.fed_s[g] + 1, 255)

    def _look(self, g, now_ms):
        shed = self._shed
        poller = shed.poller
        row = self._rows[g]
        state = self.state[g]
        silent = sure = low = good = drawing = billed = dip = 0
        last = before = _GONE  # looks since the last load vanished, and the one before
        for i in row:
            session = shed.sessions[i]
            if session is not None and session.is_billed():
                billed = 1
        limit_dv = _LOW_DV if billed and not state else _BACK_DV  # its contactor holds; or it would have to pull in
        for i in row:
            meter = shed.meter_of(i)
            reading = poller.readings[meter]
            silent_s = poller.silent_s(meter)
            is_low = 0
            if silent_s:
                silent += 1
                sure |= silent_s > 2
            else:
                age_ms = poller.age_ms(meter, now_ms)
                if age_ms < _NEW_MS:
                    is_low = reading.voltage_dv < limit_dv
                    if not is_low:
                        good += 1
                    elif age_ms < _TOLD_MS:
                        low += 1
                    dip |= is_low > self._was_low[i]  # a meter that reads low for ever makes no dip
                    self._was_low[i] = is_low
            gone = 0
            session = shed.sessions[i]
            if session is not None and session.is_billed():
                gone = self._gone[i]
                if reading.power_mw >= NO_POWER_MW:
                    drawing += 1
                    gone = 1 if gone == 1 or reading.power_mw >= _LOAD_MW else 0
                elif gone:
                    gone = _GONE if is_low else min(gone + 1, _GONE)  # a charger needs seconds to start after a dip
                    if gone < last:
                        before = last
                        last = gone
                    elif gone < before:
                        before = gone
            self._gone[i] = gone
        seen = state
        if silent == len(row) > 1 and sure:
            seen = LOST
        elif low > good:
            seen = _LOW
        elif good or self.owed[g]:
            seen = 0
        if drawing and self.owed[g]:
            self.owed[g] = 0
            shed.sink.fault_over(FAULT_SUPPLY_LOST, g)
        if not (state or seen or drawing) and before < _GONE and before - last <= 1 + len(row) // 10:  # meters are read in turn
            self.owed[g] = 1
            self._enter(g, LOST, _TRY_AGAIN)
            return
        turns = self.turns[g]
        turns = 0 if seen == state else 4 | seen if dip or turns & 3 != seen else turns + 4
        if not state:
            losses = max(self._losses[g] - 1, 0)
            if dip and billed and not self._dipped[g]:  # several meters see it, one after the other
                losses += _DIP
                if losses >= _DIPS:
                    seen = seen or _LOW
                    turns = _SURE << 2
            self._losses[g] = losses
        self._dipped[g] = dip
        self.turns[g] = turns
        if seen != state and (seen == LOST or turns >> 2 >= (_SURE if seen else self._until[g])):
            self._enter(g, seen, _SURE)
        elif state == LOST:
            if not self.owed[g] and not now_ms >> 10 & 3:
                poller.request_now(shed.meter_of(row[(now_ms >> 12) % len(row)]))
        elif sure or low:
            self._ask(g, silent > self._silent[g] or (state and good), now_ms)
        else:
            self._asked[g] = 0
        self._silent[g] = silent

    def _ask(self, g, news, now_ms):
        """One meter is silent, or reads low: the others are read three times, and three more when something changes."""
        if news:
            self._asked[g] = 0
        if self._asked[g] < _SURE:
            self._asked[g] += 1
            poller = self._shed.poller
            for i in self._rows[g]:
                meter = self._shed.meter_of(i)
                if not poller.silent_s(meter) and poller.age_ms(meter, now_ms) > _STILL_MS:
                    poller.request_now(meter)

    def _enter(self, g, state, until):
        shed = self._shed
        sink = shed.sink
        before = self.state[g]
        self.state[g] = state
        self.turns[g] = 0
        if state and not before:
            self._losses[g] = min(self._losses[g] + _LOSS, _LOSSES)
        self._until[g] = until << (self._losses[g] - 1) // _LOSS
        if before and not (before == LOST and self.owed[g]):
            sink.fault_over(_FAULTS[before], g)
        if state:
            sink.fault(_FAULTS[state], g)
        for i in self._rows[g]:
            if not before:
                sink.hold(HOLD_SUPPLY, i)
                if shed.sessions[i] is not None:
                    shed.sessions[i].pause(shed)
            elif not state:
                sink.release(HOLD_SUPPLY, i)
                shed.poller.request_now(shed.meter_of(i))
            shed.mark(i)
