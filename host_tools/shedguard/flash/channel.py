"""A way to a board's flash, whatever is behind it: esptool's loader on a port, or a flash file in tests.

Hazard: opening a real one resets the board into its loader, and every outlet of a shed in service goes off. So the board is asked first,
quietly, and a live session is a refusal (exit code 7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal, Protocol

SECTOR: Final = 4096

# Called with the bytes done so far, of this call alone.
Progress = Callable[[int], None]

# How the loader is entered: the two transistors on DTR and RTS, the chip's own USB, or by hand (BOOT held while EN is pressed).
Before = Literal["default-reset", "usb-reset", "no-reset"]
Leave = Literal["reset", "stay"]


class Channel(Protocol):
    """Flash of one board. Every method raises ShedError: exit code 3 when the way is lost, 4 when the other side answers nonsense."""

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
        """Erase the sectors that ``data`` covers and program it. ``offset`` stands on a sector; the rest of the last sector is blank."""
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


@contextmanager
def open_channel(
    port: str,
    *,
    baud: int = 460800,
    live_check: bool = True,
    leave: Leave = "reset",
    before: Before = "default-reset",
    hands: Callable[[], None] | None = None,
) -> Iterator[Channel]:
    """The board on ``port`` (a device, or rfc2217://HOST:PORT) in its loader. ``leave`` says what happens at the end, also after an error.

    With ``before`` no-reset, ``hands`` is called when somebody has to bring it there (BOOT held, EN pressed); None when it is there.

    ShedError: 3 port missing, busy, or no loader answers; 4 unusable chip; 7 a session is live and ``live_check`` is on.
    """
    from .live_check import refuse_live
    from .loader_channel import LoaderChannel

    running = refuse_live(port) if live_check else None
    if before == "no-reset" and hands is not None:
        hands()
    answers = running is not None and running.kind in ("shedguard", "repl")  # so port, cable and supply are good
    channel = LoaderChannel.connect(port, baud, before, answers)
    try:
        yield channel
        if leave == "reset":
            channel.reset()
    except BaseException:
        if leave == "reset":
            channel.try_reset()
        raise
    finally:
        channel.close()
