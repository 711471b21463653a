"""How long the fuzzers run: by default some dozens of seeds, with `-m long` for a minute each."""

from __future__ import annotations

import time
from collections.abc import Iterator

LONG_S = 60.0


def seeds(first: int, count: int | None = None, seconds: float = LONG_S) -> Iterator[int]:
    """From ``first`` on: ``count`` of them, or as many as begin within ``seconds``."""
    end = time.monotonic() + seconds
    seed = first
    while (count is None and time.monotonic() < end) or (count is not None and seed < first + count):
        yield seed
        seed += 1
