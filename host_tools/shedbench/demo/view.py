"""The live view: a snapshot and the last events as one screen, from 80x24 up. Pure: no terminal, no bench."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.box import ROUNDED
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from .clock import span, wall
from .feed import Event
from .snapshot import MeterRow, OutletRow, Snapshot

TONES: Final = {"plain": "", "good": "green", "warn": "yellow", "alarm": "bold red", "quiet": "bright_black"}
OUTLET_KEYS: Final = "[1-4] outlet  [a] charge a bike  [p] plug  [u] unplug  [b] button  [c] tap card"
SHED_KEYS: Final = "[s] smoke  [m] mains  [g] push gate  [e] exit button  [r] reset trip  [q] quit"
_FIXED_LINES: Final = 18  # all but the events: header, three panels' frames and rows, keys


def screen(
    shot: Snapshot,
    events: Sequence[Event],
    title: str,
    pace: str,
    selected: int | None = None,
    card: str = "",
    height: int = 24,
    width: int = 80,
) -> RenderableType:
    """One whole screen. ``pace`` is the speed in words; ``selected`` the outlet that the keys act on (None: no keys are shown)."""
    rows = max(2, height - _FIXED_LINES + (0 if selected is not None else 2) - max(0, len(shot.outlets) - 4))
    middle = Table.grid(expand=True, padding=0)
    middle.add_column(ratio=1)
    middle.add_column(ratio=1)
    lines = max(len(shot.meters), 4)
    middle.add_row(_panel(_meters(shot.meters), "Meters", lines), _panel(_shed(shot), "Shed", lines))
    parts: list[RenderableType] = [_header(shot, title, pace, width), _panel(_outlets(shot.outlets, selected), "Outlets"), middle]
    parts.append(_panel(_events(events, rows), "Last events", rows))
    if selected is not None:
        parts += [Text(OUTLET_KEYS, "bright_black", no_wrap=True), Text(SHED_KEYS, "bright_black", no_wrap=True)]
        parts[0] = _header(shot, title, f"card: {card} [n]  {pace} [+][-]", width)
    return Group(*parts)


def _panel(content: RenderableType, title: str, lines: int | None = None) -> Panel:
    return Panel(
        content,
        title=title,
        title_align="left",
        box=ROUNDED,
        border_style="bright_black",
        padding=(0, 1),
        height=lines + 2 if lines else None,
    )


def _header(shot: Snapshot, title: str, pace: str, width: int) -> Table:
    line = Table.grid(expand=True)
    line.add_column(no_wrap=True, ratio=1)
    line.add_column(no_wrap=True, justify="right")
    name = f"{title}  " if width >= 100 else ""
    left = Text.assemble(
        (f"{wall(shot.now_ns):%H:%M:%S}", "bold"), "  ", (name, "bold cyan"), "board ", _tone(shot.board, shot.board == "in service")
    )
    line.add_row(left, Text(pace, "bright_black"))
    return line


def _outlets(rows: Sequence[OutletRow], selected: int | None) -> Table:
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="bright_black")
    table.add_column("", no_wrap=True, width=3)
    table.add_column("bike", no_wrap=True, width=4)
    table.add_column("state", no_wrap=True, width=15)
    for name, cells in (("W", 6), ("Wh", 6), ("time", 7), ("yuan", 5)):  # fixed widths: nothing moves when numbers grow
        table.add_column(name, justify="right", no_wrap=True, width=cells)
    table.add_column("why off", no_wrap=True, ratio=1)
    for row in rows:
        style = "green" if row.is_on else ""
        mark = Text(f"{'>' if row.number == selected else ' '}{row.number}", "bold" if row.number == selected else "")
        sold = row.seconds or row.wh or row.fen
        table.add_row(
            mark,
            "yes" if row.has_plug else "-",
            Text(row.state, style),
            Text(f"{row.watts:.1f}" if row.watts else "-", style),
            f"{row.wh}" if sold else "-",
            span(row.seconds) if sold else "-",
            f"{row.fen / 100:.2f}" if sold else "-",
            Text(row.why_off, "bold red" if row.urgent else "bright_black"),
        )
    return table


def _meters(rows: Sequence[MeterRow]) -> Table:
    table = Table.grid(expand=True, padding=(0, 1, 0, 0))
    for place, cells in enumerate((3, 7, 8, 8, 6)):
        table.add_column(justify="right" if 0 < place < 4 else "left", no_wrap=True, width=cells)
    for row in rows:
        table.add_row(f"{row.address}", f"{row.volts:.1f} V", f"{row.watts:.1f} W", f"{row.wh} Wh", _tone(row.health, row.health == "ok"))
    return table


def _shed(shot: Snapshot) -> Table:
    table = Table.grid(expand=True, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True, style="bright_black")
    table.add_column(no_wrap=True, ratio=1)
    mains = _tone(f"{shot.mains_v:.0f} V" if shot.mains_v else "OFF", shot.mains_v > 0)
    table.add_row("mains", Text.assemble(mains, ("  heartbeat ", "bright_black"), _tone("on" if shot.heartbeat else "OFF", shot.heartbeat)))
    contactors = Text("  ").join(
        Text.assemble(f"{name} ", ("closed", "green") if closed else "open") for name, closed in shot.contactors.items()
    )
    table.add_row("contactor", contactors)
    table.add_row("gate", Text("  ").join(Text.assemble(f"{name} ", _tone(state, state == "locked")) for name, state in shot.gates.items()))
    short = [(name.removeprefix("call point "), name, state) for name, state in shot.points.items()]
    spelled = [
        Text.assemble(f"{name if name.startswith('smoke') else brief} ", _point(state)) for brief, name, state in short if state != "?"
    ]
    table.add_row("points", Text(", ").join(spelled[:3]) if spelled else Text("not known", "bright_black"))
    return table


def _point(state: str) -> tuple[str, str]:
    return ("ok", "green") if state == "normal" else (state.upper(), "bold red")


def _events(events: Sequence[Event], rows: int) -> Table:
    table = Table.grid(expand=True, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True, style="bright_black")
    table.add_column(no_wrap=True, style="bright_black")
    table.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
    for event in events[-rows:]:
        table.add_row(f"{wall(event.at_ns):%H:%M:%S}", event.source, Text(event.text, TONES[event.tone]))
    return table


def _tone(words: str, good: bool) -> Text:
    return Text(words, "green" if good else "bold yellow")
