"""`shed config push` and `pull`: a configuration on its way to a board and back.

Hazard: both reset the board; with bikes charging that is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..boards import known as boards
from ..boards.model import Board
from ..deploy import push as pushing
from ..deploy.self_test import bad, self_test
from ..errors import INVALID, TEST_FAILED, ShedError
from ..files.whole_file import write_whole
from ..flash.board_flash import BEFORE
from ..flash.channel import Before
from ..flash.partitions import FlashFile
from ..flash.whose import ReplaceSiteOption
from ..link.board_clock import Hand
from ..site import from_image, memory
from ..site.image import compile_site, image_crc
from ..site.load import load
from ..site.model import SiteFile
from ..site.write import to_toml
from .common import (
    JsonOption,
    KeyOption,
    PortOption,
    SiteOption,
    board_at,
    hand_of,
    key_from,
    load_site,
    port_of,
    say,
    show_json,
    show_table,
)
from .flash import BaudOption, BeforeOption, before_of, hands
from .out_file import check_new
from .place import FlashOption, YesOption, ask, open_place


def push(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Site file (TOML).")],
    port: PortOption = None,
    flash: FlashOption = None,
    key: KeyOption = None,
    baud: BaudOption = 460800,
    before: BeforeOption = None,
    confirm: Annotated[
        bool, typer.Option("--confirm/--no-confirm", help="Confirm when the checks are good; else it stays on trial.")
    ] = True,
    anyway: Annotated[bool, typer.Option("--anyway", help="Confirm although a check is worse than before.")] = False,
    replace_site: ReplaceSiteOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put a site file onto a board: first on trial, then confirmed if the board's own checks are not worse than before.

    Unconfirmed, the old configuration comes back by itself: after 10 minutes, at any reset, at a failed self-test; a power cut at any
    moment leaves the old or the new one. Exit codes: 1 the board went back at once, 2 the file is wrong, 6 a check is worse (left on
    trial), 7 a session is live, or the board belongs to another site or is another product.
    """
    loaded = load_site(file)
    memory.refuse(loaded.site, loaded.board)
    secret = key_from(key, None) if key is not None else None
    if flash is not None:
        where = pushing.put_checked(FlashFile(flash), loaded, compile_site(loaded.site, loaded.board), replace_site)
        crc = f"{image_crc(compile_site(loaded.site, loaded.board)):08X}"
        result = pushing.Pushed("unchanged", crc) if where is None else pushing.Pushed("on trial", crc, where.sequence, 600)
    else:
        name = port_of(port)
        ask(f"{name}: a new configuration, site {loaded.site.site.id} {loaded.site.site.name!r}. The board restarts.", yes)
        result = pushing.push(name, loaded, confirm, anyway, secret, say, way=pushing.Way(baud, before_of(before), hands(), replace_site))
    if as_json:
        show_json(result.as_json())
        return
    show_table(("check", "state", "said"), [(check.name, check.state, check.said) for check in result.checks])
    if result.state == "unchanged":
        print(f"unchanged: the board has configuration {result.crc}")
    else:
        print(f"configuration {result.sequence}, CRC {result.crc}: {result.state}")
    if result.state == "on trial":
        say(f"without shed config confirm (or `confirm` typed at its console) within {result.trial_s} s the old one comes back")


def confirm(
    port: PortOption = None,
    site: SiteOption = None,
    key: KeyOption = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Confirm although a check is bad.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Keep the configuration that is on trial. Authorised by the key of --site or --key; else by a maintenance card or the key switch.

    Exit code 6 when a meter, a point or anything else is bad under it (it stays on trial), 7 when none is on trial, its self-test failed,
    or nobody authorised it.
    """
    secret = key_from(key, site)
    with board_at(port, hand_of(key, site), site) as console:
        on_trial = console.request("status").head.get("trial")
        failed = bad(self_test(console, None if site is None else load(site).site, None)) if on_trial else []
        if failed and not anyway:
            what = f"on trial and not confirmed: {', '.join(f'{check.name} ({check.said})' for check in failed)}"
            raise ShedError(what, "the shed would be left in this state", f"{failed[0].clears}; or --anyway", TEST_FAILED)
        for check in failed:
            say(f"warning: {check.name}: {check.said}")
        console.write("confirm", secret)
        crc = f"{int(console.hello().get('cfg', 0)):08X}"
    if as_json:
        show_json({"state": "confirmed", "crc": crc})
    else:
        print(f"configuration {crc} is confirmed")


def pull(
    port: PortOption = None,
    flash: FlashOption = None,
    site: SiteOption = None,
    board: Annotated[str | None, typer.Option("--board", "-b", help="Which product it is, when --site does not say it.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; stdout otherwise. An existing file is never replaced.")
    ] = None,
    baud: BaudOption = 460800,
    before: BeforeOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Read the configuration in force as a site file. The board has no names: they come from --site, else the tool makes up names
    (`outlet 1`).

    The flash is read through the loader: the board is out of service for some seconds; refused (7) while bikes charge.
    """
    names = None if site is None else load(site, in_force=True)
    if names is None and board is None:
        raise ShedError(
            "which board is it?", "the image has pin numbers; terminals are in the board file", "name --board or --site", INVALID
        )
    if out is not None:
        check_new(out)
    known = boards.load_any(board) if board is not None else names.board if names is not None else None
    assert known is not None
    there = None if names is None else names.site
    found = read(port, flash, yes, there, known, before_of(before), baud, hand_of(None, site), own=True)
    if as_json:
        data = found.model_dump()
        data["safety"].pop("maintenance_key")
        show_json(data)
        return
    text = to_toml(
        found, "Read from the board. " + ("Names are made up: the board has none." if names is None else "Names are those of --site.")
    )
    if out is None:
        print(text, end="")
    else:
        write_whole(out, text.encode(), private=True)
        say(f"{out} written: it holds the maintenance key")


def read(
    port: str | None,
    flash: Path | None,
    yes: bool,
    names: SiteFile | None,
    board: Board,
    before: Before | None = None,
    baud: int = 460800,
    hand: Hand | None = None,
    own: bool = False,
) -> SiteFile:
    """The site in force on a board or in a flash file; ``names`` are used when they fit; a message says when they do not. ``own``: they
    fit the same site only, and a board of another site is refused."""
    way = before or BEFORE[board.reset.circuit]
    with open_place(port, flash, "the configuration is read", yes, way, baud, hand, names.site.id if own and names else None) as place:
        slot = pushing.pull(place)
    say(f"configuration {slot.sequence}, CRC {image_crc(slot.image):08X}, {slot.words}")
    if own and names is not None and (there := from_image.site_of(slot.image, board, None).site.id) != names.site.id:
        say(f"the site file is of site {names.site.id}, the board of site {there}: its names are not used")
        names = None
    if names is not None and not from_image.fits(names, slot.image):
        say("the site file has another number of tables than the board: its names are not used")
        names = None
    return from_image.site_of(slot.image, board, names)
