"""Verbs that need the simulator: emulate, demo, benchmark, campaign.

Each imports its part of it when it is run, so that the other verbs start fast.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import ShedError
from .out_file import ForceOption, check_new

SeedOption = Annotated[int, typer.Option("--seed", help="Decides every chance.")]


def emulate(
    site: Annotated[
        Path | None, typer.Option("--site", help="Program and site flashed, plant attached, in service. Without: a stock-like board.")
    ] = None,
    board: Annotated[
        str | None,
        typer.Option("--board", help="A stock-like board of this kind (`shed boards`, or a board file); --site says what is wired to it."),
    ] = None,
    erased: Annotated[bool, typer.Option("--erased", help="Nothing at all in its flash: only its ROM answers.")] = False,
    flash: Annotated[Path | None, typer.Option("--flash", help="Start from this flash file; it is kept up to date.")] = None,
    seed: SeedOption = 1,
) -> None:
    """An emulated board on a pseudo-terminal, in real time, until Ctrl-C. The first line of stdout is a JSON object with its places.

    Lines typed here act on the shed: `smoke bay`, `card 04A1B2C3`, `plug 2`, `press 2`, `weld 2`, `mains off`, `look`; `help` lists them.

    Its buttons: `kill -USR1 PID` taps RESET with BOOT held, `kill -USR2 PID` taps RESET.

    Example: shed emulate --board kc868-a16
    """
    _ensure_board()
    from shedbench.emulate.emulate import run

    _leave(run(site=site, flash=flash, seed=seed, board=board, erased=erased))


def demo(
    script: Annotated[bool, typer.Option("--script", help="Play the fixed evening even on a terminal.")] = False,
    seed: SeedOption = 1,
    meter_scale: Annotated[
        float, typer.Option("--meter-scale", help="Falsify one meter by this factor: the audit must notice (exit code 6).")
    ] = 1.0,
    picture: Annotated[Path | None, typer.Option("--picture", help="Write a picture of the live view there, as SVG.")] = None,
    force: ForceOption = False,
) -> None:
    """A small shed lives through an evening. Off a terminal it plays a fixed one and settles plant against journal.

    Example: shed demo --script --seed 7
    """
    if picture is not None:
        check_new(picture, force)
    interactive = sys.stdout.isatty() and sys.stdin.isatty() and not script
    _ensure_board()
    from shedbench.demo import main

    _leave(main(interactive=interactive, seed=seed, meter_scale=meter_scale, picture=picture))


def benchmark(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    only: Annotated[str | None, typer.Option("--only", metavar="KEY,...", help="Only these figures.")] = None,
    seed: SeedOption = 1,
) -> None:
    """Measure the budgets on the emulated board. Every figure with its conditions.

    Example: shed benchmark --json --only scan_us,boot_ms
    """
    keys = [key.strip() for key in only.split(",") if key.strip()] if only else None
    _ensure_board()
    from shedbench.benchmark import main

    _leave(main(as_json=as_json, only=keys, seed=seed))


def campaign(
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="How many.")] = 20,
    first_seed: Annotated[int, typer.Option("--first-seed", help="Of the first; those behind it count up.")] = 1,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="At a time.")] = 2,
) -> None:
    """Random people and random faults on an emulated shed, a judge over each. Exit code 6 when one violates something.

    Example: shed campaign --seeds 100 --first-seed 1
    """
    _ensure_board()
    from shedbench.campaign.runner import main

    _leave(main(seeds=seeds, first_seed=first_seed, jobs=jobs))


def _ensure_board() -> None:
    """The emulated board is built when this returns, see shedbench.places; ShedError says why it cannot be."""
    from shedbench.setup.report import SetupError

    try:
        from shedbench.places import ensure_board

        ensure_board()
    except SetupError as error:
        raise ShedError(error.what, error.cause, error.fix) from error


def _leave(code: int | None) -> None:
    if code:
        raise typer.Exit(code)
