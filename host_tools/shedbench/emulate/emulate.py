"""`shed emulate`: an emulated board with its plant in real time, its serial port on a pseudo-terminal and on RFC 2217.

The bench is imported at run time, not with this file.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from shedguard.boards import known as boards
from shedguard.errors import FAILED, INVALID, OK, ShedError, reason
from shedguard.files.whole_file import write_whole
from shedguard.formats.partition_table import TABLE_OFFSET, TABLE_SIZE, may_hold_table
from shedguard.site import load as sites

from shedbench.places import REBUILD, SITES, SMALL_SITE

from .typed import TypedLines

if TYPE_CHECKING:
    from shedbench.bench.typed_hands import TypedHands

_PROMPTS = (">>> ", "shed> ")
_BOOT_NS = 5_000_000_000
_MEGABYTE = 1 << 20


def run(site: Path | None, flash: Path | None, seed: int, board: str | None = None, erased: bool = False) -> int:
    """Serve until Ctrl-C or another ending signal (0), or until the board ends (ShedError). First stdout line: one JSON object.

    With ``site`` alone: program and site flashed. Without it, or with a ``board`` (a name of `shed boards`, or a board file): a stock-like
    board with an empty file system, or with nothing at all in its flash (``erased``); ``site`` then only defines what is wired to its
    terminals (without it: the example shed of that board). An existing ``flash`` is the starting state; it gets the final state. SIGUSR1
    taps RESET with BOOT held, SIGUSR2 taps RESET. Lines on standard input act on the shed (`help` lists them), their answers go to stderr;
    the end of input does not end the board.
    """
    from shedbench.bench.bench import Bench
    from shedbench.bench.flash_image import BLANK, ERASED
    from shedbench.bench.serial_port import SerialPort
    from shedbench.bench.typed_hands import TypedHands

    if flash is not None and (flash.is_dir() or not flash.parent.is_dir()):
        cause = "it is a folder" if flash.is_dir() else f"there is no folder {flash.parent}"
        raise ShedError(f"cannot keep the board in {flash}", cause, "name a file in a folder that exists", FAILED)
    if flash is not None and flash.exists():
        _check_flash(flash)
    if site is not None:
        sites.load(site)  # a wrong site file is refused with its lines before anything starts
    product = None if board is None else _board_file(board)
    start: str | Path | None = ERASED if erased else None if site is not None and board is None else BLANK
    if flash is not None and flash.exists():
        start = flash
    wired = site or _example(board)
    # Ctrl-C reaches every process of the terminal: the board ignores it, so that this process ends it in order.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Bench(wired, seed=seed, flash=start, board=product, program="stock") as bench:
        signal.signal(signal.SIGINT, before)
        server = SerialPort(bench)
        used = bench.directory / "flash.bin"
        signal.signal(signal.SIGUSR1, lambda *_: server.tap(boot=True))
        signal.signal(signal.SIGUSR2, lambda *_: server.tap(boot=False))
        try:
            # In virtual time, so at once: a reader of the printed line finds a board that has booted.
            if not erased:
                bench.wait(lambda: bench.serial.text().endswith(_PROMPTS), _BOOT_NS)
            kind = bench.kind
            print(json.dumps({"pty": server.path, "rfc2217": server.url, "flash": str(used)}), flush=True)
            print(f"{kind.name} ({kind.chip}) on {server.path} and {server.url}; end with Ctrl-C", file=sys.stderr)
            print(f"wired to its terminals: {wired}" + ("" if site else " (--site FILE names another)"), file=sys.stderr)
            if kind.circuit == "manual":
                print(f"no line resets it: kill -USR1 {os.getpid()} taps RESET with BOOT held, -USR2 RESET alone", file=sys.stderr)
            else:
                print("only the rfc2217 address has reset lines: flash and install through that one", file=sys.stderr)
            print("type smoke, card, plug, mains ... here to act on the shed; help lists all", file=sys.stderr, flush=True)
            server.on_slice = _Typist(TypedHands(bench), lambda: bench.now_ns).look
            reason = server.serve()
        except KeyboardInterrupt:
            reason = "interrupted"  # before `serve` handled signals
        finally:
            server.close()
            if flash is not None:
                write_whole(flash, used.read_bytes())
    if reason == "board ended":
        raise ShedError("the emulated board ended by itself", "its program crashed, or the host ran out of memory", REBUILD, FAILED)
    return OK


def _check_flash(path: Path) -> None:
    """ShedError unless ``path`` is the flash of a board: it is overwritten at the end."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(TABLE_OFFSET)
            table = file.read(TABLE_SIZE)
    except OSError as error:
        raise ShedError(f"cannot read {path}", reason(error), "name a new file, or one that --flash has written", INVALID) from error
    if size % _MEGABYTE or not may_hold_table(table):
        what = f"it has {size} bytes" if size % _MEGABYTE or not size else "where the partition table belongs it has something else"
        hint = "name a new file, or one that --flash has written"
        raise ShedError(f"{path} is not the flash of a board", f"{what}, and would be written over at the end", hint, INVALID)


class _Typist:
    """Carries out the lines of standard input, each at its time: ``wait SECONDS`` delays the following ones."""

    def __init__(self, hands: TypedHands, now_ns: Callable[[], int]) -> None:
        self._hands = hands
        self._lines = TypedLines()
        self._now_ns = now_ns

    def look(self) -> None:
        """Called between two slices of time."""
        if self._now_ns() < self._hands.held_until_ns:
            return
        for line in self._lines.take():
            print(self._follow(line), file=sys.stderr, flush=True)
            if self._now_ns() < self._hands.held_until_ns:
                return

    def _follow(self, line: str) -> str:
        from shedbench.bench.typed_hands import Refused

        try:
            return self._hands.do(line)
        except Refused as error:
            return f"refused: {error}"


def _example(board: str | None) -> Path:
    """The default shed of a board: its own example, else the small one."""
    own = SITES / "boards" / f"{board}.toml"
    return own if board is not None and own.is_file() else SMALL_SITE


def _board_file(board: str) -> Path:
    """The board file for a board's name or path; ShedError when there is none, or it contradicts its chip."""
    path = Path(board)
    if path.suffix == ".toml":
        boards.load_file(path)
        return path
    boards.load(board)
    return boards.find(board)
