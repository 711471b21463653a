"""Codec of the board link, version 1: packets and records between an emulated board and the plant.

Contract: docs/protocols/link.md. Pure functions on bytes; the sockets are elsewhere. Times are virtual nanoseconds.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

VERSION: Final = 1
NEVER: Final = 2**64 - 1

HEADER: Final = struct.Struct("<BBHIQQ")
RECORD: Final = struct.Struct("<BBHQ")

# Packet kinds, board to plant.
HELLO: Final = 1
SYNC: Final = 2
# Packet kinds, plant to board.
RUN: Final = 1
FORK: Final = 2
EXIT: Final = 3

# Records, board to plant.
PIN: Final = 1
STROBE: Final = 2
UART_TX: Final = 3
RESET: Final = 4
BOOT: Final = 5
NOTE: Final = 6
PROBE_RESULT: Final = 7
STATS_RESULT: Final = 8
FLASH: Final = 9
HALT: Final = 10
I2C: Final = 11
SPI: Final = 12
PWM: Final = 13

# Records, plant to board.
PIN_IN: Final = 64
ADC_IN: Final = 65
UART_RX: Final = 66
WATCH: Final = 67
POWER: Final = 68
ENABLE: Final = 69
FAULT: Final = 70
PROBE: Final = 71
STATS: Final = 72
TRACE: Final = 73
FLASH_COPY: Final = 74
BUS: Final = 75
I2C_ANSWER: Final = 76
SPI_ANSWER: Final = 77

# Kinds of bus in a BUS record, and the events of an I2C record.
BUS_I2C: Final = 1
BUS_SPI: Final = 2
I2C_ADDRESSED: Final = 0
I2C_WRITTEN: Final = 1

# Causes of a RESET record after which every pad floats; the others restart the CPU only, or just MicroPython.
FLOATING_RESETS: Final = (1, 4)

# Fault kinds of a FAULT record.
FAULT_TIMER_DEAD: Final = 1
FAULT_CLOCK_STOPPED: Final = 2
FAULT_POWER_CUT_AT_FLASH: Final = 3
FAULT_CPU_STALL: Final = 4
FAULT_ALLOCATION: Final = 5
FAULT_LATE_TIMER: Final = 6
FAULT_FLASH_FAILS: Final = 7
FAULT_FLASH_SECTOR: Final = 8
FAULT_ADC_BLANK: Final = 9
FAULT_RTC_DECAY: Final = 10

UART_TX_HEAD: Final = struct.Struct("<IIBBBB")
UART_RX_HEAD: Final = struct.Struct("<II")
PWM_FORM: Final = struct.Struct("<IHH")
SPI_HEAD: Final = struct.Struct("<IBBH")
I2C_ANSWER_HEAD: Final = struct.Struct("<BBHI")


class LinkError(Exception):
    """The peer sent something that this version of the link does not know."""


@dataclass(frozen=True, slots=True)
class Record:
    """One change, at one virtual time. ``payload`` is as docs/protocols/link.md lays it out."""

    type: int
    arg: int
    at_ns: int
    payload: bytes = b""


@dataclass(frozen=True, slots=True)
class Packet:
    """``time_ns`` is the board's now, or the plant's horizon; ``wake_ns`` is 0 from the plant."""

    kind: int
    sequence: int
    time_ns: int
    wake_ns: int
    records: tuple[Record, ...] = ()


def encode(packet: Packet) -> bytes:
    """Bytes of a packet; raises struct.error when a field is out of its range."""
    parts = [HEADER.pack(VERSION, packet.kind, len(packet.records), packet.sequence, packet.time_ns, packet.wake_ns)]
    for record in packet.records:
        parts.append(RECORD.pack(record.type, record.arg, len(record.payload), record.at_ns))
        parts.append(record.payload)
    return b"".join(parts)


def decode(data: bytes) -> Packet:
    """The packet in ``data``; raises LinkError on another version, a truncated record or trailing bytes."""
    if len(data) < HEADER.size:
        raise LinkError(f"packet of {len(data)} bytes is shorter than a header")
    version, kind, count, sequence, time_ns, wake_ns = HEADER.unpack_from(data)
    if version != VERSION:
        raise LinkError(f"link version {version}, this side speaks {VERSION}")
    records: list[Record] = []
    offset = HEADER.size
    for _ in range(count):
        if offset + RECORD.size > len(data):
            raise LinkError("record header is cut off")
        type_, arg, length, at_ns = RECORD.unpack_from(data, offset)
        offset += RECORD.size
        if offset + length > len(data):
            raise LinkError(f"payload of record type {type_} is cut off")
        records.append(Record(type_, arg, at_ns, data[offset : offset + length]))
        offset += length
    if offset != len(data):
        raise LinkError(f"{len(data) - offset} bytes after the last record")
    return Packet(kind, sequence, time_ns, wake_ns, tuple(records))
