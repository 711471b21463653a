"""`shed config`: make, check, show, compare and compile a site file; the verbs that touch a board are in config_board.py."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..boards import known as boards
from ..errors import INVALID, ShedError
from ..files.problems import FileProblems
from ..files.whole_file import write_whole
from ..site import compose, diff, show
from ..site.image import compile_site, image_crc
from ..site.load import load, loads
from ..site.write import to_toml
from . import config_board
from .common import JsonOption, PortOption, load_site, say, show_json
from .out_file import begins, check_new
from .place import FlashOption, YesOption

app = typer.Typer(no_args_is_help=True, help="Site files: make, check, show, compare, compile, bring to a board and back.")
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Site file (TOML).")]


@app.command(epilog="Example: shed config check shed.toml")
def check(
    file: FileArgument,
    board_file: Annotated[
        Path | None, typer.Option("--board-file", help="Board file to check against, instead of the one that FILE names.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check a site file. Exit code 2 with line, cause and hint for every error, in the site file or in its board file."""
    try:
        loaded = load(file, None if board_file is None else boards.load_file(board_file))
    except FileProblems as error:
        if not as_json:
            raise
        show_json({"ok": False, "problems": [problem.as_json(error.file) for problem in error.problems]})
        raise typer.Exit(error.code) from None
    if as_json:
        show_json({"ok": True, "problems": [problem.as_json(str(file)) for problem in loaded.warnings]})
        return
    for problem in loaded.warnings:
        say(problem.show(str(file)))
    site = loaded.site
    counts = f"{len(site.outlet)} outlets, {len(site.point)} points, {len(site.cause)} causes, {len(site.gate)} gates"
    print(f"{file}: ok. {site.site.name} on {site.site.board}: {counts}")


@app.command(epilog="Example: shed config build shed.toml -o shed.bin")
def build(
    file: FileArgument,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Image file; FILE with .bin instead of .toml otherwise.")] = None,
    number: Annotated[int, typer.Option("--build", min=1, max=0xFFFFFFFF, help="Number that identifies the image.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Compile a site file to the image that the board reads."""
    loaded = load_site(file)
    image = compile_site(loaded.site, loaded.board, number)
    named = output or (file.with_suffix(".bin") if file.suffix == ".toml" else file.with_name(f"{file.name}.bin"))
    target = check_new(named, again=begins(re.escape(image[:4])))
    write_whole(target, image)
    if as_json:
        show_json({"image": str(target), "bytes": len(image), "build": number, "crc": f"{image_crc(image):08X}"})
    else:
        print(f"{target}: {len(image)} bytes, build {number}, CRC {image_crc(image):08X}")


@app.command("show", epilog="Example: shed config show shed.toml")
def show_(file: FileArgument, as_json: JsonOption = False) -> None:
    """Show the site as a page: outlets, the cause-and-effect matrix, every default that the file left out. Never the key."""
    loaded = load_site(file)
    if as_json:
        show_json(show.as_json(loaded))
        return
    for line in show.lines(loaded):
        print(line)


@app.command("diff", epilog="Example: shed config diff shed.toml --port /dev/ttyUSB0")
def diff_(
    file: FileArgument,
    other: Annotated[Path | None, typer.Argument(metavar="[OTHER]", help="Second site file; left out: the board.")] = None,
    port: PortOption = None,
    flash: FlashOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show how OTHER, or the board, differs from FILE, key by key. Exit code 1 when they differ.

    Comparing with a board reads its flash: it is out of service for some seconds. Names are not on the board and count as equal.
    """
    first = load_site(file)
    if other is not None:
        if port is not None or flash is not None:
            raise ShedError("two files and a board at once", "only two sides can be compared", "leave OTHER or the board out", INVALID)
        found = diff.changes(first.site, load_site(other).site)
    else:
        found = diff.changes(first.site, config_board.read(port, flash, yes, first.site, first.board))
    if as_json:
        show_json([{"key": change.key, "old": change.old, "new": change.new} for change in found])
    else:
        for change in found:
            print(change.show())
        print(f"{len(found)} differences" if found else "no difference")
    if found:
        raise typer.Exit(1)


@app.command(epilog="Example: shed config new --board devkitc-shed4 --defaults --out shed.toml")
def new(
    board: Annotated[str, typer.Option("--board", "-b", help="Which product it is: a name of `shed boards`, or a board file.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; stdout otherwise. An existing file is never replaced.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the shed.")] = None,
    site_id: Annotated[int | None, typer.Option("--id", help="Number of the site, 1 and up: in every report.")] = None,
    outlets: Annotated[
        int | None, typer.Option("--outlets", help="How many; else as many as the board has relays and buttons for.")
    ] = None,
    breaker_w: Annotated[int | None, typer.Option("--breaker-w", help="Watts that the group's breaker carries.")] = None,
    breaker_a: Annotated[int | None, typer.Option("--breaker-a", help="Amperes of the feeder's breaker.")] = None,
    phases: Annotated[int | None, typer.Option("--phases", help="Of the feeder: 1 or 3.")] = None,
    price_fen: Annotated[int | None, typer.Option("--price-fen", help="Price of a block of time, in fen.")] = None,
    block_min: Annotated[int | None, typer.Option("--block-min", help="Minutes of a block.")] = None,
    key: Annotated[str | None, typer.Option("--key", help="Maintenance key, 64 hex digits; drawn at random otherwise.")] = None,
    defaults: Annotated[bool, typer.Option("--defaults", help="Ask nothing: what no option sets gets a default.")] = False,
) -> None:
    """Write a first, commented site file for a board. At a terminal it asks for what the options leave open."""
    if out is not None:
        check_new(out)
    found = boards.load_any(board)
    if not defaults and not sys.stdin.isatty():
        raise ShedError(
            "cannot ask for missing options", "the input is not a terminal", "add --defaults, and options for what differs", INVALID
        )
    most = compose.offer(found).outlets

    def ask(question: str, given: int | None, default: int) -> int:
        if given is not None or defaults:
            return default if given is None else given
        return int(typer.prompt(question, default=default, type=int, err=True))

    if name is None:
        name = "a charging shed" if defaults else str(typer.prompt("Name of the shed", default="a charging shed", err=True))
    answers = compose.Answers(
        name=name,
        site_id=ask("Number of the site", site_id, 1),
        outlets=ask("How many outlets", outlets, most),
        breaker_a=ask("Feeder's breaker in amperes", breaker_a, 32),
        phases=ask("Phases of the feeder, 1 or 3", phases, 1),
        breaker_w=breaker_w,
        price_fen=ask("Price of a block of time, in fen", price_fen, 100),
        block_min=ask("Minutes of a block", block_min, 300),
        key=key or "",
    )
    text = to_toml(
        compose.compose(found, answers), f"{name}, on {found.board.title}.\nWritten by shed config new; check it with shed config check."
    )
    for problem in loads(text, str(out or "site.toml"), found).warnings:
        say(problem.show(str(out or "site.toml")))
    if out is None:
        print(text, end="")
        return
    write_whole(out, text.encode(), private=True)  # it holds the maintenance key
    say(f"{out} written. Next: change what is different at this shed, then shed config check {out}")


app.command("push", epilog="Example: shed config push shed.toml --port /dev/ttyUSB0")(config_board.push)
app.command("confirm", epilog="Example: shed config confirm --site shed.toml --port /dev/ttyUSB0")(config_board.confirm)
app.command("pull", epilog="Example: shed config pull --site shed.toml --out now.toml --port /dev/ttyUSB0")(config_board.pull)
