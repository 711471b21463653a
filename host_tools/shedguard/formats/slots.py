"""Configuration slots in flash (docs/protocols/records.md): a header with state bits that are cleared one way, then the image."""

from __future__ import annotations

import struct
from binascii import crc32
from dataclasses import dataclass
from typing import Final

SLOT_SIZE: Final = 0x4000
MAGIC: Final = b"SGS1"
VERSION: Final = 1
TRIAL, CONFIRMED, REJECTED = 1, 2, 4
_HEADER: Final = struct.Struct("<4sHHIII")
_BLANK_STATE: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot that holds an image whose CRCs are right."""

    sequence: int
    state: int
    image: bytes

    @property
    def confirmed(self) -> bool:
        """Whether the board may use it: confirmed and not rejected since."""
        return not self.state & CONFIRMED and bool(self.state & REJECTED)

    @property
    def words(self) -> str:
        """Its state, for a person."""
        if not self.state & REJECTED:
            return "rejected"
        if not self.state & CONFIRMED:
            return "confirmed"
        return "not yet tried" if self.state & TRIAL else "on trial"


def build_slot(image: bytes, sequence: int, confirmed: bool) -> bytes:
    """A slot's bytes, header first; ValueError when the image is too long."""
    if _HEADER.size + 4 + len(image) > SLOT_SIZE:
        raise ValueError(f"image of {len(image)} bytes, a slot takes {SLOT_SIZE - _HEADER.size - 4}")
    state = _BLANK_STATE & ~CONFIRMED if confirmed else _BLANK_STATE
    crc = crc32(_header(_BLANK_STATE, sequence, image))
    return _header(state, sequence, image) + struct.pack("<I", crc) + image


def read_slot(data: bytes) -> Slot | None:
    """The slot that begins ``data``, None when there is none or it is damaged."""
    if len(data) < _HEADER.size + 4:
        return None
    magic, version, state, sequence, length, image_crc = _HEADER.unpack_from(data)
    start = _HEADER.size + 4
    image = data[start : start + length]
    if magic != MAGIC or version != VERSION or len(image) != length or crc32(image) != image_crc:
        return None
    (crc,) = struct.unpack_from("<I", data, _HEADER.size)
    return Slot(sequence, state, image) if crc == crc32(_header(_BLANK_STATE, sequence, image)) else None


def current(partition: bytes) -> Slot | None:
    """The slot that the board uses: the confirmed one with the highest sequence."""
    found = [read_slot(partition[offset : offset + SLOT_SIZE]) for offset in (0, SLOT_SIZE)]
    usable = [slot for slot in found if slot is not None and slot.confirmed]
    return max(usable, key=lambda slot: slot.sequence, default=None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new configuration goes: offset in the partition, sequence."""

    offset: int
    sequence: int


def free_place(partition: bytes) -> Place:
    """The slot that does not hold the configuration in force, and a sequence above every readable one of both."""
    found = [read_slot(partition[offset : offset + SLOT_SIZE]) for offset in (0, SLOT_SIZE)]
    best = current(partition)
    taken = found.index(best) if best is not None else 1
    return Place(SLOT_SIZE * (1 - taken), 1 + max((slot.sequence for slot in found if slot is not None), default=0))


def _header(state: int, sequence: int, image: bytes) -> bytes:
    return _HEADER.pack(MAGIC, VERSION, state, sequence, len(image), crc32(image))
