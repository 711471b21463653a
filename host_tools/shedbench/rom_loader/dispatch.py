"""Requests and answers of the loader's protocol: SLIP frames with a header, checksums, and the refusals of ROM and stub.

Facts: esptool's documentation ("Serial Protocol") and what its loader.py expects.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from enum import Enum
from functools import reduce
from operator import xor
from typing import Final

from . import slip
from .flash import OutOfFlash

SYNC: Final = 0x08
_HEAD: Final = struct.Struct("<BBHI")
_REQUEST: Final = 0
_ANSWER: Final = 1
_SYNC_PATTERN: Final = b"\x07\x07\x12\x20" + 32 * b"\x55"
_SYNC_ANSWERS: Final = 8
_ROM_SYNC_VALUE: Final = 0x20120707
_CHECKSUM_START: Final = 0xEF
_DATA_COMMANDS: Final = (0x03, 0x07, 0x11)


class Code(Enum):
    """Why a request fails: the ROM's code and the stub's code."""

    INVALID = (0x05, 0xFF)
    FAILED = (0x06, 0xC4)
    CHECKSUM = (0x07, 0xC1)
    LENGTH = (0x05, 0xC0)
    NOT_BEGUN = (0x06, 0xC6)
    INFLATE = (0x0B, 0xC7)
    TOO_MUCH = (0x06, 0xC9)


class Refused(Exception):
    """The request fails with this code."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.name)
        self.code = code


Handler = Callable[[int, bytes], None]


class Dispatcher:
    """Takes frames apart, hands requests to ``commands()`` (code: handler and shortest body), and frames the answers for ``send``."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.is_stub = False
        self.requests = 0
        self._send = send

    def commands(self) -> dict[int, tuple[Handler, int]]:
        """The commands that are supported at present."""
        raise NotImplementedError

    def synchronised(self) -> None:
        """Called when a SYNC has arrived."""
        raise NotImplementedError

    def take_frame(self, frame: bytes) -> None:
        """Handle one frame from the wire; a frame that is not a request gets no answer."""
        if len(frame) < _HEAD.size:
            return
        direction, command, length, checksum = _HEAD.unpack_from(frame)
        body = frame[_HEAD.size :]
        if direction != _REQUEST or length != len(body):
            return
        self.requests += 1
        if command == SYNC:
            self._sync(body)
            return
        handler, shortest = self.commands().get(command, (None, 0))
        if handler is None:
            self._unknown(command)
            return
        try:
            if len(body) < shortest:
                raise Refused(Code.LENGTH)
            if command in _DATA_COMMANDS and reduce(xor, body[16:], _CHECKSUM_START) != checksum & 0xFF:
                raise Refused(Code.CHECKSUM)
            handler(command, body)
        except Refused as refused:
            self._fail(command, refused.code)
        except OutOfFlash:
            self._fail(command, Code.FAILED)

    def answer(self, command: int, value: int = 0, data: bytes = b"", status: bytes = b"\0\0") -> None:
        """The answer to ``command``; the ROM has two status bytes more than the stub."""
        if not self.is_stub:
            status += b"\0\0"
        self._send(slip.encode(_HEAD.pack(_ANSWER, command, len(data) + len(status), value) + data + status))

    def _fail(self, command: int, code: Code) -> None:
        self.answer(command, status=bytes((1, code.value[1 if self.is_stub else 0])))

    def _unknown(self, command: int) -> None:
        if self.is_stub:
            self._fail(command, Code.INVALID)
            return
        for _ in range(_SYNC_ANSWERS):  # the ROM says so eight times, under no command of ours
            self._fail(0, Code.INVALID)

    def _sync(self, body: bytes) -> None:
        if body != _SYNC_PATTERN:
            return
        self.synchronised()
        for _ in range(_SYNC_ANSWERS):
            self.answer(SYNC, 0 if self.is_stub else _ROM_SYNC_VALUE)
