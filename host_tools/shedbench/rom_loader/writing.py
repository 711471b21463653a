"""One download to flash: where the next bytes go, what is erased for them, and how they are unpacked."""

from __future__ import annotations

import zlib
from typing import Final

from .flash import SECTOR, FlashFile

_INFLATE_CHUNK: Final = 64 * 1024


class TooMuch(Exception):
    """More data than was announced."""


class Download:
    """``size`` bytes to ``offset``. The ROM erases all of it first (``erase_ahead``); the stub erases sector by sector as it writes.

    Plain blocks may be padded beyond ``size``; the excess is dropped. Compressed data has to end at the announced size.
    """

    def __init__(self, flash: FlashFile, offset: int, size: int, compressed: bool, erase_ahead: bool) -> None:
        flash.check(offset, size)
        self.compressed = compressed
        self._flash = flash
        self._next = offset
        self._end = offset + size
        self._erased_to = offset - offset % SECTOR
        self._inflate = zlib.decompressobj()
        if erase_ahead:
            self._erase_to(self._end)

    @property
    def missing(self) -> int:
        """Bytes announced and not written yet."""
        return self._end - self._next

    def write(self, block: bytes) -> None:
        """The next block. zlib.error when it cannot be unpacked, TooMuch when it goes beyond the end."""
        if not self.compressed:
            self._program(block[: self.missing])
            return
        left = block
        while left and not self._inflate.eof:
            data = self._inflate.decompress(left, _INFLATE_CHUNK)
            left = self._inflate.unconsumed_tail
            if len(data) > self.missing:
                raise TooMuch(f"{len(data)} bytes where {self.missing} were left")
            self._program(data)

    def _program(self, data: bytes) -> None:
        self._erase_to(self._next + len(data))
        if data:
            self._flash.program(self._next, data)
        self._next += len(data)

    def _erase_to(self, end: int) -> None:
        if end > self._erased_to:
            end += -end % SECTOR
            self._flash.erase(self._erased_to, end)
            self._erased_to = end
