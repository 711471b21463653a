"""Codec of what the board keeps in flash logs: journal and live ring (docs/protocols/records.md, version 1).

Reads any damage without raising: what cannot be read is listed as a problem. Writing exists for tests, goldens and tools that repair.
"""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

SECTOR: Final = 4096
VERSION: Final = 1
JOURNAL_MAGIC: Final = b"SGJ1"
EVENTS_MAGIC: Final = b"SGE1"
LIVE_MAGIC: Final = b"SGL1"
MAX_PAYLOAD: Final = 200
_SECTOR_HEADER: Final = struct.Struct("<4sIII")
_HEADER: Final = struct.Struct("<BBBBI")
_TIME: Final = struct.Struct("<IIB")
_FREE: Final = 0xFF


@dataclass(frozen=True, slots=True)
class Kind:
    """A record kind: its payload's fields in order. ``timed``: the time fields come first. ``more``: the fields that each later version
    appended, in steps; an older version's record ends after one of them. ``rest``: the name of the bytes after all fields."""

    number: int
    name: str
    layout: struct.Struct
    fields: tuple[str, ...]
    timed: bool = True
    more: tuple[tuple[struct.Struct, tuple[str, ...]], ...] = ()
    rest: str = ""


def _kind(number: int, name: str, layout: str, fields: str, *more: tuple[str, str], timed: bool = True, rest: str = "") -> Kind:
    later = tuple((struct.Struct("<" + step), tuple(names.split())) for step, names in more)
    return Kind(number, name, struct.Struct("<" + layout), tuple(fields.split()), timed, later, rest)


_SESSION_END = "session outlet card start_s energised_s energy_mwh meter_start_wh meter_end_wh price_fen stop_cause"
_LIVE = "session outlet card start_s meter_wh energised_s energy_mwh peak_mw cause"
_LIVE_MORE: Final = ("HHIIHHiH", "price_fen block_min used_s whole_s top_up_s level_dw zero_wh phase_mwh"), ("HH", "open_s open_due_s")
_GOING_MORE: Final = ("IH", "may_be_live live_s"), ("I", "welded"), ("II8s", "live mixed live_3s_by_row")
_LATCHED_BY: Final = ("I", "config_crc")
_WIDE: Final = "wide_fen"  # the price in 32 bits; after decoding, ``price_fen`` is this number, however high
_U16: Final = 0xFFFF
JOURNAL_KINDS: Final[Mapping[int, Kind]] = {
    kind.number: kind
    for kind in (
        _kind(1, "boot", "BBHI", "reset_cause fault argument boots"),
        _kind(2, "trip", "BBIIiI", "cause point effects alarms latency_us latched", _LATCHED_BY),
        _kind(3, "trip_reset", "BBI", "cause authority latched", _LATCHED_BY),
        _kind(4, "session_start", "IB11sIH", "session outlet card meter_wh price_fen"),
        _kind(5, "session_end", "IB11sIIQIIHB", _SESSION_END, ("I", _WIDE)),
        _kind(6, "gate", "BB11s", "event reason card"),
        _kind(7, "fault", "BH", "fault argument"),
        _kind(8, "fault_cleared", "BHB", "fault argument authority"),
        _kind(9, "point", "BB", "point state"),
        _kind(10, "config", "II", "image_sequence image_crc"),
        _kind(11, "clock_set", "II", "old_epoch_s new_epoch_s"),
        _kind(12, "maintenance", "B", "authority"),
        _kind(13, "session_resumed", "IBI", "session outlet energised_s"),
        _kind(14, "session_energised", "IB", "session outlet"),
        _kind(15, "state", "II", "boots latched", _LATCHED_BY),
        _kind(16, "trial", "IBB", "image_sequence event authority"),
        _kind(17, "repeats", "BIII11s", "of detail count span_s card"),
        _kind(18, "lost", "II", "events refused"),
        _kind(20, "press_refused", "BB11s", "outlet reason card"),
    )
}
LIVE_KINDS: Final[Mapping[int, Kind]] = {
    kind.number: kind
    for kind in (
        _kind(1, "live", "IB11sIIIQIB", _LIVE, *_LIVE_MORE, timed=False),
        _kind(2, "done", "I", "session", timed=False),
        _kind(3, "going", "Q", "outlets", *_GOING_MORE, timed=False, rest="counted_trips"),
    )
}


