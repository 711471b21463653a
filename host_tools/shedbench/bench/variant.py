"""The kind of board that a bench gets by default: options of a whole test run (shedbench/pytest_plugin.py)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from .board_process import FROZEN

NEAR_WRAP_MS = (1 << 30) - 17_000  # ticks at power-on: they wrap two seconds after the 15 s in which a scenario's bench gets into service


@dataclass(frozen=True, slots=True)
class Variant:
    """``cpu_mhz`` goes into the board file that ``boot.py`` is generated from (None: as it stands there), ``arguments`` to the board.

    ``program``: ``frozen`` into the image (what production boards have, and what scenarios run on), or ``stock``: bytecode in the file
    system of a stock image, loaded into RAM.
    """

    cpu_mhz: int | None = None
    ticks_offset_ms: int = 0
    arguments: tuple[str, ...] = ()
    program: str = FROZEN


_chosen = [Variant()]


def chosen() -> Variant:
    """The present variant."""
    return _chosen[-1]


def choose(variant: Variant) -> None:
    """Set the variant of every later bench."""
    _chosen[-1] = variant


def with_program(program: str) -> Variant:
    """The present variant, with another ``program``."""
    return replace(chosen(), program=program)


@contextmanager
def use(variant: Variant) -> Iterator[None]:
    """The variant of the benches made inside."""
    _chosen.append(variant)
    try:
        yield
    finally:
        _chosen.pop()


def longest_scan_us() -> int:
    """A pass may take 3 ms of its 5 at 240 MHz. The same program takes 1.5 times as long at 160: 4.5 ms (safety/scan.py)."""
    return 3000 * 240 // (chosen().cpu_mhz or 240)
