"""Lets the pure rooms of the firmware run on CPython: import path, the `micropython` shim, MicroPython's tick arithmetic and `gc`."""

import gc
import sys
import time
from pathlib import Path

from shedbench.places import REPOSITORY

HERE = Path(__file__).resolve().parent
for folder in (REPOSITORY / "firmware", HERE / "shims"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

TICKS_PERIOD = 1 << 30


def ticks_diff(later, earlier):
    half = TICKS_PERIOD // 2
    return ((later - earlier + half) & (TICKS_PERIOD - 1)) - half


def ticks_add(ticks, delta):
    return (ticks + delta) & (TICKS_PERIOD - 1)


def ticks_ms():
    return time.monotonic_ns() // 1_000_000 & (TICKS_PERIOD - 1)


def ticks_us():
    return time.monotonic_ns() // 1_000 & (TICKS_PERIOD - 1)


for function in (ticks_diff, ticks_add, ticks_ms, ticks_us):
    setattr(time, function.__name__, function)

collect_all = gc.collect


def collect(generation=2):
    """The firmware collects a heap of 160 KB; CPython would scan all objects of pytest instead: 0.2 s for each typed word."""
    if sys._getframe(1).f_globals["__name__"].startswith("shed."):
        return 0
    return collect_all(generation)


gc.collect = collect
gc.mem_free = lambda: 65000  # type: ignore[attr-defined]  # of MicroPython's `gc`: a small shed on the stock image
