"""A blank NOR flash file with the partition table of a ShedGuard board, for emulated boards in tests and demonstrations.

python boards/emulated/flash_file.py FILE
"""

from __future__ import annotations

import hashlib
import struct
import sys
from pathlib import Path
from typing import Final

FLASH_SIZE: Final = 4 * 1024 * 1024
TABLE_OFFSET: Final = 0x8000
TABLE_SIZE: Final = 0xC00

# label, type, subtype, offset, size
PARTITIONS: Final = (
    ("nvs", 1, 0x02, 0x9000, 0x6000),
    ("phy_init", 1, 0x01, 0xF000, 0x1000),
    ("factory", 0, 0x00, 0x10000, 0x1F0000),
    ("vfs", 1, 0x81, 0x200000, 0x100000),
    ("shed_cfg", 1, 0x40, 0x300000, 0x8000),
    ("shed_cards", 1, 0x41, 0x308000, 0x40000),
    ("shed_journal", 1, 0x42, 0x348000, 0x80000),
    ("shed_live", 1, 0x43, 0x3C8000, 0x10000),
    ("shed_box", 1, 0x44, 0x3D8000, 0x10000),
)


def partition_table(partitions: tuple[tuple[str, int, int, int, int], ...] = PARTITIONS) -> bytes:
    """The binary table as the ESP32's bootloader reads it: 32-byte entries, then the MD5 row, padded with 0xff."""
    rows = b"".join(
        struct.pack("<HBBII16sI", 0x50AA, type_, subtype, offset, size, label.encode(), 0)
        for label, type_, subtype, offset, size in partitions
    )
    return (rows + b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(rows).digest()).ljust(TABLE_SIZE, b"\xff")


def blank_flash(size: int = FLASH_SIZE) -> bytearray:
    """An erased flash that holds nothing but the partition table."""
    flash = bytearray(b"\xff" * size)
    flash[TABLE_OFFSET : TABLE_OFFSET + TABLE_SIZE] = partition_table()
    return flash


def create(path: Path) -> None:
    path.write_bytes(blank_flash())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    create(Path(sys.argv[1]))
