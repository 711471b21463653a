"""`shed doctor`: what keeps this computer from talking to the board, and the board from working."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from ..doctor import board as board_checks
from ..doctor import host, host_facts
from ..doctor.finding import Finding, is_bad
from ..errors import FAILED, INTERRUPTED, PORT, ShedError
from ..flash import board_flash
from ..flash.board_flash import Request
from ..flash.channel import Before
from ..flash.open_channel import open_channel
from ..link.ports import candidates, open_quietly
from .common import JsonOption, PortOption, say, show_json
from .flash import BaudOption, BeforeOption, before_of, hands


def doctor(
    port: PortOption = None,
    probe: Annotated[
        bool, typer.Option("--probe", help="Look into the flash too. This resets the board: refused while a session is live.")
    ] = False,
    board: Annotated[
        str | None, typer.Option("--board", "-b", help="With --probe: compare with what this tool would write to that product.")
    ] = None,
    image: Annotated[str | None, typer.Option("--image", help="With --board: the MicroPython image to compare with.")] = None,
    baud: BaudOption = 460800,
    before: BeforeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Examine computer, port and board. Each line: ok, warn or bad, with the cause and what clears it. Exit code 1 when something is bad.

    Without --probe nothing is reset and nothing changes.

    Example: shed doctor --port /dev/ttyUSB0
    """
    findings = host.examine(host_facts.gather(port))
    name = port or (candidates()[0] if len(candidates()) == 1 else None)
    text = ""
    if name is not None:
        text, found = _board(name, probe, board, image, baud, before_of(before) or _before(board))
        findings += found
    elif len(candidates()) > 1:
        findings.append(Finding("board", "warn", "several ports, none examined", "which one is the board?", "shed doctor --port PORT"))
    if as_json:
        show_json({"port": name, "bad": is_bad(findings), "findings": [asdict(finding) for finding in findings], "heard": text[-2000:]})
    else:
        for finding in findings:
            print(f"{finding.level:<4}  {finding.check}: {finding.what}")
            if finding.level != "ok":
                print(
                    "".join(f"      {word}: {line}\n" for word, line in (("cause", finding.cause), ("clear", finding.clear)) if line),
                    end="",
                )
    if is_bad(findings):
        raise typer.Exit(FAILED)


def _before(board: str | None) -> Before:
    return "default-reset" if board is None else board_flash.before_of(Request("", board))


def _board(port: str, probe: bool, board: str | None, image: str | None, baud: int, before: Before) -> tuple[str, list[Finding]]:
    say(f"listening at {port}")
    findings: list[Finding] = []
    text = ""
    by_hand = hands()
    try:
        with open_quietly(port) as wire:
            running, findings = board_checks.examine_console(wire)
            text = running.text
        if probe:
            prepared = None if board is None else board_flash.prepare(Request(port, board, image))
            with open_channel(port, baud=baud, before=before, hands=None if by_hand is None else lambda: by_hand("loader")) as channel:
                findings += board_checks.examine_flash(channel, prepared)
    except ShedError as error:
        if error.code == INTERRUPTED:
            raise
        findings.append(Finding("port" if error.code == PORT else "board", "bad", error.what, error.cause, error.hint))
    return text, findings
