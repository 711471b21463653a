"""Outlets that may be live although commanded off: proven or lasting, or only not seen off yet.

Hazard: a warning that comes after every boot and every stop is one that nobody obeys when a relay has welded. A board says 2 of an outlet
until a meter has shown it off: up to 15 s after a boot, some seconds after a stop, and when a contactor closes for a neighbour (decision
0022). So an outlet that no holder proves live is asked again; until it is seen off, no tool reports it off either.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..formats.lists import HOLDERS, MAY_BE_LIVE, name_of
from .console import Answer, Console

SEEN_WITHIN_S: Final = 20.0
ASK_S: Final = 2.0
# Its own proven power or silence, a row held for it for 15 s or more, a board that sees no outlet at all.
_PROVEN: Final = frozenset({"welded", "meter_stale", "live", "wrong_board"})

Wait = Callable[[float], None]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Seen:
    """``status``: the last answer. ``live``: outlets that may be live, by proof or because they stayed so while asked. ``unseen``: not seen
    off yet."""

    status: Answer
    live: tuple[int, ...] = ()
    unseen: tuple[int, ...] = ()


def proven(frame: Mapping[str, Any]) -> bool:
    """Whether a holder proves that the outlet may be live, beyond a moment's doubt."""
    return frame.get("on") == MAY_BE_LIVE and any(name_of(HOLDERS, number) in _PROVEN for number in frame.get("hold", []))


def seen(console: Console, at_once: bool = False, wait: Wait = time.sleep, clock: Clock = time.monotonic) -> Seen:
    """Ask until each outlet was seen off, one is proven live, or ``SEEN_WITHIN_S`` are over. ``at_once``: do not ask again."""
    end = clock() + SEEN_WITHIN_S
    status = console.request("status")
    lasting = doubted = _doubted(status)
    while lasting and not at_once and not any(proven(frame) for frame in status) and clock() < end:
        wait(ASK_S)
        status = console.request("status")
        doubted = _doubted(status)
        lasting = [outlet for outlet in lasting if outlet in doubted]
    sure = [int(frame["o"]) for frame in status if "o" in frame and proven(frame)]
    told = tuple(sure if sure else lasting)
    return Seen(status, told, tuple(outlet for outlet in doubted if outlet not in told))


def _doubted(frames: Iterable[Mapping[str, Any]]) -> list[int]:
    return [int(frame["o"]) for frame in frames if "o" in frame and frame.get("on") == MAY_BE_LIVE]


def outlets(numbers: Iterable[int]) -> str:
    """In words: *outlets 3, 9*."""
    told = [str(number) for number in numbers]
    return f"outlet{'s' if len(told) > 1 else ''} {', '.join(told)}"
