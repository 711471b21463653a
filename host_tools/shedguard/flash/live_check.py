"""No tool resets a board with an active session: before it resets a port, it asks the board which outlets have one."""

from __future__ import annotations

from typing import Final

from ..errors import REFUSED, ShedError
from ..formats.lists import OUTLET_STATES
from ..link.console import Console
from ..link.ports import Wire, open_quietly
from ..link.who import Running, ask

_OVER: Final = frozenset(number for number, name in OUTLET_STATES.items() if name in ("idle", "done"))  # no session


def live_outlets(wire: Wire) -> list[tuple[int, str]]:
    """Number and state of every outlet with a session; ShedError when the console does not report it."""
    frames = Console(wire).request("status")
    return [(frame["o"], OUTLET_STATES.get(frame["st"], str(frame["st"]))) for frame in frames if "o" in frame and frame["st"] not in _OVER]


def refuse_live(port: str) -> Running:
    """What runs on ``port``. ShedError 7 when a session is live, or when a console answers without reporting its sessions; 3 when there is
    no such port.

    A silent board, a prompt or a loader is not refused: on none of them can the program hold a relay closed.
    """
    with open_quietly(port) as wire:
        running = ask(wire)
        if running.kind != "shedguard" and not running.console_seen:
            return running
        try:
            live = live_outlets(wire)
        except ShedError as error:
            raise ShedError(
                f"the board on {port} has a console but does not say whether sessions are live",
                error.what,
                "try again; if it stays so, open the group contactors by hand and use --no-live-check",
                REFUSED,
            ) from error
    if live:
        names = ", ".join(f"{number} ({state})" for number, state in live[:8]) + (" ..." if len(live) > 8 else "")
        raise ShedError(
            f"{len(live)} session{'s are' if len(live) > 1 else ' is'} live on the board at {port}: outlet {names}",
            "this command resets the board, which cuts the power of every outlet",
            f"wait until they end (shed status --port {port}), or end each: type `stop N` at the console, or `repl` for maintenance",
            REFUSED,
        )
    return running
