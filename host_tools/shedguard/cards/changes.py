"""Changes to the card table of a board or a flash file: read, merge, write in the order that makes a cut harmless, read back.

Hazard: a shed whose gate no longer knows its residents. See cards.py for what a cut leaves.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from ..errors import FAILED, INVALID, PROTOCOL, ShedError
from ..flash.partitions import Partitions, Progress
from ..formats.cards import Card, Change, decode_records, find_table, merge, plan_change, show_number
from ..link.console import Console

LABEL: Final = "shed_cards"


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new table does to an old one of ``before`` cards. ``changed``: the cards in their new form."""

    before: int
    added: tuple[Card, ...]
    changed: tuple[Card, ...]
    removed: tuple[Card, ...]

    @classmethod
    def between(cls, old: Iterable[Card], new: Iterable[Card]) -> Difference:
        """Cards are told apart by their numbers."""
        there = {card.number: card for card in old}
        wanted = {card.number: card for card in new}
        return cls(
            len(there),
            tuple(card for number, card in wanted.items() if number not in there),
            tuple(card for number, card in wanted.items() if number in there and there[number] != card),
            tuple(card for number, card in there.items() if number not in wanted),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change did. ``unchanged``: the board has these cards already, nothing was written."""

    cards: tuple[Card, ...]
    difference: Difference
    kept_revoked: tuple[Card, ...] = ()
    unchanged: bool = False
    kept_old: bool = True
    written_bytes: int = 0


def read(place: Partitions, progress: Progress | None = None) -> list[Card]:
    """The cards there. ShedError (exit code 4) when there is no table, or a damaged one."""
    try:
        table = find_table(place.read(LABEL, progress))
    except ValueError as error:
        raise ShedError(
            f"the card table of {place.name} is damaged", str(error), "shed cards import FILE writes it anew", PROTOCOL
        ) from error
    if table is None:
        cause = "none was ever imported, or the power failed during an import that left no room for the old one"
        raise ShedError(f"{place.name} has no card table", cause, "shed cards import FILE", PROTOCOL)
    return list(table.cards)


def replace_all(
    place: Partitions,
    cards: Iterable[Card],
    readmit: bool = False,
    progress: Progress | None = None,
    agree: Callable[[Difference], None] | None = None,
) -> Outcome:
    """Make ``cards`` the table. What the board has revoked stays revoked unless ``readmit``. ShedError when they do not fit, or from
    ``agree``, which gets the changes before anything is written."""
    before = place.read(LABEL)
    try:
        table = find_table(before)
    except ValueError:
        table = None
    merged, kept = merge(table.cards if table else (), cards, readmit)
    wanted = tuple(sorted(merged, key=lambda card: card.number))
    if table is not None and table.cards == wanted:
        return Outcome(wanted, Difference.between(wanted, wanted), tuple(kept), unchanged=True)
    difference = Difference.between(table.cards if table else (), wanted)
    change = plan_change(before, wanted)
    if agree is not None:
        agree(difference)
    _write(place, change, wanted, progress)
    return Outcome(wanted, difference, tuple(kept), kept_old=change.keeps_old, written_bytes=change.size)


def edit(place: Partitions, change: Callable[[list[Card]], list[Card]], progress: Progress | None = None) -> Outcome:
    """Replace the table by what ``change`` makes of its cards."""
    return replace_all(place, change(read(place)), readmit=True, progress=progress)


def adding(card: Card, overwrite: bool = False) -> Callable[[list[Card]], list[Card]]:
    """For `edit`: one more card. ShedError (exit code 2) when the table has it already, unless ``overwrite``."""

    def change(cards: list[Card]) -> list[Card]:
        known = next((one for one in cards if one.number == card.number), None)
        if known is not None and known != card and not overwrite:
            state = "valid" if known.valid else "revoked"
            what = f"card {show_number(card.number)} is in the table already"
            raise ShedError(what, f"as {known.role}, {state}", "use --replace to change it", INVALID)
        return [*(one for one in cards if one.number != card.number), card]

    return change


def revoking(number: bytes) -> Callable[[list[Card]], list[Card]]:
    """For `edit`: one card no longer valid. ShedError (exit code 2) when the table does not have it."""

    def change(cards: list[Card]) -> list[Card]:
        if all(card.number != number for card in cards):
            raise ShedError(f"card {show_number(number)} is not in the table", "it opens nothing already", "shed cards list", INVALID)
        return [replace(card, valid=False) if card.number == number else card for card in cards]

    return change


# A board in service: over the console, while bikes are charging.


def read_in_service(console: Console, key: bytes | None) -> list[Card]:
    """The cards of a board in service. ShedError: exit code 7 when the board does not know the key, 4 for no table."""
    answer = console.write("cards", key)
    count = int(answer.head["n"])
    if count < 0:
        raise ShedError("the board has no card table", "none was ever imported, or it is damaged", "shed cards import FILE", PROTOCOL)
    cards = decode_records(b"".join(b64decode(frame["c"]) for frame in answer[1:]))
    if len(cards) != count:
        raise ShedError(f"the board sent {len(cards)} of {count} cards", "the table changed meanwhile", "try again", PROTOCOL)
    return list(cards)


def revoke_in_service(console: Console, key: bytes | None, number: bytes) -> None:
    """Revoke a card at a board in service, without interrupting an outlet. ShedError (exit code 7) when the board does not have it, or
    refuses."""
    console.write("revoke", key, c=number.hex())


def _write(place: Partitions, change: Change, wanted: tuple[Card, ...], progress: Progress | None) -> None:
    total, done = max(change.size, 1), 0

    def stepped(step_done: int, _step_total: int, base: int = 0) -> None:
        if progress:
            progress(min(base + step_done, total), total)

    for step in change.steps:
        place.write(LABEL, step.offset, step.data, lambda now, of, base=done: stepped(now, of, base))
        done += len(step.data)
    try:
        table = find_table(place.read(LABEL))
    except ValueError:
        table = None
    if table is None or table.cards != wanted:
        hint = "repeat the same command; if it fails again the flash is worn out: replace the board"
        raise ShedError(f"{place.name} does not hold what was written", "the flash or the line damaged it", hint, FAILED)
