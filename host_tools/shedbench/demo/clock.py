"""The demo's clock on the wall: virtual nanoseconds of the bench as a time of a fixed evening."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

BEGIN: Final = datetime(2026, 3, 20, 17, 59)  # bench time 0
_EPOCH: Final = datetime(2000, 1, 1)


def wall(at_ns: int) -> datetime:
    """The simulated time of ``at_ns``."""
    return BEGIN + timedelta(microseconds=at_ns // 1000)


def at(hour_minute: str) -> int:
    """Bench time of ``"18:30"`` that evening; after midnight is the next day."""
    hour, minute = (int(part) for part in hour_minute.split(":"))
    moment = BEGIN.replace(hour=hour, minute=minute)
    if moment < BEGIN:
        moment += timedelta(days=1)
    return int((moment - BEGIN).total_seconds()) * 1_000_000_000


def epoch_s(at_ns: int) -> int:
    """Seconds since 2000-01-01, as the board keeps them."""
    return int((wall(at_ns) - _EPOCH).total_seconds())


def span(seconds: float) -> str:
    """A duration as ``1:02:03``."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
