"""Blind points: what a fire point that is at fault costs. Blind means off (decision 0014).

Hazard: an outlet that charges on under a detector that sees nothing. While a fire point is at fault nothing closes. One that cannot be
read for two seconds cuts the outlets it protects. On any other fault running sessions end after the site's grace, except where another
detector of the same zone, not at fault, protects the outlet too. Nothing latches, and the gate stays as it is.

    normal --fault--> nothing closes --no reading for 2 s------------------> its outlets cut (holder `blind`, fault 30)
                                     --grace, no detector of its zone------> their sessions end (stop cause `blind`)
    any of these      --normal-----> normal
"""

from time import ticks_add, ticks_diff, ticks_ms

from micropython import const

from shed.safety import faults, holders

_TURN_MS = const(100)
_MOST_TURNS = const(5)  # the most that one step counts: a board that was held up knows nothing of its points meanwhile
_DARK_TURNS = const(20)
_TURNS_A_MIN = const(600)


class BlindWatch:
    """table: faults.Faults. grace_min: 0 to 30. zones: zone per point, 0 none; empty: none has one."""

    def __init__(self, points, matrix, outputs, table, grace_min, zones):
        self._points = points
        self._matrix = matrix
        self._outputs = outputs
        self._table = table
        self._grace_turns = grace_min * _TURNS_A_MIN
        self._at_ms = ticks_ms()
        self._blind = 0
        self._was = 0  # fire points at fault in the last turn
        self._dark_turns = bytearray(points.count)
        self._turns = [0] * points.count  # at fault without another detector; falls as it rose: a quiet moment gives no new grace
        self._waning = False
        self._beside = [0] * points.count  # detectors of its zone
        for i in range(len(zones)):
            for k in range(len(zones)):
                if zones[i] and zones[k] == zones[i]:
                    self._beside[i] |= points.detectors & 1 << k

    def step(self, now_ms):
        """Every 100 ms, or later: a busy board does not lengthen the grace. Returns the groups whose sessions are to end."""
        turns = ticks_diff(now_ms, self._at_ms) // _TURN_MS
        self._at_ms = ticks_add(self._at_ms, turns * _TURN_MS)
        turns = min(turns, _MOST_TURNS)
        points = self._points
        fault = points.fire_fault()
        if not (fault | self._was or self._waning):
            return 0
        outputs = self._outputs
        if fault:
            outputs.hold_groups(holders.POINT_FAULT, -1)
        elif self._was:
            outputs.hold_groups(holders.POINT_FAULT, 0)
        self._was = fault
        self._waning = False
        cut = ends = 0
        for i in range(points.count):
            bit = 1 << i
            if not fault & bit:
                self._dark_turns[i] = 0
                self._wane(i, turns)
                if self._blind & bit:
                    self._blind &= ~bit
                    self._table.over(faults.BLIND, i)
                continue
            protects = self._matrix.cut_by(bit)
            if not points.dark & bit:
                self._dark_turns[i] = 0
            elif self._dark_turns[i] < _DARK_TURNS:
                self._dark_turns[i] += turns
            elif not self._blind & bit:
                self._blind |= bit
                self._table.came(faults.BLIND, i)
            if self._blind & bit:
                cut |= protects
            alone = protects & ~self._matrix.cut_by(self._beside[i] & ~fault)
            if not alone:
                self._wane(i, turns)
            elif self._turns[i] < self._grace_turns:
                self._turns[i] += turns
            else:
                ends |= alone
        outputs.hold_groups(holders.BLIND, cut)
        return cut | ends

    def _wane(self, i, turns):
        if self._turns[i]:
            self._turns[i] = max(0, self._turns[i] - turns)
            self._waning = True
