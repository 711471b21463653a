"""What a chip's ROM prints on UART0 at 115200 baud after a reset, in the form that tools look for.

`esptool` looks for ``boot:0x..`` and ``waiting for download``; other tools for ``rst:0x..``. Codes: chips.py, and the boot mode part of
esptool's documentation.
"""

from __future__ import annotations

from typing import Final

from .chips import ESP32, RomKind

# Causes as in RESET records (docs/protocols/link.md).
POWER_ON: Final = 1
HARD: Final = 2
WATCHDOG: Final = 3
DEEP_SLEEP: Final = 4
SOFTWARE: Final = 5  # here: the loader's own software reset


def flash_boot(cause: int, kind: RomKind = ESP32) -> bytes:
    """The text of a chip that boots from flash."""
    return _head(cause, kind, kind.flash_boot)


def download(cause: int = POWER_ON, kind: RomKind = ESP32) -> bytes:
    """The text of a chip that stays in the ROM and listens."""
    return _head(cause, kind, kind.download) + b"waiting for download\r\n"


def no_image(word: int) -> bytes:
    """The line that a chip without an image in its flash prints endlessly."""
    return f"invalid header: 0x{word:08x}\r\n".encode()


def _head(cause: int, kind: RomKind, boot: str) -> bytes:
    return f"{kind.banner}rst:{kind.reasons.get(cause, kind.reasons[POWER_ON])},boot:{boot}\r\n".encode()
