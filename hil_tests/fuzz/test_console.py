"""The shed stays in service with any input at the console that is not authorised."""

from __future__ import annotations

import pytest

from hil_tests.fuzz.budget import seeds
from hil_tests.fuzz.console import minute


def fuzz(first: int, count: int | None) -> None:
    print(f"from seed {first} on")
    assert [words for seed in seeds(first, count) for words in minute(seed)] == []


def test_minutes_of_anything_at_the_console_change_nothing():
    fuzz(1, 4)


@pytest.mark.long
def test_more_minutes_of_anything_at_the_console_change_nothing(seed: int):
    fuzz(seed, None)
