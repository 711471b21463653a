"""`shed cards`: from the office's spreadsheet to the board's card table and back."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from ..cards import cells as card_cells
from ..cards import changes as card_changes
from ..cards import sheet as card_sheet
from ..cards.cells import BadCell
from ..errors import INVALID, PROTOCOL, ShedError
from ..files.whole_file import write_whole
from ..formats.cards import TABLE_MAGIC, Card, build_table, show_number
from ..link.board_clock import keep
from ..link.console import Console
from ..link.ports import open_quietly
from ..link.who import refuse_other_site
from .common import JsonOption, KeyOption, PortOption, SiteOption, hand_of, key_from, port_of, say, show_json, show_table
from .flash import BaudOption, before_of
from .out_file import ForceOption, begins, check_new
from .place import FlashOption, LoaderOption, YesOption, ask, open_place
from .progress import Bar

app = typer.Typer(no_args_is_help=True, help="Card tables: the office's sheet, the board's table.")

_DAY_S = 86400  # this computer's day may not be the shed's
_SHOWN = 10
_FEW = 5  # so many cards, or a tenth of the table, are removed without a question

CardArgument = Annotated[str, typer.Argument(metavar="CARD", help="8, 14 or 20 hex digits, as `shed log` shows them.")]
ZerosOption = Annotated[
    int | None, typer.Option("--zeros", help="Numbers shorter than 8, 14 or 20 digits lost leading zeros: fill them in.")
]


@app.command("import", epilog="Example: shed cards import cards.csv --port /dev/ttyUSB0")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with the columns card,role,valid_until,price_list,revoked.")],
    port: PortOption = None,
    flash: FlashOption = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the table alone to a file.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only check the sheet.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad lines out instead of refusing the sheet.")] = False,
    zeros: ZerosOption = None,
    site: SiteOption = None,
    key: KeyOption = None,
    readmit: Annotated[bool, typer.Option("--readmit", help="Cards revoked on the board are valid again if the sheet says so.")] = False,
    before: LoaderOption = None,
    baud: BaudOption = 460800,
    empty: Annotated[bool, typer.Option("--empty", help="Accept a sheet without a valid card: then nobody opens the gate.")] = False,
    force: ForceOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Replace the card table by a sheet. Every bad line is listed (exit code 2), and nothing is written while there is one.

    It lists what is added, changed and removed, and asks again before it removes many cards.

    A power cut leaves the old table, or with more than 6348 cards no table; the same command repairs it.
    """
    if zeros is not None and zeros not in card_cells.HEX_LENGTHS:
        raise ShedError(f"--zeros {zeros}", "cards have 8, 14 or 20 hex digits", "name one of the three", INVALID)
    hand = hand_of(key, site)
    sheet = card_sheet.read_file(file, zeros)
    if skip_bad:
        for problem in sheet.problems:
            say(problem.show(str(file)))
    else:
        sheet.checked()
    cause = sheet.admits_nobody(card_cells.now_s() - _DAY_S)
    if cause and not empty:
        hint = "correct the sheet; " + ("--empty if that is intended" if sheet.cards else "--empty removes every card from the board")
        raise ShedError(f"{file} has no valid card: nobody could open the gate", cause, hint, INVALID)
    for warning in sheet.warnings():
        say(f"warning: {file}: {warning}")
    expired = sheet.expired(card_cells.now_s() - _DAY_S)
    if sheet.ignored:
        say(f"note: {file}: columns that are not read: {', '.join(sheet.ignored)}")
    if expired:
        say(f"note: {file}: {expired} of {len(sheet.cards)} cards have expired already: no gate opens for them")
    if output is not None:
        check_new(output, force, again=begins(re.escape(TABLE_MAGIC)))
    say(f"{file}: {len(sheet.cards)} cards, {sheet.encoding}, separated by {sheet.separator!r}")
    done: dict[str, Any] = {"cards": len(sheet.cards), "roles": Counter(card.role for card in sheet.cards), "skipped": len(sheet.problems)}
    done |= {"ignored_columns": sheet.ignored, "expired": expired}
    if output is not None:
        write_whole(output, build_table(sheet.cards))
    if not check and (flash is not None or port is not None or output is None):
        with open_place(port, flash, "the card table is replaced", yes, before_of(before), baud, hand, hand and hand.site) as place:
            outcome = card_changes.replace_all(place, sheet.cards, readmit, Bar("cards"), lambda change: _agree(change, yes))
            done |= _outcome(place.name, outcome)
    if as_json:
        show_json(done | {"table": output and str(output)})
        return
    roles = ", ".join(f"{count} {role}" for role, count in done["roles"].items())
    where = done.get("place") or output
    state = ": checked" if where is None else f" in {where}" + (": unchanged" if done.get("unchanged") else "")
    print(f"{len(sheet.cards)} cards ({roles}){state}")


