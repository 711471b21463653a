"""Drives one emulated board over the link, as a plant without physics: time, pins, UARTs, and a REPL on UART0."""

from __future__ import annotations

import array
import json
import os
import socket
import struct
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from shedbench.link import link
from shedbench.places import REPOSITORY

MS: Final = 1_000_000
S: Final = 1_000_000_000
ROOT: Final = REPOSITORY
BINARY: Final = Path(os.environ.get("SHEDGUARD_BOARD") or os.environ.get("SHEDGUARD_EMULATED_BOARD") or ROOT / "build/board/emulated-board")
_BUILT_FROM: Final = ROOT / "build/.board-source"  # set-up writes it, also when MICROPYTHON_SRC names another tree
MICROPYTHON: Final = Path(_BUILT_FROM.read_text(encoding="utf-8").strip() if _BUILT_FROM.exists() else ROOT / "build/micropython-1.25.0")
CHAR_NS: Final = 86_805  # one character at 115200 8N1


class Gone(Exception):
    """The board process has ended."""


class Board:
    """A board process and the plant's side of its link. ``run`` is the only thing that lets time pass."""

    def __init__(
        self,
        flash: Path | None,
        *args: str,
        seed: int = 1,
        start_ns: int = 0,
        sock: socket.socket | None = None,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.now = start_ns
        self.wake = 0
        self.sequence = 0
        self.log: list[bytes] = []
        self.records: list[link.Record] = []
        self.console = b""
        self.packets = 0
        self.hook: Callable[[link.Record], None] | None = None  # sees every record as it comes, before the next RUN
        self._pending: list[link.Record] = []
        self._started = False
        self._console_rx_free = 0
        self.process: subprocess.Popen[bytes] | None = None
        if sock is not None:
            self.socket = sock
        else:
            assert flash is not None
            self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            command = [str(BINARY), "--flash", str(flash.resolve()), "--link-fd", str(theirs.fileno())]
            command += ["--seed", str(seed), "--start-ns", str(start_ns), *args]
            self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=env, cwd=cwd)
            theirs.close()
        self.socket.settimeout(60)
        hello = self._receive()
        assert hello.kind == link.HELLO, hello

    def close(self) -> None:
        self.socket.close()
        if self.process is not None:
            self.process.wait(timeout=10)

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _receive(self) -> link.Packet:
        data = self.socket.recv(1 << 20)
        if not data:
            raise Gone("the board has ended")
        self.log.append(data)
        self.packets += 1
        packet = link.decode(data)
        self.now = packet.time_ns
        self.wake = packet.wake_ns
        self.records += packet.records
        for record in packet.records:
            if record.type == link.UART_TX and record.arg == 0:
                self.console += record.payload[link.UART_TX_HEAD.size :]
            if self.hook is not None:
                self.hook(record)
        return packet

    def put(self, type_: int, arg: int, payload: bytes = b"", at: int | None = None) -> None:
        """Queues an input for the next RUN."""
        self._pending.append(link.Record(type_, arg, self.now if at is None else at, payload))

    def step(self, horizon: int) -> link.Packet:
        """One exchange: RUN until ``horizon`` at most, and the board's answer."""
        records = tuple(replace(r, at_ns=max(r.at_ns, self.now)) for r in self._pending)
        self._pending.clear()
        packet = link.Packet(link.RUN, self.sequence, max(horizon, self.now), 0, records)
        self.sequence += 1
        self.socket.send(link.encode(packet))
        return self._receive()

    def run(self, ns: int) -> None:
        end = self.now + ns
        while self.now < end or self._pending:
            self.step(end)

    def run_until(self, condition, limit_ns: int = 5 * S) -> None:
        end = self.now + limit_ns
        while not condition():
            if self.now >= end:
                raise AssertionError(f"not within {limit_ns / S} s; console: {self.console[-400:]!r}")
            self.step(end)

    def power(self, state: int = 1) -> None:
        self.put(link.POWER, state)
        self.step(self.now)

    def boot(self) -> None:
        """Power on, until the prompt."""
        self.power(1)
        self.expect(b">>> ")

    def of(self, type_: int, arg: int | None = None) -> list[link.Record]:
        return [r for r in self.records if r.type == type_ and (arg is None or r.arg == arg)]

    def notes(self) -> list[str]:
        return [r.payload.decode() for r in self.of(link.NOTE)]

    def pin(self, gpio: int) -> int:
        """Last reported drive of a pad: 0 float, 1 low, 2 high, 3 pulled up, 4 pulled down."""
        drive = 0
        for r in self.records:
            if r.type == link.PIN and r.arg == gpio:
                drive = r.payload[0]
            elif r.type == link.HALT or (r.type == link.RESET and r.arg in link.FLOATING_RESETS):
                drive = 0
        return drive

    def drive(self, gpio: int, level: int, at: int | None = None) -> None:
        self.put(link.PIN_IN, gpio, bytes([level]), at)

    def adc(self, gpio: int, uv: int, noise_uv: int = 0) -> None:
        self.put(link.ADC_IN, gpio, struct.pack("<II", uv, noise_uv))

    def watch(self, gpio: int, lapse_ns: int) -> None:
        self.put(link.WATCH, gpio, struct.pack("<Q", lapse_ns))

    def fault(self, kind: int, a: int = 0, b: int = 0) -> None:
        self.put(link.FAULT, kind, struct.pack("<qq", a, b))

    def uart(self, uart: int, data: bytes, ns: int = CHAR_NS, at: int | None = None, flags: int = 0) -> None:
        self.put(link.UART_RX, uart, link.UART_RX_HEAD.pack(ns, flags) + data, at)

    def type(self, text: bytes) -> None:
        """Types on UART0 at its full speed."""
        at = max(self.now, self._console_rx_free)
        self._console_rx_free = at + len(text) * CHAR_NS
        self.uart(0, text, at=at)

    def expect(self, text: bytes, limit_ns: int = 5 * S) -> bytes:
        """Runs until ``text`` appears on the console; returns what came before it and forgets both."""
        self.run_until(lambda: text in self.console, limit_ns)
        before, _, self.console = self.console.partition(text)
        return before

    def raw(self, source: str, limit_ns: int = 60 * S) -> str:
        """Runs source in the raw REPL; returns its output, raises on a traceback."""
        self.type(b"\r\x03\x01")
        self.expect(b"raw REPL; CTRL-B to exit\r\n>")
        data = source.encode()
        for i in range(0, len(data), 128):
            self.type(data[i : i + 128])
            self.run(20 * MS)
        self.type(b"\x04")
        self.expect(b"OK")
        out = self.expect(b"\x04", limit_ns)
        error = self.expect(b"\x04", limit_ns)
        self.expect(b">")
        if error:
            raise RuntimeError(error.decode())
        return out.decode().replace("\r\n", "\n")

    def start(self, source: str) -> None:
        """Begins source in the raw REPL without waiting for its end."""
        self.type(b"\r\x03\x01")
        self.expect(b"raw REPL; CTRL-B to exit\r\n>")
        data = source.encode()
        for i in range(0, len(data), 128):
            self.type(data[i : i + 128])
            self.run(20 * MS)
        self.type(b"\x04")
        self.expect(b"OK")

    def probe(self, source: str) -> str:
        n = len(self.of(link.PROBE_RESULT))
        self.put(link.PROBE, 0, source.encode())
        self.run_until(lambda: len(self.of(link.PROBE_RESULT)) > n)
        result = self.of(link.PROBE_RESULT)[-1]
        if result.arg:
            raise RuntimeError(result.payload.decode())
        return result.payload.decode().replace("\r\n", "\n")

    def stats(self) -> dict[str, int]:
        self.put(link.STATS, 0)
        self.step(self.now)
        self.step(self.now)
        return json.loads(self.of(link.STATS_RESULT)[-1].payload)

    def branch(self, flash_copy: Path) -> Board:
        """A second board in exactly the state of this one, with its own copy of the flash."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        record = link.Record(link.FLASH_COPY, 0, self.now, str(flash_copy).encode())
        packet = link.Packet(link.FORK, self.sequence, self.now, 0, (record,))
        self.sequence += 1
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [theirs.fileno()]))]
        self.socket.sendmsg([link.encode(packet)], rights)
        theirs.close()
        child = Board(None, start_ns=self.now, sock=ours)
        child.sequence = self.sequence
        child.records = list(self.records)
        child._console_rx_free = self._console_rx_free
        return child
