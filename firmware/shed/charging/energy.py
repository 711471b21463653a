"""Energy of one session in mWh, finer than the meter's whole watt-hours and never drifting from them.

Hazard: whole watt-hours are 10 % of a ten-minute session, and an integral alone wanders. So power is integrated between readings
(trapezoid, remainder kept) and the sum is held within what the register allows: it cuts off fractions at both ends, so the truth lies
within 1 Wh of its difference. A register that runs backwards or leaps (meter exchanged or reset) gets a new zero; the sum goes on.
"""

from time import ticks_diff

from micropython import const

_REST = const(72000)  # two powers in 0.1 W times ms make 72000 to the mWh
_SPAN_MS = const(16000)  # 2 * 3 kW over this stays a small integer; a longer gap is left to the register
_MOST_DW = const(30000)  # above, an overload that is about to end: its energy is the register's word
_LEAP_WH = const(50)  # 16 s of 3 kW are 14 Wh
_LEAP_RESUME_WH = const(2000)  # what may have flowed between the last checkpoint and the cut


class EnergyCount:
    """start_wh: the baseline register, a reading that really arrived. mwh: what was counted before an outage."""

    def __init__(self, start_wh, mwh=0):
        self.start_wh = start_wh
        self.mwh = mwh
        self.wh = start_wh + max(mwh // 1000 - 1, 0)  # the register, as last known
        self.still_mwh = 0  # counted from power since the register last moved: more than its step means that it is stuck
        self._zero_wh = start_wh
        self._rest = 0
        self._power_dw = 0
        self._stamp_ms = -1  # of the reading before; -1: none yet

    def add(self, reading):
        """Take one fresh reading into account; returns ms since the one before (0 for the first)."""
        span_ms = 0
        leap_wh = _LEAP_RESUME_WH
        power_dw = min(reading.power_mw // 100, _MOST_DW)
        if self._stamp_ms >= 0:
            leap_wh = _LEAP_WH
            span_ms = max(0, min(ticks_diff(reading.updated_ms, self._stamp_ms), _SPAN_MS))
            rest = self._rest + (self._power_dw + power_dw) * span_ms
            self.mwh += rest // _REST
            self.still_mwh += rest // _REST
            self._rest = rest % _REST
        self._stamp_ms = reading.updated_ms
        self._power_dw = power_dw
        wh = reading.energy_wh
        if wh != self.wh:
            self.still_mwh = 0
        if not 0 <= wh - self.wh <= leap_wh:
            self._zero_wh = wh - self.mwh // 1000
        self.wh = wh
        counted_mwh = (wh - self._zero_wh) * 1000
        if self.mwh < counted_mwh - 1000:
            self.mwh = counted_mwh - 1000 if leap_wh == _LEAP_WH else counted_mwh  # what flowed unseen before a cut: the register's word
        self.mwh = min(self.mwh, counted_mwh + 1000)
        return span_ms
