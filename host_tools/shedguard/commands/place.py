"""Where a verb works: a flash file, or a board whose flash is opened through its ROM loader (which takes it out of service)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ..errors import INVALID, REFUSED, ShedError
from ..flash.board_flash import wait_for_service
from ..flash.channel import Before
from ..flash.open_channel import open_channel
from ..flash.partitions import BoardFlash, FlashFile, Partitions
from ..link.board_clock import Hand, keep
from ..link.console import Console
from ..link.ports import open_quietly
from .common import port_of, say

FlashOption = Annotated[Path | None, typer.Option("--flash", help="Flash file of an emulated board, instead of a port.")]
LoaderOption = Annotated[
    str | None,
    typer.Option(
        "--before", help="How the loader is entered: default-reset (if left out), usb-reset (the chip's own USB), no-reset (BOOT held)."
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@contextmanager
def open_place(
    port: str | None,
    flash: Path | None,
    what: str,
    yes: bool,
    before: Before | None = None,
    baud: int = 460800,
    hand: Hand | None = None,
    site: int | None = None,
) -> Iterator[Partitions]:
    """The partitions of a flash file or of the board at a port; asks before it takes a board out of service. At the end the board restarts,
    and its clock, which the restart stops, is set with ``hand``. ShedError 7 when a board in service belongs to another site than
    ``site``."""
    if flash is not None:
        if port is not None:
            raise ShedError("--port and --flash at once", "the command works on one of them", "leave one of them out", INVALID)
        yield FlashFile(flash)
        return
    name = port_of(port)
    ask(f"{name}: {what}. The board is out of service meanwhile: outlets off, gate free.", yes)
    with open_channel(name, baud=baud, before=before or "default-reset", site=site) as channel:
        yield BoardFlash(channel, name)
    if hand is None or before == "no-reset":
        say(f"{name}: the restart has stopped the board's clock; to set it: shed status --site SITE.toml --port {name}")
    elif wait_for_service(name).kind == "shedguard":
        with open_quietly(name) as wire:
            keep(Console(wire), hand, say)


def ask(question: str, yes: bool) -> None:
    """Go on only with --yes or a typed y; ShedError (exit code 7) otherwise, also without a terminal."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ShedError("not confirmed", "the input is not a terminal, so nobody can be asked", "repeat it with --yes", REFUSED)
    say(f"{question} Go on? [y/N]")
    if sys.stdin.readline().strip().lower() not in ("y", "yes", "j", "是"):
        raise ShedError("not confirmed", "the answer was no", "nothing was changed", REFUSED)