@dataclass(frozen=True, slots=True)
class Record:
    """One record. ``kind`` is the name, or ``#n`` for a later version's number; ``fields`` then holds ``payload`` as bytes."""

    sequence: int
    kind: str
    fields: dict[str, int | bytes]
    uptime_s: int = 0
    epoch_s: int = 0
    boot: int = 0

    def number(self, name: str) -> int:
        """The field as an integer; KeyError when this kind has none of that name."""
        value = self.fields[name]
        if not isinstance(value, int):
            raise KeyError(f"{name} of a {self.kind} record is no number")
        return value


@dataclass(slots=True)
class Log:
    """What a region held, oldest first, and what could not be read. ``places``: by sequence, at which byte of the region a record begins;
    empty for a log merged of several regions."""

    records: list[Record] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)

    def of(self, kind: str) -> list[Record]:
        """The records of one kind, oldest first."""
        return [record for record in self.records if record.kind == kind]


def decode_payload(kinds: Mapping[int, Kind], number: int, payload: bytes, sequence: int = 0) -> Record:
    """A record from its kind and payload; ValueError when the payload is too short. A longer one is of a later version; an older version's
    record lacks the fields appended since."""
    kind = kinds.get(number)
    if kind is None:
        return Record(sequence, f"#{number}", {"payload": payload})
    head = _TIME.size if kind.timed else 0
    behind = head + kind.layout.size
    if len(payload) < behind:
        raise ValueError(f"{kind.name} record of {len(payload)} bytes, {behind} expected")
    uptime_s, epoch_s, boot = _TIME.unpack_from(payload) if kind.timed else (0, 0, 0)
    fields = dict(zip(kind.fields, kind.layout.unpack_from(payload, head), strict=True))
    for step, names in kind.more:
        if len(payload) < behind + step.size:
            break
        fields |= dict(zip(names, step.unpack_from(payload, behind), strict=True))
        behind += step.size
    else:
        if kind.rest and len(payload) > behind:
            fields[kind.rest] = payload[behind:]
    if _WIDE in fields:
        fields["price_fen"] = fields[_WIDE]
    return Record(sequence, kind.name, fields, uptime_s, epoch_s, boot)


def encode_payload(kinds: Mapping[int, Kind], record: Record) -> tuple[int, bytes]:
    """Kind number and payload of a record. A record without the appended fields gets the older version's layout. KeyError for an unknown
    kind, struct.error for a value out of range."""
    kind = next((kind for kind in kinds.values() if kind.name == record.kind), None)
    if kind is None:
        raise KeyError(record.kind)
    head = _TIME.pack(record.uptime_s, record.epoch_s, record.boot) if kind.timed else b""
    fields = dict(record.fields)
    if _WIDE in fields:
        fields["price_fen"] = min(record.number("price_fen"), _U16)
    data = head + kind.layout.pack(*(fields[name] for name in kind.fields))
    for step, names in kind.more:
        if not all(name in fields for name in names):
            break
        data += step.pack(*(fields[name] for name in names))
    rest = fields.get(kind.rest)
    return kind.number, data + rest if isinstance(rest, bytes) else data


