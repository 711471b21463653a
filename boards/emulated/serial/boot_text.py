"""What the chip's ROM prints on UART0 at 115200 baud after a reset, in the form that tools look for.

`esptool` looks for ``boot:0x..`` and ``waiting for download``; other tools for ``rst:0x..``. Codes: ESP-IDF's `rom/rtc.h` and the boot mode
part of esptool's documentation.
"""

from __future__ import annotations

from typing import Final

# Causes as in RESET records (docs/protocols/link.md).
POWER_ON: Final = 1
HARD: Final = 2
WATCHDOG: Final = 3
DEEP_SLEEP: Final = 4
SOFTWARE: Final = 5  # here: the loader's own software reset

_REASONS: Final = {
    POWER_ON: "0x1 (POWERON_RESET)",
    HARD: "0xc (SW_CPU_RESET)",
    WATCHDOG: "0xc (SW_CPU_RESET)",  # the task watchdog panics, and the panic resets the CPU
    DEEP_SLEEP: "0x5 (DEEPSLEEP_RESET)",
    SOFTWARE: "0x3 (SW_RESET)",
}
_FLASH_BOOT: Final = "0x13 (SPI_FAST_FLASH_BOOT)"
_DOWNLOAD: Final = "0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))"


def flash_boot(cause: int) -> bytes:
    """The chip goes on to boot from flash."""
    return _head(cause, _FLASH_BOOT)


def download(cause: int = POWER_ON) -> bytes:
    """The chip stays in the ROM and listens."""
    return _head(cause, _DOWNLOAD) + b"waiting for download\r\n"


def no_image(word: int) -> bytes:
    """One line of the endless many that a chip prints which finds no image in its flash."""
    return f"invalid header: 0x{word:08x}\r\n".encode()


def _head(cause: int, boot: str) -> bytes:
    reason = _REASONS.get(cause, _REASONS[POWER_ON])
    return f"ShedGuard emulated ESP32\r\n\r\nrst:{reason},boot:{boot}\r\n".encode()
