"""The serial loader in the ESP32's ROM, and in its place, once somebody has uploaded one, the flasher stub of esptool.

An uploaded program cannot run here, so whatever is uploaded and started is taken for esptool's stub: it says ``OHAI`` and speaks the stub's
variant of the protocol. Requests and answers: esptool's documentation ("Serial Protocol").
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from enum import Enum
from functools import reduce
from operator import xor
from typing import Final

from . import slip
from .flash import FlashFile, OutOfFlash
from .reading import FlashReading
from .registers import Registers
from .writing import Download, TooMuch

ROM_FLASH_LIMIT: Final = 2 * 1024 * 1024  # until SPI_SET_PARAMS says otherwise
_HEAD: Final = struct.Struct("<BBHI")
_REQUEST: Final = 0
_ANSWER: Final = 1
_SYNC_PATTERN: Final = b"\x07\x07\x12\x20" + 32 * b"\x55"
_SYNC_ANSWERS: Final = 8
_ROM_SYNC_VALUE: Final = 0x20120707
_SLOW_READ: Final = 64
_CHECKSUM_START: Final = 0xEF
_SYNC: Final = 0x08
_DATA_COMMANDS: Final = (0x03, 0x07, 0x11)


class Code(Enum):
    """Why a request fails: what the ROM says, what the stub says."""

    INVALID = (0x05, 0xFF)
    FAILED = (0x06, 0xC4)
    CHECKSUM = (0x07, 0xC1)
    LENGTH = (0x05, 0xC0)
    NOT_BEGUN = (0x06, 0xC6)
    INFLATE = (0x0B, 0xC7)
    TOO_MUCH = (0x06, 0xC9)


class Leave(Enum):
    """How the loader is left: into the program in flash, or by a software reset into the ROM's loader again."""

    RUN = "run"
    RESET = "reset"


