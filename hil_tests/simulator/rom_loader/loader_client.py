"""A client of the serial loader for tests: builds requests, keeps the answers."""

from __future__ import annotations

import struct
from functools import reduce
from operator import xor
from pathlib import Path

from shedbench.rom_loader import slip
from shedbench.rom_loader.flash import FlashFile
from shedbench.rom_loader.loader import Leave, Loader
from shedbench.rom_loader.registers import Registers
from shedbench.rom_loader.spi import SpiFlash

MAC = bytes.fromhex("240ac4000001")
SYNC = b"\x07\x07\x12\x20" + 32 * b"\x55"


class Client:
    """``loader`` on a flash file of its own, and ``left`` and ``baud`` as it set them."""

    def __init__(self, path: Path, size: int = 1 << 20) -> None:
        path.write_bytes(b"\xff" * size)
        self.flash = FlashFile(path)
        self.frames: list[bytes] = []
        self.left: Leave | None = None
        self.baud = 115200
        self._decoder = slip.Decoder()
        registers = Registers(SpiFlash(size), MAC, lambda: self.baud)
        self.loader = Loader(self.flash, registers, self._answered, self._leave, self._set_baud, lambda: None)

    def ask(self, command: int, body: bytes = b"", checksum: int = 0) -> tuple[int, bytes]:
        """Value and body of the one answer."""
        self.send(command, body, checksum)
        assert len(self.frames) == 1, self.frames
        frame = self.frames.pop()
        direction, answered, length, value = struct.unpack_from("<BBHI", frame)
        assert (direction, answered, length) == (1, command, len(frame) - 8)
        return value, frame[8:]

    def send(self, command: int, body: bytes, checksum: int = 0) -> None:
        """Answers go to ``frames``."""
        self.loader.feed(slip.encode(struct.pack("<BBHI", 0, command, len(body), checksum) + body))

    def words(self, command: int, *words: int) -> tuple[int, bytes]:
        """A request of 32-bit words."""
        return self.ask(command, struct.pack(f"<{len(words)}I", *words))

    def data(self, command: int, data: bytes, sequence: int = 0) -> bytes:
        """A data block with its checksum; the answer's body."""
        return self.ask(command, struct.pack("<IIII", len(data), sequence, 0, 0) + data, reduce(xor, data, 0xEF))[1]

    def start_stub(self) -> None:
        """Upload something and run it."""
        self.words(0x05, 4, 1, 0x1800, 0x40080000)
        self.data(0x07, b"code")
        self.send(0x06, struct.pack("<II", 0, 0x40080000))
        assert self.frames.pop() == b"OHAI"
        self.frames.clear()

    def _answered(self, data: bytes) -> None:
        self.frames += self._decoder.feed(data)

    def _leave(self, how: Leave) -> None:
        self.left = how

    def _set_baud(self, baud: int) -> None:
        self.baud = baud
