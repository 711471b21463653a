"""A MicroPython image: the one file of a download (bootloader, partition table, app), taken apart and checked against the board.

Hazard: an image for another chip, of a bigger flash, or cut off in the download makes a board that does not start (which is safe, and
useless), and another release of MicroPython one that does not load the program, or runs it otherwise than it was tested. Each is refused by
name. Only the app's place is used from its partition table; the tool writes ShedGuard's own table.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from ..errors import INVALID, ShedError
from . import esp_image, partition_table
from .partition_table import FLASH_SIZE, SHEDGUARD, STOCK, TABLE_OFFSET, TABLE_SIZE, Partition

# Where the ROM looks for the bootloader; a MicroPython download begins there.
BOOTLOADER_AT: Final = {"esp32": 0x1000, "esp32s3": 0x0}
STAND_IN: Final = "stand-in"
OLDEST: Final = (1, 25)  # releases of MicroPython that the program is made for, both ends included
NEWEST: Final = (1, 29)
STAND_IN_RELEASE: Final = "v1.25.0"
_BANNER: Final = re.compile(rb"MicroPython v(\d+)\.(\d+)(?:\.\d+)?([-.\w]*)")
_RELEASE: Final = re.compile(r"v(\d+)\.(\d+)(?:\.\d+)?([-.\w]*)$")
_TITLES: Final = {"esp32": "ESP32", "esp32s3": "ESP32-S3"}


@dataclass(frozen=True, slots=True)
class MicroPythonImage:
    """``bootloader`` and ``app`` as they go to flash; ``name`` and ``sha256`` of the file, for reports; ``release`` as `v1.25.0`."""

    name: str
    chip: str
    bootloader: bytes
    app: bytes
    flash_bytes: int
    sha256: str
    release: str


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
    code = data[at : at + app.size]
    release = release_of(code)
    if not release:
        raise ShedError(
            f"{name} holds another program, not MicroPython",
            "it is an image for the chip, but it states no MicroPython release",
            "take the .bin of the board's page on micropython.org/download",
            INVALID,
        )
    check_release(release, name)
    return MicroPythonImage(name, boot.chip, data[: boot.size], code, boot.flash_bytes, hashlib.sha256(data).hexdigest(), release)


def release_of(app: bytes) -> str:
    """The MicroPython release that an app (or its beginning) states, as `v1.25.0`; empty where it states none.

    Searches the banner first (which `sys.version` shows), then the description."""
    banner = _BANNER.search(app)
    if banner:
        return banner[0].decode().removeprefix("MicroPython ")
    project, version = esp_image.described(app[esp_image.DESCRIPTION_AT :])
    return version if project == "micropython" and _RELEASE.match(version) else ""


def check_release(release: str, name: str) -> None:
    """ShedError (exit code 2) for a release that the program is not made for. ``name`` is what it was found in."""
    match = _RELEASE.match(release)
    preview = match is not None and match[3] != ""
    if match is not None and OLDEST <= (int(match[1]), int(match[2])) <= NEWEST and not preview:
        return
    words = "a build between two releases" if preview else "a MicroPython release that the program is not tested with"
    made_for = f"v{OLDEST[0]}.{OLDEST[1]} to v{NEWEST[0]}.{NEWEST[1]}"
    raise ShedError(
        f"{name} is MicroPython {release}, the program is made for {made_for}",
        f"{words}: bytecode may not load, or behave differently",
        f"take a release from {made_for} on micropython.org/download",
        INVALID,
    )


def check_fits(image: MicroPythonImage, chip: str, flash_bytes: int) -> None:
    """ShedError (exit code 2) when it is for another chip or for a bigger flash, or when the flash is too small for ShedGuard."""
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
    """A download for the emulated board, where MicroPython does not run from the image: all is right but the code."""
    begin = BOOTLOADER_AT[chip]
    app = partition_table.find(SHEDGUARD, "factory").offset
    image = bytearray(b"\xff" * (app - begin))
    boot = esp_image.build(chip, b"ShedGuard stand-in: no bootloader\0", FLASH_SIZE)
    words = f"ShedGuard stand-in for MicroPython {STAND_IN_RELEASE}, which runs beside this image and not from it\0"
    code = esp_image.describe("micropython", STAND_IN_RELEASE) + words.encode()
    image[: len(boot)] = boot
    image[TABLE_OFFSET - begin : TABLE_OFFSET - begin + TABLE_SIZE] = partition_table.encode(STOCK)
    return bytes(image) + esp_image.build(chip, code, FLASH_SIZE, is_app=True)


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
        raise ValueError(f"its app is at {apps[0].offset:#x}, ShedGuard's at {ours.offset:#x}")
    return apps[0]
