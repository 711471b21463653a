"""A NOR flash region in memory, with the rules of the board's flash and a power cut at any operation.

Programming clears bits, erasing a 4096-byte sector sets them. `cut_after(n, rng)` lets n more operations through and tears the next one: a
random subset of the bits it would have changed is changed, then PowerCut. OSError is the answer of a broken part: `fail_next` before
anything is changed, `fail_half_way`, `fail_after_it` when all is done; `bad_sectors` refuse every erase, `mute` answers no read.
"""

from __future__ import annotations

import random

SECTOR = 4096


class PowerCut(Exception):
    """The board lost its supply in the middle of a flash operation."""


class NorRegion:
    sector_size = SECTOR

    def __init__(self, sectors: int, fill: int = 0xFF) -> None:
        self.size = sectors * SECTOR
        self.bytes = bytearray([fill]) * self.size
        self.operations = 0
        self.programs: list[tuple[int, int]] = []
        self.erased: list[int] = []
        self.reads = 0
        self.fail_next = self.fail_half_way = self.fail_after_it = False
        self.bad_sectors: set[int] = set()
        self.mute = False  # no read is answered
        self._left: int | None = None
        self._rng = random.Random(0)

    def cut_after(self, operations: int | None, rng: random.Random | None = None) -> None:
        self._left = operations
        if rng is not None:
            self._rng = rng

    def read(self, offset: int, buf) -> None:
        assert offset >= 0
        assert offset + len(buf) <= self.size
        if self.mute:
            raise OSError(5)
        self.reads += 1
        buf[:] = self.bytes[offset : offset + len(buf)]

    def program(self, offset: int, data) -> None:
        data = bytes(data)
        assert offset // SECTOR == (offset + len(data) - 1) // SECTOR < self.size // SECTOR, "a program crosses a sector end"
        before = self.bytes[offset : offset + len(data)]
        assert all(new & ~old == 0 for new, old in zip(data, before, strict=True)), "a program wants bits 1 that are 0: erase first"
        self._count()
        for i, value in enumerate(data):
            mask = 0xFF
            if self.fail_half_way and i >= len(data) // 2:
                break
            if self._left == -1:
                mask = self._torn_mask()
            self.bytes[offset + i] &= value | (~mask & 0xFF)
        self.programs.append((offset, len(data)))
        self._end()

    def erase(self, sector: int) -> None:
        assert 0 <= sector < self.size // SECTOR
        if sector in self.bad_sectors:
            raise OSError(5)
        self._count()
        for i in range(sector * SECTOR, (sector + 1) * SECTOR):
            self.bytes[i] |= 0xFF if self._left != -1 else self._torn_mask()
        self.erased.append(sector)
        self._end()

    def _torn_mask(self) -> int:
        """The bits of this byte that were written before the cut: mostly all or none, sometimes some."""
        return self._rng.choice((0, 0xFF, self._rng.getrandbits(8)))

    def _count(self) -> None:
        if self.fail_next:
            self.fail_next = False
            raise OSError(5)
        self.operations += 1
        if self._left is not None:
            self._left -= 1

    def _end(self) -> None:
        if self._left == -1:
            self._left = None
            raise PowerCut
        if self.fail_half_way or self.fail_after_it:
            self.fail_half_way = self.fail_after_it = False
            raise OSError(5)
