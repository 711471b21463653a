"""Real time: the bench at the pace of the wall clock, with the board's UART0 on a pseudo-terminal. No threads: one loop over the pty and
virtual slices.

For ``shed emulate``. The slave end is kept open here, so that the server survives when a client disconnects. ``FreePtyServer`` is for
programs that do not depend on real time: there the board runs as fast as the host allows.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import termios
import time
import tty
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final, Protocol

from shedbench.link import link
from shedbench.plant.units import MS, Duration

from .lockstep import BoardLost, Lockstep
from .uart0 import Serial

SLICE_NS: Final = 10 * MS
_MAX_LAG_S: Final = 0.5  # a machine that cannot keep up lets virtual time fall behind instead of racing later
_CHUNK: Final = 256
_IDLE_S: Final = 0.1


class Served(Protocol):
    """What the server needs of its bench."""

    serial: Serial
    lockstep: Lockstep

    def run(self, duration: Duration) -> None:
        """Let virtual time pass."""
        ...


class PtyServer:
    """Serves ``bench``'s UART0 at ``path``. ``speed`` is virtual seconds per wall second.

    Bytes that nobody reads are dropped once the terminal's buffer is full, as on a serial line without listener.
    """

    def __init__(self, bench: Served, speed: float = 1.0) -> None:
        self.bench = bench
        self.speed = speed
        self.dropped = 0
        self.on_slice: Callable[[], None] | None = None
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave, termios.TCSANOW)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self._running = False
        bench.serial.listener = self._printed

    def serve(self, until: Callable[[], bool] | None = None) -> str:
        """Run until SIGINT, SIGTERM or SIGHUP, ``stop()``, ``until()``, or the board ends.

        Returns the reason (``signal``, ``stopped``, ``condition``, ``board ended``).
        """
        self._running = True
        signals: list[int] = []
        with _handlers(lambda number: signals.append(number)):
            wall = time.monotonic()
            while True:
                if signals:
                    return "signal"
                if not self._running:
                    return "stopped"
                if until is not None and until():
                    return "condition"
                wall = self._sleep_until(wall + SLICE_NS / 1e9 / self.speed)
                try:
                    self.bench.run(SLICE_NS)
                except BoardLost:
                    return "board ended"
                if self.on_slice is not None:
                    self.on_slice()

    def stop(self) -> None:
        """End ``serve`` after this slice."""
        self._running = False

    def close(self) -> None:
        """Close the terminal; the bench stays."""
        self.bench.serial.listener = None
        for descriptor in (self._master, self._slave):
            os.close(descriptor)

    def _sleep_until(self, due_s: float) -> float:
        """Serve input until ``due_s``; returns the time the next slice counts from."""
        while True:
            left = due_s - time.monotonic()
            readable, _, _ = select.select([self._master], [], [], max(0.0, left))
            if readable:
                self._typed()
            if left <= 0:
                return due_s if left > -_MAX_LAG_S else time.monotonic()
            if readable and left > 0:
                time.sleep(min(left, 0.001))

    def _typed(self) -> None:
        try:
            data = os.read(self._master, _CHUNK)
        except (BlockingIOError, OSError):
            return
        if data:
            self._received(data)

    def _received(self, data: bytes) -> None:
        self.bench.serial.send(data)

    def _printed(self, data: bytes) -> None:
        try:
            written = os.write(self._master, data)
        except BlockingIOError:
            written = 0
        self.dropped += len(data) - written


class FreePtyServer(PtyServer):
    """As fast as the host allows while the board has something to do; time stops while it waits for a key only.

    Nothing is dropped: the board waits for the reader. Only for a bench whose plant does nothing by itself.
    """

    def __init__(self, bench: Served) -> None:
        super().__init__(bench)
        self._backlog = bytearray()

    def _sleep_until(self, due_s: float) -> float:
        while self._backlog:
            if not select.select([], [self._master], [], _IDLE_S)[1]:
                return due_s
            del self._backlog[: os.write(self._master, self._backlog)]
        idle = self.bench.lockstep.board_wake_ns == link.NEVER and not self.bench.serial.is_sending
        if select.select([self._master], [], [], _IDLE_S if idle else 0.0)[0]:
            self._typed()
        return due_s

    def _printed(self, data: bytes) -> None:
        self._backlog += data


@contextlib.contextmanager
def _handlers(note: Callable[[int], None]) -> Iterator[None]:
    """Inside, signals that end the server are recorded, not raised."""

    def handler(number: int, _frame: FrameType | None) -> None:
        note(number)

    old = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, previous in old.items():
            signal.signal(number, previous)
