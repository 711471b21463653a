"""Everything a board keeps, read once: raw partitions and their contents.

Hazard: none; nothing here writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from ..flash import program_look
from ..flash.partitions import BoardFlash, Partitions, Progress, find
from ..formats import records
from ..formats.cards import Table, find_table
from ..formats.esp_image import CHIP_IDS, MAGIC
from ..formats.records import Log, Record
from ..formats.slots import Slot, current
from ..site.image import image_crc, read_sections
from ..site.sections import Section
from . import log_region

CONFIG, CARDS, JOURNAL, LIVE, BOX = "shed_cfg", "shed_cards", "shed_journal", "shed_live", "shed_box"
KEPT: Final = (CONFIG, CARDS, JOURNAL, LIVE, BOX)


@dataclass(frozen=True)
class Contents:
    """The raw partitions, and the board they belong to. ``mac`` is empty for a flash file."""

    raw: Mapping[str, bytes]
    place: str = ""
    chip: str = "esp32"
    mac: str = ""
    board: str | None = None
    firmware: str | None = None
    notes: list[str] = field(default_factory=list)

    @cached_property
    def slot(self) -> Slot | None:
        """The configuration in use."""
        return current(self.raw[CONFIG])

    @property
    def site(self) -> int | None:
        """The site's number, None without a configuration."""
        if self.slot is None:
            return None
        try:
            number = read_sections(self.slot.image)[Section.SITE][0][0]
        except (ValueError, KeyError, IndexError):
            return None
        return number if isinstance(number, int) else None

    @property
    def configuration_crc(self) -> int | None:
        """The CRC that the board reports for its configuration."""
        return None if self.slot is None else image_crc(self.slot.image)

    @cached_property
    def table(self) -> Table | None:
        """The card table; None without one or when it is damaged."""
        try:
            return find_table(self.raw[CARDS])
        except ValueError:
            return None

    @cached_property
    def journal(self) -> Log:
        """The journal's records and problems."""
        return records.read_journal(self.raw[JOURNAL], self.raw[BOX])

    @cached_property
    def events(self) -> Log:
        """The records in the ring of events."""
        return records.read_log(self.raw[BOX], records.EVENTS_MAGIC, records.JOURNAL_KINDS)

    @cached_property
    def live(self) -> Log:
        """The records of the live ring."""
        return records.read_live(self.raw[LIVE])

    @cached_property
    def ended(self) -> set[int]:
        """Ids of the settled sessions."""
        return {record.number("session") for record in self.journal.of("session_end")}

    @cached_property
    def unsettled(self) -> list[Record]:
        """The newest checkpoint of every session that is neither settled nor done, as the board will find it."""
        done = {record.number("session") for record in self.live.of("done")} | self.ended
        newest = {record.number("outlet"): record for record in self.live.of("live")}
        return [record for _outlet, record in sorted(newest.items()) if record.number("session") not in done]

    @property
    def sessions(self) -> set[tuple[int | bytes, ...]]:
        """Every session known here: id, outlet, card and first meter reading, because two boards may use the same ids."""
        log = self.journal
        started = {_session(record, "meter_wh") for record in [*log.of("session_start"), *self.live.of("live")]}
        return started | {_session(record, "meter_start_wh") for record in log.of("session_end")}

    @property
    def boots(self) -> int:
        """The boot count, from which session ids are made."""
        return log_region.boots_of(self.journal)

    def is_blank(self, label: str) -> bool:
        """Whether a partition is erased."""
        return not self.raw[label].strip(b"\xff")

    def counters(self) -> dict[str, Any]:
        """The counters that only ever count up."""
        wear = [count for _order, count in log_region.sectors_in_use(self.raw[JOURNAL], records.JOURNAL_MAGIC).values()]
        return {
            "boots": self.boots,
            "journal_sequence": self.journal.records[-1].sequence if self.journal.records else 0,
            "live_sequence": self.live.records[-1].sequence if self.live.records else 0,
            "configuration_sequence": self.slot.sequence if self.slot else 0,
            "cards_sequence": self.table.sequence if self.table else 0,
            "most_erases_of_a_journal_sector": max(wear, default=0),
        }


def _chip_of_image(place: Partitions) -> str:
    """The chip that a flash file's MicroPython image is for; an ESP32 when there is none."""
    head = place.read_part("factory", 0, 16)
    return CHIP_IDS.get(int.from_bytes(head[12:14], "little"), "esp32") if head[0] == MAGIC else "esp32"


def _session(record: Record, meter: str) -> tuple[int | bytes, ...]:
    return tuple(record.fields[name] for name in ("session", "outlet", "card", meter))


def read(place: Partitions, progress: Progress | None = None) -> Contents:
    """Everything of a board. ShedError when it does not have ShedGuard's partitions."""
    sizes = {label: find(place, label).size for label in KEPT}
    total, done, raw = sum(sizes.values()), 0, {}
    for label in KEPT:
        raw[label] = place.read(label, progress and (lambda now, _of, base=done: progress(base + now, total)))
        done += sizes[label]
    vfs = find(place, "vfs")
    board, firmware = program_look.look(vfs.size, lambda offset, size: place.read_part("vfs", offset, size))
    chip, mac = (place.channel.chip, place.channel.mac) if isinstance(place, BoardFlash) else (_chip_of_image(place), "")
    return Contents(raw, place.name, chip, mac, board, firmware)
