"""The addresses that the loader's clients read and write: chip identity, eFuses, clock calibration, the SPI controller, RAM.

A register that is not modelled reads as it was written, or 0. Addresses and layouts: chips.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from . import spi
from .chips import ESP32, RomKind

CHIP_MAGIC: Final = 0x40001000
_CRYSTAL_HZ: Final = 40_000_000
_MASK32: Final = 0xFFFFFFFF
_MAX_WORDS: Final = 1 << 17


class Registers:
    """``baud`` returns the UART's present speed. ``mac`` has six bytes. ``psram``: the module has one."""

    def __init__(self, flash: spi.SpiFlash, mac: bytes, baud: Callable[[], int], kind: RomKind = ESP32, psram: bool = False) -> None:
        self.kind = kind
        self._spi = spi.SpiController(flash, kind.spi)
        self._spi_range = range(kind.spi.base, kind.spi.base + spi.SIZE)
        self._baud = baud
        self._words: dict[int, int] = {CHIP_MAGIC: kind.magic} | kind.fuses(mac, psram)
        self._fixed = set(self._words)

    def read(self, address: int) -> int:
        """The word at ``address``."""
        if address in self._spi_range:
            return self._spi.read(address - self.kind.spi.base)
        if address == self.kind.uart_clock:
            return _CRYSTAL_HZ // max(1, self._baud()) & 0xFFFFF
        return self._words.get(address, 0)

    def write(self, address: int, value: int, mask: int = _MASK32) -> None:
        """Replace the bits of ``mask``; what is read-only stays."""
        if mask != _MASK32:
            value = self.read(address) & ~mask | value & mask
        if address in self._spi_range:
            self._spi.write(address - self.kind.spi.base, value & _MASK32)
        elif address not in self._fixed and (address in self._words or len(self._words) < _MAX_WORDS):
            self._words[address] = value & _MASK32

    def load(self, address: int, data: bytes) -> None:
        """Program code or data into RAM."""
        for offset in range(0, len(data), 4):
            self.write(address + offset, int.from_bytes(data[offset : offset + 4], "little"))
