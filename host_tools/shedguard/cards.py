"""The card table of docs/protocols/records.md, and the spreadsheet it is made from.

CSV columns: ``card`` (hex digits of its number), ``role``, ``valid_until`` (date, last day included; empty: for ever), ``price_list``.
Columns of any other name are the office's own and are not read.
"""

from __future__ import annotations

import csv
import io
import re
import struct
from binascii import crc32
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from .errors import INVALID, ShedError
from .lists import ROLES
from .site.problems import FileProblems, Problem, did_you_mean

FOR_EVER: Final = 0xFFFFFFFF
TABLE_SIZE: Final = 0x40000
RECORDS_AT: Final = 4096
_HEADER: Final = struct.Struct("<4sHHII12x")
_RECORD: Final = struct.Struct("<11sBHIH")
_CAPACITY: Final = (TABLE_SIZE - RECORDS_AT) // _RECORD.size
_EPOCH: Final = date(2000, 1, 1)
_LENGTHS: Final = (4, 7, 10)


@dataclass(frozen=True, slots=True)
class Card:
    """``number`` is canonical: 11 bytes, length tag first, zero padded. ``valid_until`` in seconds since 2000, local time."""

    number: bytes
    role: str = "resident"
    valid_until: int = FOR_EVER
    price_list: int = 0
    valid: bool = True


def canonical(number: bytes) -> bytes:
    """A card number with its length tag; ValueError unless it has 4, 7 or 10 bytes."""
    if len(number) not in _LENGTHS:
        raise ValueError(f"a card number has 4, 7 or 10 bytes, not {len(number)}")
    return bytes([len(number)]) + number.ljust(10, b"\0")


def show_number(number: bytes) -> str:
    """A canonical number as hex digits, ``-`` when there is none."""
    return number[1 : 1 + number[0]].hex().upper() if number[:1] != b"\0" else "-"


def build_table(cards: Iterable[Card]) -> bytes:
    """The partition's content up to its last record. ShedError when there are too many cards or one stands twice."""
    ordered = sorted(cards, key=lambda card: card.number)
    if len(ordered) > _CAPACITY:
        raise ShedError(f"{len(ordered)} cards do not fit", f"this board's table takes {_CAPACITY}", "use a board with 16 MB", INVALID)
    for before, after in pairwise(ordered):
        if before.number == after.number:
            raise ShedError(f"card {show_number(after.number)} stands twice", hint="keep one of the two", code=INVALID)
    roles = {name: number for number, name in ROLES.items()}
    # Bit 0 of the flags is the valid bit, cleared to revoke; the others stay erased for later versions.
    records = b"".join(
        _RECORD.pack(card.number, roles[card.role], 0xFFFF if card.valid else 0xFFFE, card.valid_until, card.price_list) for card in ordered
    )
    head = _HEADER.pack(b"SGC1", 1, _RECORD.size, len(ordered), crc32(records))
    return (head + struct.pack("<I", crc32(head))).ljust(RECORDS_AT, b"\xff") + records


def read_table(partition: bytes) -> list[Card]:
    """The cards of a table; ValueError when it is damaged or of another version."""
    magic, version, size, count, crc = _HEADER.unpack_from(partition)
    (head_crc,) = struct.unpack_from("<I", partition, _HEADER.size)
    records = partition[RECORDS_AT : RECORDS_AT + count * size]
    if magic != b"SGC1" or version != 1 or size < _RECORD.size or head_crc != crc32(partition[: _HEADER.size]) or crc != crc32(records):
        raise ValueError("no card table of version 1, or a damaged one")
    cards = []
    for at in range(0, len(records), size):
        number, role, flags, until, price_list = _RECORD.unpack_from(records, at)
        cards.append(Card(number, ROLES[role], until, price_list, bool(flags & 1)))
    return cards


