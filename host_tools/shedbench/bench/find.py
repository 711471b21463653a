"""Finds parts by name; the error lists the existing ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def find(what: str, parts: Mapping[str, T] | Mapping[int, T], name: str | int, pattern: str = "{}") -> T:
    """The part called ``name``, or ``pattern`` filled with it. KeyError lists the existing ones."""
    table: dict[str | int, T] = {**parts}  # type: ignore[dict-item]
    for key in (name, pattern.format(name)):
        if key in table:
            return table[key]
    raise KeyError(f"no {what} {name!r}; there are {', '.join(str(key) for key in table) or 'none'}")
