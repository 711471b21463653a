"""How much heap a site leaves on a stock image, where the program is in RAM too. A site that leaves too little is not put on a board.

Hazard: a site that passes every rule and does not start, or starts and runs out of memory on the first busy evening. Measured on the
emulated board (docs/decisions/0027-what-a-stock-image-carries.md) from the small site of four outlets on, all outlets charging; rounded up.
"""

from __future__ import annotations

from typing import Final

from ..boards.model import Board
from ..errors import INVALID, ShedError
from ..files.problems import Problem
from .model import SiteFile

LEAST_BYTES: Final = 30_000  # in service: a boot, a push and a person at the console need more than service does
SMALL_BYTES: Final = 50_000  # what the small site keeps (decision 0011), and a test asserts
_OUTLET: Final = 980  # with its session
_GROUP: Final = 230
_LOOP: Final = 350
_CONTACT: Final = 220  # with a cause of its own
_GATE: Final = 410
_BUS: Final = 1_500
_VOTES: Final = 2_000
_EXPANDERS: Final = 7_500  # with their code
_CHIP: Final = 500


def left_bytes(site: SiteFile, board: Board) -> int:
    """Free after a collection, with every outlet charging, on a stock image without PSRAM. Negative: it would not even start."""
    loops = sum(point.kind == "loop" for point in site.point)
    more = (
        (len(site.outlet) - 4) * _OUTLET
        + (len(site.group) - 1) * _GROUP
        + (loops - 1) * _LOOP
        + (len(site.point) - loops - 2) * _CONTACT
        + (len(site.gate) - 1) * _GATE
        + (len(site.bus) - 1) * _BUS
        + any(cause.votes > 1 for cause in site.cause) * _VOTES
    )
    if board.expander:
        more += _EXPANDERS + _CHIP * len(board.expander)
    return SMALL_BYTES - more


def problems(site: SiteFile, board: Board) -> list[Problem]:
    """A warning for a site that a stock image does not carry: the check does not know which image it is for."""
    if _carries(site, board):
        return []
    what, cause, hint = _words(site, board)
    return [Problem(("outlet",), what, cause, hint, "warning")]


def refuse(site: SiteFile, board: Board) -> None:
    """ShedError (exit code 2) for a site that must not go onto a board: this tool writes the program into a stock image's files."""
    if not _carries(site, board):
        raise ShedError(*_words(site, board), INVALID)


def _carries(site: SiteFile, board: Board) -> bool:
    return board.board.psram or left_bytes(site, board) >= LEAST_BYTES


def _words(site: SiteFile, board: Board) -> tuple[str, str, str]:
    left = max(left_bytes(site, board), 0) / 1000
    what = f"a stock MicroPython image does not carry this site: about {left:.0f} KB of heap would be left, of {LEAST_BYTES // 1000} needed"
    cause = f"{len(site.outlet)} outlets, {len(site.point)} points and {len(board.expander)} expanders beside a program that lies in RAM"
    return (
        what,
        cause,
        "fewer outlets on this board and a second one for the rest, or an image with the program frozen in (decision 0011)",
    )
