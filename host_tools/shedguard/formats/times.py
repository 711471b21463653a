"""Times as the board writes them: seconds since 2000 of its own clock, or since its start while that clock was never set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


def when(epoch_s: int, uptime_s: int = 0) -> str:
    """Local time of the board, or the time since its start when its clock was never set."""
    if epoch_s:
        return f"{_EPOCH + timedelta(seconds=epoch_s):%Y-%m-%d %H:%M:%S}"
    return f"+{timedelta(seconds=uptime_s)}"
