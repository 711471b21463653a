"""The buses of a board's expanders: I2C, and chains of shift registers. The chips are in expander_parts.py."""

from __future__ import annotations

from functools import partial
from typing import Final

from shedbench.link import link

from .expander_parts import PARTS, Expander
from .port import FLOAT, HIGH, IN_LOW, LOW, NOT_DRIVEN, BoardPort
from .sitefile import Wiring
from .units import MS, US
from .world import World

BUS_FAULTS: Final = ("ok", "hung", "sda-short", "scl-short")
LATE_NS: Final = 5 * MS
QUIET_NS: Final = 200 * US  # longer than any pause within a transfer
_ALL: Final = 65535


class ExpanderBus:
    """The wires of one bus and its chips, in the order of the board file.

    I2C faults: ``hung`` (a chip holds SDA until it has seen nine clocks after the transfer in which the fault began; the chip is static:
    pauses between the clocks, for a scan for example, do not matter), ``sda-short``, ``scl-short`` (a line to ground until ``ok``).
    """

    def __init__(self, world: World, port: BoardPort, name: str, number: int, expanders: list[Expander], wires: dict[str, int]) -> None:
        self.name = name
        self.expanders = expanders
        self.fault_name = "ok"
        self.transfers = 0
        self._world = world
        self._port = port
        self._wires = wires
        self._number = number
        self._clocks = 0
        self._clocked_at_ns = 0
        self._shifted = 0
        if "sda" in wires:
            port.on_i2c(number, wires["scl"], wires["sda"], self._i2c)
            port.on_pin(wires["scl"], self._clocked)
        else:
            port.on_pin(wires["clock"], self._shift)
            port.on_pin(wires["latch"], self._latch)
            if "enable" in wires:
                port.on_pin(wires["enable"], self._enable)
                self._enable(FLOAT)

    @property
    def is_i2c(self) -> bool:
        """Whether it is an I2C bus; else it is a shift register's."""
        return "sda" in self._wires

    def fault(self, name: str) -> None:
        """One of ``BUS_FAULTS``."""
        if name not in BUS_FAULTS or not self.is_i2c:
            raise ValueError(f"an I2C bus's faults are {', '.join(BUS_FAULTS)}; not {name!r}")
        self._world.log(f"expander bus {self.name}: fault {name}")
        self.fault_name = name
        self._clocks = -_ALL
        self._clocked_at_ns = self._world.now_ns
        self._port.pin_in(self._wires["sda"], IN_LOW if name in ("hung", "sda-short") else NOT_DRIVEN)
        self._port.pin_in(self._wires["scl"], IN_LOW if name == "scl-short" else NOT_DRIVEN)

    def _clocked(self, drive: int) -> None:
        if drive == LOW and self.fault_name == "hung":
            if self._clocks < 0 and self._world.now_ns - self._clocked_at_ns > QUIET_NS:
                self._clocks = 0
            self._clocked_at_ns = self._world.now_ns
            self._clocks += 1
            if self._clocks == 9:
                self.fault("ok")

    def _i2c(self, payload: bytes) -> None:
        kind, address_byte = payload[0], payload[1]
        found = [expander for expander in self.expanders if expander.answers(address_byte >> 1)]
        if kind == link.I2C_WRITTEN:
            for expander in found:
                expander.written(payload[2:])
        elif found:
            self.transfers += 1
            data = found[0].read() if address_byte & 1 else b""
            stretch_ns = LATE_NS if found[0].fault_name == "late" else 0
            self._port.post(link.I2C_ANSWER, self._number, link.I2C_ANSWER_HEAD.pack(1, 0, _ALL, stretch_ns) + data)

    def _shift(self, drive: int) -> None:
        if drive == HIGH:
            bit = self._port.drive.get(self._wires["data"], FLOAT) == HIGH
            self._shifted = (self._shifted << 1 | bit) & ((1 << 8 * len(self.expanders)) - 1)

    def _latch(self, drive: int) -> None:
        if drive == HIGH:
            self.transfers += 1
            for place, expander in enumerate(self.expanders):
                expander.latch = self._shifted >> 8 * place & 0xFF
                expander.show()

    def _enable(self, drive: int) -> None:
        for expander in self.expanders:
            expander.enabled = drive == LOW
            expander.show()


def expander_buses(world: World, port: BoardPort, wiring: Wiring) -> dict[str, ExpanderBus]:
    """All expander buses of a board, by name."""
    chips: dict[str, list[Expander]] = {}
    wires: dict[str, dict[str, int]] = {}
    for number, wired in enumerate(wiring.expanders):
        chips.setdefault(wired.bus, []).append(PARTS[wired.part](world, port, number, wired))
        wires[wired.bus] = wired.wires
    make = partial(ExpanderBus, world, port)
    return {name: make(name, number, chips[name], wires[name]) for number, name in enumerate(chips)}
