"""Writes the goldens that are missing, with the tools' codec of today, and never touches one that is there:

    .venv/bin/python -m hil_tests.contracts.goldens.write

Run it when a format was appended to (a field is added at the end; the new length has a new file) or has a new kind, read what it wrote, and
commit it with the change. Goldens of older lengths are not written again: no code of today says what that version wrote.
"""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shedguard.formats import cards, slots
from shedguard.formats.cards import Card
from shedguard.formats.records import Record, encode, encode_payload

from .layouts import HEADER, KINDS, MAGICS, SECTOR_HEADER, Layout, Names, layouts, size
from .text import FOLDER, SUFFIX, Case, Field, render

EACH_BYTE: Final = "each byte differs from every other"
HIGHEST: Final = "the highest of each field"
LOWEST: Final = "the lowest of each field"
LOW_PRICE: Final = "a price that both of its fields hold"
_SIGNED: Final = "bhiq"
_MOST: Final = {"live": {"outlet": 63}}  # the board keeps the outlets of live sessions in a mask
_LAST: Final = 0xFFFFFFF0  # a sequence with room behind it for what a ring writes by itself
_SECTOR: Final = 4096


def missing(folder: Path) -> dict[str, str]:
    """The text of each golden that is not in ``folder``, by file name."""
    return {name: text for name, text in _all() if not (folder / name).exists()}


def main() -> None:
    """Writes them and says which."""
    for name, text in missing(FOLDER).items():
        with (FOLDER / name).open("x", encoding="ascii") as file:
            file.write(text)
        print(f"written: {name}")


def _all() -> Iterator[tuple[str, str]]:
    for layout in (layout for layout in layouts() if layout.newest):
        cases = [_record(layout, title, i) for i, title in enumerate((EACH_BYTE, HIGHEST, LOWEST, LOW_PRICE)) if _has(layout, title)]
        yield layout.file, render(f"Record {layout.kind.number} of the {layout.ring} ring, {layout.kind.name}.", cases)
    for ring, magic in MAGICS.items():
        numbers = (("the first sector of a new board", 1, 0), (EACH_BYTE, 0x1F180F07, 0x3B342D26), (HIGHEST, 0xFFFFFFFF, 0xFFFFFFFF))
        rows = [(title, struct.pack("<4sII", magic, order, erases)) for title, order, erases in numbers]
        text = render(f"Header of a sector of the {ring} ring.", [_cut(title, SECTOR_HEADER, _with_crc(data)) for title, data in rows])
        yield f"{ring}-sector-16{SUFFIX}", text
    yield f"cards-2{SUFFIX}", render("Card table, version 2: a partition of four sectors.", _tables())
    yield f"cards-1{SUFFIX}", render("Card table, version 1: a partition of four sectors.", [_table_of_version_1()])
    yield f"slot-1{SUFFIX}", render("Configuration slot, version 1.", _slots())


def _has(layout: Layout, title: str) -> bool:
    return title != LOW_PRICE or any(name == "wide_fen" for name, _code in layout.payload)


def _record(layout: Layout, title: str, row: int) -> Case:
    """A record in flash, of values that the title names."""
    values: dict[str, int | bytes] = {}
    at = 0
    for name, code in layout.payload:
        some = bytes(1 + 7 * (at + i) % 255 for i in range(size(code)))
        at += size(code)
        if title in (HIGHEST, LOWEST):
            some = _extreme(code, title == HIGHEST)
        (value,) = struct.unpack("<" + code, some)
        values[name] = min(value, _MOST.get(layout.kind.name, {}).get(name, value))
    if "wide_fen" in values:
        wide = values["price_fen"] if title == LOW_PRICE else values["wide_fen"]
        values |= {"price_fen": wide, "wide_fen": wide}
    uptime, epoch, boot = (values.pop(name, 0) for name in ("uptime_s", "epoch_s", "boot"))
    assert isinstance(uptime, int) and isinstance(epoch, int) and isinstance(boot, int)
    record = Record(0, layout.kind.name, values, uptime, epoch, boot)
    number, payload = encode_payload(KINDS[layout.ring], record)
    data = encode(number, payload, {HIGHEST: _LAST, LOWEST: 1}.get(title, 0xF4F3F2F1 + row))
    return _cut(title, (*HEADER, *layout.payload, ("crc", "I")), data)


