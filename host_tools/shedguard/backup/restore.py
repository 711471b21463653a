"""Decides for each item of a backup whether it goes onto a board: restored, unchanged, skipped or incompatible, and why.

Hazard: a session settled twice or lost, a revoked card let in again, a session id given out twice, outlets run by another shed's
configuration. So nothing that the board has of its own is overwritten unasked, counters only go up, and the configuration comes last:
without one the board starts no session, so a cut in between leaves a board that waits for the same command.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from ..boards import known as boards
from ..boards.boot_file import identity
from ..cards import changes as card_changes
from ..errors import FAILED, ShedError
from ..flash.partitions import Partitions, Progress
from ..flash.program_look import older
from ..formats import records
from ..formats.cards import merge
from ..formats.records import EVENTS_MAGIC, JOURNAL_MAGIC, LIVE_MAGIC
from ..formats.slots import SLOT_SIZE, build_slot, read_slot
from ..site.image import board_of_image
from . import log_region
from .contents import BOX, CARDS, CONFIG, JOURNAL, LIVE, Contents
from .secrets import key_of, keyless, rekeyed, with_key

# The old board may have gone on after the backup was made: its boot counts, and so its session ids, must not be used again.
BOOTS_AHEAD: Final = 256
State = Literal["restored", "unchanged", "skipped", "incompatible"]
Write = Callable[[Partitions, Progress | None], None]


@dataclass(slots=True)
class Item:
    """One row of the report. ``write`` writes the item; None when there is nothing to do."""

    name: str
    state: State
    why: str
    write: Write | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether it was left out although the backup has it."""
        return self.state == "incompatible" or (self.state == "skipped" and not self.facts.get("empty"))


def _empty(name: str) -> Item:
    return Item(name, "skipped", "the backup has none", facts={"empty": True})


def plan(
    backup: Contents,
    manifest: dict[str, Any],
    board: Contents,
    key: bytes | None,
    replace: bool,
    replace_site: int | None = None,
    beside: Path | None = None,
) -> list[Item]:
    """The items in the order in which they are written. ``key``: the maintenance key, for a backup made without secrets. ``replace_site``:
    the site that the board belongs to now, when it is to become the backup's site."""
    barrier = _barrier(manifest, board, replace_site)
    if barrier is not None:
        state, why = barrier
        return [Item(name, state, why) for name in ("journal", "open sessions", "counters", "cards", "events", "configuration")]
    journal = _journal(backup, board, replace)
    items = [journal, _open_sessions(backup, board, journal), _counters(backup, board, journal)]
    return [
        *items,
        _cards(backup, board, replace),
        _events(backup, board, journal),
        _configuration(backup, manifest, board, key, replace, replace_site, beside),
    ]


def apply(items: list[Item], place: Partitions, progress: Progress | None = None) -> None:
    """Write what is to be restored, in order. ShedError when the board does not hold it afterwards; then repeat the whole."""
    for item in items:
        if item.write is not None:
            item.write(place, progress)


def _barrier(manifest: dict[str, Any], board: Contents, replace_site: int | None) -> tuple[State, str] | None:
    """The reason why nothing of the backup may go onto this board; None without one."""
    made_by = manifest["firmware"]
    if manifest["board"]["chip"] != board.chip:
        return "incompatible", f"the backup is of an {manifest['board']['chip']}, this is an {board.chip}"
    if made_by and board.firmware and older(board.firmware, made_by):
        return "incompatible", f"the board's firmware {board.firmware} is older than {made_by}, which wrote this: shed flash first"
    if board.site is not None and manifest["site"] is not None and board.site != manifest["site"] and board.site != replace_site:
        what = f"the board belongs to site {board.site}, the backup to site {manifest['site']}"
        return "skipped", f"{what}: compare cabinet and file; --replace-site {board.site} gives the board to the backup's site"
    return None


