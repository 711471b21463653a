"""One image as the ESP32's ROM starts it (bootloader or app): header, segments, checksum, SHA-256. Reads, checks and makes one.

Hazard: a truncated or foreign image makes a board that does not start. It is refused here, by what is wrong, before flash is touched.
Format: Espressif's "Firmware Image Format" (esptool documentation): 8 bytes of common header, 16 of extended header, then segments. An
app also has a description of 256 bytes at the start of its first segment (ESP-IDF, `esp_app_desc_t`).
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Final

MAGIC: Final = 0xE9
CHIP_IDS: Final = {0: "esp32", 9: "esp32s3"}
_OTHER_CHIPS: Final = {2: "ESP32-S2", 5: "ESP32-C3", 12: "ESP32-C2", 13: "ESP32-C6", 16: "ESP32-H2", 18: "ESP32-P4", 23: "ESP32-C5"}
# Magic, segments, flash mode, flash size and speed, entry; write-protect pin and drive strengths, chip, lowest and highest revisions,
# reserved, whether a SHA-256 follows.
_HEADER: Final = struct.Struct("<BBBBI4sHBHH4sB")
_DESCRIPTION: Final = struct.Struct("<II8s32s32s16s16s32s32s80s")
_DESCRIPTION_MAGIC: Final = 0xABCD5432
DESCRIPTION_AT: Final = 32  # after the header and that of the first segment
DESCRIPTION_SIZE: Final = _DESCRIPTION.size
_SEGMENT: Final = struct.Struct("<II")
_SEED: Final = 0xEF
_DATA: Final = {"esp32": 0x3F400020, "esp32s3": 0x3C000020}  # where flash is mapped for reading: an app's constants
_RAM: Final = {"esp32": 0x3FFB0000, "esp32s3": 0x3FC88000}
_MAX_SEGMENTS: Final = 16


@dataclass(frozen=True, slots=True)
class EspImage:
    """``size`` is the whole image with checksum and digest; ``flash_bytes`` the flash chip it was made for."""

    chip: str
    flash_bytes: int
    size: int


def parse(data: bytes, what: str) -> EspImage:
    """The image that begins ``data``; ValueError says what is wrong with ``what``."""
    if len(data) < _HEADER.size:
        raise ValueError(f"{what} is cut off: {len(data)} bytes")
    magic, segments, _mode, size_and_speed, _entry, _pins, chip_id, *_revisions, has_digest = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise ValueError(f"{what} does not begin like an image: {magic:#04x} instead of {MAGIC:#04x}")
    if chip_id not in CHIP_IDS:
        raise ValueError(f"{what} is for the {_OTHER_CHIPS.get(chip_id, f'chip number {chip_id}')}")
    if not 1 <= segments <= _MAX_SEGMENTS:
        raise ValueError(f"{what} has {segments} segments: it is damaged")
    if has_digest > 1:
        raise ValueError(f"{what} is damaged: its header has {has_digest} where 0 or 1 is allowed")
    at, checksum = _HEADER.size, _SEED
    for _ in range(segments):
        if at + _SEGMENT.size > len(data):
            raise ValueError(f"{what} is cut off at {len(data)} bytes")
        _address, length = _SEGMENT.unpack_from(data, at)
        at += _SEGMENT.size
        if at + length > len(data):
            raise ValueError(f"{what} is cut off: {len(data)} bytes, but a segment ends at {at + length}")
        checksum ^= _xor(data[at : at + length])
        at += length
    at += 15 - at % 16  # the checksum is the last byte of a line of 16
    if at + 1 + (32 if has_digest else 0) > len(data):
        raise ValueError(f"{what} is cut off before its checksum")
    if data[at] != checksum:
        raise ValueError(f"{what} is damaged: its checksum does not match")
    at += 1
    if has_digest:
        if hashlib.sha256(data[:at]).digest() != data[at : at + 32]:
            raise ValueError(f"{what} is damaged: its SHA-256 does not match")
        at += 32
    return EspImage(CHIP_IDS[chip_id], 1 << 20 << (size_and_speed >> 4), at)


def build(chip: str, content: bytes, flash_bytes: int, is_app: bool = False) -> bytes:
    """An image with ``content`` as its only segment: in RAM, or for an app where flash is mapped for reading."""
    chip_id = next(number for number, name in CHIP_IDS.items() if name == chip)
    size = (flash_bytes >> 20).bit_length() - 1
    content = content.ljust(-(-len(content) // 4) * 4, b"\0")
    at = (_DATA if is_app else _RAM)[chip]
    header = _HEADER.pack(MAGIC, 1, 2, size << 4, 0x40080000, b"\xee\0\0\0", chip_id, 0, 0, 0xFFFF, bytes(4), 1)
    image = header + _SEGMENT.pack(at, len(content)) + content
    image = image.ljust(len(image) + 15 - len(image) % 16, b"\0") + bytes((_SEED ^ _xor(content),))
    return image + hashlib.sha256(image).digest()


def describe(project: str, version: str) -> bytes:
    """The description with which an app begins."""
    words = [text.encode() for text in (version, project, "00:00:00", "Jan  1 2000", "none")]
    return _DESCRIPTION.pack(_DESCRIPTION_MAGIC, 0, bytes(8), *words, bytes(32), bytes(80))


def described(description: bytes) -> tuple[str, str]:
    """(project, version) of an app's description; two empty words where there is none."""
    if len(description) < _DESCRIPTION.size:
        return "", ""
    magic, _security, _reserved, version, project, *_rest = _DESCRIPTION.unpack_from(description)
    if magic != _DESCRIPTION_MAGIC:
        return "", ""
    return _word(project), _word(version)


def _word(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("ascii", "replace")


def _xor(data: bytes) -> int:
    """Exclusive or of all bytes, folded by halves for speed: an app has 1.5 million."""
    if len(data) < 64:
        return reduce(xor, data, 0)
    half = -(-len(data) // 2)
    folded = int.from_bytes(data[:half], "little") ^ int.from_bytes(data[half:], "little")
    return _xor(folded.to_bytes(half, "little"))