def _extreme(code: str, high: bool) -> bytes:
    signed = code in _SIGNED
    end = (b"\xff" if high else b"\x00") * (size(code) - signed)
    return end + (b"\x7f" if high else b"\x80") if signed else end


def _with_crc(data: bytes) -> bytes:
    return data + struct.pack("<I", crc32(data))


def _cut(title: str, names: Names, data: bytes) -> Case:
    """``data`` as fields; what lies behind the last is padding."""
    fields, at = [], 0
    for name, code in names:
        fields.append(Field(name, code, struct.unpack_from("<" + code, data, at)[0]))
        at += size(code)
    if at < len(data):
        fields.append(Field("pad", f"{len(data) - at}s", data[at:]))
    return Case(title, tuple(fields))


_TABLE: Final[Names] = (
    *(("magic", "4s"), ("version", "H"), ("record_size", "H"), ("count", "I"), ("records_crc", "I"), ("table", "I"), ("sector", "H")),
    *(("pad", "6s"), ("crc", "I")),
)
_CARD: Final[Names] = (("card", "11s"), ("role", "B"), ("flags", "H"), ("valid_until", "I"), ("price_list", "H"))
_CARDS: Final = (
    Card(cards.canonical(bytes.fromhex("A1B2C3D4")), "resident"),
    Card(cards.canonical(bytes.fromhex("00B2C3D4E5F607")), "staff", 0x1F180F07, 0x2D26),
    Card(cards.canonical(bytes.fromhex("08192A3B4C5D6E7F8091")), "fire_volunteer", 0xFFFFFFFE, 0xFFFF),
    Card(cards.canonical(bytes(10)), "maintenance", 0, 1),
)


def _tables() -> list[Case]:
    first = cards.build_table(_CARDS)
    revoked = [Card(c.number, c.role, c.valid_until, c.price_list, valid=i != 1) for i, c in enumerate(_CARDS)]
    last = bytearray(b"\xff" * 3 * _SECTOR)  # where a second import of few cards stands: records from sector 2, header at the end
    records = cards.build_table(_CARDS[:1])[_SECTOR:]
    last[2 * _SECTOR : 2 * _SECTOR + len(records)] = records
    last += _with_crc(struct.pack("<4sHHIIIH6x", b"SGC1", 2, 20, 1, crc32(records), 0x1F180F07, 2))
    later: Names = (("erased", f"{2 * _SECTOR}s"), *_CARD, ("erased", f"{_SECTOR - 20}s"), *_TABLE)
    return [
        _table("first import", first),
        _table("first import, the second card of the table revoked", cards.build_table(revoked)),
        _cut("later import, header in the last sector", later, bytes(last)),
    ]


def _table(title: str, data: bytes) -> Case:
    count = (len(data) - _SECTOR) // cards.RECORD_SIZE
    return _cut(title, (*_TABLE, ("erased", f"{_SECTOR - 32}s"), *_CARD * count), data)


def _table_of_version_1() -> Case:
    data = cards.build_table(_CARDS)
    count, crc = struct.unpack_from("<II", data, 8)
    return _table("first import", _with_crc(struct.pack("<4sHHII12x", b"SGC1", 1, 20, count, crc)) + data[32:])


_SLOT: Final[Names] = (
    *(("magic", "4s"), ("version", "H"), ("state", "H"), ("slot", "I"), ("length", "I"), ("image_crc", "I"), ("crc", "I")),
    ("image", "25s"),
)
_STATES: Final = {"written": 0xFFFF, "on trial": 0xFFFE, "trial confirmed": 0xFFFC, "trial rejected": 0xFFFA, "flashed confirmed": 0xFFFD}


def _slots() -> list[Case]:
    blank = slots.build_slot(bytes(1 + 7 * i for i in range(25)), 0x1F180F07, confirmed=False)
    return [_cut(title, _SLOT, blank[:6] + struct.pack("<H", state) + blank[8:]) for title, state in _STATES.items()]


if __name__ == "__main__":
    main()