def _journal(backup: Contents, board: Contents, replace: bool) -> Item:
    name, log = "journal", backup.journal
    if not log.records:
        return _empty(name)
    facts = {"records": len(log.records), "sessions": len(backup.ended), "problems": len(log.problems)}
    mine = {record.sequence: record for record in board.journal.records}
    kept = records.read_journal(backup.raw[JOURNAL]).records or log.records  # later events overwrite earlier ones sooner than sessions
    if mine.get(kept[-1].sequence) == kept[-1]:
        newest = log.records[-1].sequence
        state = "unchanged" if max(mine) <= newest else "skipped"
        further = f"the board's own goes further: record {max(mine)} against {newest}"
        return Item(name, state, "the board has it" if state == "unchanged" else further, facts=facts | {"empty": True})
    strange = board.sessions - backup.sessions
    if strange and not replace:
        why = f"the board has {len(strange)} sessions that the backup does not have: shed sessions shows them, --replace discards them"
        return Item(name, "skipped", why, facts=facts)
    boots = max(backup.boots, board.boots) + BOOTS_AHEAD
    region = log_region.with_boots(backup.raw[JOURNAL], log, boots)
    region = log_region.with_wear_of(region, board.raw[JOURNAL], JOURNAL_MAGIC)
    why = f"{len(log.records)} records" + (f", {len(strange)} sessions of the board discarded" if strange else "")
    return Item(
        name,
        "restored",
        why,
        _whole(JOURNAL, region),
        facts | {"boots": boots, "given_up": sorted(row[0] for row in strange if isinstance(row[0], int))},
    )


def _open_sessions(backup: Contents, board: Contents, journal: Item) -> Item:
    name = "open sessions"
    if journal.state == "restored" or (journal.facts.get("empty") and _cut_off(backup, board)):
        region = log_region.with_wear_of(backup.raw[LIVE], board.raw[LIVE], LIVE_MAGIC)
        count = len(backup.unsettled)
        why = f"{count} to be settled by this board: the old one must not go back into service" if count else "none was open"
        return Item(name, "restored", why, _whole(LIVE, region), {"sessions": _told(backup)})
    if journal.state == "unchanged" and backup.raw[LIVE] == board.raw[LIVE]:
        return Item(name, "unchanged", "the board has them", facts={"sessions": _told(backup)})
    empty = not backup.unsettled or journal.facts.get("empty", False)
    return Item(name, "skipped", "they belong to the journal, which was not restored", facts={"sessions": _told(backup), "empty": empty})


def _cut_off(backup: Contents, board: Contents) -> bool:
    """Whether a restore was cut between journal and live ring: open sessions of the backup are neither settled here nor in the ring."""
    newest = {record.number("outlet"): record.sequence for record in board.live.of("live")}
    missing = [
        record
        for record in backup.unsettled
        if record.number("session") not in board.ended and newest.get(record.number("outlet"), 0) < record.sequence
    ]
    return bool(missing) and board.sessions <= backup.sessions


def _counters(backup: Contents, board: Contents, journal: Item) -> Item:
    if journal.state != "restored":
        return Item("counters", "unchanged", f"boot count {board.boots} stays", facts={"boots": board.boots})
    boots = journal.facts["boots"]
    before = f"{backup.boots} of the backup, {board.boots} of the board"
    why = f"boot count {boots}, beyond {before}, so that no session id is used twice; erase counts stay this chip's own"
    return Item("counters", "restored", why, facts={"boots": boots})


def _cards(backup: Contents, board: Contents, replace: bool) -> Item:
    name, table = "cards", backup.table
    if table is None:
        return _empty(name) if backup.is_blank(CARDS) else Item(name, "incompatible", "the backup's table is damaged: shed cards import")
    mine = board.table
    facts = {"cards": len(table.cards), "revoked": sum(not card.valid for card in table.cards)}
    if mine is not None and mine.cards == table.cards:
        return Item(name, "unchanged", f"{len(table.cards)} cards, the same", facts=facts)
    if mine is not None and mine.cards and not replace:
        why = f"the board has a table of its own, of {len(mine.cards)} cards: --replace takes the backup's, cards revoked here stay revoked"
        return Item(name, "skipped", why, facts=facts)
    _merged, kept = merge(mine.cards if mine else (), table.cards, readmit=False)

    def write(place: Partitions, progress: Progress | None) -> None:
        card_changes.replace_all(place, table.cards, progress=progress)

    why = f"{len(table.cards)} cards" + (f", {len(kept)} revoked on this board stay revoked" if kept else "")
    return Item(name, "restored", why, write, facts)


