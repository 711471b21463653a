"""The SPI flash as the loader sees it: the board's flash file, with NOR rules, while the board's process is held in reset.

The process maps the same file shared, so it boots with what is written here.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

SECTOR: Final = 4096
BLANK_WORD: Final = 0xFFFFFFFF
_TABLE: Final = 0x8000
_TABLE_MAGIC: Final = b"\xaa\x50"


class OutOfFlash(Exception):
    """The range is not inside the flash."""


class FlashFile:
    """``limit`` is the flash size that the loader assumes; at most the file's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self.size = os.fstat(self._fd).st_size
        self.limit = self.size

    def close(self) -> None:
        """Give the file back."""
        os.close(self._fd)

    def read(self, offset: int, size: int) -> bytes:
        """The bytes of a range; OutOfFlash unless the range is inside."""
        self.check(offset, size)
        return os.pread(self._fd, size, offset)

    def program(self, offset: int, data: bytes) -> None:
        """Clear bits: what is 0 stays 0."""
        old = self.read(offset, len(data))
        if old.strip(b"\xff"):
            data = (int.from_bytes(old, "little") & int.from_bytes(data, "little")).to_bytes(len(data), "little")
        os.pwrite(self._fd, data, offset)

    def erase(self, start: int, end: int) -> None:
        """Erase every sector that holds a byte of ``start`` to ``end``."""
        start -= start % SECTOR
        end += -end % SECTOR
        self.check(start, end - start)
        if end > start:
            os.pwrite(self._fd, b"\xff" * (end - start), start)

    def md5(self, offset: int, size: int) -> bytes:
        """Digest of a range."""
        return hashlib.md5(self.read(offset, size), usedforsecurity=False).digest()

    def check(self, offset: int, size: int) -> None:
        """OutOfFlash unless the range is inside."""
        if offset + size > min(self.size, self.limit):
            raise OutOfFlash(f"{size} bytes at 0x{offset:x} of {min(self.size, self.limit)}")

    def is_bootable(self) -> bool:
        """Whether there is a partition table. (Bootloader and app are not checked: MicroPython runs beside the image.)"""
        return self.size > _TABLE + 2 and os.pread(self._fd, 2, _TABLE) == _TABLE_MAGIC
