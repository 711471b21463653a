"""A flash file behind the Channel interface, with power cuts: for fast tests of writes through a channel.

It behaves as esptool's stub does: sectors are erased as the data reaches them, and programming clears bits page by page.
"""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import BinaryIO, Final

from ..errors import FAILED, PORT, ShedError
from .channel import SECTOR, Progress

_PAGE: Final = 256


class FileChannel:
    """Flash is the file ``path``. The power fails after ``cut_after_bytes`` programmed bytes, or at flash operation ``cut_at_operation``
    (from 0; an erase or a page), which leaves that page or sector torn with random bits of ``seed``.

    ``programmed`` and ``operations`` count; ``log`` has (what, offset, size) of every call, for tests. After the cut everything raises.
    """

    def __init__(
        self,
        path: Path,
        cut_after_bytes: int | None = None,
        cut_at_operation: int | None = None,
        chip: str = "esp32",
        mac: str = "24:0a:c4:00:00:01",
        seed: int = 1,
    ) -> None:
        self.chip, self.mac = chip, mac
        self.flash_bytes = path.stat().st_size
        self.programmed = self.operations = self.resets = 0
        self.log: list[tuple[str, int, int]] = []
        self._path = path
        self._cut_after, self._cut_at = cut_after_bytes, cut_at_operation
        self._random = random.Random(seed)
        self._dead = False

    def read(self, offset: int, size: int, progress: Progress | None = None) -> bytes:
        """See `Channel`."""
        self._check("read", offset, size)
        with self._path.open("rb") as file:
            file.seek(offset)
            data = file.read(size)
        if progress:
            progress(size)
        return data

    def write(self, offset: int, data: bytes, progress: Progress | None = None) -> None:
        """See `Channel`."""
        self._check("write", offset, len(data))
        _aligned(offset)
        with self._path.open("r+b") as file:
            for start in range(0, len(data), SECTOR):
                self._operation(file, offset + start, b"\xff" * SECTOR, SECTOR)
                for at in range(start, min(start + SECTOR, len(data)), _PAGE):
                    page = data[at : min(at + _PAGE, start + SECTOR)]
                    if page.strip(b"\xff"):
                        self._operation(file, offset + at, page, len(page))
                    self._count(len(page))
                if progress:
                    progress(min(start + SECTOR, len(data)))

    def md5(self, offset: int, size: int) -> str:
        """See `Channel`."""
        self._check("md5", offset, size)
        with self._path.open("rb") as file:
            file.seek(offset)
            return hashlib.md5(file.read(size)).hexdigest()

    def erase(self, offset: int, size: int) -> None:
        """See `Channel`."""
        self._check("erase", offset, size)
        _aligned(offset)
        _aligned(size)
        with self._path.open("r+b") as file:
            for at in range(offset, offset + size, SECTOR):
                self._operation(file, at, b"\xff" * SECTOR, SECTOR)

    def reset(self) -> None:
        """See `Channel`."""
        self._check("reset", 0, 0)
        self.resets += 1

    def _check(self, what: str, offset: int, size: int) -> None:
        if self._dead:
            raise _gone()
        if offset < 0 or offset + size > self.flash_bytes:
            raise ShedError(f"{size} bytes at {offset:#x} leave the flash of {self.flash_bytes} bytes", code=FAILED)
        self.log.append((what, offset, size))

    def _operation(self, file: BinaryIO, offset: int, data: bytes, size: int) -> None:
        """One erase or page program; torn when the power fails during it."""
        cut = self._cut_at is not None and self.operations == self._cut_at
        self.operations += 1
        file.seek(offset)
        if cut:
            old = file.read(size)
            mix = self._random.randbytes(size)
            data = bytes(new & bits | was & ~bits & 0xFF for new, was, bits in zip(data, old, mix, strict=True))
            file.seek(offset)
        file.write(data)
        if cut:
            self._die()

    def _count(self, size: int) -> None:
        self.programmed += size
        if self._cut_after is not None and self.programmed >= self._cut_after:
            self._die()

    def _die(self) -> None:
        self._dead = True
        raise _gone()


def _aligned(offset: int) -> None:
    if offset % SECTOR:
        raise ShedError(f"{offset:#x} is not the beginning of a flash sector", "a bug in this tool", code=FAILED)


def _gone() -> ShedError:
    return ShedError("the board stopped answering in the middle", "its power or its cable went", "the same command again", PORT)
