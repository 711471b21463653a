"""Energy of one session in mWh, finer than the meter's whole watt-hours and never drifting from them.

Hazard: whole watt-hours are 10 % of a ten-minute session, and an integral alone wanders. So power is integrated between readings
(trapezoid, remainder kept), and the sum is kept within the bounds of the register. The register's first step in the session shows where
between two watt-hours the session began (zero_wh and phase_mwh); from then on the true energy lies within 1 Wh above (register - zero -
phase), and that figure is settled after a power cut. A register that jumps (metering/register.py) moves the zero; the sum goes on.
"""

from time import ticks_diff

from micropython import const

UNSURE = const(0xFFFF)  # phase_mwh before that first step, and after a jump
_REST = const(72000)  # two powers in 0.1 W times ms make 72000 to the mWh
_SPAN_MS = const(16000)  # 2 * 3 kW over this stays a small integer; a longer gap is left to the register
_MOST_DW = const(30000)  # above it, an overload that is about to end: the register gives its energy
_SHARP_MS = const(3000)  # between readings farther apart the moment of a step is too uncertain


class EnergyCount:
    """start_wh: the baseline register, from a reading that really arrived. mwh, zero_wh, phase_mwh: as before an outage."""

    def __init__(self, start_wh, mwh=0, zero_wh=None, phase_mwh=UNSURE):
        self.start_wh = start_wh
        self.mwh = mwh
        self.zero_wh = start_wh if zero_wh is None else zero_wh  # -1 is a place as good as any
        self.phase_mwh = phase_mwh
        self.wh = self.zero_wh + (mwh + (500 if phase_mwh == UNSURE else phase_mwh)) // 1000  # the register, as last known
        self.still_mwh = 0  # counted from power since the register last moved: more than its step means that it is stuck
        self._moved_wh = 0
        self._rest = 0
        self._power_dw = 0
        self._stamp_ms = -1  # of the reading before; -1: none yet

    def add(self, reading):
        """Take one fresh reading into account; returns ms since the one before (0 for the first)."""
        span_ms = 0
        before_mwh = self.mwh
        power_dw = min(reading.power_mw // 100, _MOST_DW)
        if self._stamp_ms >= 0:
            span_ms = max(0, min(ticks_diff(reading.updated_ms, self._stamp_ms), _SPAN_MS))
            rest = self._rest + (self._power_dw + power_dw) * span_ms
            self.mwh += rest // _REST
            self.still_mwh += rest // _REST
            self._rest = rest % _REST
            if reading.moved_wh != self._moved_wh:
                self.zero_wh += reading.moved_wh - self._moved_wh
                self.wh += reading.moved_wh - self._moved_wh
                self.phase_mwh = UNSURE
        self._moved_wh = reading.moved_wh
        self._stamp_ms = reading.updated_ms
        self._power_dw = power_dw
        wh = reading.energy_wh
        if wh != self.wh:
            self.still_mwh = 0
            if self.phase_mwh == UNSURE and span_ms <= _SHARP_MS:
                origin = (wh - self.zero_wh) * 1000 - (before_mwh + self.mwh) // 2
                self.zero_wh += origin // 1000
                self.phase_mwh = origin % 1000
        self.wh = wh
        least_mwh = (wh - self.zero_wh) * 1000
        if self.phase_mwh == UNSURE:
            self.mwh = min(max(self.mwh, least_mwh - 2000), least_mwh + 2000)
        else:
            least_mwh -= self.phase_mwh
            self.mwh = min(max(self.mwh, least_mwh), least_mwh + 1000)
        return span_ms
