"""Time units of the simulation: everything is an integer count of virtual nanoseconds."""

from __future__ import annotations

import re
from typing import Final

US: Final = 1_000
MS: Final = 1_000_000
S: Final = 1_000_000_000
MIN: Final = 60 * S
H: Final = 3600 * S

_UNITS: Final = {"ns": 1, "us": US, "ms": MS, "s": S, "min": MIN, "h": H}
_PATTERN: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(ns|us|ms|s|min|h)\s*")

Duration = str | int


def ns(duration: Duration) -> int:
    """Nanoseconds of ``"40 ms"``, ``"1.5 h"`` ..., or of an int that already is nanoseconds. Raises ValueError on anything else."""
    if isinstance(duration, int):
        if duration < 0:
            raise ValueError(f"a duration is not negative: {duration}")
        return duration
    match = _PATTERN.fullmatch(duration) if isinstance(duration, str) else None
    if match is None:
        raise ValueError(f"not a duration: {duration!r}; write a number and one of {', '.join(_UNITS)}, as in '40 ms'")
    return round(float(match[1]) * _UNITS[match[2]])


def text(time_ns: int) -> str:
    """A virtual time for people: seconds with microseconds."""
    return f"{time_ns // S}.{time_ns % S // US:06d} s"
