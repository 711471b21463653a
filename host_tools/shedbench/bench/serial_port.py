"""UART0 of a bench's board for external tools: a pseudo-terminal and an RFC 2217 socket that share one line, and below the line the reset
circuit, the ROM and its loader.

Output goes to both, input comes from either. A pseudo-terminal has no DTR and RTS, so only the socket can reset the board. Clients of the
socket share the lines too; when the last one disconnects both are released in one step, as a port's driver does, and the speed is 115200
again.
"""

from __future__ import annotations

import os
import select
import socket
import termios
import time
from typing import Final, Protocol

from shedbench.plant.units import MS, Duration
from shedbench.rom_loader.circuit import Edge
from shedbench.rom_loader.circuits import CIRCUITS
from shedbench.rom_loader.modem_lines import ModemLines
from shedbench.rom_loader.wire import Wire

from .boot_rom import BAUD, BootRom, Chip
from .lockstep import Lockstep
from .pty import PtyServer
from .serial_network import Network
from .uart0 import Serial

_AHEAD_NS: Final = 50 * MS  # input that may wait for the board; the rest waits in the clients' buffers
_S: Final = 1_000_000_000
_MAX_LAG_S: Final = 0.5
_MAX_BACKLOG: Final = 1 << 20
_TOLERANCE: Final = 0.03  # of a UART, between the two sides' speeds


class ServedChip(Chip, Protocol):
    """A bench."""

    serial: Serial
    lockstep: Lockstep

    def run(self, duration: Duration) -> None:
        """Let virtual time pass."""
        ...


class _Adapter:
    """DTR, RTS and speed of the adapter, as com_port.Adapter wants them."""

    def __init__(self, port: SerialPort) -> None:
        self.baud = BAUD
        self._port = port

    @property
    def dtr(self) -> bool:
        return self._port.lines.dtr

    @property
    def rts(self) -> bool:
        return self._port.lines.rts

    def set_baud(self, baud: int) -> None:
        self.baud = baud

    def set_line(self, dtr: bool | None = None, rts: bool | None = None) -> None:
        self._port.set_lines(dtr, rts)


class SerialPort(PtyServer):
    """``pacing`` scales how long characters from and to the loader take: 1 as on a wire at the present baud rate, 0 no time.

    ``url`` is the socket's, for pyserial; ``path`` the pseudo-terminal's.
    """

    def __init__(self, bench: ServedChip, speed: float = 1.0, pacing: float = 1.0, tcp_port: int = 0) -> None:
        super().__init__(bench, speed)
        self.circuit = CIRCUITS[bench.kind.circuit](time.monotonic_ns())
        self.lines = ModemLines(self.circuit)
        self.adapter = _Adapter(self)
        self.network = Network(self.adapter, self._from_network, self._alone, tcp_port)
        self.url = self.network.url
        self._to_loader, self._from_loader = Wire(pacing), Wire(pacing)
        self.rom = BootRom(bench, self._rom_sends, lambda: self.adapter.baud)
        self._chip = bench
        self._line_free_ns = 0
        self._backlog = bytearray()
        self._boot_pin_low = False
        self._fingers: list[tuple[int, bool, bool]] = []  # when, BOOT held, RESET held

    def set_lines(self, dtr: bool | None = None, rts: bool | None = None) -> None:
        """Change one line, or both in one step."""
        self._edges(self.lines.set(time.monotonic_ns(), dtr, rts))

    def press(self, boot: bool = False, reset: bool = False) -> None:
        """Hold or release the board's two buttons from now on."""
        self._edges(self.circuit.buttons(boot, reset, time.monotonic_ns()))

    def tap(self, boot: bool) -> None:
        """A person's hand, from now on while the port is served: RESET is tapped, with BOOT held (into the loader) or without."""
        now = time.monotonic_ns()
        self._fingers = [(now, boot, True), (now + 20 * MS, boot, False), (now + 70 * MS, False, False)]

    def close(self) -> None:
        """Terminal and socket."""
        self.network.close()
        super().close()

    # --- the loop -----------------------------------------------------------------------------------------------------

    def _sleep_until(self, due_s: float) -> float:
        while True:
            left = due_s - time.monotonic()
            has_room = self._has_room()
            readers: list[int | socket.socket] = [*self.network.readers(has_room), *([self._master] if has_room else [])]
            writers: list[int | socket.socket] = [*self.network.writers(), *([self._master] if self._backlog else [])]
            readable, writable, _ = select.select(readers, writers, [], max(0.0, min(left, self._next_s())))
            if self._master in readable:
                self._typed()
            if self._master in writable:
                self._drain()
            self.network.serve(set(readable), set(writable))
            self._due()
            if left <= 0:
                self.rom.look()
                return due_s if left > -_MAX_LAG_S else time.monotonic()
            if (readable or writable) and self.rom.loader is None:
                time.sleep(min(left, 0.001))

    def _has_room(self) -> bool:
        return self.rom.loader is not None or self._line_free_ns - self._chip.now_ns < _AHEAD_NS

    def _next_s(self) -> float:
        """The time until the circuit or a wire has an event."""
        times = (self.lines.next_ns(), self._to_loader.next_ns(), self._from_loader.next_ns(), *(at for at, _, _ in self._fingers[:1]))
        return (min((at for at in times if at is not None), default=1 << 62) - time.monotonic_ns()) / _S

    def _due(self) -> None:
        now = time.monotonic_ns()
        while self._fingers and self._fingers[0][0] <= now:
            _at, boot, reset = self._fingers.pop(0)
            self.press(boot, reset)
        self._edges(self.lines.poll(now))
        self.rom.feed(self._to_loader.take(now))
        data = self._from_loader.take(now)
        if data:
            self._output(data)

    # --- the reset circuit --------------------------------------------------------------------------------------------

    def _edges(self, edges: list[Edge]) -> None:
        if self._boot_pin_low != self.circuit.gpio0_low:
            self._boot_pin_low = self.circuit.gpio0_low
            self.rom.boot_pin(self._boot_pin_low)
        for edge in edges:
            if self.rom.loader is not None:
                self._backlog.clear()
                termios.tcflush(self._slave, termios.TCIFLUSH)  # the loader's frames, if no client at the terminal has read them
            self._to_loader.clear()
            self._from_loader.clear()
            self.rom.edge(edge)

    def _alone(self) -> None:
        self.set_lines(dtr=False, rts=False)
        self.adapter.set_baud(BAUD)

    # --- bytes --------------------------------------------------------------------------------------------------------

    def _received(self, data: bytes) -> None:
        if self.rom.loader is not None:
            self._to_loader.put(data, self.rom.baud, time.monotonic_ns())
        else:
            self._line_free_ns = self._chip.serial.send(data)

    def _from_network(self, data: bytes) -> None:
        """Data at another speed than the loader's is noise."""
        if self.rom.has_found_baud and abs(self.adapter.baud / self.rom.baud - 1) > _TOLERANCE:
            return
        self._received(data)

    def _rom_sends(self, data: bytes) -> None:
        self._from_loader.put(data, self.rom.baud, time.monotonic_ns())

    def _printed(self, data: bytes) -> None:
        self._output(data)

    def _output(self, data: bytes) -> None:
        if self.rom.loader is not None:  # the loader sends more than a terminal's buffer holds, and waits for no-one
            if len(self._backlog) < _MAX_BACKLOG:
                self._backlog += data
            self._drain()
        else:
            self._backlog.clear()
            super()._printed(data)
        self.network.output(data)

    def _drain(self) -> None:
        try:
            del self._backlog[: os.write(self._master, self._backlog)]
        except BlockingIOError:
            pass
