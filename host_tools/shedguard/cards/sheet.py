"""Card sheets: CSV as spreadsheets really write it, in and out.

Hazard: a resident locked out, or a stranger let in, by a sheet that was read otherwise than it was meant. Encoding and separator are
detected, not assumed; every bad line is reported with its number, cause and hint, and nothing is written while there is one.
"""

from __future__ import annotations

import csv
import difflib
import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from ..errors import INVALID, ShedError, reason
from ..files.problems import FileProblems, Problem
from ..formats.cards import FOR_EVER, Card, show_number
from . import cells as card_cells
from .cells import BadCell

COLUMNS: Final = ("card", "role", "valid_until", "price_list", "revoked")
_ALIASES: Final[Mapping[str, str]] = {
    "card_number": "card", "card_no": "card", "uid": "card", "卡号": "card", "卡片号码": "card",
    "角色": "role", "身份": "role", "类型": "role",
    "valid_to": "valid_until", "expires": "valid_until", "有效期": "valid_until", "有效期至": "valid_until", "到期日": "valid_until",
    "价格表": "price_list", "资费": "price_list", "挂失": "revoked", "已挂失": "revoked", "注销": "revoked", "已注销": "revoked",
}  # fmt: skip
_MANY: Final = 4  # numbers of 8 hex digits without a letter: chance makes them once in three million sheets
_NEAR: Final = 0.7  # likeness of two column names from which one may be a misspelling of the other
# Words that are about access wherever they are in a column's name: `is_revoked` is no column of this tool, but it is meant as one.
_ACCESS_WORDS: Final[Mapping[str, str]] = {
    "role": "role", "valid": "valid_until", "until": "valid_until", "expiry": "valid_until", "expire": "valid_until",
    "expired": "valid_until", "revoke": "revoked", "revoked": "revoked", "blocked": "revoked",
}  # fmt: skip
_SEPARATORS: Final = ",;\t|"
_HINT: Final = "the first line names the columns: card,role,valid_until,price_list"


@dataclass(slots=True)
class Sheet:
    """The good cards of a sheet, in its order, and a problem for each bad line."""

    file: str
    cards: list[Card] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    encoding: str = ""
    separator: str = ","
    ignored: list[str] = field(default_factory=list)  # columns that are not read, as the sheet names them

    def warnings(self) -> list[str]:
        """What is suspicious about the sheet as a whole, although no line is wrong."""
        digits = [show_number(card.number) for card in self.cards]
        if len(digits) >= _MANY and all(text.isdecimal() for text in digits):
            what = f"none of {len(digits)} numbers has a digit A to F"
            return [f"{what}: they may be the decimal numbers printed on the cards. Tap one at a gate and compare with shed log"]
        return []

    def expired(self, now_s: int) -> int:
        """The number of cards that are not revoked and whose last day is over at ``now_s`` (seconds since 2000)."""
        return sum(card.valid and card.valid_until < now_s for card in self.cards)

    def admits_nobody(self, now_s: int) -> str:
        """Why no card of it opens a gate at ``now_s`` (seconds since 2000); empty when one does."""
        if not self.cards:
            return "every line of it is bad" if self.problems else "it has nothing but the names of the columns"
        if any(card.valid and card.valid_until >= now_s for card in self.cards):
            return ""
        valid = any(card.valid for card in self.cards)
        return "the last day of every card that is not revoked is over" if valid else "every card in it is revoked"

    def checked(self) -> list[Card]:
        """The cards; FileProblems (exit code 2) when any line is bad."""
        if self.problems:
            raise FileProblems(self.file, self.problems)
        return self.cards


def read_file(path: Path, zeros: int | None = None) -> Sheet:
    """The sheet in a file. ShedError when it cannot be read at all, FileProblems when it has no column of cards."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ShedError(f"cannot read {path}", reason(error), "name the CSV file that the spreadsheet exported", INVALID) from error
    if raw[:4] == b"PK\x03\x04" or raw[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise ShedError(f"{path} is a workbook, not CSV", "it was saved as .xlsx, .ods or .xls", "save the sheet as CSV UTF-8", INVALID)
    text, encoding = decode(raw, str(path))
    sheet = parse(text, str(path), zeros)
    sheet.encoding = encoding
    return sheet


def decode(raw: bytes, file: str) -> tuple[str, str]:
    """Text and the name of its encoding: UTF-8 with or without a mark, UTF-16 with one, else GB 18030 (which contains GBK)."""
    *first, last = ["utf-16"] if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "gb18030"]
    for encoding in first:
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding), encoding
    try:
        return raw.decode(last), last
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problem = Problem(("card",), "the text is in no encoding this tool knows", str(error), "save the sheet as CSV UTF-8", line=line)
        raise FileProblems(file, [problem]) from error


def parse_csv(text: str, file: str = "cards.csv") -> list[Card]:
    """The cards of a sheet; FileProblems with a line for each fault."""
    return parse(text, file).checked()


def parse(text: str, file: str = "cards.csv", zeros: int | None = None) -> Sheet:
    """The sheet in a text; FileProblems when no column holds cards."""
    lines = list(io.StringIO(text.lstrip("\ufeff"), newline=""))
    skipped = 0
    while lines and (not lines[0].strip(" \t\r\n,;|") or lines[0].lower().startswith("sep=")):
        lines.pop(0)
        skipped += 1
    columns, named, separator = _columns(lines[0] if lines else "", file, skipped + 1)
    _refuse_misspelt(columns, named, file, skipped + 1)
    ignored = [shown for name, shown in zip(columns, named, strict=True) if name not in ("", *COLUMNS)]
    sheet = Sheet(file, separator=separator, ignored=ignored)
    unnamed = {at for at, name in enumerate(columns) if not name}
    seen: dict[bytes, int] = {}
    for line, row in _rows(lines, separator, skipped, sheet):
        for at in sorted(unnamed & {at for at, cell in enumerate(row) if cell.strip()}):
            unnamed.remove(at)
            sheet.ignored.append(f"number {at + 1}, which has no name")
        cells = {name: unicodedata.normalize("NFKC", cell) for name, cell in zip(columns, row, strict=False) if name in COLUMNS}
        try:
            if len(row) > len(columns) and any(cell.strip() for cell in row[len(columns) :]):
                cause = f"the first line names {len(columns)} columns, this one has {len(row)}"
                raise BadCell("card", "there are more cells than columns", cause, "put the text with the separator into quotes")
            card = _card(cells, zeros)
        except BadCell as bad:
            sheet.problems.append(Problem((bad.column,), bad.what, bad.cause, bad.hint, line=line))
            continue
        if card.number in seen:
            what, cause = f"duplicate card {show_number(card.number)}", f"it is on line {seen[card.number]} already"
            sheet.problems.append(Problem(("card",), what, cause, "keep one of the two lines", line=line))
            continue
        seen[card.number] = line
        sheet.cards.append(card)
    return sheet


def write_csv(cards: Iterable[Card]) -> str:
    """A sheet that a spreadsheet opens without touching the numbers (byte by byte with colons) and that `parse` reads back the same."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for card in cards:
        digits = show_number(card.number)
        spaced = ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
        rows.writerow((spaced, card.role, show_until(card.valid_until), card.price_list, "" if card.valid else "yes"))
    return out.getvalue()


