"""The card table of docs/protocols/records.md: codec, and the steps by which a new table replaces an old one.

Hazard: a resident locked out, or a revoked card let in again. A power cut at any step leaves the old table, the new one, or none: never
a mixture, and none only where old and new do not fit side by side (`Change.keeps_old` says which it will be).
"""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ..errors import INVALID, ShedError
from .lists import ROLES

FOR_EVER: Final = 0xFFFFFFFF
TABLE_SIZE: Final = 0x40000
SECTOR: Final = 4096
RECORD_SIZE: Final = 20
VERSION: Final = 2
TABLE_MAGIC: Final = b"SGC1"
_HEADER: Final = struct.Struct("<4sHHIIIH6x")
_HEADER_SIZE: Final = _HEADER.size + 4
_RECORD: Final = struct.Struct("<11sBHIH")
_LENGTHS: Final = (4, 7, 10)


@dataclass(frozen=True, slots=True)
class Card:
    """``number`` is canonical: 11 bytes, length tag first, zero padded. ``valid_until`` in seconds since 2000, local time."""

    number: bytes
    role: str = "resident"
    valid_until: int = FOR_EVER
    price_list: int = 0
    valid: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A table in a partition: where its header and records stand, and its cards in order."""

    header_at: int
    sequence: int
    sector: int
    cards: tuple[Card, ...]

    @property
    def end_sector(self) -> int:
        """The first sector after its records."""
        return self.sector + _sectors(len(self.cards))


@dataclass(frozen=True, slots=True)
class Step:
    """Bytes that replace whole sectors from ``offset`` on (what they do not fill is erased); an erase when ``data`` is empty."""

    offset: int
    data: bytes
    what: str


@dataclass(frozen=True, slots=True)
class Change:
    """The steps, in the order that makes a cut harmless. ``keeps_old``: whether the old table stands until the new one is whole."""

    steps: tuple[Step, ...]
    keeps_old: bool

    @property
    def size(self) -> int:
        """Bytes that are programmed."""
        return sum(len(step.data) for step in self.steps)


def canonical(number: bytes) -> bytes:
    """A card number with its length tag; ValueError unless it has 4, 7 or 10 bytes."""
    if len(number) not in _LENGTHS:
        raise ValueError(f"a card number has 4, 7 or 10 bytes, not {len(number)}")
    return bytes([len(number)]) + number.ljust(10, b"\0")


def show_number(number: bytes) -> str:
    """A canonical number as hex digits, ``-`` when there is none."""
    return number[1 : 1 + number[0]].hex().upper() if number[:1] != b"\0" else "-"


def capacity(size: int = TABLE_SIZE) -> int:
    """How many cards a partition of ``size`` bytes takes."""
    return (size - 2 * SECTOR) // RECORD_SIZE


def build_table(cards: Iterable[Card]) -> bytes:
    """A blank partition's first table, up to its last record. ShedError for too many cards or a duplicate card."""
    records, count = _records(cards, TABLE_SIZE)
    return _header(records, count, 1, 1).ljust(SECTOR, b"\xff") + records


def find_table(partition: bytes) -> Table | None:
    """The table that the board uses, None when it has none. Damaged records are a ValueError: the board would not notice them."""
    found = [table for at in (0, len(partition) - SECTOR) if (table := _table_at(partition, at)) is not None]
    newest = max(found, key=lambda row: row[1], default=None)
    if newest is None:
        return None
    at, sequence, sector, count, crc = newest
    records = partition[sector * SECTOR : sector * SECTOR + count * RECORD_SIZE]
    if crc != crc32(_as_imported(records)):
        raise ValueError("the card table's records are damaged")
    return Table(at, sequence, sector, decode_records(records))


def read_table(partition: bytes) -> list[Card]:
    """The cards of a table; ValueError when there is none, or it is damaged or of another version."""
    table = find_table(partition)
    if table is None:
        raise ValueError("no card table of version 1 or 2, or a damaged one")
    return list(table.cards)


def decode_records(records: bytes) -> tuple[Card, ...]:
    """The cards of consecutive records; ValueError for a role that this version does not know."""
    cards = []
    for number, role, flags, until, price_list in _RECORD.iter_unpack(records):
        if role not in ROLES:
            raise ValueError(f"card {show_number(number)} has role number {role}, which this tool does not know")
        cards.append(Card(number, ROLES[role], until, price_list, bool(flags & 1)))
    return tuple(cards)


