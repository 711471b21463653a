"""Whole flash images of a 4 MB board: blank like a new board, or with program, configuration and cards ready for service."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..boards.model import Board
from ..errors import FAILED, ShedError
from ..formats import file_system, micropython_image, partition_table
from ..formats.cards import Card, build_table
from ..formats.partition_table import FLASH_SIZE, SHEDGUARD, STOCK, TABLE_OFFSET, Partition
from ..formats.slots import build_slot
from ..site.image import compile_site
from ..site.model import SiteFile
from . import program


def build_blank(path: Path, partitions: tuple[Partition, ...] = STOCK, chip: str = "esp32") -> None:
    """A stock-like board: partition table and app, everything else erased. Its first boot makes the file system."""
    path.write_bytes(_skeleton(partitions, chip))


def build_flash(
    path: Path,
    site: SiteFile,
    board: Board,
    cards: Iterable[Card] = (),
    build: int = 1,
    firmware: Path | None = None,
    frozen: bool = False,
) -> None:
    """A board in service: program in vfs (when it is ``frozen`` into the image, only what starts it), the site confirmed in slot 0, the
    card table. ShedError when something does not fit."""
    flash = _skeleton(SHEDGUARD, board.board.chip)
    _place(flash, "vfs", file_system.build(program.files(board, firmware, frozen), _size("vfs")))
    _place(flash, "shed_cfg", build_slot(compile_site(site, board, build), sequence=1, confirmed=True))
    _place(flash, "shed_cards", build_table(cards))
    path.write_bytes(flash)


def read_partition(path: Path, label: str) -> bytes:
    """The bytes of one partition of a flash file, by the table in that file; ShedError when it has none of that label."""
    flash = path.read_bytes()
    try:
        rows = partition_table.decode(flash[TABLE_OFFSET : TABLE_OFFSET + partition_table.TABLE_SIZE])
        row = partition_table.find(rows, label)
    except (ValueError, KeyError) as error:
        raise ShedError(
            f"{path} has no partition {label}", str(error), "name a flash file of this tool: shed emulate prints its path"
        ) from error
    return flash[row.offset : row.offset + row.size]


def write_partition(path: Path, label: str, content: bytes) -> None:
    """Replace one partition of a flash file; what ``content`` does not fill is erased."""
    old = read_partition(path, label)
    if len(content) > len(old):
        raise ShedError(f"{len(content)} bytes do not fit into partition {label} of {len(old)}", code=FAILED)
    flash = bytearray(path.read_bytes())
    row = partition_table.find(partition_table.decode(bytes(flash[TABLE_OFFSET : TABLE_OFFSET + partition_table.TABLE_SIZE])), label)
    flash[row.offset : row.offset + row.size] = content.ljust(row.size, b"\xff")
    path.write_bytes(flash)


def _skeleton(partitions: tuple[Partition, ...], chip: str) -> bytearray:
    flash = bytearray(b"\xff" * FLASH_SIZE)
    flash[TABLE_OFFSET : TABLE_OFFSET + partition_table.TABLE_SIZE] = partition_table.encode(partitions)
    # In the place of MicroPython on a real board: what `shed flash --image stand-in` writes there.
    image = micropython_image.parse(micropython_image.stand_in(chip), micropython_image.STAND_IN)
    app, boot = partition_table.find(partitions, "factory").offset, micropython_image.BOOTLOADER_AT[chip]
    flash[boot : boot + len(image.bootloader)] = image.bootloader
    flash[app : app + len(image.app)] = image.app
    return flash


def _size(label: str) -> int:
    return partition_table.find(SHEDGUARD, label).size


def _place(flash: bytearray, label: str, content: bytes) -> None:
    row = partition_table.find(SHEDGUARD, label)
    if len(content) > row.size:
        raise ShedError(f"{len(content)} bytes do not fit into partition {label} of {row.size}", code=FAILED)
    flash[row.offset : row.offset + len(content)] = content