def parse_csv(text: str, file: str = "cards.csv") -> list[Card]:
    """The cards of a spreadsheet export; FileProblems with a line for each fault."""
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), skipinitialspace=True)
    columns = [name.strip().lower() for name in rows.fieldnames or []]
    rows.fieldnames = columns
    if "card" not in columns:
        hint = "the first line names the columns: card,role,valid_until,price_list"
        raise FileProblems(file, [Problem(("card",), "no column is called card", f"columns found: {', '.join(columns) or 'none'}", hint)])
    problems: list[Problem] = []
    cards: list[Card] = []
    lines: dict[bytes, int] = {}
    for row in rows:
        line = rows.line_num
        try:
            card = Card(
                _number(row.get("card")), _role(row.get("role")), _until(row.get("valid_until")), _price_list(row.get("price_list"))
            )
        except _BadCell as bad:
            problems.append(Problem((bad.column,), bad.what, bad.cause, bad.hint, line=line))
            continue
        if card.number in lines:
            what = f"card {show_number(card.number)} stands twice"
            problems.append(Problem(("card",), what, f"it is on line {lines[card.number]} already", "keep one of the two lines", line=line))
        lines.setdefault(card.number, line)
        cards.append(card)
    if problems:
        raise FileProblems(file, problems)
    return cards


class _BadCell(ValueError):
    """A cell that cannot be read."""

    def __init__(self, column: str, what: str, cause: str, hint: str) -> None:
        super().__init__(what)
        self.column, self.what, self.cause, self.hint = column, what, cause, hint


def _number(cell: str | None) -> bytes:
    text = re.sub(r"[\s:.-]", "", cell or "")
    if not text:
        raise _BadCell("card", "the card's number is empty", "a line without a card gives nobody access", "fill it in, or delete the line")
    if re.fullmatch(r"[\d.,]+E\+?\d+", cell or "", re.IGNORECASE):
        hint = "format the column as text and enter the number again: digits are lost"
        raise _BadCell("card", f'card "{cell}" is a rounded figure', "the spreadsheet took the number for an amount", hint)
    if not re.fullmatch(r"[0-9A-Fa-f]+", text):
        raise _BadCell("card", f'card "{cell}" is not hexadecimal', "a card number is written in digits 0-9 and A-F", "read the card again")
    if len(text) not in (8, 14, 20):
        lost = len(text) in (6, 7, 12, 13, 18, 19)
        cause = "the spreadsheet probably cut leading zeros" if lost else "cards have 8, 14 or 20 hex digits"
        wanted = next((length for length in (8, 14, 20) if length > len(text)), 20)
        hint = f"format the column as text; with its zeros this would be {text.zfill(wanted).upper()}" if lost else "read the card again"
        raise _BadCell("card", f'card "{cell}" has {len(text)} digits', cause, hint)
    return canonical(bytes.fromhex(text))


def _role(cell: str | None) -> str:
    role = (cell or "resident").strip().lower().replace(" ", "_")
    if role not in ROLES.values():
        raise _BadCell(
            "role", f'no role is called "{cell}"', f"roles: {', '.join(ROLES.values())}", did_you_mean(role, list(ROLES.values()))
        )
    return role


def _until(cell: str | None) -> int:
    if not (cell or "").strip():
        return FOR_EVER
    try:
        day = date.fromisoformat((cell or "").strip())
    except ValueError:
        raise _BadCell("valid_until", f'"{cell}" is no date', "dates are written year-month-day", "for instance 2027-12-31") from None
    if day < _EPOCH:
        raise _BadCell("valid_until", f'"{cell}" is before 2000', "the board counts from 2000", "correct the year")
    return (day + timedelta(days=1) - _EPOCH).days * 86400 - 1


def _price_list(cell: str | None) -> int:
    text = (cell or "0").strip() or "0"
    if not text.isdecimal() or int(text) > 0xFFFF:
        raise _BadCell(
            "price_list", f'price list "{cell}" is no number', "price lists are numbered from 0", "write 0 for the site's own tariff"
        )
    return int(text)
