"""The telnet layer below RFC 2217: commands and sub-negotiations out of the stream, data with doubled 0xFF.

It only answers: a client that never negotiates sees a plain byte stream (pyserial's ``socket://`` works too).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

IAC: Final = 0xFF
SE: Final = 0xF0
SB: Final = 0xFA
WILL: Final = 0xFB
WONT: Final = 0xFC
DO: Final = 0xFD
DONT: Final = 0xFE

BINARY: Final = 0
ECHO: Final = 1
SUPPRESS_GO_AHEAD: Final = 3
COM_PORT: Final = 44

_WE_DO: Final = frozenset((BINARY, ECHO, SUPPRESS_GO_AHEAD, COM_PORT))
_THEY_DO: Final = frozenset((BINARY, SUPPRESS_GO_AHEAD, COM_PORT))
MAX_SUBNEGOTIATION: Final = 64


def escape(data: bytes) -> bytes:
    """Data as it goes over the wire."""
    return data.replace(b"\xff", b"\xff\xff")


def command(verb: int, option: int) -> bytes:
    """IAC, ``verb`` and ``option``."""
    return bytes((IAC, verb, option))


def subnegotiation(option: int, content: bytes) -> bytes:
    """The frame of one sub-negotiation."""
    return bytes((IAC, SB, option)) + escape(content) + bytes((IAC, SE))


class Telnet:
    """One client's stream. ``reply`` sends raw bytes to it; ``negotiated(option, content)`` is called for each sub-negotiation,
    ``enabled(option)`` when the client has an option switched on."""

    def __init__(self, reply: Callable[[bytes], None], negotiated: Callable[[int, bytes], None], enabled: Callable[[int], None]) -> None:
        self._reply = reply
        self._negotiated = negotiated
        self._enabled = enabled
        self._ours: set[int] = set()
        self._theirs: set[int] = set()
        self._state = self._data
        self._out = bytearray()
        self._verb = 0
        self._content = bytearray()

    def feed(self, chunk: bytes) -> bytes:
        """The data in ``chunk``; everything else is handled here."""
        if self._state == self._data and IAC not in chunk:
            return chunk
        self._out.clear()
        for byte in chunk:
            self._state = self._state(byte)
        return bytes(self._out)

    # Each state takes a byte and returns the next state.

    def _data(self, byte: int):
        if byte == IAC:
            return self._escaped
        self._out.append(byte)
        return self._data

    def _escaped(self, byte: int):
        if byte == IAC:
            self._out.append(IAC)
        elif byte in (WILL, WONT, DO, DONT):
            self._verb = byte
            return self._option
        elif byte == SB:
            self._content.clear()
            return self._inside
        return self._data  # other commands (NOP, AYT, break ...) mean nothing here

    def _option(self, option: int):
        self._asked(self._verb, option)
        return self._data

    def _inside(self, byte: int):
        if byte == IAC:
            return self._inside_escaped
        if len(self._content) <= MAX_SUBNEGOTIATION:
            self._content.append(byte)
        return self._inside

    def _inside_escaped(self, byte: int):
        if byte == IAC:
            if len(self._content) <= MAX_SUBNEGOTIATION:
                self._content.append(byte)
            return self._inside
        if byte == SE and 1 <= len(self._content) <= MAX_SUBNEGOTIATION:
            self._negotiated(self._content[0], bytes(self._content[1:]))
        return self._data

    def _asked(self, verb: int, option: int) -> None:
        """Accept known options, refuse the rest, and answer a repeated request once."""
        wanted = verb in (WILL, DO)
        side, able, yes, no = (self._theirs, _THEY_DO, DO, DONT) if verb in (WILL, WONT) else (self._ours, _WE_DO, WILL, WONT)
        if wanted and option in able:
            if option not in side:
                side.add(option)
                self._reply(command(yes, option))
                self._enabled(option)
        elif wanted:
            self._reply(command(no, option))
        elif option in side:
            side.discard(option)
            self._reply(command(no, option))
