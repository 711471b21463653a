"""`shed boards`: the boards this tool knows, their terminals and traps, and how a shed is wired to one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..boards import check, known
from ..boards.model import Board
from ..errors import INVALID, ShedError
from ..files.whole_file import write_whole
from ..site import picture
from ..site.wiring import wiring
from .common import JsonOption, SiteOption, load_site, say, show_json, show_table
from .out_file import ForceOption, check_new, holds

app = typer.Typer(
    invoke_without_command=True, help="The boards this tool knows: terminals, traps, wiring pictures.", epilog="Example: shed boards"
)
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the board, as `shed boards` lists it, or a board file.")]


@app.callback()
def boards(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the boards."""
    if context.invoked_subcommand is not None:
        return
    found = [(name, known.load(name)) for name in known.names()]
    own = {name: str(known.own_file(name) or "") for name, _board in found}
    if as_json:
        show_json([summary(name, board) | {"file": own[name] or None} for name, board in found])
        return
    rows = [
        (
            name,
            board.board.chip,
            f"{board.board.flash_mb} MB",
            len(board.outputs()),
            len(_inputs(board)),
            len(board.trap),
            board.board.title,
            *([own[name]] if any(own.values()) else []),
        )
        for name, board in found
    ]
    show_table(
        ("name", "chip", "flash", "outputs", "inputs", "traps", "board", *(["of your own, from"] if any(own.values()) else [])), rows
    )


@app.command()
def show(name: NameArgument, as_json: JsonOption = False) -> None:
    """One board: terminals, ports, traps, sources. A board file of your own (with its path, or .toml) is checked as well: exit code 2.

    Example: shed boards show kc868-a16
    """
    board = known.load_any(name)
    if as_json:
        show_json(board.model_dump(mode="json", exclude_none=True))
        return
    about, reset = board.board, board.reset
    print(f"{about.name}: {about.title}")
    if (file := known.own_file(name) or (Path(name) if known.is_path(name) else None)) is not None:
        print(f"a board of your own, from {file}")
    print(f"{about.chip}, {about.flash_mb} MB flash, {'with' if about.psram else 'no'} PSRAM, {about.cpu_mhz} MHz")
    print(f"download mode: {reset.circuit}" + (f" ({reset.note})" if reset.note else ""))
    print()
    rows = [
        (key, item.place, item.use, _level(board, key), item.rating or "", item.source or about.source, item.what)
        for key, item in board.terminal.items()
    ]
    show_table(("terminal", "place", "use", "on at", "rating", "source", "what"), rows)
    if board.port:
        print()
        ports = [(key, port.kind, port.uart, port.tx, port.rx, port.direction) for key, port in board.port.items()]
        show_table(("port", "kind", "UART", "TX", "RX", "direction"), ports)
    if board.expander:
        print()
        parts = [
            (key, part.part, part.bus, "" if part.address is None else f"0x{part.address:02x}") for key, part in board.expander.items()
        ]
        show_table(("expander", "part", "bus", "address"), parts)
    for note in check.problems(board):
        print(f"\nnote: {note.what}: {note.cause}\n  {note.hint}")
    for trap in board.trap:
        print(f"\ntrap: {trap.what}" + (f" [{', '.join(trap.terminals)}]" if trap.terminals else ""))
        print(f"  do: {trap.do}")
        print(f"  source: {trap.source or about.source}")
    print()
    show_table(("source", "is"), list(board.sources.items()))


@app.command("picture")
def draw(
    name: NameArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="SVG file to write.")],
    site: SiteOption = None,
    force: ForceOption = False,
) -> None:
    """Draw the wiring of a shed as SVG. An existing picture that differs (another site, or edited) is not overwritten.

    Example: shed boards picture kc868-a16 --site shed.toml --out wiring.svg
    """
    board = known.load_any(name)
    loaded = load_site(site) if site else None
    if loaded is not None and loaded.site.site.board != board.board.name:
        what = f"{site} is for board {loaded.site.site.board}, not for {board.board.name}"
        raise ShedError(what, "a picture shows one site on its own board", f"shed boards picture {loaded.site.site.board} ...", INVALID)
    text = picture.draw(wiring(board, loaded.site if loaded else None))
    check_new(out, force, again=holds(text.encode()))
    write_whole(out, text.encode())
    say(f"{out}: {len(text)} bytes")


def _inputs(board: Board) -> list[str]:
    return [name for name, terminal in board.terminal.items() if terminal.use != "output"]


def _level(board: Board, name: str) -> str:
    terminal = board.terminal[name]
    return terminal.active if terminal.use == "output" else ""


def summary(name: str, board: Board) -> dict[str, object]:
    """A board in a list for tools."""
    about = board.board
    ports = {kind: sum(port.kind == kind for port in board.port.values()) for kind in ("rs485", "uart")}
    counts = {"outputs": len(board.outputs()), "inputs": len(_inputs(board)), "traps": len(board.trap), "ports": ports}
    return {"name": name, "id": about.id, "title": about.title, "chip": about.chip, "flash_mb": about.flash_mb, **counts}
