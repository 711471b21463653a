"""The live view as an SVG picture, for the README: drawn from a bench's present state, by the same code as on a terminal."""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from shedguard.files.whole_file import write_whole

from shedbench.bench.bench import Bench

from . import snapshot, view
from .feed import Event

WIDTH: Final = 92
HEIGHT: Final = 26
_WEB_FONTS: Final = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def title_of(bench: Bench) -> str:
    """The site's name."""
    return tomllib.loads(bench.plant.wiring.path.read_text(encoding="utf-8"))["site"]["name"]


def write(bench: Bench, events: Sequence[Event], path: Path) -> None:
    """The view of ``bench`` now. Asks the board for its status, which takes a little virtual time."""
    words = snapshot.BoardWords()
    words.ask(bench)
    console = Console(
        record=True, width=WIDTH, height=HEIGHT, file=io.StringIO(), force_terminal=True, color_system="truecolor", legacy_windows=False
    )
    shot = snapshot.take(bench, words)
    console.print(view.screen(shot, events, title_of(bench), "x60", selected=1, card="resident", height=HEIGHT, width=WIDTH))
    svg = console.export_svg(title="shed demo", unique_id="shed-demo")
    write_whole(path, _WEB_FONTS.sub("", svg).encode())
