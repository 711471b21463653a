"""Progress on stderr: bytes, rate and time left; one line that is rewritten at a terminal, a line each tenth in a log file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable


class Bar:
    """Call it with the bytes done and the total. ``what`` is printed in front."""

    def __init__(self, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._what, self._clock = what, clock
        self._began = clock()
        self._shown_s, self._tenth = 0.0, -1
        self._terminal = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        now = self._clock()
        tenth = 10 * done // max(total, 1)
        due = now - self._shown_s > 0.2 if self._terminal else tenth > self._tenth
        if not due and done < total:
            return
        if done >= total and self._tenth == 10:
            return
        self._shown_s, self._tenth = now, tenth
        text = f"{self._what}: {self.text(done, total, now - self._began)}"
        if self._terminal:
            print(f"\r{text:<78}", end="\n" if done >= total else "", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)

    @staticmethod
    def text(done: int, total: int, spent_s: float) -> str:
        """For instance ``120.0 of 200.0 kB, 11.2 kB/s, 7 s left``."""
        rate = done / spent_s if spent_s > 0.001 else 0.0
        parts = [f"{done / 1000:.1f} of {total / 1000:.1f} kB"]
        if rate:
            parts.append(f"{rate / 1000:.1f} kB/s")
            if done < total:
                parts.append(f"{(total - done) / rate:.0f} s left")
        return ", ".join(parts)
