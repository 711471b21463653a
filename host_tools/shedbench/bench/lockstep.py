"""The lock-step loop: exactly one of board and plant runs at a time, and neither ever sees the other's past.

Contract: docs/protocols/link.md. The plant promises the board its own next event as horizon; the board returns there, or earlier with
records. The loop allocates little and dispatches by record type, because a charging day is some hundred thousand packets.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Final, Protocol

from shedbench.link import link
from shedbench.link.link_log import LinkLog
from shedbench.plant.port import BoardPort
from shedbench.plant.units import S
from shedbench.plant.world import World

_BUFFER: Final = 1 << 20
WATCH_NS: Final = 1 * S  # how long a condition may go unchecked when nothing happens


class BoardLost(Exception):
    """The board process ended while it was needed."""


class BoardEvents(Protocol):
    """Receives the records that are not signals."""

    def board_record(self, type_: int, arg: int, at_ns: int, payload: bytes) -> None:
        """RESET, BOOT, NOTE, PROBE, STATS, FLASH or HALT."""
        ...

    def board_lost(self) -> str:
        """The link broke; returns words for the exception."""
        ...


class Lockstep:
    """Runs ``world`` and the board at ``attach``ed sockets in step. Without a board the plant runs alone."""

    def __init__(self, world: World, port: BoardPort, events: BoardEvents, log: LinkLog | None = None) -> None:
        self.world = world
        self.port = port
        self.log = log
        self.exchanges = 0
        self.board_wake_ns = link.NEVER  # the earliest time at which the board acts by itself, by its last packet
        self._events = events
        self._socket: socket.socket | None = None
        self._sequence = 0
        self._buffer = bytearray(_BUFFER)
        self._view = memoryview(self._buffer)

    @property
    def is_attached(self) -> bool:
        """A board is there."""
        return self._socket is not None

    def attach(self, sock: socket.socket) -> None:
        """Wait for the board's HELLO; its time must be the plant's. Raises LinkError or BoardLost."""
        self._socket = sock
        self._sequence = 0
        self._hello()

    def detach(self) -> None:
        """Forget the board; the caller closes the socket."""
        self._socket = None

    def run_until(self, limit_ns: int, check: Callable[[], bool] | None = None) -> bool:
        """Run to ``limit_ns``, or until ``check`` holds; True when it did.

        ``check`` is called now, after each packet and each plant event, and every virtual second.
        """
        env, port = self.world.env, self.port
        while True:
            env.advance_to(int(env.now))
            if check is not None and check():
                return True
            now = int(env.now)
            if now >= limit_ns:
                return False
            horizon = env.next_ns(limit_ns)
            if check is not None and horizon > now + WATCH_NS:
                horizon = now + WATCH_NS
            if self._socket is None:
                env.advance_to(horizon)
                port.board_now_ns = horizon
            else:
                self._exchange(self._socket, horizon)

    def fork(self, sock: socket.socket, flash_copy: str) -> None:
        """Ask the board to fork onto ``sock`` (the board's end) with its own ``flash_copy``; this board stays where it is."""
        board = self._socket
        if board is None:
            raise BoardLost("there is no board to fork")
        path = flash_copy.encode()
        packet = link.HEADER.pack(link.VERSION, link.FORK, 1, self._sequence, self.world.now_ns, 0)
        packet += link.RECORD.pack(link.FLASH_COPY, 0, len(path), self.world.now_ns) + path
        self._sequence = (self._sequence + 1) & 0xFFFFFFFF
        socket.send_fds(board, [packet], [sock.fileno()])

    def adopt(self, sock: socket.socket) -> None:
        """In a forked plant: continue with the forked board at ``sock``."""
        sequence = self._sequence
        self.attach(sock)
        self._sequence = sequence

    # --- one packet each way ------------------------------------------------------------------------------------------

    def _exchange(self, sock: socket.socket, horizon_ns: int) -> None:
        count, records = self.port.take()
        packet = link.HEADER.pack(link.VERSION, link.RUN, count, self._sequence, horizon_ns, 0) + records
        self._sequence = (self._sequence + 1) & 0xFFFFFFFF
        self.exchanges += 1
        if self.log is not None:
            self.log.sent(packet)
        try:
            sock.send(packet)
        except (BrokenPipeError, ConnectionResetError):
            self._lost()
        self._receive(sock, link.SYNC)

    def _hello(self) -> None:
        sock = self._socket
        assert sock is not None
        now = self._receive(sock, link.HELLO)
        if now != self.world.now_ns:
            raise link.LinkError(f"the board says hello at {now} ns, the plant stands at {self.world.now_ns} ns")

    def _receive(self, sock: socket.socket, expected_kind: int) -> int:
        try:
            size = sock.recv_into(self._buffer)
        except ConnectionResetError:
            size = 0
        if size == 0:
            self._lost()
        view = self._view
        if self.log is not None:
            self.log.received(view[:size])
        version, kind, count, _sequence, now, self.board_wake_ns = link.HEADER.unpack_from(view)
        if version != link.VERSION or kind != expected_kind:
            raise link.LinkError(f"packet of version {version}, kind {kind}; expected version {link.VERSION}, kind {expected_kind}")
        self.port.board_now_ns = now
        offset = 24
        env = self.world.env
        for _ in range(count):
            type_, arg, length, at = link.RECORD.unpack_from(view, offset)
            start = offset + 12
            offset = start + length
            if env.now < at <= now:
                env.advance_to(at)
            self._dispatch(type_, arg, at, bytes(view[start:offset]))
        env.advance_to(now)
        return now

    def _dispatch(self, type_: int, arg: int, at: int, payload: bytes) -> None:
        if type_ == link.UART_TX:
            char_ns, baud, bits, parity, stop, _ = link.UART_TX_HEAD.unpack_from(payload)
            self.port.board_uart(arg, at, char_ns, baud << 24 | bits << 16 | parity << 8 | stop, payload[12:])
        elif type_ == link.PIN:
            self.port.board_pin(arg, payload[0])
        elif type_ == link.STROBE:
            self.port.board_strobe(arg, payload[0] == 1, int.from_bytes(payload[1:9], "little"))
        else:
            self._events.board_record(type_, arg, at, payload)

    def _lost(self) -> None:
        self._socket = None
        raise BoardLost(self._events.board_lost())