def plan_change(partition: bytes, cards: Iterable[Card]) -> Change:
    """The steps by which ``cards`` replace what ``partition`` holds. ShedError when they do not fit, or for a duplicate card."""
    records, count = _records(cards, len(partition))
    last = len(partition) // SECTOR - 1
    need = _sectors(count)
    try:
        old = find_table(partition)
    except ValueError:
        old = None  # nothing worth keeping
    place = None if old is None else _gap(old, need, last)
    if old is None or place is None:
        wipe = [Step(at, b"", "header") for at in (0, last * SECTOR) if partition[at : at + SECTOR].strip(b"\xff")]
        sequence = 1 if old is None else old.sequence + 1
        steps = [*wipe, Step(SECTOR, records, "cards"), Step(0, _header(records, count, sequence, 1), "header")]
        return Change(tuple(step for step in steps if step.data or step.what == "header"), old is None and not wipe)
    header_at = 0 if old.header_at else last * SECTOR
    new = _header(records, count, old.sequence + 1, place)
    steps = [Step(place * SECTOR, records, "cards"), Step(header_at, new, "header"), Step(old.header_at, b"", "old header")]
    return Change(tuple(step for step in steps if step.data or step.what != "cards"), True)


def apply_change(partition: bytes, change: Change) -> bytes:
    """The partition after all steps."""
    result = bytearray(partition)
    for step in change.steps:
        size = max(SECTOR, _sectors_of(len(step.data)) * SECTOR)
        result[step.offset : step.offset + size] = step.data.ljust(size, b"\xff")
    return bytes(result)


def merge(old: Iterable[Card], new: Iterable[Card], readmit: bool) -> tuple[list[Card], list[Card]]:
    """``new``, where cards that ``old`` has revoked stay revoked unless ``readmit``; and a list of those cards."""
    revoked = set() if readmit else {card.number for card in old if not card.valid}
    merged, kept = [], []
    for card in new:
        if card.valid and card.number in revoked:
            card = Card(card.number, card.role, card.valid_until, card.price_list, valid=False)
            kept.append(card)
        merged.append(card)
    return merged, kept


def _records(cards: Iterable[Card], size: int) -> tuple[bytes, int]:
    ordered = sorted(cards, key=lambda card: card.number)
    if len(ordered) > capacity(size):
        raise ShedError(f"{len(ordered)} cards do not fit", f"this board's table takes {capacity(size)}", "use a board with 16 MB", INVALID)
    for before, after in pairwise(ordered):
        if before.number == after.number:
            raise ShedError(f"duplicate card {show_number(after.number)}", hint="keep one of the two", code=INVALID)
    roles = {name: number for number, name in ROLES.items()}
    # Bit 0 of the flags is the valid bit, cleared to revoke; the others stay erased for later versions.
    rows = [(c.number, roles[c.role], 0xFFFF if c.valid else 0xFFFE, c.valid_until, c.price_list) for c in ordered]
    return b"".join(_RECORD.pack(*row) for row in rows), len(ordered)


def _as_imported(records: bytes) -> bytes:
    """The records with every valid bit set: the CRC covers this form."""
    changed = bytearray(records)
    for at in range(12, len(changed), RECORD_SIZE):
        changed[at] |= 1
    return bytes(changed)


def _header(records: bytes, count: int, sequence: int, sector: int) -> bytes:
    head = _HEADER.pack(TABLE_MAGIC, VERSION, RECORD_SIZE, count, crc32(_as_imported(records)), sequence, sector)
    return head + struct.pack("<I", crc32(head))


def _table_at(partition: bytes, at: int) -> tuple[int, int, int, int, int] | None:
    """(header offset, sequence, first sector, count, CRC) of a header that the board would accept."""
    if at < 0 or len(partition) < at + _HEADER_SIZE:
        return None
    magic, version, size, count, crc, sequence, sector = _HEADER.unpack_from(partition, at)
    (head_crc,) = struct.unpack_from("<I", partition, at + _HEADER.size)
    if magic != TABLE_MAGIC or version not in (1, VERSION) or size != RECORD_SIZE or head_crc != crc32(partition[at : at + _HEADER.size]):
        return None
    sector = sector or 1
    return (at, sequence, sector, count, crc) if sector * SECTOR + count * size <= len(partition) else None


def _gap(old: Table, need: int, last: int) -> int | None:
    """The first sector of ``need`` free ones beside the old table."""
    if need <= old.sector - 1:
        return 1
    return old.end_sector if old.end_sector + need <= last else None


def _sectors(count: int) -> int:
    return _sectors_of(count * RECORD_SIZE)


def _sectors_of(size: int) -> int:
    return -(-size // SECTOR)
