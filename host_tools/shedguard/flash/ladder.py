"""The meaning of a failed conversation with the loader: possible causes, the likeliest first, and what clears each.

A person has a board that does not answer, and esptool's message names a protocol step. So the causes come first and the step last.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import serial
from esptool import FatalError

from ..errors import PORT, PROTOCOL, ShedError

CONNECT_RUNGS: Final = (
    "cable: a charge-only USB cable has no data wires, and the board needs its own supply when it is powered that way",
    "BOOT: on a board without the reset circuit hold BOOT, press EN (RST) once, and use --before no-reset",
    "strapping pin: something wired to GPIO0, GPIO2, GPIO12 or GPIO15 pulls it: take the plug off the terminals and try again",
    "baud: a long or bad cable: --baud 115200",
    "port or board: it may be another device's (shed ports), or a board of another kind than the one named (shed boards)",
)
ANSWERING_RUNGS: Final = (
    "another kind of board than the one named: its file says how to enter the loader, this board does not answer to that (shed boards)",
    "BOOT: a board without the reset circuit: hold BOOT, press EN (RST) once, and use --before no-reset",
    "strapping pin: something wired to GPIO0, GPIO2, GPIO12 or GPIO15 pulls it: take the plug off the terminals and try again",
)
_PSEUDO_RUNG: Final = "no lines: a pseudo-terminal has no DTR and RTS; an emulated board is flashed through its rfc2217:// address"


def ladder(rungs: tuple[str, ...] = CONNECT_RUNGS) -> str:
    """The rungs, numbered, one a line under an error's ``cause``."""
    return "one of these, the likeliest first" + "".join(f"\n    {number}. {rung}" for number, rung in enumerate(rungs, 1))


@contextmanager
def translated(port: str, doing: str, is_connected: bool, answers: bool = False) -> Iterator[None]:
    """Turn what esptool and pyserial raise into a ShedError: 3 when the connection is lost, 4 for invalid answers.

    ``answers``: a program on the board answered a moment ago, so cable, port and baud rate are not the cause."""
    try:
        yield
    except FatalError as error:
        first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        if not is_connected:
            rungs = ANSWERING_RUNGS if answers else CONNECT_RUNGS
            rungs = (_PSEUDO_RUNG, *rungs) if port.startswith("/dev/pts/") else rungs
            cause = f"{ladder(rungs)}\n    (the loader's client says: {first})"
            what = f"no loader answers on {port}" + (", where a program does: the cable is good" if answers else "")
            raise ShedError(what, cause, f"shed doctor --port {port}", PORT) from error
        lost = any(words in first for words in ("Serial data stream stopped", "No more data", "No serial data", "Timed out"))
        raise ShedError(
            f"the board stopped answering while {doing}" if lost else f"the loader failed while {doing}",
            f"cable or supply went, or the baud rate is too high for the cable ({first})",
            "the same command again, with --baud 115200 if it repeats",
            PORT if lost else PROTOCOL,
        ) from error
    except (serial.SerialException, OSError) as error:
        raise ShedError(
            f"port {port} was lost while {doing}", f"cable out, or the board lost its supply ({error})", "the same command again", PORT
        ) from error
