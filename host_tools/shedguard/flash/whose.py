"""The site and the product that a board's flash names, and the refusal to give the board to another unasked.

Hazard: the boot file or the configuration of another product. What is a button there is a contactor here: at power-on relays close before
anything can object. So every verb that writes one of the two checks the flash contents here first, and `--replace-site` has to name the
board's present site.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Final

import typer

from ..boards.boot_file import identity
from ..boards.model import Board
from ..errors import REFUSED, ShedError
from ..formats.slots import current
from ..site.image import board_of_image, read_sections
from ..site.sections import Section
from . import program_look
from .partitions import Partitions, find

NO_SITE: Final = 0  # what --replace-site names on a board without a configuration

ReplaceSiteOption = Annotated[
    int | None,
    typer.Option(
        "--replace-site",
        metavar="ID",
        help="Go on although the board belongs to another site or is another product. ID: the site that is there now, 0 for none.",
    ),
]


@dataclass(frozen=True, slots=True)
class There:
    """``site``: of the configuration in force, None without one. ``board``: the board for which boot.py was generated. ``made_for``: the
    identity of the board that the configuration was made for, None when unknown. ``looked``: the flash was read; else the console
    only named the site."""

    site: int | None = None
    board: str | None = None
    made_for: int | None = None
    looked: bool = field(default=False, compare=False)

    def is_of(self, board: Board) -> bool:
        """Whether neither boot file nor configuration is another product's."""
        return self.board in (None, board.board.name) and self.made_for in (None, identity(board))


def look(place: Partitions) -> There:
    """What flash names; all None without program and configuration."""
    labels = {row.label for row in place.rows}
    board = None
    if "vfs" in labels:
        board, _version = program_look.look(find(place, "vfs").size, lambda offset, size: place.read_part("vfs", offset, size))
    slot = current(place.read("shed_cfg")) if "shed_cfg" in labels else None
    if slot is None:
        return There(None, board, looked=True)
    try:
        site, made_for = read_sections(slot.image)[Section.SITE][0][0], board_of_image(slot.image)
    except (ValueError, KeyError, IndexError):
        return There(None, board, looked=True)
    return There(site if isinstance(site, int) else None, board, made_for, looked=True)


def refuse_other(there: There, where: str, board: Board, site: int | None, replace_site: int | None) -> None:
    """ShedError (exit code 7) when the board belongs to another site, or is another product, and ``replace_site`` does not name it.

    ``site``: None for a verb that has no site file."""
    other_site = there.site is not None and site is not None and there.site != site
    if there.is_of(board) and not other_site:
        return
    now = NO_SITE if there.site is None else there.site
    if replace_site == now:
        return
    belongs = "without a configuration" if there.site is None else f"of site {there.site}"
    product = "a " + (there.board or "board without a boot file")
    if there.made_for not in (None, identity(board)) and there.board in (None, board.board.name):
        product += ", its configuration for the pins of another product,"
    if not there.looked:
        product = ""  # whether there is a boot file is not known yet
    wanted = board.board.name + ("" if site is None else f", site {site}")
    raise ShedError(
        f"the board at {where} is {product}{' ' if product else ''}{belongs}, this is for {wanted}",
        "another port, another file, or a controller from another shed: the wrong boot file or pins close contactors at power-on",
        f"compare cabinet and file; if it really is to become that: the same command with --replace-site {now}",
        REFUSED,
    )
