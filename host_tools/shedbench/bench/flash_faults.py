"""Flash that returns errors: which operations fail, and how, as FAULT records of the link (docs/protocols/link.md)."""

from __future__ import annotations

import struct
from typing import Final, Literal

from shedguard.formats.partition_table import FLASH_SIZE, SHEDGUARD, find

FlashKind = Literal["program", "erase", "read", "any", "none"]
_KINDS: Final = {"program": 1, "erase": 2, "read": 4, "any": 7, "none": 0}
_DONE: Final = 8
_MOST_TIMES: Final = 0xFFFFFF
_SECTOR: Final = 4096
_COUNTED: Final = struct.Struct("<qqII")
_WORN: Final = struct.Struct("<qq")


def counted(operations_from_now: int, kind: FlashKind, done: bool, times: int, region: str) -> bytes:
    """Payload of FAULT 7. ``times`` 0 is for ever; ``region``: a label of the partition table, or empty for the whole flash."""
    if kind not in _KINDS or operations_from_now < 0 or not 0 <= times <= _MOST_TIMES:
        raise ValueError(f"kinds are {', '.join(_KINDS)}; operations count from 1 (0: none fails), times from 0 (for ever)")
    first, end = (0, 0)
    if region:
        row = find(SHEDGUARD, region)
        first, end = row.offset, row.offset + row.size
    return _COUNTED.pack(operations_from_now if kind != "none" else 0, _KINDS[kind] | _DONE * done | times << 8, first, end)


def worn(region: str, sector: int, kind: FlashKind, done: bool) -> bytes:
    """Payload of FAULT 8: ``sector`` counts within ``region``, or from the start of the flash when that is empty."""
    start, size = 0, FLASH_SIZE
    if region:
        row = find(SHEDGUARD, region)
        start, size = row.offset, row.size
    if kind not in _KINDS or not 0 <= sector < size // _SECTOR:
        raise ValueError(f"kinds are {', '.join(_KINDS)}; {region or 'the flash'} has sectors 0 to {size // _SECTOR - 1}, not {sector}")
    return _WORN.pack(start // _SECTOR + sector, _KINDS[kind] | _DONE * done)
