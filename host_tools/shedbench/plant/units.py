"""Time units of the simulation: everything is an integer count of virtual nanoseconds. And what a verb says of a wrong number."""

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


def as_written(duration: Duration) -> str:
    """For the message of a time that was too short: a number that somebody meant in seconds is told so."""
    if isinstance(duration, str):
        return duration
    return f"{duration} ns" + (" (a number without a unit is nanoseconds; write '5 s')" if 0 < duration < MS else "")


def number(name: str, value: float) -> float:
    """``value``, or a TypeError that calls it ``name``: a text with a unit would be noticed much later, somewhere else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} is a number without a unit, not {value!r}")
    return value


def text(time_ns: int) -> str:
    """A virtual time for people: seconds with microseconds."""
    return f"{time_ns // S}.{time_ns % S // US:06d} s"