class Refused(Exception):
    """The request fails with this code."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.name)
        self.code = code


class Loader:
    """``send`` takes bytes for the wire. ``leave`` is called when a request ends the loader; ``baud`` when its speed changes."""

    def __init__(
        self,
        flash: FlashFile,
        registers: Registers,
        send: Callable[[bytes], None],
        leave: Callable[[Leave], None],
        set_baud: Callable[[int], None],
        sync_baud: Callable[[], None],
    ) -> None:
        self.is_stub = False
        self.commands = 0
        self._flash = flash
        flash.limit = ROM_FLASH_LIMIT
        self._registers = registers
        self._send = send
        self._leave = leave
        self._set_baud = set_baud
        self._sync_baud = sync_baud
        self._decoder = slip.Decoder()
        self._download: Download | None = None
        self._reading: FlashReading | None = None
        self._load_at: int | None = None
        common = {
            0x02: (self._flash_begin, 16),
            0x03: (self._flash_data, 16),
            0x04: (self._flash_end, 4),
            0x05: (self._mem_begin, 16),
            0x06: (self._mem_end, 8),
            0x07: (self._mem_data, 16),
            0x09: (self._write_reg, 16),
            0x0A: (self._read_reg, 4),
            0x0B: (self._spi_set_params, 24),
            0x0D: (self._spi_attach, 4),
            0x0F: (self._change_baud, 8),
            0x10: (self._deflate_begin, 16),
            0x11: (self._flash_data, 16),
            0x12: (self._flash_end, 4),
            0x13: (self._md5, 16),
        }
        self._rom_commands = common | {0x0E: (self._read_slow, 8)}
        self._stub_commands = common | {
            0xD0: (self._erase_flash, 0),
            0xD1: (self._erase_region, 8),
            0xD2: (self._read_flash, 16),
            0xD3: (self._run_user_code, 0),
        }

    def feed(self, data: bytes) -> None:
        """Bytes from the wire; answers go to ``send``."""
        for frame in self._decoder.feed(data):
            if self._reading is not None:
                self._acknowledged(frame)
            else:
                self._frame(frame)

    # --- requests and answers -----------------------------------------------------------------------------------------

    def _frame(self, frame: bytes) -> None:
        if len(frame) < _HEAD.size:
            return
        direction, command, length, checksum = _HEAD.unpack_from(frame)
        body = frame[_HEAD.size :]
        if direction != _REQUEST or length != len(body):
            return
        self.commands += 1
        if command == _SYNC:
            self._sync(body)
            return
        handler, shortest = (self._stub_commands if self.is_stub else self._rom_commands).get(command, (None, 0))
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

    def _answer(self, command: int, value: int = 0, data: bytes = b"", status: bytes = b"\0\0") -> None:
        if not self.is_stub:
            status += b"\0\0"
        self._send(slip.encode(_HEAD.pack(_ANSWER, command, len(data) + len(status), value) + data + status))

    def _fail(self, command: int, code: Code) -> None:
        self._answer(command, status=bytes((1, code.value[1 if self.is_stub else 0])))

    def _unknown(self, command: int) -> None:
        if self.is_stub:
            self._fail(command, Code.INVALID)
            return
        for _ in range(_SYNC_ANSWERS):  # the ROM says so eight times, under no command of ours
            self._fail(0, Code.INVALID)

    def _sync(self, body: bytes) -> None:
        if body != _SYNC_PATTERN:
            return
        if not self.is_stub:
            self._sync_baud()
        for _ in range(_SYNC_ANSWERS):
            self._answer(_SYNC, 0 if self.is_stub else _ROM_SYNC_VALUE)

    # --- chip ---------------------------------------------------------------------------------------------------------

    def _read_reg(self, command: int, body: bytes) -> None:
        self._answer(command, self._registers.read(*struct.unpack_from("<I", body)))

    def _write_reg(self, command: int, body: bytes) -> None:
        for address, value, mask, _delay_us in struct.iter_unpack("<IIII", body[: len(body) // 16 * 16]):
            self._registers.write(address, value, mask)
        self._answer(command)

    def _change_baud(self, command: int, body: bytes) -> None:
        baud = struct.unpack_from("<I", body)[0]
        if not 300 <= baud <= 5_000_000:
            raise Refused(Code.FAILED)
        self._answer(command)  # still at the old speed
        self._set_baud(baud)

    # --- RAM ----------------------------------------------------------------------------------------------------------

    def _mem_begin(self, command: int, body: bytes) -> None:
        self._load_at = struct.unpack_from("<IIII", body)[3]
        self._answer(command)

    def _mem_data(self, command: int, body: bytes) -> None:
        if self._load_at is None:
            raise Refused(Code.NOT_BEGUN)
        data = body[16:]
        if struct.unpack_from("<I", body)[0] != len(data):
            raise Refused(Code.LENGTH)
        self._registers.load(self._load_at, data)
        self._load_at += len(data)
        self._answer(command)

    def _mem_end(self, command: int, body: bytes) -> None:
        stay, entry = struct.unpack_from("<II", body)
        loaded, self._load_at = self._load_at is not None, None
        self._answer(command)
        if not stay and entry and loaded:
            self.is_stub = True
            self._flash.limit = self._flash.size
            self._send(slip.encode(b"OHAI"))

    # --- flash --------------------------------------------------------------------------------------------------------

    def _spi_attach(self, command: int, _body: bytes) -> None:
        self._answer(command)

    def _spi_set_params(self, command: int, body: bytes) -> None:
        self._flash.limit = struct.unpack_from("<I", body, 4)[0]
        self._answer(command)

    def _flash_begin(self, command: int, body: bytes) -> None:
        self._begin(command, body, compressed=False)

    def _deflate_begin(self, command: int, body: bytes) -> None:
        self._begin(command, body, compressed=True)

    def _begin(self, command: int, body: bytes, compressed: bool) -> None:
        size, _blocks, _block_size, offset = struct.unpack_from("<IIII", body)
        self._download = Download(self._flash, offset, size, compressed, erase_ahead=not self.is_stub)
        self._answer(command)

    def _flash_data(self, command: int, body: bytes) -> None:
        download = self._download
        if download is None or download.compressed != (command == 0x11):
            raise Refused(Code.NOT_BEGUN)
        data = body[16:]
        if struct.unpack_from("<I", body)[0] != len(data):
            raise Refused(Code.LENGTH)
        try:
            download.write(data)
        except zlib.error as error:
            raise Refused(Code.INFLATE) from error
        except TooMuch as error:
            raise Refused(Code.TOO_MUCH) from error
        self._answer(command)

    def _flash_end(self, command: int, body: bytes) -> None:
        if self.is_stub and self._download is None:
            raise Refused(Code.NOT_BEGUN)
        self._download = None
        stay = struct.unpack_from("<I", body)[0] != 0
        self._answer(command)
        if not self.is_stub:
            self._leave(Leave.RUN)  # the ROM goes on with the program either way
        elif not stay:
            self._leave(Leave.RESET)

    def _md5(self, command: int, body: bytes) -> None:
        digest = self._flash.md5(*struct.unpack_from("<II", body))
        self._answer(command, data=digest if self.is_stub else digest.hex().encode())

    def _read_slow(self, command: int, body: bytes) -> None:
        offset, size = struct.unpack_from("<II", body)
        if size > _SLOW_READ:
            raise Refused(Code.LENGTH)
        self._answer(command, data=self._flash.read(offset, size).ljust(_SLOW_READ, b"\0"))

    def _erase_flash(self, command: int, _body: bytes) -> None:
        self._flash.erase(0, self._flash.size)
        self._answer(command)

    def _erase_region(self, command: int, body: bytes) -> None:
        offset, size = struct.unpack_from("<II", body)
        self._flash.check(offset, size)
        self._flash.erase(offset, offset + size)
        self._answer(command)

    def _read_flash(self, command: int, body: bytes) -> None:
        offset, size, block, window = struct.unpack_from("<IIII", body)
        self._flash.check(offset, size)
        if not (0 < block <= slip.MAX_FRAME and window):
            raise Refused(Code.LENGTH)
        self._answer(command)
        self._reading = FlashReading(self._flash, offset, size, block, window)
        self._acknowledged(b"")

    def _acknowledged(self, frame: bytes) -> None:
        assert self._reading is not None
        for part in self._reading.go_on(frame):
            self._send(slip.encode(part))
        if self._reading.is_over:
            self._reading = None

    def _run_user_code(self, _command: int, _body: bytes) -> None:
        self._leave(Leave.RUN)
