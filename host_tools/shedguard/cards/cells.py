"""Reads the cells of a card sheet: what a person meant, what a spreadsheet changed, and what can no longer be known.

Hazard: a card of somebody else let in because a number was guessed. Nothing is guessed: a cell is read, or refused with its cause.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from ..files.problems import did_you_mean
from ..formats.cards import FOR_EVER, canonical
from ..formats.lists import ROLES

HEX_LENGTHS: Final = (8, 14, 20)
_RANDOM: Final = 0x08
_CASCADE: Final = 0x88
_EXACT: Final = 15  # figures of a number that a spreadsheet keeps
_EPOCH: Final = date(2000, 1, 1)
_LAST: Final = date(2136, 1, 1)  # of 32 bits of seconds
_EXCEL_DAY_0: Final = date(1899, 12, 30)
_ROLE_WORDS: Final[Mapping[str, str]] = {
    "居民": "resident", "住户": "resident", "业主": "resident", "租户": "resident", "员工": "staff", "物业": "staff", "工作人员": "staff",
    "消防志愿者": "fire_volunteer", "志愿者": "fire_volunteer", "volunteer": "fire_volunteer", "维护": "maintenance", "维修": "maintenance",
    "运维": "maintenance",
}  # fmt: skip
_YES: Final = {"yes", "y", "true", "1", "x", "revoked", "是", "已挂失", "挂失", "已注销"}
_NO: Final = {"", "no", "n", "false", "0", "否", "正常", "有效"}
_BYTE_BY_BYTE: Final = re.compile(r"[0-9A-Fa-f]{2}([:.-])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2})+")


class BadCell(Exception):
    """A cell that cannot be read."""

    def __init__(self, column: str, what: str, cause: str, hint: str, typed: tuple[str, str] | None = None) -> None:
        """``typed``: cause and hint for a number that was typed, not read from a sheet."""
        super().__init__(what)
        self.column, self.what, self.cause, self.hint = column, what, cause, hint
        self.typed = typed or (cause, hint)


def bare(cell: str) -> str:
    """A cell without its protection from a spreadsheet: an apostrophe in front, or ``="..."``."""
    text = cell.strip()
    formula = re.fullmatch(r'="(.*)"', text)
    return formula[1].strip() if formula else text.removeprefix("'").strip()


def presented(cell: str, zeros: int | None = None) -> bytes:
    """As `number`, for a card that gets access: also refuses numbers that no reader shows a second time (ISO/IEC 14443-3, 6.5.4)."""
    found = number(cell, zeros)
    length, uid = found[0], found[1:]
    if length == 4 and uid[0] == _RANDOM:
        cause = "four-byte numbers that begin with 08 are random at every tap: a phone, or a card that hides its number"
        raise BadCell("card", f'card "{cell}" is a random number', cause, "use another card; this one cannot be recognised")
    if uid[0] == _CASCADE:
        cause = "88 in front marks the beginning of a longer number; the rest is cut off"
        hint = "tap the card at a gate: shed log shows its whole number"
        raise BadCell("card", f'card "{cell}" is a part of a number', cause, hint)
    digits = uid[:length].hex()
    if length == 10 and digits.isdecimal() and digits.endswith("0" * (20 - _EXACT)):
        cause = "the spreadsheet took the number for an amount and keeps 15 figures of it"
        raise BadCell("card", f'card "{cell}" is a rounded figure', cause, "format the column as text and enter the number again")
    return found


def now_s() -> int:
    """Seconds since 2000, as ``until`` counts them, by this computer's clock."""
    return (datetime.now(UTC).replace(tzinfo=None) - datetime(2000, 1, 1)) // timedelta(seconds=1)


def number(cell: str, zeros: int | None = None) -> bytes:
    """The canonical card number. ``zeros``: the number of digits to fill up to with leading zeros that are known to be lost."""
    text = bare(cell)
    if not text:
        raise BadCell("card", "the card's number is empty", "a line without a card gives nobody access", "fill it in, or delete the line")
    if re.fullmatch(r"\d+[.,]\d+E[+-]?\d+|\d+E[+-]\d+", text, re.IGNORECASE):
        hint = "format the column as text and enter the number again: digits are lost"
        raise BadCell("card", f'card "{cell}" is a rounded figure', "the spreadsheet took the number for an amount", hint)
    if re.fullmatch(r"\d+[.,]0+", text):
        hint = "format the column as text and enter the number again"
        raise BadCell(
            "card", f'card "{cell}" has a decimal part', "a program took the number for an amount, leading zeros may be lost", hint
        )
    text = text.replace(" ", "")
    digits = re.sub(r"[:.-]", "", text) if _BYTE_BY_BYTE.fullmatch(text) else text
    if not re.fullmatch(r"[0-9A-Fa-f]+", digits):
        raise BadCell("card", f'card "{cell}" is not hexadecimal', "a card number is written in digits 0-9 and A-F", "read the card again")
    if zeros is not None and len(digits) < zeros and digits == text:
        digits = digits.zfill(zeros)
    if len(digits) not in HEX_LENGTHS:
        raise _wrong_length(cell, digits)
    if not digits.strip("0"):
        raise BadCell("card", f'card "{cell}" is all zeros', "no card has that number", "read the card again")
    if not digits.upper().strip("F"):
        raise BadCell("card", f'card "{cell}" is all F', "no card has that number; a failed read looks like it", "read the card again")
    return canonical(bytes.fromhex(digits))


