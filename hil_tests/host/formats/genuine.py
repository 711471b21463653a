"""MicroPython downloads made independently: with esptool's own image classes, and by hand from Espressif's format.

Nothing of `shedguard.flash` is used here: its input must be right by an independent source.
"""

from __future__ import annotations

import hashlib
import struct
from functools import reduce
from typing import Final

from esptool.bin_image import ELFSection, ESP32FirmwareImage

TABLE_AT: Final = 0x8000
APP_AT: Final = 0x10000
_BOOTLOADER_AT: Final = 0x1000
_FLASH_4MB_40MHZ: Final = 0x20
_KB: Final = 1024


def description(version: str, project: str = "micropython") -> bytes:
    """ESP-IDF's `esp_app_desc_t`, 256 bytes."""
    return struct.pack(
        "<II8s32s32s16s16s32s32s80s",
        *(0xABCD5432, 0, bytes(8), version.encode(), project.encode(), b"14:21:09", b"Apr 15 2025", b"v5.4.1", bytes(range(32)), bytes(80)),
    )


def constants(version: str, banner: bool = True) -> bytes:
    """An app's first segment: description, then strings with the banner among them, then other data."""
    words = f"MicroPython {version} on 2025-04-15; Generic ESP32 module with ESP32".encode() if banner else b"another program"
    return description(version) + b"\0".join((b"(no)", words, b">>> ", b"raw REPL; CTRL-B to exit")) + bytes(range(256)) * 64


def by_esptool(*segments: tuple[int, bytes], entry: int = 0x4008_1234) -> bytes:
    """An image as esptool's `elf2image` saves it."""
    image = ESP32FirmwareImage()
    image.flash_size_freq = _FLASH_4MB_40MHZ
    image.flash_mode = 2
    image.entrypoint = entry
    image.min_rev_full, image.max_rev_full = 0, 399
    image.segments = [ELFSection(b".part%d" % i, address, data, 0) for i, (address, data) in enumerate(segments)]
    saved = image.save(None)
    assert saved is not None
    return saved


def by_hand(*segments: tuple[int, bytes]) -> bytes:
    """An image as Espressif's document describes it, revisions and drive strengths set, without a digest."""
    common = struct.pack("<BBBBI", 0xE9, len(segments), 2, _FLASH_4MB_40MHZ, 0x4008_1234)
    extended = struct.pack("<BBBBHBHHBBBBB", 0xEE, 0x12, 0x34, 0x56, 0, 1, 100, 399, 0, 0, 0, 0, 0)
    body = b"".join(struct.pack("<II", address, len(data)) + data for address, data in segments)
    checksum = reduce(lambda so_far, byte: so_far ^ byte, b"".join(data for _, data in segments), 0xEF)
    image = common + extended + body
    return image + bytes(15 - len(image) % 16) + bytes((checksum,))


def table(*rows: tuple[str, int, int, int, int]) -> bytes:
    """A partition table as `gen_esp32part` writes it: (label, type, subtype, offset, size)."""
    body = b"".join(
        struct.pack("<2sBBII16sI", b"\xaa\x50", type_, subtype, offset, size, label.encode(), 0)
        for label, type_, subtype, offset, size in rows
    )
    return (body + b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(body).digest()).ljust(0xC00, b"\xff")


STOCK_TABLE: Final = table(
    ("nvs", 1, 2, 0x9000, 0x6000),
    ("phy_init", 1, 1, 0xF000, 0x1000),
    ("factory", 0, 0, APP_AT, 0x1F0000),
    ("vfs", 1, 0x81, 0x200000, 0x200000),
)


def bootloader() -> bytes:
    """Two segments, in data RAM and in code RAM."""
    return by_esptool((0x3FFF_0030, bytes(range(200))), (0x4007_8000, b"\x36\x41\x00" * 5000))


def app(version: str = "v1.26.1", banner: bool = True) -> bytes:
    """Constants and code in flash, data and code in RAM: six segments with esptool's padding between them."""
    return by_esptool(
        (0x3F40_0020, constants(version, banner)),
        (0x3FFB_DB60, bytes(range(0, 250, 5)) * 40),
        (0x4008_0000, b"\x06\x20\x00\x00" * 900),
        (0x400D_0020, b"\x36\x81\x00\xbd\x03" * 12 * _KB),
    )


def download(app_bytes: bytes, bootloader_bytes: bytes | None = None, rows: bytes = STOCK_TABLE) -> bytes:
    """The one file of the download page, which begins at 0x1000."""
    file = bytearray(b"\xff" * (APP_AT - _BOOTLOADER_AT))
    boot = bootloader() if bootloader_bytes is None else bootloader_bytes
    file[: len(boot)] = boot
    file[TABLE_AT - _BOOTLOADER_AT : TABLE_AT - _BOOTLOADER_AT + len(rows)] = rows
    return bytes(file) + app_bytes
