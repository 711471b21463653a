"""The live demo on a real pseudo-terminal: it draws, obeys keys, and leaves the terminal as it found it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator

import pytest
from shedbench.places import REPOSITORY

ALTERNATE_SCREEN_ON, ALTERNATE_SCREEN_OFF, CURSOR_ON = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25h"


class Terminal:
    """The demo in a terminal of its own, ``columns`` x ``rows``."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.seen = b""
        run = "import sys; from shedguard.commands.cli import run; sys.exit(run(['demo']))"
        self.process = subprocess.Popen(
            [sys.executable, "-c", run],
            cwd=REPOSITORY,
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            env={name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")} | {"TERM": "xterm-256color"},
            start_new_session=True,
        )

    def until(self, words: str, within_s: float = 30.0) -> None:
        """Read until ``words`` were drawn since the last call."""
        start, deadline = len(self.seen), time.monotonic() + within_s
        while words.encode() not in self.seen[start:]:
            assert time.monotonic() < deadline, f"no {words!r} in {self.seen[-2000:].decode('utf-8', 'replace')}"
            self._read(0.2)

    def _read(self, wait_s: float) -> None:
        if select.select([self.master], [], [], wait_s)[0]:
            self.seen += os.read(self.master, 65536)

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def end(self) -> int:
        """The exit code; what it printed last is in ``seen``."""
        deadline = time.monotonic() + 20
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "the demo does not end"
            self._read(0.1)
        self._read(0.2)
        return self.process.returncode

    def is_as_before(self) -> bool:
        on, off = self.seen.rfind(ALTERNATE_SCREEN_ON), self.seen.rfind(ALTERNATE_SCREEN_OFF)
        return termios.tcgetattr(self.slave) == self.before and off >= on and self.seen.rfind(CURSOR_ON) >= self.seen.rfind(b"\x1b[?25l")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    made.close()


def test_keys_charge_a_bike_raise_smoke_and_quit(terminal: Terminal):
    terminal.until("in service")
    terminal.type("a")
    terminal.until("session begins")
    terminal.until("charging")
    terminal.type("s")
    terminal.until("trip latched")
    terminal.type("q")
    assert terminal.end() == 0
    assert terminal.is_as_before()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_puts_the_terminal_back(terminal: Terminal, number: int):
    terminal.until("in service")
    terminal.process.send_signal(number)
    assert terminal.end() == 130
    assert terminal.is_as_before()


def test_a_terminal_that_is_too_small_is_refused_in_words():
    small = Terminal(70, 20)
    try:
        code = small.end()
        assert code != 0 and b"80x24" in small.seen and small.is_as_before()
    finally:
        small.close()
