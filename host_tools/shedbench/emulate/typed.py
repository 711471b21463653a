"""Whole lines from this process's standard input, without ever waiting: a terminal, a pipe, or no input.

For `shed emulate`, which reads between two slices of time. In the background of a shell it reads nothing: the terminal belongs to another
process, and the shell stops a background reader.
"""

from __future__ import annotations

import os
import select
from collections import deque
from collections.abc import Iterator

_CHUNK = 4096
_KEPT_BYTES = 1024  # of a line: the rest of a longer one is dropped, so that input without line ends cannot fill memory
_KEPT_LINES = 256  # that wait; further ones stay in the pipe


class TypedLines:
    """``descriptor`` is read until its end; after that there are no more lines."""

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor: int | None = descriptor
        self._begun = b""
        self._lines: deque[str] = deque()
        try:
            self._is_terminal = os.isatty(descriptor)
            os.fstat(descriptor)
        except OSError:
            self._descriptor = None

    def take(self) -> Iterator[str]:
        """The received lines, without blank ones and # comments. Lines not taken now come with the next call."""
        self._read()
        while self._lines:
            line = self._lines.popleft().strip()
            if line and not line.startswith("#"):
                yield line

    def _read(self) -> None:
        while self._descriptor is not None and len(self._lines) < _KEPT_LINES and self._is_ours() and self._has_come(self._descriptor):
            try:
                data = os.read(self._descriptor, _CHUNK)
            except OSError:
                data = b""
            if not data:
                self._descriptor = None
                data = b"\n" if self._begun else b""  # a last line without its end counts
            *whole, begun = (self._begun + data).split(b"\n")
            self._begun = begun[:_KEPT_BYTES]
            self._lines.extend(line[:_KEPT_BYTES].decode("utf-8", "replace") for line in whole)

    @staticmethod
    def _has_come(descriptor: int) -> bool:
        return bool(select.select([descriptor], [], [], 0)[0])

    def _is_ours(self) -> bool:
        """Whether this process may read its terminal now: in the background, reading would stop it."""
        assert self._descriptor is not None
        try:
            return not self._is_terminal or os.tcgetpgrp(self._descriptor) == os.getpgrp()
        except OSError:
            return False
