"""Conditions: named facts about the plant, to be tested as a bool now or awaited with ``bench.until``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

C = TypeVar("C", bound=Callable[[], bool])


class Condition:
    """``bool(c)`` and ``c()`` test the fact now; ``~c`` is its opposite, ``c & d`` and ``c | d`` combine. ``name`` is for error
    messages."""

    __slots__ = ("_ask", "name")

    def __init__(self, name: str, ask: Callable[[], bool]) -> None:
        self.name = name
        self._ask = ask

    def __call__(self) -> bool:
        return self._ask()

    def __bool__(self) -> bool:
        return self._ask()

    def __invert__(self) -> Condition:
        return Condition(f"not {self.name}", lambda: not self._ask())

    def __and__(self, other: Condition) -> Condition:
        wanted(other)
        return Condition(f"{self.name} and {name_of(other)}", lambda: self() and other())

    def __or__(self, other: Condition) -> Condition:
        wanted(other)
        return Condition(f"{self.name} or {name_of(other)}", lambda: self() or other())

    __rand__ = __and__
    __ror__ = __or__

    def __repr__(self) -> str:
        return f"<{self.name}: {'holds' if self._ask() else 'does not hold'}>"


def wanted(condition: C) -> C:
    """``condition``, or a TypeError when it is a fact already, which no time would change."""
    if not callable(condition):
        raise TypeError(
            f"not a condition: {condition!r}; write it without () as in bench.outlet(1).is_charging, its opposite with ~, two with & or |"
        )
    return condition


def name_of(condition: Callable[[], bool]) -> str:
    """Words for a condition in a message."""
    return condition.name if isinstance(condition, Condition) else getattr(condition, "__name__", repr(condition))
