"""The partition table of a ShedGuard board (docs/protocols/records.md) in the ESP32's binary form, with its MD5 row."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import Final

TABLE_OFFSET: Final = 0x8000
TABLE_SIZE: Final = 0x1000
FLASH_SIZE: Final = 0x400000
_ROWS_SIZE: Final = 0xC00  # ESP-IDF's most; the rest of the sector stays erased
_ENTRY: Final = struct.Struct("<2sBBII16sI")
_ENTRY_MAGIC: Final = b"\xaa\x50"
_MD5_MAGIC: Final = b"\xeb\xeb" + b"\xff" * 14


@dataclass(frozen=True, slots=True)
class Partition:
    """One row. ``type`` 0 is an app, 1 is data."""

    label: str
    type: int
    subtype: int
    offset: int
    size: int


SHEDGUARD: Final = (
    Partition("nvs", 1, 0x02, 0x9000, 0x6000),
    Partition("phy_init", 1, 0x01, 0xF000, 0x1000),
    Partition("factory", 0, 0x00, 0x10000, 0x1F0000),
    Partition("vfs", 1, 0x81, 0x200000, 0x100000),
    Partition("shed_cfg", 1, 0x40, 0x300000, 0x8000),
    Partition("shed_cards", 1, 0x41, 0x308000, 0x40000),
    Partition("shed_journal", 1, 0x42, 0x348000, 0x80000),
    Partition("shed_live", 1, 0x43, 0x3C8000, 0x10000),
    Partition("shed_box", 1, 0x44, 0x3D8000, 0x10000),
)

# What MicroPython's own ESP32_GENERIC image has on 4 MB: the file system after the app, and no partition of ours.
STOCK: Final = (
    Partition("nvs", 1, 0x02, 0x9000, 0x6000),
    Partition("phy_init", 1, 0x01, 0xF000, 0x1000),
    Partition("factory", 0, 0x00, 0x10000, 0x1F0000),
    Partition("vfs", 1, 0x81, 0x200000, 0x200000),
)


def encode(partitions: tuple[Partition, ...]) -> bytes:
    """The table as it stands in flash, 4096 bytes. ValueError when rows overlap or leave the flash."""
    end = TABLE_OFFSET + TABLE_SIZE
    for row in partitions:
        if row.offset < end or row.offset + row.size > FLASH_SIZE:
            raise ValueError(f"partition {row.label} overlaps its neighbour or leaves the flash")
        end = row.offset + row.size
    rows = b"".join(_ENTRY.pack(_ENTRY_MAGIC, row.type, row.subtype, row.offset, row.size, row.label.encode(), 0) for row in partitions)
    return (rows + _MD5_MAGIC + hashlib.md5(rows).digest()).ljust(TABLE_SIZE, b"\xff")


def decode(table: bytes) -> tuple[Partition, ...]:
    """The rows of a table; ValueError when the MD5 row is wrong or missing."""
    rows: list[Partition] = []
    for at in range(0, len(table) - _ENTRY.size + 1, _ENTRY.size):
        entry = table[at : at + _ENTRY.size]
        if entry[:16] == _MD5_MAGIC:
            if hashlib.md5(table[:at]).digest() != entry[16:]:
                raise ValueError("the partition table's MD5 does not match")
            return tuple(rows)
        magic, type_, subtype, offset, size, label, _flags = _ENTRY.unpack(entry)
        if magic != _ENTRY_MAGIC:
            break
        rows.append(Partition(label.rstrip(b"\0").decode(), type_, subtype, offset, size))
    raise ValueError("no partition table, or one without an MD5 row")


def may_hold_table(sector: bytes) -> bool:
    """Whether ``sector`` can be what a board has at TABLE_OFFSET: erased, or a table, even a damaged or truncated one."""
    if len(sector) != TABLE_SIZE or sector[_ROWS_SIZE:].strip(b"\xff"):
        return False
    return sector.startswith(_ENTRY_MAGIC) or not sector.strip(b"\xff")


def find(partitions: tuple[Partition, ...], label: str) -> Partition:
    """The partition of that label; KeyError when there is none."""
    for row in partitions:
        if row.label == label:
            return row
    raise KeyError(label)
