"""The addresses that the loader's clients read and write: chip identity, eFuses, clock calibration, the SPI controller, RAM.

What is not modelled reads as it was written, or 0. Addresses and layouts: ESP32 technical reference manual, and what esptool expects there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from . import spi

CHIP_MAGIC: Final = 0x40001000
ESP32_MAGIC: Final = 0x00F01D83
_EFUSE: Final = 0x3FF5A000
_UART_CLOCK: Final = 0x3FF40014
_RTC_CALIBRATION: Final = 0x3FF5F06C
_APB_DATE: Final = 0x3FF6607C
_CRYSTAL_HZ: Final = 40_000_000
# Their product is what the ROM takes the crystal for: cycles x 15625 x ck8m / 40 = 40 MHz.
_CK8M: Final = 128
_CALIBRATION_CYCLES: Final = 800
_VREF: Final = 16
_MASK32: Final = 0xFFFFFFFF
_MAX_WORDS: Final = 1 << 17


class Registers:
    """``baud`` tells the UART's speed of the moment. ``mac`` has six bytes."""

    def __init__(self, flash: spi.SpiFlash, mac: bytes, baud: Callable[[], int]) -> None:
        self._spi = spi.SpiController(flash)
        self._baud = baud
        self._words: dict[int, int] = {CHIP_MAGIC: ESP32_MAGIC, _RTC_CALIBRATION: _CALIBRATION_CYCLES << 7, _APB_DATE: 1 << 31}
        self._words |= {_EFUSE + 4 * index: word for index, word in enumerate(_fuses(mac))}
        self._fixed = set(self._words)

    def read(self, address: int) -> int:
        """The word at ``address``."""
        if spi.BASE <= address < spi.BASE + spi.SIZE:
            return self._spi.read(address - spi.BASE)
        if address == _UART_CLOCK:
            return _CRYSTAL_HZ // max(1, self._baud()) & 0xFFFFF
        return self._words.get(address, 0)

    def write(self, address: int, value: int, mask: int = _MASK32) -> None:
        """Replace the bits of ``mask``; what is read-only stays."""
        if mask != _MASK32:
            value = self.read(address) & ~mask | value & mask
        if spi.BASE <= address < spi.BASE + spi.SIZE:
            self._spi.write(address - spi.BASE, value & _MASK32)
        elif address not in self._fixed and (address in self._words or len(self._words) < _MAX_WORDS):
            self._words[address] = value & _MASK32

    def load(self, address: int, data: bytes) -> None:
        """Program code or data into RAM."""
        for offset in range(0, len(data), 4):
            self.write(address + offset, int.from_bytes(data[offset : offset + 4], "little"))


def crc8_maxim(data: bytes) -> int:
    """The CRC that guards the MAC in the eFuses."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8C if crc & 1 else 0)
    return crc


def _fuses(mac: bytes) -> list[int]:
    """Block 0 of an ESP32-D0WD-V3, revision 3.1, without any security feature."""
    words = [0] * 7
    words[1] = int.from_bytes(mac[2:], "big")
    words[2] = crc8_maxim(mac) << 16 | int.from_bytes(mac[:2], "big")
    words[3] = 1 << 9 | 1 << 13 | 1 << 15  # package D0WD; rated for 240 MHz; major revision, bit 0
    words[4] = _VREF << 8 | _CK8M
    words[5] = 1 << 20 | 1 << 24  # major revision, bit 1; minor revision 1
    return words
