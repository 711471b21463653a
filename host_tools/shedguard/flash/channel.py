"""Access to a board's flash: through esptool's loader on a port, or a flash file in tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, Protocol

SECTOR: Final = 4096

# Called with the bytes that this call has done so far.
Progress = Callable[[int], None]

# How the loader is entered: the two transistors on DTR and RTS, the chip's own USB, or by hand (BOOT held while EN is pressed).
Before = Literal["default-reset", "usb-reset", "no-reset"]
Leave = Literal["reset", "stay"]


class Channel(Protocol):
    """Flash of one board. Every method raises ShedError: exit code 3 when the connection is lost, 4 for invalid answers."""

    @property
    def chip(self) -> str:
        """``esp32`` or ``esp32s3``."""
        ...

    @property
    def flash_bytes(self) -> int:
        """Size of the flash chip."""
        ...

    @property
    def mac(self) -> str:
        """Six pairs of hex digits with colons."""
        ...

    def read(self, offset: int, size: int, progress: Progress | None = None) -> bytes:
        """``size`` bytes."""
        ...

    def write(self, offset: int, data: bytes, progress: Progress | None = None) -> None:
        """Erase the sectors that ``data`` covers and program it. ``offset`` is the beginning of a sector; the rest of the last sector is
        blank."""
        ...

    def md5(self, offset: int, size: int) -> str:
        """32 hex digits, computed on the board."""
        ...

    def erase(self, offset: int, size: int) -> None:
        """Whole sectors."""
        ...

    def reset(self) -> None:
        """Hard reset into the program. The channel is not usable afterwards."""
        ...