@app.command(epilog="Example: shed cards add 04A1B2C3 --until 2027-12-31 --port /dev/ttyUSB0")
def add(
    card: CardArgument,
    role: Annotated[str, typer.Option("--role", help="resident, staff, fire_volunteer or maintenance.")] = "resident",
    until: Annotated[str, typer.Option("--until", help="Last day, year-month-day; for ever when left out.")] = "",
    price_list: Annotated[int, typer.Option("--price-list", help="0, the site's own tariff: this version has no other.")] = 0,
    replace: Annotated[bool, typer.Option("--replace", help="Change an existing card; a revoked one becomes valid again.")] = False,
    port: PortOption = None,
    flash: FlashOption = None,
    site: SiteOption = None,
    key: KeyOption = None,
    before: LoaderOption = None,
    baud: BaudOption = 460800,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Add one card to the table. The board is out of service for some seconds; with bikes charging it is refused (exit code 7)."""
    try:
        new = Card(card_cells.presented(card), card_cells.role(role), card_cells.until(until), card_cells.price_list(str(price_list)))
    except BadCell as bad:
        raise ShedError(bad.what, *bad.typed, INVALID) from bad
    hand = hand_of(key, site)
    with open_place(port, flash, "a card is added", yes, before_of(before), baud, hand, hand and hand.site) as place:
        outcome = card_changes.edit(place, card_changes.adding(new, replace), Bar("cards"))
    _say_one(new.number, "added", place.name, outcome, as_json)


@app.command(epilog="Example: shed cards revoke 04A1B2C3 --site shed.toml --port /dev/ttyUSB0")
def revoke(
    card: CardArgument,
    port: PortOption = None,
    flash: FlashOption = None,
    site: SiteOption = None,
    key: KeyOption = None,
    before: LoaderOption = None,
    baud: BaudOption = 460800,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Revoke a card for good. A board in service stays in service: no outlet is interrupted, and the next tap is refused."""
    number = _number(card)
    hand = hand_of(key, site)
    if flash is None:
        with open_quietly(port_of(port)) as wire:
            console = Console(wire)
            if _in_service(console):
                refuse_other_site(console.hello(), hand and hand.site, wire.name)
                keep(console, hand, say)
                card_changes.revoke_in_service(console, key_from(key, site), number)
                if as_json:
                    show_json({"card": show_number(number), "done": "revoked", "place": wire.name, "in_service": True})
                else:
                    print(f"card {show_number(number)} revoked at {wire.name}, in service")
                return
    with open_place(port, flash, "a card is revoked", yes, before_of(before), baud, hand, hand and hand.site) as place:
        outcome = card_changes.edit(place, card_changes.revoking(number), Bar("cards"))
    _say_one(number, "revoked", place.name, outcome, as_json)


@app.command("list", epilog="Example: shed cards list --site shed.toml --port /dev/ttyUSB0 --role maintenance")
def list_(
    port: PortOption = None,
    flash: FlashOption = None,
    site: SiteOption = None,
    key: KeyOption = None,
    role: Annotated[str | None, typer.Option("--role", help="Only cards of this role.")] = None,
    before: LoaderOption = None,
    baud: BaudOption = 460800,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """List the cards of a board, in the table's order. A board in service stays in service, and needs the maintenance key or card."""
    cards = [card for card in _cards(port, flash, site, key, yes, before, baud) if role in (None, card.role)]
    if as_json:
        show_json([_as_json(card) for card in cards])
        return
    states = {True: "valid", False: "revoked"}
    rows = [(show_number(c.number), c.role, card_sheet.show_until(c.valid_until), c.price_list, states[c.valid]) for c in cards]
    show_table(("card", "role", "until", "price list", "state"), rows)
    say(f"{len(cards)} cards, {sum(not card.valid for card in cards)} of them revoked")


@app.command(epilog="Example: shed cards export --site shed.toml --port /dev/ttyUSB0 > cards.csv")
def export(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="CSV to write; stdout when left out.")] = None,
    port: PortOption = None,
    flash: FlashOption = None,
    site: SiteOption = None,
    key: KeyOption = None,
    before: LoaderOption = None,
    baud: BaudOption = 460800,
    force: ForceOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write the board's cards as a sheet. A spreadsheet opens it without damaging numbers; `shed cards import` reads it."""
    if file is not None:
        check_new(file, force)
    cards = _cards(port, flash, site, key, yes, before, baud)
    if as_json:
        show_json([_as_json(card) for card in cards])
    elif file is None:
        sys.stdout.write(card_sheet.write_csv(cards).replace("\r\n", "\n"))
    if file is not None:
        write_whole(file, b"\xef\xbb\xbf" + card_sheet.write_csv(cards).encode())  # with the mark Excel shows Chinese as Chinese
        say(f"{len(cards)} cards in {file}")


def _cards(
    port: str | None, flash: Path | None, site: Path | None, key: str | None, yes: bool, before: str | None, baud: int
) -> list[Card]:
    hand = hand_of(key, site)
    if flash is None:
        with open_quietly(port_of(port)) as wire:
            console = Console(wire)
            if _in_service(console):
                refuse_other_site(console.hello(), hand and hand.site, wire.name)
                keep(console, hand, say)
                return card_changes.read_in_service(console, key_from(key, site))
    with open_place(port, flash, "the card table is read", yes, before_of(before), baud, hand, hand and hand.site) as place:
        return card_changes.read(place, Bar("cards"))


def _in_service(console: Console) -> bool:
    """Whether ShedGuard answers; False only for silence."""
    try:
        console.hello()
    except ShedError as error:
        if error.code == PROTOCOL:
            return False
        raise
    return True


def _number(text: str) -> bytes:
    try:
        return card_cells.number(text)
    except BadCell as bad:
        raise ShedError(bad.what, *bad.typed, INVALID) from bad


def _outcome(place: str, outcome: card_changes.Outcome) -> dict[str, Any]:
    for card in outcome.kept_revoked:
        say(f"card {show_number(card.number)} was revoked on the board and stays revoked (--readmit makes it valid again)")
    if not outcome.kept_old:
        say("old and new table did not fit side by side: a power cut in between would have left none")
    kept = [show_number(card.number) for card in outcome.kept_revoked]
    change = outcome.difference
    counts = {"added": len(change.added), "removed": len(change.removed), "changed": len(change.changed)}
    return {"place": place, "unchanged": outcome.unchanged, **counts, "kept_revoked": kept, "written_bytes": outcome.written_bytes}


def _agree(change: card_changes.Difference, yes: bool) -> None:
    """Show what an import does to the table; ask before it removes many cards."""
    for name, some in (("added", change.added), ("changed", change.changed), ("removed", change.removed)):
        if some:
            shown = ", ".join(show_number(card.number) for card in some[:_SHOWN])
            say(f"{len(some)} {name}: {shown}" + (f" and {len(some) - _SHOWN} more" if len(some) > _SHOWN else ""))
    if len(change.removed) > max(_FEW, change.before // 10):
        ask(f"{len(change.removed)} of {change.before} cards would no longer open anything.", yes)


def _say_one(number: bytes, done: str, place: str, outcome: card_changes.Outcome, as_json: bool) -> None:
    if as_json:
        show_json(
            {"card": show_number(number), "done": done, "cards": len(outcome.cards)} | _outcome(place, outcome) | {"in_service": False}
        )
    else:
        print(f"card {show_number(number)} {done} in {place}: {len(outcome.cards)} cards")


def _as_json(card: Card) -> dict[str, Any]:
    until = card_sheet.show_until(card.valid_until) or None
    return {"card": show_number(card.number), "role": card.role, "until": until, "price_list": card.price_list, "valid": card.valid}
