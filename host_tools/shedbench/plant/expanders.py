"""The expanders of a board: PCF8574, PCF8575, TCA9554 on I2C, 74HC595 in a chain. Their bits are pins from ``port.EXPANDED`` on.

They keep their outputs when the ESP32 restarts and when their bus fails. At power-on a PCF has all bits high (weakly), a TCA9554 all bits
as inputs (both by data sheet), a 74HC595 random levels (here: seeded) behind its enable line, which is pulled up where it is wired.
"""

from __future__ import annotations

import random
from functools import partial
from typing import Final

from shedbench.link import link

from .port import EXPANDED, FLOAT, HIGH, IN_LOW, LOW, NOT_DRIVEN, BoardPort
from .sitefile import ExpanderWiring, Wiring
from .units import MS, US
from .world import World

FAULTS: Final = ("ok", "off", "stuck", "wrong-address", "late")
BUS_FAULTS: Final = ("ok", "hung", "sda-short", "scl-short")
LATE_NS: Final = 5 * MS
QUIET_NS: Final = 200 * US  # longer than any pause within a transfer
_ALL: Final = 65535


class Expander:
    """One chip. ``latch`` holds what was written to it, ``drives`` the state of each of its bits (the link's drive codes).

    Faults: ``off`` and ``wrong-address`` (it does not answer, and keeps its outputs), ``stuck`` (its outputs stay as they are), ``late``
    (it holds the clock for 5 ms).
    """

    def __init__(self, world: World, port: BoardPort, number: int, wiring: ExpanderWiring) -> None:
        self.name = wiring.name
        self.part = wiring.part
        self.address = wiring.address
        self.bits = 16 if wiring.part == "PCF8575" else 8
        self.latch = 0
        self.directions = 0  # TCA9554: 1 is an input
        self.enabled = True  # 74HC595
        self.powered = False
        self.fault_name = "ok"
        self.writes = 0
        self._register = 0
        self._world = world
        self._port = port
        self._first = EXPANDED + 16 * number
        self._random: random.Random = world.random(f"expander {wiring.name}")
        port.on_supply(self._supply)

    @property
    def drives(self) -> list[int]:
        """By bit: 0 float, 1 low, 2 high."""
        return [self._port.drive.get(self._first + bit, FLOAT) for bit in range(self.bits)]

    def fault(self, name: str) -> None:
        """One of ``FAULTS``."""
        if name not in FAULTS:
            raise ValueError(f"an expander's faults are {', '.join(FAULTS)}; not {name!r}")
        self._world.log(f"expander {self.name}: fault {name}")
        self.fault_name = name
        self.show()

    def answers(self, address: int) -> bool:
        """Whether it acknowledges ``address``."""
        mine = self.address ^ (4 if self.fault_name == "wrong-address" else 0)
        return self.powered and self.fault_name != "off" and address == mine

    def written(self, data: bytes) -> None:
        """Take bytes that the master sent to it."""
        self.writes += 1
        if self.part == "TCA9554":
            self._register = data[0] & 3
            for byte in data[1:]:
                if self._register == 1:
                    self.latch = byte
                elif self._register == 3:
                    self.directions = byte
        elif self.bits == 16:
            for low, high in zip(data[0::2], data[1::2], strict=False):
                self.latch = low | high << 8
        elif data:
            self.latch = data[-1]
        self.show()

    def read(self) -> bytes:
        """What the master reads now."""
        if self.part == "TCA9554" and self._register:
            return bytes([{1: self.latch, 3: self.directions}.get(self._register, 0)] * 2)
        value = sum(self._level(bit) << bit for bit in range(self.bits))
        return value.to_bytes(self.bits // 8, "little") * 2

    def show(self) -> None:
        """Its outputs follow its latch, unless they are stuck."""
        if self.fault_name == "stuck":
            return
        for bit in range(self.bits):
            level = HIGH if self.latch >> bit & 1 else LOW
            if not self.powered or not self.enabled or (self.part == "TCA9554" and self.directions >> bit & 1):
                level = FLOAT
            self._port.board_pin(self._first + bit, level)

    def _level(self, bit: int) -> int:
        """A pin's level: low when any driver pulls it low; high by its pull-up, or a PCF's own weak one."""
        pin = self._first + bit
        driven = self._port.drive.get(pin, FLOAT)
        outside = self._port.levels.get(pin, NOT_DRIVEN)
        return 0 if driven == LOW or (outside == IN_LOW and (driven == FLOAT or self.part != "TCA9554")) else 1

    def _supply(self, on: bool) -> None:
        if on and not self.powered:
            self.latch = self._random.getrandbits(8) if self.part == "74HC595" else (1 << self.bits) - 1
            self.directions = 0xFF
            self._register = 0
        self.powered = on
        self.show()


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
        chips.setdefault(wired.bus, []).append(Expander(world, port, number, wired))
        wires[wired.bus] = wired.wires
    make = partial(ExpanderBus, world, port)
    return {name: make(name, number, chips[name], wires[name]) for number, name in enumerate(chips)}
