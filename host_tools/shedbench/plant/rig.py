"""A shed without a board, for the plant's own tests: drives the terminals and records what the plant puts on the inputs."""

from __future__ import annotations

from pathlib import Path

from shedbench.link import link
from shedbench.places import SMALL_SITE

from .people import DEFAULT_CARDS
from .port import FLOAT, HIGH, LOW, BoardPort
from .shed import Shed
from .units import Duration, ns
from .world import World

FORMAT_8N1 = 8 << 16 | 1


class Rig:
    """``drive`` and ``strobe`` act as the board; ``records`` collects everything that the plant sent."""

    def __init__(self, site: str | Path = SMALL_SITE, seed: int = 1) -> None:
        self.world = World(seed)
        self.port = BoardPort(self.world)
        self.shed = Shed(self.world, self.port, site, DEFAULT_CARDS)
        self.records: list[link.Record] = []
        self.shed.psu.start()

    def run(self, duration: Duration) -> None:
        """Let time pass."""
        self.world.env.advance_to(self.world.now_ns + ns(duration))
        self.port.board_now_ns = self.world.now_ns
        self.take()

    def take(self) -> None:
        """Collect the plant's records since the last call."""
        count, data = self.port.take()
        packet = link.HEADER.pack(link.VERSION, link.RUN, count, 0, 0, 0) + data
        self.records += link.decode(packet).records

    def drive(self, gpio: int, level: bool | None) -> None:
        """The board drives ``gpio``; None: it floats."""
        self.port.board_pin(gpio, FLOAT if level is None else HIGH if level else LOW)

    def strobe(self, started: bool, last_edge_ns: int | None = None) -> None:
        """The board reports its heartbeat."""
        gpio = self.shed.wiring.heartbeat_gpio
        assert gpio is not None
        self.port.board_strobe(gpio, started, self.world.now_ns if last_edge_ns is None else last_edge_ns)

    def close_outlet(self, number: int = 1) -> None:
        """Switch heartbeat, contactor and relay on, and give them 100 ms to close."""
        wiring = self.shed.wiring
        self.strobe(True)
        for gpio in wiring.groups.values():
            self.drive(gpio, True)
        self.drive(next(o.relay_gpio for o in wiring.outlets if o.number == number), True)
        self.run("100 ms")

    def uart_send(self, uart: int, baud: int, data: bytes) -> None:
        """The board sends ``data`` now, 8N1."""
        self.port.board_uart(uart, self.world.now_ns, 10 * 1_000_000_000 // baud, baud << 24 | FORMAT_8N1, data)

    def uart_received(self, uart: int) -> list[tuple[int, bytes]]:
        """(start, bytes) of everything the plant sent to ``uart`` since the last call."""
        self.take()
        found = [(r.at_ns, r.payload[8:]) for r in self.records if r.type == link.UART_RX and r.arg == uart]
        self.records = [r for r in self.records if not (r.type == link.UART_RX and r.arg == uart)]
        return found

    def last_input(self, type_: int, gpio: int) -> bytes:
        """The newest payload of PIN_IN or ADC_IN on ``gpio``."""
        self.take()
        return [r.payload for r in self.records if r.type == type_ and r.arg == gpio][-1]
