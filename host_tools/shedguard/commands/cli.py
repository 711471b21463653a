"""The `shed` command: verbs, and the one place where an error becomes words and an exit code."""

from __future__ import annotations

import errno
import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from .. import __version__
from ..boards import known
from ..errors import FAILED, INTERRUPTED, INVALID, OK, ShedError
from . import backup, bench, board, boards, bundle, cards, config, doctor, flash, install, journal, ports

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="ShedGuard: flash, configure, diagnose and test boards that run a charging shed.",
)
app.add_typer(config.app, name="config")
app.add_typer(cards.app, name="cards")
app.add_typer(boards.app, name="boards")
for verb in (
    board.status,
    board.why,
    board.faults,
    board.clear,
    journal.log,
    journal.sessions,
    bench.emulate,
    bench.demo,
    bench.benchmark,
    bench.campaign,
):
    app.command()(verb)
for verb in (install.install, ports.ports, flash.flash, flash.verify, doctor.doctor, bundle.bundle):
    app.command()(verb)
app.command(epilog="Example: shed backup --out shed2.zip --port /dev/ttyUSB0")(backup.backup)
app.command(epilog="Example: shed restore shed2.zip --site shed2.toml --port /dev/ttyUSB0 --dry-run")(backup.restore)


def _version(asked: bool) -> None:
    if asked:
        print(f"shed {__version__}")
        raise typer.Exit


def _own_boards(folder: Path | None) -> None:
    """Every verb, and every process that it starts, finds the boards of ``folder``. A second board of one name is refused at once."""
    if folder is None:
        return
    if not folder.is_dir():
        raise ShedError(f"--boards {folder}: there is no such folder", "", "name the folder that holds your board files", INVALID)
    os.environ[known.OWN_BOARDS] = str(folder.resolve())
    known.files()


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_version)] = False,
    boards_dir: Annotated[
        Path | None,
        typer.Option(
            "--boards",
            envvar=known.OWN_BOARDS,
            metavar="DIR",
            show_envvar=True,
            help="Folder with board files of your own, for every verb.",
        ),
    ] = None,
) -> None:
    """Options that stand before the verb."""
    del version  # its callback has printed it
    _own_boards(boards_dir)


def run(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code (errors.py). A traceback only with SHEDGUARD_DEBUG=1."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name of a site that the terminal cannot show; JSON stays the same document
    before = os.environ.get(known.OWN_BOARDS)
    try:
        return _run(arguments)
    finally:
        os.environ.pop(known.OWN_BOARDS, None)
        if before is not None:
            os.environ[known.OWN_BOARDS] = before


def _run(arguments: list[str] | None) -> int:
    try:
        app(args=arguments, prog_name="shed")
    except SystemExit as leave:  # Typer's own ends: help, usage errors (2), Exit(code), Ctrl-C (130)
        return leave.code if isinstance(leave.code, int) else OK
    except ShedError as error:
        print(error, file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has closed the pipe: nothing more to write
        return FAILED
    except OSError as error:
        return _file_trouble(error)
    except Exception as error:
        if os.environ.get("SHEDGUARD_DEBUG"):
            raise
        return _bug(error)
    return OK


def _file_trouble(error: OSError) -> int:
    """The error for a file or disk that no verb checked beforehand."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        said = ShedError(f"cannot write: {error.strerror}", "the disk is full or write-protected", "name a file on another disk")
    elif error.filename is not None:
        cause = "it does not exist, is a folder, or you may not read or write it"
        said = ShedError(f"cannot use {error.filename}: {error.strerror}", cause, "name another file or folder")
    else:
        return _bug(error)
    print(said, file=sys.stderr)
    return said.code


def _bug(error: Exception) -> int:
    """The error for an exception that nobody foresaw."""
    print(f"error: {type(error).__name__}: {error}", file=sys.stderr)
    print("  cause: a bug in this tool\n  hint: repeat it with SHEDGUARD_DEBUG=1 and send the output", file=sys.stderr)
    return FAILED
