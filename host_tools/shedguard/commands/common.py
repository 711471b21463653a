"""What the verbs share: option types, data to stdout, words to stderr, opening a board and a site."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any
from unicodedata import east_asian_width

import typer

from ..errors import INVALID, PORT, ShedError
from ..formats.texts import LANGUAGES, text
from ..link.board_clock import Hand, keep
from ..link.console import Console
from ..link.ports import candidates, open_quietly
from ..link.who import refuse_other_site
from ..site import load as sites
from ..site.load import LoadedSite
from ..site.names import SiteNames

PortOption = Annotated[str | None, typer.Option("--port", "-p", help="Serial port of the board; may be left out when there is only one.")]
_NARROWEST = 20  # columns of a folded cell, however narrow the terminal
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
SiteOption = Annotated[Path | None, typer.Option("--site", help="Site file, for names instead of numbers.")]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", envvar="SHEDGUARD_KEY", help="Maintenance key, 64 hex digits; --site's is used otherwise.", show_envvar=True),
]


LangOption = Annotated[
    str | None, typer.Option("--lang", metavar="LANG", help=f"{' or '.join(LANGUAGES)}; otherwise as the locale says. JSON stays English.")
]


def language(given: str | None) -> str:
    """The output language: the one named, else the locale's, else English. ShedError for an unknown one, and for one that stdout cannot
    show: a warning in question marks warns nobody."""
    if given is not None:
        short = re.split(r"[-_.]", given.lower())[0]  # zh-CN, zh_CN.UTF-8
        if short not in LANGUAGES:
            raise ShedError(f"--lang {given}", f"there are {', '.join(LANGUAGES)}", "name one of them", INVALID)
        if not _shown(short):
            cause = f"the output is in {sys.stdout.encoding}, which has no Chinese"
            raise ShedError(f"--lang {given}", cause, "set PYTHONUTF8=1 (or LC_ALL=C.UTF-8) before the command, or --lang en", INVALID)
        return short
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return next((name for name in LANGUAGES if locale.split("_")[0].split(".")[0] == name and _shown(name)), "en")


def _shown(tongue: str) -> bool:
    try:
        text("fault", "welded", tongue).encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def say(text: str) -> None:
    """Prints progress, prompts and warnings: never among the data."""
    print(text, file=sys.stderr, flush=True)


def show_json(value: Any) -> None:
    """One document on stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def show_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns as wide as their longest cell; nothing at all for no rows."""
    if not rows:
        return
    cells = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(_columns(row[column]) for row in cells) for column in range(len(heads))]
    widest = max(range(len(heads)), key=lambda column: widths[column])
    if sys.stdout.isatty():  # a program or a file gets whole lines
        room = shutil.get_terminal_size().columns - (sum(widths) - widths[widest]) - 2 * (len(heads) - 1)
        widths[widest] = min(widths[widest], max(room, _NARROWEST))
    for row in cells:
        for number, part in enumerate(_folded(row[widest], widths[widest])):
            line = [part if column == widest else "" if number else cell for column, cell in enumerate(row)]
            print("  ".join(cell + " " * (width - _columns(cell)) for cell, width in zip(line, widths, strict=True)).rstrip())


def _folded(words: str, width: int) -> list[str]:
    """Lines of at most ``width`` columns, broken at spaces, behind Chinese letters, and within a word that is longer than a line."""
    lines = [""]
    for word in re.findall(r"[^\s\u2e80-\uffef]+\s*|[\u2e80-\uffef]\s*|\s+", words):
        while _columns(lines[-1] + word.rstrip()) > width:
            if lines[-1]:
                lines.append("")
            else:
                lines[-1], word = word[:width], word[width:]
        lines[-1] += word
    return [line.rstrip() for line in lines]


def _columns(words: str) -> int:
    """On a terminal, where a Chinese letter takes two."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in words)


@contextmanager
def board_at(port: str | None, hand: Hand | None = None, site: Path | None = None) -> Iterator[Console]:
    """A console client of a board that has answered; a wrong clock was set when ``hand`` has the key. ShedError: exit code 3 or 4 when no
    board answers, 7 when it belongs to another site than the file ``site``."""
    own = None if site is None else sites.load(site, in_force=True).site.site.id
    with open_quietly(port_of(port)) as wire:
        console = Console(wire)
        refuse_other_site(console.hello(), own, wire.name)
        keep(console, hand, say)
        yield console


def load_site(path: Path) -> LoadedSite:
    """The site file; its warnings are printed."""
    loaded = sites.load(path)
    for warning in loaded.warnings:
        say(warning.show(str(path)))
    return loaded


def names_of(site: Path | None) -> SiteNames:
    """The names of the site file; no names without a file."""
    return SiteNames() if site is None else SiteNames.of(sites.load(site, in_force=True).site)


def key_from(text: str | None, site: Path | None) -> bytes | None:
    """The maintenance key of ``--key``, else of the site file, else None: then a card or the key switch authorises."""
    if text is None:
        return bytes.fromhex(sites.load(site, in_force=True).site.safety.maintenance_key) if site else None
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text.strip()):
        raise ShedError(
            "--key is not 64 hex digits", "the maintenance key has 32 bytes", "the site file has it as maintenance_key", INVALID
        )
    return bytes.fromhex(text.strip())


def hand_of(text: str | None, site: Path | None) -> Hand | None:
    """What sets a board's clock: the key as `key_from` finds it, with the site's zone where there is a site file; None without a key."""
    key = key_from(text, site)
    if key is None:
        return None
    if site is None:
        return Hand(key)
    about = sites.load(site, in_force=True).site.site
    return Hand(key, about.id, about.time_zone_min)


def port_of(port: str | None) -> str:
    """The named port, else the only one present; ShedError (exit code 3) for none or several."""
    if port is not None:
        return port
    found = candidates()
    if len(found) == 1:
        return found[0]
    if found:
        raise ShedError("which port? There are several", ", ".join(found), f"name one: --port {found[0]}", PORT)
    raise ShedError(
        "no serial port found", "no board is connected, or its USB driver is missing", "connect it, or name one with --port", PORT
    )
