"""`shed config`: check a site file, compile it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..site.image import compile_site, image_crc
from ..site.load import load
from ..site.problems import FileProblems, Problem
from .common import JsonOption, load_site, say, show_json

app = typer.Typer(no_args_is_help=True, help="Check and compile site files.")
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Site file (TOML).")]


@app.command()
def check(file: FileArgument, as_json: JsonOption = False) -> None:
    """Check a site file. Exit code 2 with line, cause and hint for every error."""
    problems: list[Problem] = []
    try:
        loaded = load(file)
        problems += loaded.warnings
    except FileProblems as error:
        if not as_json:
            raise
        show_json({"ok": False, "problems": [problem.as_json(str(file)) for problem in error.problems]})
        raise typer.Exit(error.code) from None
    if as_json:
        show_json({"ok": True, "problems": [problem.as_json(str(file)) for problem in problems]})
        return
    for problem in problems:
        say(problem.show(str(file)))
    site = loaded.site
    counts = f"{len(site.outlet)} outlets, {len(site.point)} points, {len(site.cause)} causes, {len(site.gate)} gates"
    print(f"{file}: ok. {site.site.name} on {site.site.board}: {counts}")


@app.command()
def build(
    file: FileArgument,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Image file; FILE with .bin otherwise.")] = None,
    number: Annotated[int, typer.Option("--build", min=1, max=0xFFFFFFFF, help="Number by which the image is told apart.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Compile a site file to the image that the board reads."""
    loaded = load_site(file)
    image = compile_site(loaded.site, loaded.board, number)
    target = output or file.with_suffix(".bin")
    target.write_bytes(image)
    if as_json:
        show_json({"image": str(target), "bytes": len(image), "build": number, "crc": f"{image_crc(image):08X}"})
    else:
        print(f"{target}: {len(image)} bytes, build {number}, CRC {image_crc(image):08X}")
