"""The words of a typed line: names of parts, what is done to them, figures. A word that is not understood is refused in one sentence."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Final, TypeVar

T = TypeVar("T")

ON: Final = {"on": True, "off": False}


class Refused(Exception):
    """A line that cannot be carried out; the message says why, and what exists."""


def find(parts: Mapping[str, T] | Mapping[int, T], name: str, *patterns: str) -> T | None:
    """The part called ``name``, or a pattern filled with it, in upper or lower case."""
    table = {str(key).lower(): part for key, part in parts.items()}
    keys = [key.strip('"').lower() for key in (name, *(pattern.format(name) for pattern in patterns))]
    return next((table[key] for key in keys if key in table), None)


def named(what: str, parts: Mapping[str, T] | Mapping[int, T], name: str, *patterns: str) -> T:
    """As `find`; refused with a list of the existing parts."""
    part = find(parts, name, *patterns)
    if part is None:
        raise Refused(f"{f'no {what} {name!r}; ' if name else f'say which {what}: '}there {listed(parts, 'is', 'are')}")
    return part


def name_and_how(words: str, is_name: Callable[[str], bool], hows: Collection[str], otherwise: str) -> tuple[str, str]:
    """The name in ``words``, and the act: their last word, else ``otherwise``."""
    name, _, how = words.rpartition(" ")
    if name and how in hows:
        return name, how
    if is_name(name) and not is_name(words):
        raise Refused(f"{how!r} is none of {', '.join(hows)}")
    return words, otherwise


def figure(word: str) -> float:
    """NaN, which is in no range, for a word that is no number."""
    try:
        return float(word)
    except ValueError:
        return math.nan


def is_figure(word: str) -> bool:
    return not math.isnan(figure(word.removesuffix("%")))


def first(what: str, parts: Mapping[str, object]) -> str:
    if not parts:
        raise Refused(f"this shed has no {what}")
    return next(iter(parts))


def alone(words: str, form: str) -> str:
    """Refused when words follow ``form``; else ""."""
    if words:
        raise Refused(f"{words!r} is too much: `{form}`")
    return ""


def switch(word: str) -> bool:
    if word not in ON:
        raise Refused(f"{word!r} is neither on nor off" if word else "say on or off")
    return ON[word]


def either(fact: bool, yes: str, no: str) -> str:
    return yes if fact else no


def listed(parts: Mapping[str, object] | Mapping[int, object], one: str = "", many: str = "") -> str:
    names = ", ".join(str(key) for key in parts) or "none"
    return f"{one if len(parts) < 2 else many} {names}".strip()
