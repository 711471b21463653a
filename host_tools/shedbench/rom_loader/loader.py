"""The serial loader in the chip's ROM, replaced by esptool's flasher stub once a client has uploaded one.

An uploaded program cannot run here, so any program that is uploaded and started counts as esptool's stub: the loader sends ``OHAI`` and
speaks the stub's variant of the protocol. Requests and answers: esptool's documentation ("Serial Protocol").
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from enum import Enum
from typing import Final

from . import slip
from .dispatch import Code, Dispatcher, Handler, Refused
from .flash import FlashFile
from .reading import FlashReading
from .registers import Registers
from .writing import Download, TooMuch

ROM_FLASH_LIMIT: Final = 2 * 1024 * 1024  # until SPI_SET_PARAMS changes it
_SLOW_READ: Final = 64


class Leave(Enum):
    """How the loader is left: into the program in flash, or by a software reset into the ROM's loader again."""

    RUN = "run"
    RESET = "reset"


class Loader(Dispatcher):
    """``send`` takes bytes for the wire. ``leave`` is called when a request ends the loader, ``set_baud`` when one changes the speed, and
    ``sync_baud`` when the ROM may measure it."""

    def __init__(
        self,
        flash: FlashFile,
        registers: Registers,
        send: Callable[[bytes], None],
        leave: Callable[[Leave], None],
        set_baud: Callable[[int], None],
        sync_baud: Callable[[], None],
    ) -> None:
        super().__init__(send)
        self._flash = flash
        flash.limit = ROM_FLASH_LIMIT
        self._registers = registers
        self._on_leave = leave
        self._is_over = False
        self._set_baud = set_baud
        self._sync_baud = sync_baud
        self._decoder = slip.Decoder()
        self._download: Download | None = None
        self._reading: FlashReading | None = None
        self._load_at: int | None = None
        common: dict[int, tuple[Handler, int]] = {
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
        if registers.kind.chip_id is not None:
            common[0x14] = (self._security_info, 0)
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
            if self._is_over:
                return
            if self._reading is not None:
                self._acknowledged(frame)
            else:
                self.take_frame(frame)

    def commands(self) -> dict[int, tuple[Handler, int]]:
        return self._stub_commands if self.is_stub else self._rom_commands

    def synchronised(self) -> None:
        if not self.is_stub:
            self._sync_baud()

    def _leave(self, how: Leave) -> None:
        self._is_over = True
        self._on_leave(how)

    # --- chip ---------------------------------------------------------------------------------------------------------

    def _read_reg(self, command: int, body: bytes) -> None:
        self.answer(command, self._registers.read(*struct.unpack_from("<I", body)))

    def _write_reg(self, command: int, body: bytes) -> None:
        for address, value, mask, _delay_us in struct.iter_unpack("<IIII", body[: len(body) // 16 * 16]):
            self._registers.write(address, value, mask)
        self.answer(command)

    def _security_info(self, command: int, _body: bytes) -> None:
        """Flags, encryption count, seven key purposes: all 0, nothing is locked. Then the chip and the version of this interface."""
        self.answer(command, data=bytes(12) + struct.pack("<II", self._registers.kind.chip_id or 0, 0))

    def _change_baud(self, command: int, body: bytes) -> None:
        baud = struct.unpack_from("<I", body)[0]
        if not 300 <= baud <= 5_000_000:
            raise Refused(Code.FAILED)
        self.answer(command)  # still at the old speed
        self._set_baud(baud)

    # --- RAM ----------------------------------------------------------------------------------------------------------

    def _mem_begin(self, command: int, body: bytes) -> None:
        self._load_at = struct.unpack_from("<IIII", body)[3]
        self.answer(command)

    def _mem_data(self, command: int, body: bytes) -> None:
        if self._load_at is None:
            raise Refused(Code.NOT_BEGUN)
        data = body[16:]
        if struct.unpack_from("<I", body)[0] != len(data):
            raise Refused(Code.LENGTH)
        self._registers.load(self._load_at, data)
        self._load_at += len(data)
        self.answer(command)

    def _mem_end(self, command: int, body: bytes) -> None:
        stay, entry = struct.unpack_from("<II", body)
        loaded, self._load_at = self._load_at is not None, None
        self.answer(command)
        if not stay and entry and loaded:
            self.is_stub = True
            self._flash.limit = self._flash.size
            self._send(slip.encode(b"OHAI"))

    # --- flash --------------------------------------------------------------------------------------------------------

    def _spi_attach(self, command: int, _body: bytes) -> None:
        self.answer(command)

    def _spi_set_params(self, command: int, body: bytes) -> None:
        self._flash.limit = struct.unpack_from("<I", body, 4)[0]
        self.answer(command)

    def _flash_begin(self, command: int, body: bytes) -> None:
        self._begin(command, body, compressed=False)

    def _deflate_begin(self, command: int, body: bytes) -> None:
        self._begin(command, body, compressed=True)

    def _begin(self, command: int, body: bytes, compressed: bool) -> None:
        size, _blocks, _block_size, offset = struct.unpack_from("<IIII", body)
        self._download = Download(self._flash, offset, size, compressed, erase_ahead=not self.is_stub)
        self.answer(command)

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
        self.answer(command)

    def _flash_end(self, command: int, body: bytes) -> None:
        if self.is_stub and self._download is None:
            raise Refused(Code.NOT_BEGUN)
        self._download = None
        stay = struct.unpack_from("<I", body)[0] != 0
        self.answer(command)
        if not self.is_stub:
            self._leave(Leave.RUN)  # the ROM goes on with the program either way
        elif not stay:
            self._leave(Leave.RESET)

    def _md5(self, command: int, body: bytes) -> None:
        digest = self._flash.md5(*struct.unpack_from("<II", body))
        self.answer(command, data=digest if self.is_stub else digest.hex().encode())

    def _read_slow(self, command: int, body: bytes) -> None:
        offset, size = struct.unpack_from("<II", body)
        if size > _SLOW_READ:
            raise Refused(Code.LENGTH)
        self.answer(command, data=self._flash.read(offset, size).ljust(_SLOW_READ, b"\0"))

    def _erase_flash(self, command: int, _body: bytes) -> None:
        self._flash.erase(0, self._flash.size)
        self.answer(command)

    def _erase_region(self, command: int, body: bytes) -> None:
        offset, size = struct.unpack_from("<II", body)
        self._flash.check(offset, size)
        self._flash.erase(offset, offset + size)
        self.answer(command)

    def _read_flash(self, command: int, body: bytes) -> None:
        offset, size, block, window = struct.unpack_from("<IIII", body)
        self._flash.check(offset, size)
        if not (0 < block <= slip.MAX_FRAME and window):
            raise Refused(Code.LENGTH)
        self.answer(command)
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
