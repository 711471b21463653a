"""The stub's fast read: blocks of flash, a number of them ahead of the client's acknowledgements, then their MD5."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator

from .flash import FlashFile


class FlashReading:
    """One READ_FLASH in progress. ``go_on`` takes each frame of the client: the number of bytes it has received, in 32 bits."""

    def __init__(self, flash: FlashFile, offset: int, size: int, block: int, window: int) -> None:
        self.is_over = False
        self._flash = flash
        self._offset, self._size = offset, size
        self._block, self._window = block, window
        self._sent = 0
        self._acknowledged = 0
        self._digest = hashlib.md5(usedforsecurity=False)

    def go_on(self, acknowledgement: bytes) -> Iterator[bytes]:
        """The frames to send next. Any frame that is no acknowledgement of what was sent ends the read."""
        if acknowledgement:
            count = struct.unpack("<I", acknowledgement)[0] if len(acknowledgement) == 4 else -1
            if not self._acknowledged <= count <= self._sent:
                self.is_over = True
                return
            self._acknowledged = count
        while self._sent < self._size and self._sent - self._acknowledged < self._window * self._block:
            data = self._flash.read(self._offset + self._sent, min(self._block, self._size - self._sent))
            self._digest.update(data)
            self._sent += len(data)
            yield data
        if self._acknowledged == self._size:
            self.is_over = True
            yield self._digest.digest()
