"""Votes within a window: which points were in alarm lately, for causes that need several. Loaded only where a site has such a cause.

Hazard: two detectors that alarm one after the other and are never counted together. A point counts while it is in alarm and for the
cause's window after it; what the scan saw since the last turn counts too (matrix.py), so the last vote trips in the scan that sees it.
"""

from time import ticks_diff


class Votes:
    """matrix: matrix.Matrix with windows. points: number of points."""

    def __init__(self, matrix, points):
        self._matrix = matrix
        self._last_ms = [-1] * points  # last in alarm; -1 not within any window
        self._causes = tuple([k for k in range(len(matrix.windows_ms)) if matrix.windows_ms[k]])
        self._quiet = False  # no point is within any window, and so none was noted

    def step(self, now_ms):
        """Every 100 ms."""
        matrix = self._matrix
        seen = matrix.take_seen()
        if seen < 0:  # trips were reset
            seen = matrix.alarm
            self._last_ms = [-1] * len(self._last_ms)
            self._quiet = False
        if not seen and self._quiet:
            return
        longest_ms = max(matrix.windows_ms)
        self._quiet = True
        for i in range(len(self._last_ms)):
            if seen >> i & 1:
                self._last_ms[i] = now_ms
            elif self._last_ms[i] >= 0 and ticks_diff(now_ms, self._last_ms[i]) > longest_ms:
                self._last_ms[i] = -1
            if self._last_ms[i] >= 0:
                self._quiet = False
        for k in self._causes:
            recent = 0
            for i in range(len(self._last_ms)):
                last_ms = self._last_ms[i]
                if last_ms >= 0 and ticks_diff(now_ms, last_ms) <= matrix.windows_ms[k]:
                    recent |= 1 << i
            matrix.note_recent(k, recent)
