"""What the ROM of each chip shows to a loader's client: identity, register addresses, eFuses, printed text.

Hazard: a tool that is only ever tested on one chip writes the bootloader to the other's wrong place.
Sources: the technical reference manuals of both chips, ESP-IDF's `rom/rtc.h` (`esp32s3/rom/rtc.h`), and what esptool expects there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_VREF: Final = 16
# The product of the two is the crystal frequency that the ESP32's ROM derives: cycles x 15625 x ck8m / 40 = 40 MHz.
_CK8M: Final = 128
_CALIBRATION_CYCLES: Final = 800


@dataclass(frozen=True, slots=True)
class SpiLayout:
    """The addresses of the SPI controller's registers. ``address_first``: an address is in the upper bits of its register."""

    base: int
    user: int
    user1: int
    user2: int
    mosi_length: int
    miso_length: int
    buffer: int
    address_first: bool


@dataclass(frozen=True, slots=True)
class RomKind:
    """One chip's ROM. ``chip_id`` is None where GET_SECURITY_INFO is not supported. ``fuses(mac, psram)``: the fixed words by address."""

    name: str
    magic: int
    chip_id: int | None
    spi: SpiLayout
    uart_clock: int
    fuses: Callable[[bytes, bool], dict[int, int]]
    banner: str
    reasons: dict[int, str]  # by the cause of a RESET record
    flash_boot: str
    download: str


def crc8_maxim(data: bytes) -> int:
    """The CRC that guards the MAC in the ESP32's eFuses."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8C if crc & 1 else 0)
    return crc


def _esp32_fuses(mac: bytes, _psram: bool) -> dict[int, int]:
    """Block 0 of an ESP32-D0WD-V3, revision 3.1, without any security feature; clock calibration and date of the APB controller."""
    words = [0] * 7
    words[1] = int.from_bytes(mac[2:], "big")
    words[2] = crc8_maxim(mac) << 16 | int.from_bytes(mac[:2], "big")
    words[3] = 1 << 9 | 1 << 13 | 1 << 15  # package D0WD; rated for 240 MHz; major revision, bit 0
    words[4] = _VREF << 8 | _CK8M
    words[5] = 1 << 20 | 1 << 24  # major revision, bit 1; minor revision 1
    return {0x3FF5A000 + 4 * index: word for index, word in enumerate(words)} | {0x3FF5F06C: _CALIBRATION_CYCLES << 7, 0x3FF6607C: 1 << 31}


def _esp32s3_fuses(mac: bytes, psram: bool) -> dict[int, int]:
    """Blocks 0 to 2 of an ESP32-S3 (QFN56), revision 0.2, without any security feature; with ``psram`` 8 MB of it in the package."""
    block0 = dict.fromkeys(range(0x60007030, 0x60007044, 4), 0)
    block1 = [int.from_bytes(mac[2:], "big"), int.from_bytes(mac[:2], "big"), 0, 2 << 18, 0, 0]
    if psram:
        block1[4] = 1 << 3 | 1 << 7  # 8 MB, AP Memory at 3.3 V
    block2 = dict.fromkeys(range(0x6000705C, 0x6000707C, 4), 0)
    return block0 | {0x60007044 + 4 * index: word for index, word in enumerate(block1)} | block2


ESP32: Final = RomKind(
    name="esp32",
    magic=0x00F01D83,
    chip_id=None,
    spi=SpiLayout(0x3FF42000, 0x1C, 0x20, 0x24, 0x28, 0x2C, 0x80, address_first=True),
    uart_clock=0x3FF40014,
    fuses=_esp32_fuses,
    banner="ShedGuard emulated ESP32\r\n\r\n",
    reasons={
        1: "0x1 (POWERON_RESET)",
        2: "0xc (SW_CPU_RESET)",
        3: "0xc (SW_CPU_RESET)",  # the task watchdog panics, and the panic resets the CPU
        4: "0x5 (DEEPSLEEP_RESET)",
        5: "0x3 (SW_RESET)",  # here: the loader's own software reset
    },
    flash_boot="0x13 (SPI_FAST_FLASH_BOOT)",
    download="0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))",
)

ESP32_S3: Final = RomKind(
    name="esp32s3",
    magic=0x9,
    chip_id=9,
    spi=SpiLayout(0x60002000, 0x18, 0x1C, 0x20, 0x24, 0x28, 0x58, address_first=False),
    uart_clock=0x60000014,
    fuses=_esp32s3_fuses,
    banner="ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021\r\n",
    reasons={
        1: "0x1 (POWERON)",
        2: "0xc (RTC_SW_CPU_RST)",
        3: "0xc (RTC_SW_CPU_RST)",
        4: "0x5 (DSLEEP)",
        5: "0x3 (RTC_SW_SYS_RST)",
    },
    flash_boot="0x8 (SPI_FAST_FLASH_BOOT)",
    download="0x0 (DOWNLOAD(USB/UART0))",
)

KINDS: Final = MappingProxyType({kind.name: kind for kind in (ESP32, ESP32_S3)})
