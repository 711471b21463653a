"""What `shed flash` writes to a board, region by region, and in which order, so that a cut at any byte leaves it safe.

Hazard: half of an old program with half of a new one. So the first thing that changes is the file system's two first blocks, which are
erased: without them nothing of ours starts (a stock image then formats an empty file system, or prints for ever that it is corrupt; the
outputs stay at their pull resistors: EN has floated them). They are written last, when everything else has been compared. Session data of
another layout is erased before the partition table is written that would make it valid. The same command repeats what is missing and skips
what is there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..boards.model import Board
from ..formats import file_system, partition_table
from ..formats.micropython_image import BOOTLOADER_AT, MicroPythonImage
from ..formats.partition_table import SHEDGUARD, TABLE_OFFSET
from . import program
from .channel import SECTOR

# littlefs keeps its superblock in the blocks 0 and 1.
HEAD: Final = 2 * SECTOR
KEPT: Final = ("shed_cfg", "shed_cards", "shed_journal", "shed_live", "shed_box")


@dataclass(frozen=True, slots=True)
class Region:
    """Bytes at an offset, whole sectors. ``title`` is for a person."""

    name: str
    title: str
    offset: int
    data: bytes

    @property
    def md5(self) -> str:
        """MD5 of the whole region, as the loader computes it."""
        return hashlib.md5(self.data, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Plan:
    """``regions`` in the order of writing; ``image`` is None when the board's own MicroPython stays."""

    board: str
    chip: str
    image: MicroPythonImage | None
    regions: tuple[Region, ...]
    program_sha256: str


def build(board: Board, image: MicroPythonImage | None, firmware: Path | None = None) -> Plan:
    """Everything for ``board``. ShedError when the program does not compile or does not fit."""
    files = program.files(board, firmware)
    place = partition_table.find(SHEDGUARD, "vfs")
    vfs = file_system.build(files, place.size)
    regions = [Region("table", "partition table", TABLE_OFFSET, partition_table.encode(SHEDGUARD))]
    if image is not None:
        at = BOOTLOADER_AT[board.board.chip]
        regions.append(Region("bootloader", "MicroPython: bootloader", at, _whole(image.bootloader)))
        app = partition_table.find(SHEDGUARD, "factory").offset
        regions.append(Region("app", f"MicroPython: {image.name}", app, _whole(image.app)))
    regions.append(Region("program", "ShedGuard program", place.offset + HEAD, vfs[HEAD:]))
    regions.append(Region("start", "file system's first blocks", place.offset, vfs[:HEAD]))
    return Plan(board.board.name, board.board.chip, image, tuple(regions), digest(files))


def digest(files: dict[str, bytes]) -> str:
    """SHA-256 of all files with their names: the version of a program."""
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(path.encode() + b"\0" + hashlib.sha256(files[path]).digest())
    return total.hexdigest()


def _whole(data: bytes) -> bytes:
    return data.ljust(-(-len(data) // SECTOR) * SECTOR, b"\xff")
