"""The SPI controller of the chip with a NOR flash on it, as the loader's clients drive it: by "user commands" through its registers.

Register layout: chips.py. Flash commands: JEDEC JESD216 (SFDP) and a GD25Q data sheet.
"""

from __future__ import annotations

import struct
from typing import Final

from .chips import SpiLayout

SIZE: Final = 0x100
_CMD: Final = 0x00
_ADDR: Final = 0x04
_CMD_USER: Final = 1 << 18
_USER_ADDR: Final = 1 << 30
_USER_MISO: Final = 1 << 28
_USER_MOSI: Final = 1 << 27

MANUFACTURER: Final = 0xC8
_MEMORY_TYPE: Final = 0x40
_WRITE_ENABLED: Final = 0x02


class SpiFlash:
    """The chip: identity, status registers. ``size`` in bytes, a power of two."""

    def __init__(self, size: int) -> None:
        self.identity = bytes((MANUFACTURER, _MEMORY_TYPE, size.bit_length() - 1))
        self.status = bytearray(3)
        self._enabled = False
        self._parameters = _sfdp(size)

    def command(self, opcode: int, address: int, data: bytes) -> bytes:
        """The answer to one command, of any length; the wire then reads 0xFF."""
        if opcode == 0x9F:
            return self.identity
        if opcode == 0x5A:
            return self._parameters[address:]
        if opcode in (0x06, 0x50, 0x04, 0x99):
            self._enabled = opcode in (0x06, 0x50)
        elif opcode == 0x05:
            return bytes((self.status[0] | (_WRITE_ENABLED if self._enabled else 0),))
        elif opcode in (0x35, 0x15):
            return bytes((self.status[1 if opcode == 0x35 else 2],))
        elif opcode in (0x01, 0x31, 0x11) and self._enabled:
            first = {0x01: 0, 0x31: 1, 0x11: 2}[opcode]
            for index, byte in enumerate(data[: len(self.status) - first]):
                self.status[first + index] = byte
            self._enabled = False
        return b""


class SpiController:
    """Words of ``layout``. Writing the user bit of the command register runs a command at once."""

    def __init__(self, flash: SpiFlash, layout: SpiLayout) -> None:
        self._flash = flash
        self._at = layout
        self._words: dict[int, int] = {}

    def read(self, offset: int) -> int:
        """One register."""
        return self._words.get(offset, 0)

    def write(self, offset: int, value: int) -> None:
        """One register."""
        if offset == _CMD:
            if value & _CMD_USER:
                self._run()
            return  # the command bits clear themselves
        self._words[offset] = value

    def _run(self) -> None:
        user, user1 = self.read(self._at.user), self.read(self._at.user1)
        address = 0
        if user & _USER_ADDR:
            bits = (user1 >> 26 & 0x3F) + 1
            address = self.read(_ADDR)
            if self._at.address_first:
                address >>= max(0, 32 - bits)
        data = b""
        if user & _USER_MOSI:
            data = self._buffer()[: (self.read(self._at.mosi_length) % 512 + 8) // 8]
        answer = self._flash.command(self.read(self._at.user2) & 0xFF, address, data)
        if user & _USER_MISO:
            bits = self.read(self._at.miso_length) % 512 + 1
            count = -(-bits // 8)
            self._store(answer[:count].ljust(count, b"\xff"))

    def _buffer(self) -> bytes:
        return b"".join(struct.pack("<I", self.read(self._at.buffer + 4 * index)) for index in range(16))

    def _store(self, answer: bytes) -> None:
        padded = answer.ljust(-(-len(answer) // 4) * 4, b"\0")
        for index, (word,) in enumerate(struct.iter_unpack("<I", padded)):
            self._words[self._at.buffer + 4 * index] = word


def _sfdp(size: int) -> bytes:
    """Header, one parameter header, and the basic table of JESD216: 4 KB erase by 0x20, 64 KB by 0xD8, the density."""
    header = b"SFDP" + bytes((0, 1, 0, 0xFF))
    parameter = bytes((0, 0, 1, 9, 0x30, 0, 0, 0xFF))
    vendor = bytes((MANUFACTURER, 0, 1, 3, 0x60, 0, 0, 0xFF))
    words = (0xFFF120E5, size * 8 - 1, 0x6B08EB44, 0xBB423B08, 0xFFFFFFEE, 0xFF00FFFF, 0xFF00FFFF, 0x520F200C, 0xFF00D810)
    return (header + parameter + vendor).ljust(0x30, b"\xff") + struct.pack("<9I", *words)
