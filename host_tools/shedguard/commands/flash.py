"""`shed flash` and `shed verify`: a board's MicroPython, partition table and program. Hazard: both take the board out of service."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, cast

import typer

from ..boards import known as boards
from ..errors import FAILED, INVALID, PROTOCOL, ShedError
from ..flash import board_flash
from ..flash.board_flash import FlashReport, Hands, Request
from ..flash.channel import Before
from ..flash.whose import ReplaceSiteOption
from .common import JsonOption, PortOption, port_of, say, show_json, show_table
from .place import YesOption, ask
from .progress import Bar

BoardOption = Annotated[str, typer.Option("--board", "-b", help="Which product it is: a name of `shed boards`, or a board file.")]
ImageOption = Annotated[
    str | None,
    typer.Option(
        "--image",
        help="MicroPython image: a file, a URL, a name in the cache, or `stand-in` (emulated board). Left out: the cached one,"
        " else the board keeps its own.",
    ),
]
HashOption = Annotated[
    str | None, typer.Option("--sha256", help="The image's SHA-256, 64 hex digits. Otherwise a .sha256 file beside it is used.")
]
BaudOption = Annotated[int, typer.Option("--baud", help="Speed of the loader; 115200 for a long or bad cable.")]
BeforeOption = Annotated[
    str | None,
    typer.Option(
        "--before",
        help="How the loader is entered: default-reset (DTR and RTS), usb-reset (the chip's own USB), no-reset (BOOT held by hand)."
        " Left out: by the board's file.",
    ),
]
CheckOption = Annotated[bool, typer.Option("--live-check/--no-live-check", help="Ask the board first whether sessions are live.")]


_BY_HAND = {
    "loader": "this board has no reset circuit: hold BOOT, press EN (RST) once, release BOOT",
    "run": "press EN (RST) once, BOOT released: the program starts",
}


def flash(
    board: BoardOption,
    image: ImageOption = None,
    port: PortOption = None,
    sha256: HashOption = None,
    baud: BaudOption = 460800,
    before: BeforeOption = None,
    live_check: CheckOption = True,
    erase_data: Annotated[bool, typer.Option("--erase-data", help="Erase configuration, cards and sessions too.")] = False,
    replace_site: ReplaceSiteOption = None,
    as_json: JsonOption = False,
    yes: YesOption = False,
) -> None:
    """Write MicroPython, partition table and program; skip what the board has already. Configuration, cards and sessions stay.

    After an interruption at any point the board is safe (outputs off) and the same command continues. Exit codes: 2 the image does not fit,
    3 no board, 4 it does not start afterwards, 7 a session is live, or it is another product's board (--replace-site erases that
    configuration).

    Example: shed flash --board devkitc-shed4 --image ESP32_GENERIC-20250415-v1.25.0.bin --port /dev/ttyUSB0
    """
    boards.load_any(board)  # an unknown name is reported before a port is searched
    request = Request(
        port_of(port), board, image, sha256, baud, before_of(before), live_check, erase_data=erase_data, replace_site=replace_site
    )
    prepared = board_flash.prepare(request)
    what = "ERASE configuration, cards and sessions, and write" if erase_data else "write"
    ask(f"{request.port}: {what} {board} (the board is out of service meanwhile).", yes)
    say(f"connecting to {request.port}")
    report = board_flash.flash(request, _bar(), prepared, hands())
    if as_json:
        show_json(report.as_json())
    else:
        _show(report)
    _judge(report, request.port)


def verify(
    board: BoardOption,
    image: ImageOption = None,
    port: PortOption = None,
    sha256: HashOption = None,
    baud: BaudOption = 460800,
    before: BeforeOption = None,
    live_check: CheckOption = True,
    as_json: JsonOption = False,
) -> None:
    """Compare the board with what this tool would write, region by region, by hash. Exit code 1 when something differs.

    Writes nothing, but the board is reset into its loader and back: refused (7) while a session is live.

    Example: shed verify --board devkitc-shed4 --port /dev/ttyUSB0
    """
    boards.load_any(board)
    request = Request(port_of(port), board, image, sha256, baud, before_of(before), live_check)
    prepared = board_flash.prepare(request)
    say(f"connecting to {request.port}; the board is out of service for some seconds")
    report = board_flash.verify(request, prepared, hands())
    if as_json:
        show_json(asdict(report))
    else:
        rows = [(row.title, f"{row.offset:#x}", row.size, "same" if row.same else "DIFFERS") for row in report.regions]
        print(f"{report.facts.chip}, {report.facts.flash_bytes >> 20} MB flash, MAC {report.facts.mac}")
        show_table(("region", "at", "bytes", "board"), rows)
    if not report.same:
        names = ", ".join(row.title for row in report.regions if not row.same)
        raise ShedError(
            f"the board differs: {names}", "another version, or an installation that was cut off", f"shed flash --board {board}", FAILED
        )


def _bar() -> Callable[[int, int], None]:
    """A bar whose clock starts with the first byte."""
    bars: list[Bar] = []

    def show(done: int, total: int) -> None:
        if not bars:
            bars.append(Bar("writing"))
        bars[0](done, total)

    return show


def _show(report: FlashReport) -> None:
    print(f"{report.facts.chip}, {report.facts.flash_bytes >> 20} MB flash, MAC {report.facts.mac}")
    for words, names in (("written", report.outcome.written), ("erased", report.outcome.erased), ("unchanged", report.outcome.skipped)):
        if names:
            print(f"{words}: {', '.join(names)}")
    if report.rate:
        rate = report.rate
        print(
            f"{rate.flash_bytes} bytes of flash in {rate.seconds:.1f} s: {rate.flash_bytes / rate.seconds / 1000:.1f} kB/s;"
            f" {rate.sent_bytes} bytes sent at {rate.baud} baud, {rate.wire_share:.0%} of what the wire can carry"
        )
    if report.running:
        print(f"runs now: {report.running.words}" + (f" (firmware {report.running.hello['fw']})" if "fw" in report.running.hello else ""))


def _judge(report: FlashReport, port: str) -> None:
    """A board that was flashed and does not come into service is an error."""
    if report.running is None:
        say("press EN (RST) once, BOOT released: then the program starts")
    elif report.running.kind != "shedguard":
        raise ShedError(
            f"everything is in flash, but the console does not answer: {report.running.words}",
            "a strapping pin held by the wiring, or a crash; its last words: " + repr(report.running.text[-200:]),
            f"shed doctor --port {port}",
            PROTOCOL,
        )


def hands() -> Hands | None:
    """Asks the person at the terminal to press buttons; None without a terminal: then the board has to be in its loader."""
    if not sys.stdin.isatty():
        return None

    def ask_person(what: str) -> None:
        say(_BY_HAND[what] + ", then press Enter here")
        sys.stdin.readline()

    return ask_person


def before_of(text: str | None) -> Before | None:
    """Of --before; ShedError (exit code 2) for another word."""
    if text is None:
        return None
    if text not in ("default-reset", "usb-reset", "no-reset"):
        hint = "leave it out: the board file knows how"
        raise ShedError(f"--before {text} is unknown", "it is default-reset, usb-reset or no-reset", hint, INVALID)
    return cast(Before, text)
