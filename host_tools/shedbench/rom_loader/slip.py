"""SLIP framing (RFC 1055) as the ESP32's loader uses it: 0xC0 at both ends of a frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

END: Final = 0xC0
_ESCAPE: Final = 0xDB
_ESCAPED: Final = {0xDC: 0xC0, 0xDD: 0xDB}
MAX_FRAME: Final = 64 * 1024


def encode(frame: bytes) -> bytes:
    """``frame`` between two 0xC0."""
    return b"\xc0" + frame.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


class Decoder:
    """Frames out of a stream of bytes. Bytes outside frames, and broken or too long frames (``MAX_FRAME``), are dropped and counted."""

    def __init__(self) -> None:
        self.dropped = 0
        self._inside = False
        self._frame = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Every frame that ``data`` completes."""
        pieces = data.split(b"\xc0")
        for number, piece in enumerate(pieces):
            if number > 0:  # a 0xC0 came before this piece: it ends a frame, or begins one
                frame = self._take()
                if frame is not None:
                    yield frame
            if piece:
                self._add(piece)

    def _add(self, piece: bytes) -> None:
        if not self._inside:
            self.dropped += len(piece)
            return
        self._frame += piece
        if len(self._frame) > 2 * MAX_FRAME:
            self.dropped += len(self._frame)
            self._inside = False
            self._frame.clear()

    def _take(self) -> bytes | None:
        """At a 0xC0. An empty frame is the gap between two: the second 0xC0 begins the next."""
        if not self._inside or not self._frame:
            self._inside = True
            return None
        raw = bytes(self._frame)
        self._frame.clear()
        self._inside = False
        frame = _unescape(raw)
        if frame is None or len(frame) > MAX_FRAME:
            self.dropped += len(raw)
            return None
        return frame


def _unescape(raw: bytes) -> bytes | None:
    first, *rest = raw.split(bytes([_ESCAPE]))
    out = bytearray(first)
    for piece in rest:
        if not piece or piece[0] not in _ESCAPED:
            return None
        out.append(_ESCAPED[piece[0]])
        out += piece[1:]
    return bytes(out)
