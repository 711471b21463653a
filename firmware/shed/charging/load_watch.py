"""What the power curve says: bike gone, battery full, outlet overloaded, nothing worth charging.

Hazard: a lead-acid charger floats at 3 to 15 W at the wall, a lithium one rests at 0.5 to 3 W: neither is an unplugged bike, and calling
it one ends top-ups and confuses the customer. Thresholds and times: docs/domain.md.

Unplugged: below unplug_mw for unplug_ms, or a mean below 2 W over 300 s; never in the first 120 s after closing. A dip of the supply
restarts unplug_ms, and nothing else. A charger that has tapered for a minute and still draws something is resting, not gone: it is left to
run to full.
Full: below max(full_percent of the peak, floor) for full_ms (full_late_ms once late); a change of more than the drift band restarts it.
Over power: above the limit for 3 s; above twice the limit in two readings in a row; or in bursts that heat the contacts as much as 6 s of
twice the limit: they warm with the square of the power, and cool below the limit (decision 0030).
The peak is a level that two successive readings reached, so that a single spike does not raise the full threshold.
"""

from micropython import const

from shed.charging import stop_causes

_GRACE_MS = const(120000)
_TAPER_MS = const(60000)
_TAPER_MW = const(3000)  # less is a charger at rest, or a neighbour's crosstalk
_SOFT_MS = const(300000)
_SOFT_DW = const(20)
_OVER_MS = const(3000)
_UNITS = const(64)  # of the limit
_HEAT = const(73728000)  # ms times units squared above the limit's: 18 s of the limit's own heat
_HEAT_MS = const(2000)  # one reading counts for no longer: three times the limit in a single one ends nothing
_GAP_MS = const(5000)  # a longer gap between readings proves nothing about the time in between


class LoadWatch:
    """Watches one session. peak_mw: from the checkpoint when it resumes."""

    def __init__(self, peak_mw=0):
        self.peak_mw = peak_mw
        self.level_mw = 0  # the lower of the last two readings
        self._last_mw = 0
        self.restart()

    def restart(self):
        """The relay was open: earlier time no longer counts."""
        self._over_ms = self.gone_ms = self._full_ms = -1  # -1: condition not met at the last reading
        self._full_at_mw = self._taper_ms = self._heat = 0
        self._soft_ms = self._soft_sum_dw = self._soft_n = 0

    def full_below_mw(self, rules):
        """The present full threshold."""
        return max(self.peak_mw * rules.full_percent // 100, rules.full_floor_mw)

    def look(self, rules, power_mw, span_ms, closed_ms, energised_ms, limit_mw):
        """One fresh reading, span_ms after the last. Returns a stop cause, FULL when full is recognised (top-up may follow), or 0."""
        span_ms = min(span_ms, _GAP_MS)
        self.level_mw = min(power_mw, self._last_mw)
        self._last_mw = power_mw
        self.peak_mw = max(self.peak_mw, self.level_mw)
        self._over_ms = -1 if power_mw <= limit_mw else 0 if self._over_ms < 0 else self._over_ms + span_ms
        units = min(power_mw // (limit_mw // _UNITS), 3 * _UNITS)
        self._heat = max(0, self._heat + (units * units - _UNITS * _UNITS) * min(span_ms, _HEAT_MS))
        if self._over_ms >= _OVER_MS or self.level_mw > 2 * limit_mw or self._heat >= _HEAT:
            return stop_causes.OVER_POWER
        if self._gone(rules, power_mw, span_ms) and closed_ms >= _GRACE_MS:
            return stop_causes.UNPLUGGED
        if energised_ms >= rules.min_ms and self.peak_mw < rules.min_mw:
            return stop_causes.MIN_POWER
        if self._full(rules, power_mw, span_ms) >= (rules.full_late_ms if energised_ms >= rules.late_after_ms else rules.full_ms):
            return stop_causes.FULL
        return 0

    def _gone(self, rules, power_mw, span_ms):
        resting = power_mw > 0 and self._taper_ms >= _TAPER_MS
        if power_mw >= rules.unplug_mw or resting:
            self.gone_ms = -1
        else:
            self.gone_ms = 0 if self.gone_ms < 0 else self.gone_ms + span_ms
        if self.gone_ms >= rules.unplug_ms:
            return True
        self._soft_ms += span_ms
        self._soft_sum_dw += power_mw // 100
        self._soft_n += 1
        if self._soft_ms < _SOFT_MS:
            return False
        gone = self._soft_sum_dw < _SOFT_DW * self._soft_n and not resting
        self._soft_ms = self._soft_sum_dw = self._soft_n = 0
        return gone

    def _full(self, rules, power_mw, span_ms):
        if power_mw >= self.full_below_mw(rules):
            self._full_ms = -1
            self._taper_ms = 0
        else:
            if power_mw >= _TAPER_MW:
                self._taper_ms += span_ms
            if self._full_ms < 0 or abs(power_mw - self._full_at_mw) > rules.drift_mw:
                self._full_ms = 0
                self._full_at_mw = power_mw
            else:
                self._full_ms += span_ms
        return self._full_ms
