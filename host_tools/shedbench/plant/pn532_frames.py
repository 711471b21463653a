"""Frames of the PN532 host interface: normal information frames, ACK, NACK, error frame.

Source: NXP PN532 user manual UM0701-02 section 6.2.1 (from general knowledge, [M]; start, checks and command codes agree with
docs/domain.md).
"""

from __future__ import annotations

from typing import Final

ACK: Final = bytes.fromhex("0000FF00FF00")
NACK: Final = bytes.fromhex("0000FFFF0000")
ERROR: Final = bytes.fromhex("0000FF01FF7F8100")
HOST: Final = 0xD4
CHIP: Final = 0xD5
_START: Final = b"\x00\xff"


def build(direction: int, payload: bytes) -> bytes:
    """A normal information frame: 00 00 FF LEN LCS TFI payload DCS 00."""
    body = bytes([direction]) + payload
    return b"\x00\x00\xff" + bytes([len(body), -len(body) & 0xFF]) + body + bytes([-sum(body) & 0xFF, 0])


class Parser:
    """Cuts a byte stream into frames.

    ``feed`` returns (kind, payload) pairs; kind is 'ack', 'nack', 'frame' (payload: TFI and data) or 'bad'.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def reset(self) -> None:
        """Forget a partly received frame."""
        self._buffer.clear()

    def feed(self, data: bytes) -> list[tuple[str, bytes]]:
        """Take ``data``; everything before a start code is skipped, as the chip does."""
        self._buffer += data
        out: list[tuple[str, bytes]] = []
        while True:
            start = self._buffer.find(_START)
            if start < 0:
                del self._buffer[: max(0, len(self._buffer) - 1)]
                return out
            del self._buffer[:start]
            if len(self._buffer) < 4:
                return out
            length, check = self._buffer[2], self._buffer[3]
            if (length, check) in ((0, 0xFF), (0xFF, 0)):
                out.append(("ack" if length == 0 else "nack", b""))
                del self._buffer[:4]
            elif (length + check) & 0xFF:
                out.append(("bad", b""))
                del self._buffer[:2]
            else:
                if len(self._buffer) < 5 + length:
                    return out
                body = bytes(self._buffer[4 : 4 + length])
                good = (sum(body) + self._buffer[4 + length]) & 0xFF == 0
                out.append(("frame", body) if good else ("bad", b""))
                del self._buffer[: 5 + length]