def encode(number: int, payload: bytes, sequence: int) -> bytes:
    """A record as it stands in flash, padded to a multiple of 4."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"payload of {len(payload)} bytes, at most {MAX_PAYLOAD}")
    body = _HEADER.pack(number, len(payload), VERSION, number ^ len(payload) ^ VERSION ^ 0xA5, sequence) + payload
    body += struct.pack("<I", crc32(body))
    return body + b"\xff" * (-len(body) % 4)


def read_log(region: bytes, magic: bytes, kinds: Mapping[int, Kind]) -> Log:
    """Everything readable in a ring of sectors, oldest first."""
    log = Log()
    sectors: list[tuple[int, int]] = []
    for offset in range(0, len(region) - SECTOR + 1, SECTOR):
        found, number, _erases, crc = _SECTOR_HEADER.unpack_from(region, offset)
        if found == magic and crc == crc32(region[offset : offset + 12]):
            sectors.append((number, offset))
        elif region[offset : offset + SECTOR].strip(b"\xff"):
            log.problems.append(f"sector {offset // SECTOR}: neither erased nor a log sector (torn erase or header)")
    for _number, offset in sorted(sectors):
        _read_sector(region[offset : offset + SECTOR], offset // SECTOR, kinds, log)
    _check_order(log)
    return log


def read_journal(region: bytes, events: bytes = b"") -> Log:
    """The records of the journal and the events partition, merged. A session that was settled twice is a problem."""
    log = read_log(region, JOURNAL_MAGIC, JOURNAL_KINDS)
    beside = read_log(events, EVENTS_MAGIC, JOURNAL_KINDS)
    log.problems += [f"events: {problem}" for problem in beside.problems]
    log.records = sorted([*log.records, *beside.records], key=lambda record: record.sequence)
    log.places = {}
    for before, after in pairwise(log.records):
        if after.sequence == before.sequence:
            log.problems.append(f"duplicate record {after.sequence}")
    log.problems += settled_twice(log.records)
    return log


def read_live(region: bytes) -> Log:
    """The live ring's records."""
    return read_log(region, LIVE_MAGIC, LIVE_KINDS)


def settled_twice(records: Iterable[Record]) -> list[str]:
    """A line for each session with more than one end."""
    ended: dict[int, int] = {}
    problems = []
    for record in records:
        if record.kind == "session_end":
            session = record.number("session")
            if session in ended:
                problems.append(f"session {session:#010x} is settled twice: records {ended[session]} and {record.sequence}")
            ended.setdefault(session, record.sequence)
    return problems


def build_log(region_size: int, magic: bytes, records: Iterable[tuple[int, bytes]], first_sequence: int = 1) -> bytes:
    """A region holding ``records`` (kind number, payload) as a fresh board would have written them; ValueError when they do not fit."""
    region = bytearray(b"\xff" * region_size)
    sector, at = -1, SECTOR
    for sequence, (number, payload) in enumerate(records, first_sequence):
        data = encode(number, payload, sequence)
        if at + len(data) > SECTOR:
            sector, at = sector + 1, _SECTOR_HEADER.size
            if (sector + 1) * SECTOR > region_size:
                raise ValueError("the records do not fit into the region")
            head = struct.pack("<4sII", magic, sector + 1, 0)
            region[sector * SECTOR : sector * SECTOR + at] = head + struct.pack("<I", crc32(head))
        start = sector * SECTOR + at
        region[start : start + len(data)] = data
        at += len(data)
    return bytes(region)


def _read_sector(data: bytes, sector: int, kinds: Mapping[int, Kind], log: Log) -> None:
    at = _SECTOR_HEADER.size
    while at + _HEADER.size + 4 <= SECTOR:
        number, length, version, check, sequence = _HEADER.unpack_from(data, at)
        if number == _FREE and length == _FREE:
            if data[at:].strip(b"\xff"):
                log.problems.append(f"sector {sector} offset {at}: bytes after the end of the log")
            return
        if check != number ^ length ^ version ^ 0xA5 or length > MAX_PAYLOAD or at + _HEADER.size + length + 4 > SECTOR:
            log.problems.append(f"sector {sector} offset {at}: torn record header, rest of the sector unused")
            return
        end = at + _HEADER.size + length
        if struct.unpack_from("<I", data, end)[0] != crc32(data[at:end]):
            log.problems.append(f"sector {sector} offset {at}: record {sequence} has a wrong CRC")
        else:
            try:
                log.records.append(decode_payload(kinds, number, data[at + _HEADER.size : end], sequence))
                log.places[sequence] = sector * SECTOR + at
            except ValueError as error:
                log.problems.append(f"sector {sector} offset {at}: {error}")
        at = end + 4 + (-(end + 4) % 4)


def _check_order(log: Log) -> None:
    for before, after in pairwise(log.records):
        if after.sequence <= before.sequence:
            log.problems.append(f"record {after.sequence} comes after record {before.sequence}")