def _wrong_length(cell: str, digits: str) -> BadCell:
    wanted = next((length for length in HEX_LENGTHS if length > len(digits)), 20)
    if len(digits) == 10 and digits.isdecimal():
        cause = "10 decimal digits are the number printed on the card, not the one that a reader sees"
        return BadCell("card", f'card "{cell}" has 10 digits', cause, "tap the card at a gate: shed log shows its number")
    lost = 1 <= wanted - len(digits) <= 2
    cause = "the spreadsheet probably cut leading zeros" if lost else "cards have 8, 14 or 20 hex digits"
    hint = "read the card again"
    if lost:
        hint = f"format the column as text; with its zeros this would be {digits.zfill(wanted).upper()} (--zeros {wanted} fills them in)"
    typed = ("cards have 8, 14 or 20 hex digits", "read the card again")
    if lost:
        typed = (typed[0], f"if zeros in front are missing: {digits.zfill(wanted).upper()}")
    return BadCell("card", f'card "{cell}" has {len(digits)} digits', cause, hint, typed)


def role(cell: str) -> str:
    """The role's name; resident for an empty cell."""
    word = cell.strip().lower()
    word = _ROLE_WORDS.get(word, word.replace(" ", "_")) or "resident"
    names = list(ROLES.values())
    if word not in names:
        raise BadCell("role", f'no role is called "{cell}"', f"roles: {', '.join(names)}", did_you_mean(word, names))
    return word


def until(cell: str) -> int:
    """The last second of that day in seconds since 2000; FOR_EVER for an empty cell."""
    text = re.sub(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$", "", bare(cell))
    if not text:
        return FOR_EVER
    try:
        day = _day(text)
    except ValueError:
        day = None
    if day is None:
        cause = "dates are written year-month-day"
        raise BadCell("valid_until", f'"{cell}" is no date', cause, "for instance 2027-12-31")
    if not _EPOCH <= day < _LAST:
        raise BadCell("valid_until", f'"{cell}" is before 2000 or after 2135', "the board counts from 2000", "correct the year")
    return (day + timedelta(days=1) - _EPOCH).days * 86400 - 1


def _day(text: str) -> date | None:
    """None for text that is no date, BadCell for an ambiguous date, ValueError for a month or day that does not exist."""
    ordered = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text)
    if ordered:
        return date(*map(int, ordered.groups()))
    if re.fullmatch(r"\d{5}", text):  # a date cell without its format: days since 1899-12-30
        return _EXCEL_DAY_0 + timedelta(days=int(text))
    german = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text)
    if german:
        return date(int(german[3]), int(german[2]), int(german[1]))
    mixed = re.fullmatch(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})", text)
    if not mixed:
        return None
    first, second, year = map(int, mixed.groups())
    if first <= 12 and second <= 12 and first != second:
        one, other = date(year, second, first), date(year, first, second)
        hint = f"write {one.isoformat()} or {other.isoformat()}"
        raise BadCell("valid_until", f'"{text}" may be {one} or {other}', "some countries write the day first, some the month", hint)
    return date(year, second, first) if first > 12 else date(year, first, second)


def price_list(cell: str) -> int:
    """0 (the site's own tariff), also for an empty cell. Other price lists are not in this version."""
    text = bare(cell) or "0"
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 0xFFFF:
        cause = "price lists are numbered from 0 to 65535"
        raise BadCell("price_list", f'price list "{cell}" is no number', cause, "write 0 for the site's own tariff")
    if int(text):
        cause = "the board has one tariff and applies it to every card"
        raise BadCell("price_list", f"price list {int(text)} is not in this version", cause, "write 0 for the site's own tariff")
    return 0


def revoked(cell: str) -> bool:
    """Whether the card is revoked; False for an empty cell."""
    word = cell.strip().lower()
    if word not in _YES | _NO:
        raise BadCell(
            "revoked", f'"{cell}" is neither yes nor no', "the column says which cards are revoked", "write yes, or leave it empty"
        )
    return word in _YES
