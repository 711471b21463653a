"""A MicroPython image: the one file of a download (bootloader, partition table, app), taken apart and checked against the board.

Hazard: an image for another chip, of a bigger flash, or cut off in the download makes a board that does not start (which is safe, and
useless). Each is refused by name. Of its partition table only the app's place is used: the table that is written is ours.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from ..errors import INVALID, ShedError
from . import esp_image, partition_table
from .partition_table import FLASH_SIZE, SHEDGUARD, STOCK, TABLE_OFFSET, TABLE_SIZE, Partition

# Where the ROM looks for the bootloader; a MicroPython download begins there.
BOOTLOADER_AT: Final = {"esp32": 0x1000, "esp32s3": 0x0}
STAND_IN: Final = "stand-in"
_TITLES: Final = {"esp32": "ESP32", "esp32s3": "ESP32-S3"}


@dataclass(frozen=True, slots=True)
class MicroPythonImage:
    """``bootloader`` and ``app`` as they go to flash; ``name`` and ``sha256`` of the file, for reports."""

    name: str
    chip: str
    bootloader: bytes
    app: bytes
    flash_bytes: int
    sha256: str


def parse(data: bytes, name: str) -> MicroPythonImage:
    """Take a download apart. ShedError (exit code 2) says what is wrong with it."""
    try:
        boot = esp_image.parse(data, "the bootloader in it")
        begin = BOOTLOADER_AT[boot.chip]
        rows = _table(data[TABLE_OFFSET - begin :][:TABLE_SIZE])
        place = _app(rows)
        app = esp_image.parse(data[place.offset - begin :], "the app in it")
        if app.chip != boot.chip:
            raise ValueError(f"its bootloader is for the {_TITLES[boot.chip]}, its app for the {_TITLES[app.chip]}")
        ours = partition_table.find(SHEDGUARD, "factory")
        if app.size > ours.size:
            raise ValueError(f"its app has {app.size} bytes, and the partition for it {ours.size}")
        if begin + boot.size > TABLE_OFFSET:
            raise ValueError(f"its bootloader of {boot.size} bytes runs into the partition table")
    except ValueError as error:
        hint = "take the .bin of the board's page on micropython.org/download (not the one ending in .app-bin), and compare its SHA-256"
        raise ShedError(f"{name} is no usable MicroPython image", str(error), hint, INVALID) from error
    at = place.offset - begin
    return MicroPythonImage(
        name, boot.chip, data[: boot.size], data[at : at + app.size], boot.flash_bytes, hashlib.sha256(data).hexdigest()
    )


def check_fits(image: MicroPythonImage, chip: str, flash_bytes: int) -> None:
    """ShedError (exit code 2) when it is for another chip or for a bigger flash, or when the flash is too small for us at all."""
    if flash_bytes < FLASH_SIZE:
        raise ShedError(
            f"the board has {flash_bytes >> 20} MB of flash",
            f"ShedGuard's partitions take {FLASH_SIZE >> 20} MB",
            "use another board",
            INVALID,
        )
    if image.chip != chip:
        raise ShedError(
            f"{image.name} is for the {_TITLES[image.chip]}, the board is an {_TITLES[chip]}",
            "the wrong download, or the wrong board",
            "take the image of the board's own page on micropython.org/download",
            INVALID,
        )
    if image.flash_bytes > flash_bytes:
        raise ShedError(
            f"{image.name} is made for {image.flash_bytes >> 20} MB of flash, the board has {flash_bytes >> 20} MB",
            "the wrong variant of the image",
            "take the variant without a bigger flash in its name",
            INVALID,
        )


def stand_in(chip: str) -> bytes:
    """A download for the emulated board, where MicroPython runs beside the image and not from it: everything right but the code."""
    begin = BOOTLOADER_AT[chip]
    app = partition_table.find(SHEDGUARD, "factory").offset
    image = bytearray(b"\xff" * (app - begin))
    boot = esp_image.build(chip, b"ShedGuard stand-in: no bootloader\0", FLASH_SIZE)
    image[: len(boot)] = boot
    image[TABLE_OFFSET - begin : TABLE_OFFSET - begin + TABLE_SIZE] = partition_table.encode(STOCK)
    return bytes(image) + esp_image.build(chip, b"ShedGuard stand-in: MicroPython runs beside this image, not from it\0", FLASH_SIZE)


def _table(table: bytes) -> tuple[Partition, ...]:
    """The image's own rows; ValueError when they overlap, are damaged or cut off."""
    if len(table) < TABLE_SIZE // 4:
        raise ValueError("it ends before its partition table")
    rows = partition_table.decode(table)
    end, before = TABLE_OFFSET + TABLE_SIZE, "the partition table"
    for row in sorted(rows, key=lambda row: row.offset):
        if row.offset < end:
            raise ValueError(f"its partition {row.label} at {row.offset:#x} overlaps {before}, which ends at {end:#x}")
        end, before = row.offset + row.size, row.label
    return rows


def _app(rows: tuple[Partition, ...]) -> Partition:
    apps = [row for row in rows if row.type == 0]
    ours = partition_table.find(SHEDGUARD, "factory")
    if len(apps) != 1:
        raise ValueError(f"it has {len(apps)} app partitions: an image for updates over the air does not fit ShedGuard's partitions")
    if apps[0].offset != ours.offset:
        raise ValueError(f"its app stands at {apps[0].offset:#x}, ShedGuard's at {ours.offset:#x}")
    return apps[0]
