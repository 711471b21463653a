"""The longest tests of a run are started first, on different workers."""

from __future__ import annotations

import pytest

from hil_tests.order import dealt

SECONDS = {"a": 0, "b": 0, "c": 70, "d": 0, "e": 9, "f": 0, "g": 30, "h": 0, "i": 0}


def test_each_workers_piece_begins_with_its_share_of_the_longest_and_keeps_neighbours_together() -> None:
    assert dealt(list(SECONDS), 2, lambda test: SECONDS[test]) == ["c", "e", "a", "b", "g", "d", "f", "h", "i"]


@pytest.mark.parametrize("workers", [1, 2, 3, 8, 20])
@pytest.mark.parametrize("slow", [0, 1, 5, 9])
def test_no_test_is_lost_or_run_twice(workers: int, slow: int) -> None:
    tests = [f"test {number}" for number in range(9)]
    found = dealt(tests, workers, lambda test: 1 + tests.index(test) if tests.index(test) < slow else 0)
    assert sorted(found) == tests
