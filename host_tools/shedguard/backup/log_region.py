"""What a restore changes in a log region: a record at its end raises the boot count; erase counts stay those of the chip.

Hazard: two sessions with one id. Ids are made from the boot count, so a restored board counts on from beyond both histories.
"""

from __future__ import annotations

import struct
from binascii import crc32
from typing import Final

from ..formats.records import JOURNAL_KINDS, JOURNAL_MAGIC, SECTOR, Log, Record, encode, encode_payload

_HEAD: Final = struct.Struct("<4sIII")
_RECORD: Final = struct.Struct("<BBBBI")
_FREE: Final = 0xFF


def boots_of(log: Log) -> int:
    """The boot count as the board's own search finds it: in the newest record that has it. 0 when none does."""
    for record in reversed(log.records):
        if record.kind in ("boot", "state"):
            return record.number("boots")
    return 0


def latched_of(log: Log) -> dict[str, int | bytes]:
    """The mask of the causes still latched, and the CRC of the configuration that defines these causes, from the newest record that has
    them."""
    for record in reversed(log.records):
        if record.kind in ("trip", "trip_reset", "state"):
            return {name: record.fields[name] for name in ("latched", "config_crc") if name in record.fields}
    return {"latched": 0}


def sectors_in_use(region: bytes, magic: bytes) -> dict[int, tuple[int, int]]:
    """Sector index to (order, erase count) of every sector with a good header."""
    found = {}
    for offset in range(0, len(region) - SECTOR + 1, SECTOR):
        name, order, wear, crc = _HEAD.unpack_from(region, offset)
        if name == magic and crc == crc32(region[offset : offset + 12]):
            found[offset // SECTOR] = (order, wear)
    return found


def has_gone_round(region: bytes, magic: bytes) -> bool:
    """Whether later records have overwritten the ring's first ones."""
    return min((order for order, _wear in sectors_in_use(region, magic).values()), default=1) > 1


def with_wear_of(region: bytes, chip: bytes, magic: bytes) -> bytes:
    """``region`` as it will be on a chip whose region is ``chip`` now: each sector has that chip's erase count plus one."""
    result = bytearray(region)
    worn = sectors_in_use(chip, magic)
    for sector, (order, _wear) in sectors_in_use(region, magic).items():
        head = _HEAD.pack(magic, order, worn.get(sector, (0, 0))[1] + 1, 0)[:12]
        result[sector * SECTOR : sector * SECTOR + 16] = head + struct.pack("<I", crc32(head))
    return bytes(result)


def with_boots(region: bytes, log: Log, boots: int) -> bytes:
    """The journal with a `state` record after its last one: the next boot is ``boots`` + 1, latched causes stay latched."""
    last = log.records[-1] if log.records else Record(0, "state", {})
    fields: dict[str, int | bytes] = {"boots": boots} | latched_of(log)
    state = Record(last.sequence + 1, "state", fields, last.uptime_s, last.epoch_s, boots & 0xFF)
    data = encode(*encode_payload(JOURNAL_KINDS, state), state.sequence)
    result = bytearray(region)
    used = sectors_in_use(region, JOURNAL_MAGIC)
    head = max(used, key=lambda sector: used[sector][0], default=-1)
    end = _end(region[head * SECTOR : (head + 1) * SECTOR]) if head >= 0 else SECTOR
    if end + len(data) > SECTOR:
        order = used[head][0] if head >= 0 else 0
        head, end = (head + 1) % (len(region) // SECTOR), _HEAD.size
        start = _HEAD.pack(JOURNAL_MAGIC, order + 1, used.get(head, (0, 0))[1], 0)[:12]
        result[head * SECTOR : (head + 1) * SECTOR] = (start + struct.pack("<I", crc32(start))).ljust(SECTOR, b"\xff")
    result[head * SECTOR + end : head * SECTOR + end + len(data)] = data
    return bytes(result)


def _end(sector: bytes) -> int:
    """Where the next record goes; the sector's size when nothing may follow (full, or a torn tail)."""
    at = _HEAD.size
    while at + _RECORD.size + 4 <= SECTOR:
        kind, length, version, check, _sequence = _RECORD.unpack_from(sector, at)
        if kind == _FREE:
            return SECTOR if sector[at:].strip(b"\xff") else at
        if check != kind ^ length ^ version ^ 0xA5:
            return SECTOR
        at += length + 15 & ~3
    return SECTOR
