"""Framed lines of the console protocol, the tool's side (docs/protocols/console.md), as pure functions.

Written from the contract, not from the board's or the tools' code.
"""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass
from typing import Any, Final

_ANSWER: Final = re.compile(r"<([0-9A-F]{2}) (\d+)/(\d+) (\{.*\})\*([0-9A-F]{4})", re.IGNORECASE)
PARAMETER_ORDER: Final = ("o", "n", "since", "t", "c")


def crc16_modbus(data: bytes) -> int:
    """CRC-16/MODBUS: reflected 0x8005, start 0xFFFF."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def request(sequence: int, body: dict[str, Any]) -> bytes:
    """A request line with its CR."""
    text = f"{sequence:02X} {json.dumps(body, separators=(',', ':'), ensure_ascii=True)}"
    return f">{text}*{crc16_modbus(text.encode()):04X}\r".encode()


def acknowledgement(sequence: int, index: int) -> bytes:
    """``send frame index + 1``."""
    return f"!{sequence:02X} {index}\r".encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer frame. ``count`` is 0 while more may follow."""

    sequence: int
    index: int
    count: int
    body: dict[str, Any]


def parse_answer(line: str) -> Answer | None:
    """The frame in ``line``, or None when it is not a frame or its CRC is wrong."""
    match = _ANSWER.search(line)
    if match is None or crc16_modbus(line[match.start() + 1 : match.end() - 5].encode()) != int(match[5], 16):
        return None
    return Answer(int(match[1], 16), int(match[2]), int(match[3]), json.loads(match[4]))


def mac(key: bytes, nonce_hex: str, body: dict[str, Any]) -> str:
    """The ``mac`` parameter of a writing request.

    16 bytes of HMAC-SHA-256 over nonce, verb and the parameters' JSON values joined by commas.
    """
    values = ",".join(json.dumps(body[name], separators=(",", ":")) for name in PARAMETER_ORDER if name in body)
    message = bytes.fromhex(nonce_hex) + str(body["do"]).encode() + values.encode()
    return hmac.digest(key, message, "sha256")[:16].hex()
