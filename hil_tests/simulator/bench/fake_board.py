"""A board in Python that speaks the link and nothing else: for the tests of the lock-step loop itself.

After power-on it boots for 1 ms, drives GPIO 16 high, then every 100 ms sends its count on UART 1, mirrors input GPIO 35 on GPIO 17, echoes
UART 0 and ends on receiving ``x``. It keeps the rules of docs/protocols/link.md: it applies an input when its own clock reaches it.
"""

from __future__ import annotations

import os
import socket
import sys

from shedbench.link import link

PERIOD_NS = 100_000_000
BOOT_NS = 1_000_000


class FakeBoard:
    """State of the fake; ``main`` runs it."""

    def __init__(self, sock: socket.socket, now: int) -> None:
        self.sock = sock
        self.now = now
        self.next_act: int | None = None
        self.count = 0
        self.queue: list[tuple[int, int, link.Record]] = []
        self.out: list[link.Record] = []
        self.sequence = 0
        self.arrivals = 0
        self.power = False
        self.level = 0

    def send(self, kind: int) -> None:
        wake = link.NEVER if self.next_act is None else self.next_act
        self.sock.send(link.encode(link.Packet(kind, self.sequence, self.now, wake, tuple(self.out))))
        self.sequence += 1
        self.out = []

    def receive(self) -> int:
        """The next horizon; serves FORKs; ends the process at the end of the link."""
        while True:
            data, fds, _, _ = socket.recv_fds(self.sock, 1 << 20, 1)
            if not data:
                os._exit(0)
            packet = link.decode(data)
            if packet.kind == link.EXIT:
                os._exit(0)
            if packet.kind == link.FORK:
                if os.fork() == 0:
                    self.sock = socket.socket(fileno=fds[0])
                    self.send(link.HELLO)
                else:
                    os.close(fds[0])
                continue
            for record in packet.records:
                if record.at_ns < self.now:
                    sys.exit("an input from the past")
                self.queue.append((record.at_ns, self.arrivals, record))
                self.arrivals += 1
            self.queue.sort(key=lambda item: item[:2])
            return packet.time_ns

    def run(self) -> None:
        self.send(link.HELLO)
        horizon = self.receive()
        while True:
            due = [horizon]
            if self.next_act is not None:
                due.append(self.next_act)
            if self.queue:
                due.append(self.queue[0][0])
            self.now = max(self.now, min(due))
            while self.queue and self.queue[0][0] <= self.now:
                self.apply(self.queue.pop(0)[2])
            if self.next_act is not None and self.next_act <= self.now:
                self.act()
            if self.out or self.now >= horizon:
                self.send(link.SYNC)
                horizon = self.receive()

    def record(self, type_: int, arg: int, payload: bytes = b"") -> None:
        self.out.append(link.Record(type_, arg, self.now, payload))

    def apply(self, record: link.Record) -> None:
        if record.type == link.POWER:
            self.power = record.arg == 1
            self.next_act = self.now + BOOT_NS if self.power else None
            if self.power:
                self.record(link.RESET, 1)
        elif record.type == link.PIN_IN and record.arg == 35:
            self.level = record.payload[0]
            self.record(link.PIN, 17, bytes([2 if self.level == 1 else 1]))
        elif record.type == link.UART_RX and record.arg == 0:
            text = record.payload[8:]
            if text == b"x":
                os._exit(3)
            self.uart(0, text)
        elif record.type == link.PROBE:
            self.record(link.PROBE_RESULT, 0, record.payload.upper())

    def uart(self, number: int, data: bytes) -> None:
        self.record(link.UART_TX, number, link.UART_TX_HEAD.pack(86_805, 115200, 8, 0, 1, 0) + data)

    def act(self) -> None:
        if self.count == 0:
            self.record(link.BOOT, 1)
            self.record(link.PIN, 16, b"\x02")
        self.uart(1, str(self.count).encode())
        self.count += 1
        self.next_act = self.now + PERIOD_NS


def main() -> None:
    options = dict(zip(sys.argv[1::2], sys.argv[2::2], strict=True))
    FakeBoard(socket.socket(fileno=int(options["--link-fd"])), int(options["--start-ns"])).run()


if __name__ == "__main__":
    main()
