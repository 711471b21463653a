"""The board's clock, set from this computer's where somebody with the site's key is connected (docs/protocols/console.md, `time`).

Hazard: a card with a last day that opens for ever, because a power cut took the date and nobody noticed; and a board that is set to the
wrong day by a laptop whose own clock is wrong. The board keeps the site's local time: with a site file that zone counts, not the laptop's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ..errors import ShedError
from ..formats.times import when
from .console import Console

OFF_S: Final = 60  # a smaller error is not worth a record in the journal
_EPOCH_S: Final = 946_684_800  # 2000-01-01, from which the board counts
_EARLIEST_S: Final = 1_744_675_200  # 2025-04-15: the oldest MicroPython that we take; a computer with an earlier date has lost its clock
_ZONE_STEP_S: Final = 900
_ZONES_S: Final = 26 * 3600  # from UTC-12 to UTC+14


@dataclass(frozen=True, slots=True)
class Hand:
    """What is at hand to set a clock with. ``site``: the site of the key, None when unknown. ``zone_min``: None for this computer's."""

    key: bytes
    site: int | None = None
    zone_min: int | None = None


def keep(console: Console, hand: Hand | None, say: Callable[[str], None], now: Callable[[], float] = time.time) -> bool:
    """Set the clock of a board in service when it is not set or off by more than a minute, and print one line. Returns whether it was set.

    Never raises because of the clock: it prints why the clock cannot be set, and the verb continues.
    """
    if hand is None:
        return False
    try:
        hello = console.hello()
        head = console.request("status").head
    except ShedError:
        return False  # the verb itself meets the same error
    if "clk" not in head:
        return False  # a firmware that does not report the clock's quality
    right_s = board_time(now(), hand.zone_min)
    off_s = int(head.get("t", 0)) - right_s
    if head["clk"] and abs(off_s) <= OFF_S:
        return False
    refused = _refusal(hand, hello.get("site"), now(), off_s if head["clk"] else None)
    if refused is None:
        try:
            console.write("time", hand.key, t=right_s)
        except ShedError as error:
            refused = error.what.removeprefix("time: ")
    if refused is not None:
        say(f"warning: the board's clock {_state(head, off_s)} and was left so: {refused}")
        return False
    say(f"the board's clock {_state(head, off_s)}: {'set BACK' if head['clk'] and off_s > 0 else 'set'} to {when(right_s)}{_zone(hand)}")
    return True


def board_time(unix_s: float, zone_min: int | None) -> int:
    """The board's seconds since 2000 in local time. ``zone_min`` None: this computer's zone."""
    if zone_min is None:
        offset = datetime.fromtimestamp(unix_s).astimezone().utcoffset() or timedelta()
        return round(unix_s) - _EPOCH_S + int(offset.total_seconds())
    return round(unix_s) - _EPOCH_S + zone_min * 60


def _refusal(hand: Hand, site: object, unix_s: float, off_s: int | None) -> str | None:
    """Why this computer should not set the clock; None when it may. ``off_s``: None when the clock is not set at all."""
    if hand.site is not None and site != hand.site:
        return f"it belongs to site {site}, the key to site {hand.site}"
    if unix_s < _EARLIEST_S:
        return f"this computer's date is {datetime.fromtimestamp(unix_s, UTC):%Y-%m-%d}: set its own clock first"
    if off_s is None or hand.zone_min is not None or abs(off_s) > _ZONES_S:
        return None
    if abs(off_s - round(off_s / _ZONE_STEP_S) * _ZONE_STEP_S) <= OFF_S and abs(off_s) > _ZONE_STEP_S // 2:
        return "that looks like another time zone; with --site SITE.toml the site's zone is known"
    return None


def _state(head: Mapping[str, Any], off_s: int) -> str:
    if not head["clk"]:
        return "was not set"
    return f"was {timedelta(seconds=abs(off_s))} {'ahead' if off_s > 0 else 'behind'}"


def _zone(hand: Hand) -> str:
    if hand.zone_min is None:
        return " (this computer's local time)"
    hours, minutes = divmod(abs(hand.zone_min), 60)
    return f" (UTC{'-' if hand.zone_min < 0 else '+'}{hours:02d}:{minutes:02d}, the site's zone)"
