"""Whether what draws power after a gap is still the same load: a bike swapped in an outage, or within the seconds before `unplugged`.

Hazard: the next bike charges on the last one's card. Only a clear difference counts as another bike. Either more than a quarter and 15 W
above the peak of the session: no charger draws more after a pause than ever before; one that restarts its constant-current stage stays
below its peak. Or, where the load was in that stage (85 % of the peak) when it was last seen, 20 % of the peak to 70 % of that level within
a minute: a pack does not need less after a gap (still less may be a charger that found its pack full: it goes on to `full`), and a load
that begins to taper gets a checkpoint of its own. In the first five minutes of a session nothing is compared: a flat pack begins with a
trickle.
"""

from micropython import const

_SAME = const(0)
_TURNED = const(1)  # it begins to taper: worth a checkpoint
SWAPPED = const(2)

_YOUNG_MS = const(300000)
_LOOK_MS = const(60000)  # for chargers that start softly
_GAP_MW = const(3000)
_MORE_MW = const(15000)


class Signature:
    """level_mw: as last seen, not in a gap. remember() for a session that an outage or a pause cut."""

    def __init__(self):
        self.level_mw = 0
        self._peak_mw = 0  # of the session when the gap began; 0: nothing to compare with
        self._gap = False
        self._back_ms = -1  # since the load came back; -1: not comparing
        self._most_mw = 0  # of that time
        self._high = False  # it was above the taper

    def remember(self, level_mw, peak_mw, billed_ms):
        """The gap is an outage, or a pause."""
        self.level_mw = level_mw
        self._begin(peak_mw, billed_ms)

    def _begin(self, peak_mw, billed_ms):
        self._gap = True
        if self._back_ms < 0:  # a gap during a comparison keeps its reference
            self._peak_mw = peak_mw if billed_ms >= _YOUNG_MS else 0
        self._back_ms = -1

    def look(self, power_mw, level_mw, peak_mw, span_ms, billed_ms):
        """One fresh reading; level_mw and peak_mw as LoadWatch had them before it."""
        if power_mw < _GAP_MW and self.level_mw >= 2 * _GAP_MW:
            if not self._gap:
                self._begin(peak_mw, billed_ms)
            return _SAME
        if self._gap:
            self._gap = False
            self._back_ms = self._most_mw = 0
            return _SAME
        if self._back_ms >= 0:
            self._back_ms += span_ms
            self._most_mw = max(self._most_mw, level_mw)
            if self._peak_mw:
                if self._most_mw > self._peak_mw * 5 // 4 + _MORE_MW:
                    return SWAPPED
                tall = self.level_mw * 20 >= self._peak_mw * 17
                if self._back_ms >= _LOOK_MS and tall and self._peak_mw <= self._most_mw * 5 and self._most_mw * 10 < self.level_mw * 7:
                    return SWAPPED
            if self._back_ms < _LOOK_MS:
                return _SAME
            self._back_ms = -1
        self.level_mw = level_mw
        high = level_mw * 20 >= peak_mw * 17
        turned = self._high and not high
        self._high = high
        return _TURNED if turned else _SAME
