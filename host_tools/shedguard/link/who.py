"""Finds out what runs on a board without disturbing it: opens the port quietly and sends two lines that change nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from ..errors import REFUSED, ShedError
from .console import Console
from .ports import Wire

Kind = Literal["shedguard", "repl", "rom", "no-image", "corrupt", "crashed", "text", "silent"]

# Printed by MicroPython's frozen inisetup.py, every 3 s for ever.
CORRUPT: Final = "filesystem appears to be corrupted"
_SIGNS: Final[tuple[tuple[str, Kind], ...]] = (
    (CORRUPT, "corrupt"),
    ("waiting for download", "rom"),
    ("invalid header", "no-image"),
    ("flash read err", "no-image"),
    ("Guru Meditation", "crashed"),
    ("abort() was called", "crashed"),
    (">>> ", "repl"),
    ("raw REPL", "repl"),
    ("Traceback (most recent call last)", "crashed"),
)
WORDS: Final[dict[Kind, str]] = {
    "shedguard": "ShedGuard in service",
    "repl": "MicroPython's prompt: no program in service",
    "rom": "the chip's loader",
    "no-image": "no MicroPython image: the chip's ROM finds nothing to start",
    "corrupt": "MicroPython with a corrupt file system; only the heartbeat circuit holds outlets off and the gate free",
    "crashed": "a program that crashed",
    "text": "something that prints, but is not ShedGuard",
    "silent": "nothing answers",
}


@dataclass(frozen=True, slots=True)
class Running:
    """``hello`` is the console's answer when ShedGuard runs; ``text`` is the printed output; ``boots`` counts boot messages in it."""

    kind: Kind
    hello: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    console_seen: bool = False

    @property
    def words(self) -> str:
        """For a person."""
        return WORDS[self.kind]

    @property
    def boots(self) -> int:
        """Resets in ``text``: more than one is a crash loop."""
        return self.text.count("rst:0x")


def ask(wire: Wire, listen_s: float = 0.6, clock: Callable[[], float] = time.monotonic) -> Running:
    """What runs at ``wire``. Takes at most ``listen_s`` and, when nothing useful arrives, 2.5 s more. ShedError only when the port is
    lost."""
    wire.write(b"\r")
    text = _listen(wire, listen_s, clock)
    kind = _kind(text)
    console_seen = "shed> " in text or "shed>" in text
    if console_seen or kind in ("silent", "text"):
        try:
            return Running("shedguard", Console(wire, tries=3).hello(), text, True)
        except ShedError as error:
            if error.code == 3:
                raise
    return Running(kind, {}, text, console_seen)


def refuse_other_site(hello: Mapping[str, Any], site: int | None, where: str) -> None:
    """ShedError (exit code 7) when the board at ``where`` belongs to another site than the file that its caller was given.

    Hazard: the names of another shed on this one's outlets and detectors, so the wrong socket is called live. A board without a
    configuration has no site, and is not refused."""
    there = hello.get("site")
    if site is None or not there or there == site:
        return
    raise ShedError(
        f"the board at {where} belongs to site {there}, the site file is of site {site}",
        "another port or another file: names and key of one shed are wrong on another",
        f"name the file of site {there}, or the port of the board of site {site}",
        REFUSED,
    )


def _kind(text: str) -> Kind:
    for sign, kind in _SIGNS:
        if sign in text:
            return kind
    return "text" if text.strip() else "silent"


def _listen(wire: Wire, seconds: float, clock: Callable[[], float]) -> str:
    heard = bytearray()
    end = clock() + seconds
    while (left := end - clock()) > 0:
        heard += wire.read(left)
        if heard.endswith((b">>> ", b"shed> ")):
            break
    return heard.decode("utf-8", "replace")