def show_until(valid_until: int) -> str:
    """The last day as year-month-day, empty for a card that is valid for ever."""
    return "" if valid_until == FOR_EVER else (date(2000, 1, 1) + timedelta(seconds=valid_until)).isoformat()


def _columns(line: str, file: str, number: int) -> tuple[list[str], list[str], str]:
    """The column names, the same as the sheet has them, and the separator with which one of them is ``card``."""
    found: list[str] = []
    for separator in _SEPARATORS:
        row = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
        names = [unicodedata.normalize("NFKC", name).strip().lower().replace(" ", "_") for name in row]
        names = [_ALIASES.get(name, name) for name in names]
        twice = [name for name in COLUMNS if names.count(name) > 1]
        if twice:
            what = f"two columns are called {twice[0]}"
            raise FileProblems(file, [Problem((twice[0],), what, "it is not clear which one counts", "rename one of them", line=number)])
        if "card" in names:
            return names, [name.strip() for name in row], separator
        found = names if len(names) > len(found) else found
    cause = f"columns found: {', '.join(name for name in found if name) or 'none'}"
    raise FileProblems(file, [Problem(("card",), "no column is called card", cause, _HINT, line=number)])


def _refuse_misspelt(columns: list[str], named: list[str], file: str, line: int) -> None:
    """FileProblems for columns that are not read but look like one that is and that the sheet does not have.

    Hazard: with `revokd` for `revoked` every lost card opens the gate. A second column of cards or of something that was found is harmless.
    """
    known = [name for name in [*COLUMNS, *_ALIASES] if _ALIASES.get(name, name) not in columns]
    problems = []
    for name, shown in zip(columns, named, strict=True):
        if name and name not in COLUMNS and (meant := _meant(name, known)):
            cause = "a column that is not read would be left out: who has access would not be what the sheet says"
            hint = f'did you mean "{meant}"? Rename the column, or delete it if it means something else'
            problems.append(Problem((_ALIASES.get(meant, meant),), f'no column is called "{shown}"', cause, hint, line=line))
    if problems:
        raise FileProblems(file, problems)


def _meant(name: str, known: list[str]) -> str:
    """The known name that ``name`` is probably meant to be; empty for a name that is not near one."""
    if near := difflib.get_close_matches(name, known, n=1, cutoff=_NEAR):
        return near[0]
    words = [_ACCESS_WORDS[word] for word in name.split("_") if _ACCESS_WORDS.get(word) in known]
    inside = [one for one in known if not one.isascii() and (one in name or (len(name) > 1 and name in one))]  # Chinese has no spaces
    return next(iter([*words, *inside]), "")


def _rows(lines: list[str], separator: str, skipped: int, sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every row that is not empty; a row that is not valid CSV ends the sheet with a problem."""
    rows = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    last = 1
    try:
        next(rows)
        for row in rows:
            first, last = last + 1, rows.line_num
            if any(cell.strip() for cell in row):
                yield first + skipped, row
    except csv.Error as error:
        hint = "close the quotes of this line, or delete it"
        sheet.problems.append(Problem(("card",), "the line is no CSV", str(error), hint, line=last + 1 + skipped))


def _card(cells: Mapping[str, str], zeros: int | None) -> Card:
    revoked = card_cells.revoked(cells.get("revoked", ""))
    number = card_cells.number if revoked else card_cells.presented  # a revoked card may have any number
    return Card(
        number(cells.get("card", ""), zeros),
        card_cells.role(cells.get("role", "")),
        card_cells.until(cells.get("valid_until", "")),
        card_cells.price_list(cells.get("price_list", "")),
        not revoked,
    )
