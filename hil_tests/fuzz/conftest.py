"""A new first seed for every run of the fuzzers; it is printed when a test fails."""

from __future__ import annotations

import random

import pytest


@pytest.fixture
def seed() -> int:
    """Drawn."""
    return random.SystemRandom().randrange(1, 1 << 31)
