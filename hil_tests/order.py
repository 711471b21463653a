"""The order in which the workers of a test run take the tests: the longest first, one each; short ones fill the rest.

pytest-xdist gives each worker one piece of the list, in order, and a worker without work takes from the end of another's. So each piece
begins with its share of the tests that are marked `slow`, and its other tests stay beside their neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def dealt(tests: Sequence[T], workers: int, seconds: Callable[[T], float]) -> list[T]:
    """The same tests; ``seconds`` says how long one takes, 0 for a short one."""
    slow = sorted((test for test in tests if seconds(test)), key=seconds, reverse=True)
    quick = [test for test in tests if not seconds(test)]
    found: list[T] = []
    for worker in range(workers):
        piece = (len(tests) - len(found)) // (workers - worker)
        first = slow[worker::workers][:piece]
        found += first
        fill = piece - len(first)
        found += quick[:fill]
        quick = quick[fill:]
    placed = {id(test) for test in found}
    return found + [test for test in slow if id(test) not in placed]
