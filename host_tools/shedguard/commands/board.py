"""Verbs that ask a board in service: status, why, faults, tasks of the day, and clear. Reading changes nothing (law 8)."""

from __future__ import annotations

import sys
import time
from typing import Annotated, Any

import typer

from ..errors import SAFETY_FAULT, ShedError
from ..formats.lists import BREAKER_FIRST, FAULTS, MAY_BE_LIVE, breaker_first, holders_told, name_of
from ..formats.texts import text
from ..link.console import Console
from ..link.live import ASK_S, SEEN_WITHIN_S, proven, seen
from ..site.names import SiteNames
from ..site.narrate import causes_in, fault_text, fault_told, outlet_text
from .common import (
    JsonOption,
    KeyOption,
    LangOption,
    PortOption,
    SiteOption,
    board_at,
    hand_of,
    key_from,
    language,
    names_of,
    show_json,
    show_table,
)
from .status_view import by_kind, is_live, show_status


def status(
    port: PortOption = None, site: SiteOption = None, key: KeyOption = None, lang: LangOption = None, as_json: JsonOption = False
) -> None:
    """The whole shed at a glance. Exit code 5 when a trip is latched, a fault is active, or an outlet may be live.

    An outlet that is not seen off yet (just after a boot, a stop or the start of a neighbour's session) is asked again for up to 20 s
    before it is reported as possibly live; --json reports at once (`may_be_live`).

    With --site or --key it also sets the board's clock if that is not set or off by more than a minute, and reports it.

    Example: shed status --site shed2.toml --port /dev/ttyUSB0
    """
    names, tongue = names_of(site), language(lang)
    with board_at(port, hand_of(key, site), site) as console:
        now = seen(console, at_once=as_json)
        told = console.request("faults")[1:]
    head, frames = now.status.head, now.status[1:]
    live = breaker_first(frames, now.unseen)
    if as_json:
        show_json({"board": head, **by_kind(frames), "faults": told, "may_be_live": live})
    else:
        show_status(head, frames, names, tongue, now.unseen, told)
    if live or head.get("trips") or any(map(is_live, told)):
        raise typer.Exit(SAFETY_FAULT)


def why(
    outlet: Annotated[int, typer.Argument(metavar="OUTLET", help="Number on the socket.", min=1, max=200)],
    port: PortOption = None,
    site: SiteOption = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Why an outlet is off: its holders in order, each with what ends it. Exit code 5 when it may be live.

    An outlet that is not seen off yet is asked again for up to 20 s; --json reports at once.

    Example: shed why 7 --port /dev/ttyUSB0
    """
    tongue = language(lang)
    with board_at(port, None, site) as console:
        head = _why(console, outlet, 0 if as_json else SEEN_WITHIN_S)
    holders = holders_told(head.get("hold", []))
    live = bool(breaker_first([{**head, "o": outlet}]))  # as `status` has it: also one of a group that is held for a live outlet
    if as_json:
        show_json({"outlet": outlet, "on": head.get("on") == 1, "may_be_live": live, "holders": holders})
    else:
        print(_answer(outlet, int(head.get("on", 0)), bool(holders), tongue))
        for holder in holders:
            print(f"  {holder}: {text('holder', holder, tongue)}")
    if live:
        raise typer.Exit(SAFETY_FAULT)


def _why(console: Console, outlet: int, patience_s: float) -> dict[str, Any]:
    end = time.monotonic() + patience_s
    while True:
        head = console.request("why", o=outlet).head
        if head.get("on") != MAY_BE_LIVE or proven(head) or time.monotonic() >= end:
            return head
        time.sleep(ASK_S)


def _answer(outlet: int, on: int, because: bool, tongue: str) -> str:
    if tongue == "zh":
        state = ("断开", "通电", "可能带电，先拉断路器！已下令断开")[on]
        return f"{outlet_text(outlet, tongue)}{state}{'，原因：' if because else ''}"
    more = ", because:" if because else ""
    if on == 2:
        return f"switch the breaker off: {outlet_text(outlet)} may be live. It was commanded off{more}"
    return f"{outlet_text(outlet)} is {'on' if on else 'off'}{more}"


_HEADS = {"en": ("state", "code", "fault", "count"), "zh": ("状态", "代码", "故障", "次数")}
_STATES = {"en": ("over", "active", "no faults"), "zh": ("已过", "有效", "没有故障")}


def faults(port: PortOption = None, site: SiteOption = None, lang: LangOption = None, as_json: JsonOption = False) -> None:
    """Active and past faults. Exit code 5 when one is active.

    Example: shed faults --site shed2.toml --port /dev/ttyUSB0
    """
    names, tongue = names_of(site), language(lang)
    with board_at(port, None, site) as console:
        names = names.on_board(console.request("status"))
        frames = console.request("faults")[1:]
    if as_json:
        show_json([{**frame, "text": fault_text(frame["f"], frame.get("a", 0), names)} for frame in frames])
    elif frames:
        rows = [(_STATES[tongue][bool(f.get("live"))], f["f"], fault_told(f, names, tongue), f.get("n", 1)) for f in frames]
        show_table(_HEADS[tongue], rows)
    else:
        print(_STATES[tongue][2])
    if any(map(is_live, frames)):
        raise typer.Exit(SAFETY_FAULT)


def clear(port: PortOption = None, site: SiteOption = None, key: KeyOption = None, as_json: JsonOption = False) -> None:
    """Reset trips whose cause is gone and clear faults that are over. Names each fault that is left. Exit code 5 when some stay, 7 when
    the board refuses.

    Example: shed clear --site shed2.toml --port /dev/ttyUSB0
    """
    names = names_of(site)
    secret = key_from(key, site)
    with board_at(port, hand_of(key, site), site) as console:
        head = console.write("clear", secret).head
        trips, left = int(head.get("trips", 0)), int(head.get("faults", 0))
        rows, names = _left(console, names) if left else ([], names)
    told = [fault_told(row, names) for row in rows]
    if as_json:
        show_json({"trips": trips, "faults": left, "left": [{**row, "text": said} for row, said in zip(rows, told, strict=True)]})
    elif trips:
        causes = ", ".join(causes_in(trips, names))
        print(f"still latched: {causes}: not all of their points read normal. Faults left: {left}")
    else:
        print(f"all trips are reset. Faults left: {left}")
    for row, said in zip(rows, told, strict=True) if not as_json else ():
        print(f"  {row['f']} {said}")
    if trips or left:
        raise typer.Exit(SAFETY_FAULT)


def _left(console: Console, names: SiteNames) -> tuple[list[dict[str, Any]], SiteNames]:
    """The faults on the board, those at which the breaker comes first before the others. None when it no longer answers: a board that
    failed to start five times restarts at `clear`, and what it did stays to be told."""
    try:
        names = names.on_board(console.request("status"))
        rows = console.request("faults")[1:]
    except ShedError as error:
        print(f"the faults that are left cannot be asked for: {error.what}; `shed faults` names them", file=sys.stderr)
        return [], names
    return sorted(rows, key=lambda row: name_of(FAULTS, row["f"]) not in BREAKER_FIRST), names
