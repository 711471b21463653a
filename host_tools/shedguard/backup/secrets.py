"""The maintenance key inside configuration slots: taken out of a backup, put back at a restore.

Hazard: whoever has the key may clear trips and open everything. A backup holds it only when that was asked for.
"""

from __future__ import annotations

import struct
from binascii import crc32
from typing import Final

from ..formats.slots import CONFIRMED, MAGIC, REJECTED, SLOT_SIZE, read_slot

KEY_SIZE: Final = 32
NO_KEY: Final = bytes(KEY_SIZE)
_KEY_SECTION: Final = 13
_SLOT_HEADER: Final = 24
_IMAGE_HEADER: Final = 12


def key_offset(image: bytes) -> int | None:
    """The offset of the key in a configuration image, None when it has none or ends too early."""
    try:
        (sections,) = struct.unpack_from("<H", image, 6)
        at = _IMAGE_HEADER
        for _ in range(sections):
            number, size, records = struct.unpack_from("<BBH", image, at)
            at += 4
            if number == _KEY_SECTION and records == 1 and size == KEY_SIZE:
                return at if at + KEY_SIZE <= len(image) else None
            at += size * records
    except struct.error:
        pass
    return None


def key_of(image: bytes) -> bytes | None:
    """The key in an image, None when it has none or it was taken out."""
    at = key_offset(image)
    key = None if at is None else image[at : at + KEY_SIZE]
    return None if key == NO_KEY else key


def with_key(image: bytes, key: bytes) -> bytes:
    """The image with this key; ValueError when it has no place for one."""
    at = key_offset(image)
    if at is None:
        raise ValueError("the configuration has no place for a maintenance key")
    return image[:at] + key + image[at + KEY_SIZE :]


def keyless(partition: bytes) -> tuple[int, bytes, int] | None:
    """(sequence, image, CRC it had) of the configuration in use, from the headers alone: redacted images fail their CRC."""
    found = []
    for start in range(0, len(partition) - SLOT_SIZE + 1, SLOT_SIZE):
        magic, version, state, sequence, length, crc, header_crc = struct.unpack_from("<4sHHIIII", partition, start)
        blank = struct.pack("<4sHHIII", magic, version, 0xFFFF, sequence, length, crc)
        confirmed = not state & CONFIRMED and state & REJECTED
        if magic == MAGIC and confirmed and header_crc == crc32(blank) and length <= SLOT_SIZE - _SLOT_HEADER:
            found.append((sequence, partition[start + _SLOT_HEADER : start + _SLOT_HEADER + length], crc))
    return max(found, default=None)


def rekeyed(image: bytes, key: bytes) -> bytes:
    """The image with another key and the CRC that goes with it; ValueError when it has no place for one."""
    changed = with_key(image, key)
    return changed[:8] + struct.pack("<I", crc32(changed[_IMAGE_HEADER:])) + changed[_IMAGE_HEADER:]


def redact(partition: bytes) -> bytes:
    """The configuration partition without keys. CRCs stay those of the whole image, so that a key put back can be recognised as the
    right one. A slot that cannot be read is left out whole: the key might be anywhere in it."""
    result = bytearray(partition)
    for start in range(0, len(partition) - SLOT_SIZE + 1, SLOT_SIZE):
        slot = read_slot(partition[start : start + SLOT_SIZE])
        at = None if slot is None else key_offset(slot.image)
        if slot is None or at is None:
            result[start : start + SLOT_SIZE] = b"\xff" * SLOT_SIZE
            continue
        end = start + _SLOT_HEADER + len(slot.image)
        result[start + _SLOT_HEADER + at : start + _SLOT_HEADER + at + KEY_SIZE] = NO_KEY
        result[end : start + SLOT_SIZE] = b"\xff" * (start + SLOT_SIZE - end)  # remains of a longer image
    return bytes(result)