def _events(backup: Contents, board: Contents, journal: Item) -> Item:
    """Events share the journal's record numbers, so they are restored with it, or alone when an earlier restore was cut between the two. A
    board that has the journal has recorded more since the backup, at least its boot: its events stay."""
    name = "events"
    if journal.state == "restored":
        return Item(name, "restored", "those of the backup's journal", _box_of(backup, board))
    if not backup.events.records:
        return _empty(name)
    if backup.raw[BOX] == board.raw[BOX]:
        return Item(name, "unchanged", "the same")
    if not journal.facts.get("empty"):
        return Item(name, "skipped", "they belong to the journal, which was not restored")
    saved, mine = ({record.sequence: record for record in one.events.records} for one in (backup, board))
    missing = [number for number, record in saved.items() if mine.get(number) != record]
    if missing and all(saved.get(number) == record for number, record in mine.items()):
        return Item(name, "restored", "those of the backup's journal, which the board has already", _box_of(backup, board))
    if log_region.has_gone_round(board.raw[BOX], EVENTS_MAGIC):
        missing = [number for number in missing if number > min(mine)]
    if missing:
        return Item(name, "skipped", f"the board lacks {len(missing)} of them and has others of its own, which stay")
    return Item(name, "skipped", f"the board's own go further: record {max(mine)} against {max(saved)}", facts={"empty": True})


def _box_of(backup: Contents, board: Contents) -> Write:
    return _whole(BOX, log_region.with_wear_of(backup.raw[BOX], board.raw[BOX], EVENTS_MAGIC))


def _configuration(
    backup: Contents,
    manifest: dict[str, Any],
    board: Contents,
    key: bytes | None,
    replace: bool,
    replace_site: int | None,
    beside: Path | None,
) -> Item:
    name, found = "configuration", keyless(backup.raw[CONFIG])
    if found is None:
        return _empty(name)
    sequence, image, _crc = found
    facts = {"crc": manifest["configuration_crc"], "site": manifest["site"]}
    if board.configuration_crc == manifest["configuration_crc"]:
        return Item(name, "unchanged", "the board runs it", facts=facts)
    kind = manifest["board"]["kind"]
    if kind and board.board and kind != board.board:
        why = f"it names the pins of a {kind}, this is a {board.board}: shed config push FILE of the same site"
        return Item(name, "incompatible", why, facts=facts)
    if board.slot is not None and not replace and replace_site is None:
        return Item(name, "skipped", "the board has another one of its own: --replace takes the backup's", facts=facts)
    why = "the one in use, with its maintenance key"
    if key_of(image) is None:
        secret = key or (key_of(board.slot.image) if board.slot is not None and board.site == manifest["site"] else None)
        if secret is None:
            return Item(name, "skipped", "the backup was made without secrets: give the maintenance key with --key or --site", facts=facts)
        same = rekeyed(image, secret)[:12] == image[:12]
        why = "the one in use" if same else "the one in use, with a maintenance key that is not the one it had"
        image = with_key(image, secret) if same else rekeyed(image, secret)
    if board.board and board_of_image(image) not in (None, identity_of(board.board, beside)):
        why = f"it was made for other pins than this {board.board} has: shed config push FILE of the same site"
        return Item(name, "incompatible", why, facts=facts)
    taken = [slot for start in (0, SLOT_SIZE) if (slot := read_slot(board.raw[CONFIG][start : start + SLOT_SIZE])) is not None]
    sequence = max([sequence, *(slot.sequence + 1 for slot in taken)])
    where = SLOT_SIZE if board.slot is not None and read_slot(board.raw[CONFIG][:SLOT_SIZE]) == board.slot else 0
    data = build_slot(image, sequence, confirmed=True).ljust(SLOT_SIZE, b"\xff")

    def write(place: Partitions, progress: Progress | None) -> None:
        place.write(CONFIG, where, data, progress)
        _check(place, CONFIG, where, data)
        if board.site not in (None, manifest["site"]):  # nothing may fall back to another shed's pins and limits
            place.write(CONFIG, SLOT_SIZE - where, b"\xff" * SLOT_SIZE)

    return Item(name, "restored", why, write, facts)


def identity_of(board: str, beside: Path | None) -> int | None:
    """The identity of the board of that name; None when there is no such board."""
    try:
        return identity(boards.load(board, beside))
    except ShedError:
        return None


def _whole(label: str, region: bytes) -> Write:
    def write(place: Partitions, progress: Progress | None) -> None:
        place.write(label, 0, region, progress)
        _check(place, label, 0, region)

    return write


def _check(place: Partitions, label: str, offset: int, data: bytes) -> None:
    if place.read_part(label, offset, len(data)) != data:
        raise ShedError(
            f"{place.name} does not hold what was written to {label}", "the flash or the line damaged it", "repeat the command", FAILED
        )


def _told(backup: Contents) -> list[dict[str, int]]:
    """The open sessions, for tools."""
    wanted = ("session", "outlet", "energised_s", "energy_mwh")
    return [{name: record.number(name) for name in wanted} for record in backup.unsettled]
