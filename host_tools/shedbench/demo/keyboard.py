"""Single keys from the terminal, without echo. The terminal is restored at the end of the block, however it ends."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from types import TracebackType


class Keyboard:
    """Use as a context manager on a terminal's standard input."""

    def __enter__(self) -> Keyboard:
        self._fd = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._fd)
        tty.setcbreak(self._fd)  # Ctrl-C stays an interrupt
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        termios.tcsetattr(self._fd, termios.TCSAFLUSH, self._before)

    def keys(self, wait_s: float) -> str:
        """The characters typed within ``wait_s``, or at once when there are some; empty when nothing was typed. Escape sequences are
        dropped."""
        ready, _, _ = select.select([self._fd], [], [], wait_s)
        if not ready:
            return ""
        typed = os.read(self._fd, 256)
        if not typed:
            raise EOFError("the terminal is gone")
        return "" if typed.startswith(b"\x1b") else typed.decode("ascii", "ignore")
