"""Draws a wiring plan as SVG: the board in the middle, inputs and buses on its left, everything that can hurt on its right.

Every row has its own height and every box its own lines, so no text covers another; widths are computed for a wide sans-serif font.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from unicodedata import east_asian_width

from .wiring import Box, Plan, Row

COLOURS = {"signal": "#555555", "coil": "#c46200", "power": "#b3001b", "volts": "#7b1fa2", "bus": "#0058b0", "field": "#1f7a3d"}
_MEANING = {
    "signal": "signal of the board",
    "coil": "supply of coils and locks",
    "power": "mains L (N and PE not drawn)",
    "volts": "L of the meters' voltage terminals, never switched",
    "bus": "RS-485",
    "field": "buttons, contacts, loops, reader",
}
_DANGER = "#b3001b"
_CHAR = 7.2  # px of a wide letter at 12 px
_LINE, _PAD, _GAP = 16, 8, 12
_LEFT, _BOARD, _BOARD_WIDTH = 20, 370, 250
_LEFT_WIDTH = 250
_COIL_X, _FEED_X, _VOLTS_X = 660, 690, 1005
_COLUMNS = ((730, 250), (1030, 220), (1300, 150))
_WIDTH = 1470
_TOP = 70


@dataclass(slots=True)
class _Sheet:
    """SVG elements in two layers: wires below, boxes and text above."""

    wires: list[str] = field(default_factory=list[str])
    shapes: list[str] = field(default_factory=list[str])

    def line(self, points: list[tuple[float, float]], colour: str, width: float = 2) -> None:
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        for stroke, size in (("#ffffff", width + 4), (colour, width)):  # a white edge: wires that cross are not joined
            self.wires.append(f'<polyline points="{path}" fill="none" stroke="{stroke}" stroke-width="{size:g}"/>')

    def dot(self, x: float, y: float, colour: str) -> None:
        self.shapes.append(f'<circle cx="{x:g}" cy="{y:g}" r="4" fill="{colour}"/>')

    def rect(self, x: float, y: float, width: float, height: float, stroke: str, fill: str = "#ffffff") -> None:
        self.shapes.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="4" fill="{fill}" stroke="{stroke}" stroke-width="1.5"/>'
        )

    def text(
        self, x: float, y: float, words: str, *, size: int = 12, bold: bool = False, end: bool = False, colour: str = "#111111"
    ) -> None:
        style = (' font-weight="bold"' if bold else "") + (' text-anchor="end"' if end else "")
        self.shapes.append(f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}"{style}>{escape(words)}</text>')


def extent(words: str) -> float:
    """The approximate width of ``words`` at 12 px; a Chinese character is as wide as it is high."""
    return sum(12.5 if east_asian_width(char) in "WF" else _CHAR for char in words)


def wrapped(words: str, width: float) -> list[str]:
    """Lines of ``words`` that fit into ``width`` pixels at 12 px; breaks at spaces and beside wide characters, long words anywhere."""
    lines = [""]
    for word in re.findall(r"[^\S\n]+|[\u2e80-\u9fff\uff00-\uffef]|[^\s\u2e80-\u9fff\uff00-\uffef]+", words):
        if extent(lines[-1] + word) <= width:
            lines[-1] += word
            continue
        for char in word if extent(word) > width else [word.strip()]:
            if char and (lines[-1] == "" or char != word.strip()) and extent(lines[-1] + char) <= width:
                lines[-1] += char
            else:
                lines.append(char)
    return [line.strip() for line in lines if line.strip()] or [""]


def _box_lines(box: Box, width: float) -> tuple[list[str], list[str]]:
    inside = width - 2 * _PAD
    return wrapped(box.title, inside * 0.92), [line for words in box.lines for line in wrapped(words, inside)]


def _box_height(box: Box, width: float) -> float:
    title, lines = _box_lines(box, width)
    return 2 * _PAD + _LINE * (len(title) + len(lines)) - 2


def _row_height(row: Row, columns: tuple[tuple[int, int], ...]) -> float:
    return max(_box_height(box, width) for box, (_, width) in zip(row.boxes, columns, strict=False))


def _box(sheet: _Sheet, box: Box, x: float, middle: float, width: float, colour: str) -> None:
    height = _box_height(box, width)
    y = middle - height / 2
    sheet.rect(x, y, width, height, _DANGER if box.danger else colour, "#fde7e9" if box.danger else "#ffffff")
    title, lines = _box_lines(box, width)
    for index, words in enumerate((*title, *lines)):
        sheet.text(x + _PAD, y + _PAD + 11 + _LINE * index, words, bold=index < len(title))


def draw(plan: Plan) -> str:
    """The SVG of ``plan``, complete and without references to anything outside it."""
    sheet = _Sheet()
    left = _left(sheet, plan)
    right = _right(sheet, plan)
    bottom = max(left, right)
    spare = wrapped("not used: " + ", ".join(plan.spare), _BOARD_WIDTH - 2 * _PAD) if plan.spare else []
    board = _Sheet()
    bottom += _LINE * len(spare) + (2 * _PAD if spare else 0)
    board.rect(_BOARD, _TOP - 30, _BOARD_WIDTH, bottom - _TOP + 40, "#222222", "#f3f3ee")
    board.text(_BOARD + _PAD, _TOP - 12, plan.board, bold=True)
    for index, words in enumerate(spare):
        board.text(_BOARD + _PAD, bottom - _LINE * (len(spare) - index) + 10, words, colour="#666666")
    sheet.text(_LEFT, 26, plan.title, size=18, bold=True)
    height = _foot(sheet, plan, bottom + 40)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height:g}" viewBox="0 0 {_WIDTH} {height:g}" '
        'font-family="DejaVu Sans, Verdana, Helvetica, Arial, sans-serif">'
    )
    paper = f'<rect width="{_WIDTH}" height="{height:g}" fill="#ffffff"/>'
    return "\n".join([head, f"<title>{escape(plan.title)}</title>", paper, *sheet.wires, *board.shapes, *sheet.shapes, "</svg>"]) + "\n"


def _left(sheet: _Sheet, plan: Plan) -> float:
    """Draws inputs and ports; returns where the side ends. Rows of a chain connect to the row above."""
    y = float(_TOP)
    columns = ((_LEFT, _LEFT_WIDTH),)
    above: float | None = None
    for row in plan.left:
        height = _row_height(row, columns)
        middle = y + height / 2
        colour = COLOURS[row.kind]
        if row.terminal is None and above is not None:
            sheet.line([(_LEFT + 40, above), (_LEFT + 40, middle)], colour, 3)
        if row.terminal is not None:
            sheet.line([(_LEFT + _LEFT_WIDTH, middle), (_BOARD, middle)], colour)
            sheet.text(_BOARD + _PAD, middle - 2, row.terminal, bold=True)
            sheet.text(_BOARD + _PAD, middle + 12, row.place, size=11, colour="#555555")
        _box(sheet, row.boxes[0], _LEFT, middle, _LEFT_WIDTH, colour)
        above = middle
        y += height + _GAP
    return y


def _right(sheet: _Sheet, plan: Plan) -> float:
    """Draws outputs; returns where the side ends."""
    y = float(_TOP)
    coil_from: float | None = None
    feed_from: float | None = None
    supply: float | None = None
    volts_from: float | None = None
    for row in plan.right:
        height = max(_row_height(row, _COLUMNS), 40)
        middle = y + height / 2
        colour = COLOURS[row.kind]
        power = COLOURS["power"] if row.feed else COLOURS["coil"] if row.coil else colour
        first = _COLUMNS[0][0]
        if row.terminal is not None:
            edge = _BOARD + _BOARD_WIDTH
            sheet.line([(edge, middle - 8), (first, middle - 8)], COLOURS["signal"])
            sheet.text(edge - _PAD, middle - 2, row.terminal, bold=True, end=True)
            sheet.text(edge - _PAD, middle + 12, row.place, size=11, end=True, colour="#555555")
        if row.coil == "supply":
            supply = middle
        elif row.coil == "source":
            if supply is not None:
                sheet.line([(first + 120, supply), (first + 120, middle)], COLOURS["coil"])
            coil_from = middle + 8
            sheet.line([(first, coil_from), (_COIL_X, coil_from)], COLOURS["coil"])
        elif row.coil == "tap" and coil_from is not None:
            sheet.line([(_COIL_X, coil_from), (_COIL_X, middle + 8), (first, middle + 8)], COLOURS["coil"])
            sheet.dot(_COIL_X, middle + 8, COLOURS["coil"])
        if row.feed == "source":
            feed_from = middle
            sheet.line([(first, middle), (_FEED_X, middle)], COLOURS["power"], 3)
        elif row.feed == "tap" and feed_from is not None:
            sheet.line([(_FEED_X, feed_from), (_FEED_X, middle + 8), (first, middle + 8)], COLOURS["power"], 3)
            sheet.dot(_FEED_X, middle + 8, COLOURS["power"])
        if row.volts == "tap" and volts_from is not None:  # before the row's own wire, which then crosses it with a white edge
            sheet.line([(_VOLTS_X, volts_from), (_VOLTS_X, middle + 14), (_COLUMNS[1][0], middle + 14)], COLOURS["volts"])
            volts_from = middle + 14
            sheet.dot(_VOLTS_X, volts_from, COLOURS["volts"])
        for index in range(len(row.boxes) - 1):
            x, width = _COLUMNS[index]
            sheet.line([(x + width, middle), (_COLUMNS[index + 1][0], middle)], power, 3 if row.feed else 2)
        if row.volts == "source":
            volts_from = middle
            sheet.dot(_VOLTS_X, middle, COLOURS["volts"])
        for box, (x, width) in zip(row.boxes, _COLUMNS, strict=False):
            _box(sheet, box, x, middle, width, power)
        y += height + _GAP
    return y


def _foot(sheet: _Sheet, plan: Plan, y: float) -> float:
    """Draws the legend and traps; returns the height of the sheet."""
    used = {row.kind for row in (*plan.left, *plan.right)} | {"power" for row in plan.right if row.feed}
    used |= {"volts" for row in plan.right if row.volts}
    x = float(_LEFT)
    for kind, colour in COLOURS.items():
        if kind in used:
            if x + 38 + extent(_MEANING[kind]) > _WIDTH:
                x, y = float(_LEFT), y + _LINE + 4
            sheet.line([(x, y - 4), (x + 30, y - 4)], colour, 3)
            sheet.text(x + 38, y, _MEANING[kind])
            x += 38 + extent(_MEANING[kind]) + 30
    y += 28
    if plan.traps:
        sheet.text(_LEFT, y, "Before you wire", size=14, bold=True)
        y += 20
    for number, trap in enumerate(plan.traps, 1):
        names = f"{', '.join(trap.terminals[:4])}{' ...' if len(trap.terminals) > 4 else ''}: " if trap.terminals else ""
        for index, words in enumerate(wrapped(f"{number}. {names}{trap.what}. Do: {trap.do}.", _WIDTH - 2 * _LEFT)):
            sheet.text(_LEFT + (0 if index == 0 else 20), y, words)
            y += _LINE
        y += 4
    return y + 10
