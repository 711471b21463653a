"""`shed ports`: which ports there are and what runs behind each."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from ..errors import INTERRUPTED, ShedError
from ..flash.open_channel import open_channel
from ..link.port_list import PortInfo, listed
from ..link.ports import open_quietly
from ..link.who import ask
from .common import JsonOption, say, show_json, show_table


def ports(
    port: Annotated[
        list[str] | None, typer.Option("--port", "-p", help="Only this one (a device or rfc2217://HOST:PORT); may be repeated.")
    ] = None,
    probe: Annotated[
        bool, typer.Option("--probe", help="Ask chip, flash size and MAC too. This resets the board: skipped where a session is live.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List serial ports with their USB ids and what runs there: ShedGuard, a prompt, the loader, nothing. Nothing is reset without --probe.

    Exit code 3 when a named port is missing or busy.

    Example: shed ports --json
    """
    known = {info.device: info for info in listed()}
    infos = [known.get(name, PortInfo(name)) for name in port] if port else list(known.values())
    if probe:
        say("--probe resets each board that has no live session")
    refused: list[ShedError] = []
    rows = [_look(info, probe, refused) for info in infos]
    if as_json:
        show_json(rows)
    else:
        _show(rows, probe)
    if port and refused:  # only for named ports: a listed port may belong to another device
        raise refused[0]


def _show(rows: list[dict[str, Any]], probe: bool) -> None:
    if not rows:
        say("no serial port: connect the board; shed doctor shows what may hide it")
    cells = [(row["device"], row["usb"], row["bridge"], row["runs"], row["site"], row.get("chip", ""), row.get("mac", "")) for row in rows]
    heads = ("port", "USB", "adapter", "what runs there", "site", "chip", "MAC")
    width = len(heads) if probe else 5
    show_table(heads[:width], [cell[:width] for cell in cells])


def _look(info: PortInfo, probe: bool, refused: list[ShedError]) -> dict[str, Any]:
    row: dict[str, Any] = {**asdict(info), "kind": "", "runs": "", "site": ""}
    try:
        with open_quietly(info.device) as wire:
            running = ask(wire)
        row |= {"kind": running.kind, "runs": running.words, "hello": running.hello, "site": running.hello.get("site", "")}
        if probe:
            before = "usb-reset" if info.usb_native else "default-reset"
            with open_channel(info.device, before=before) as channel:
                row |= {"chip": channel.chip, "flash_bytes": channel.flash_bytes, "mac": channel.mac}
    except ShedError as error:
        if error.code == INTERRUPTED:
            raise
        if not row["kind"]:  # a refused probe does not mean a missing port
            refused.append(error)
        row["kind"] = row["kind"] or "error"
        row["error"] = error.what
        row["runs"] = row["runs"] or f"{error.what}: {error.cause}".splitlines()[0]
    return row
