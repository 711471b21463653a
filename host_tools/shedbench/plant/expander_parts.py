"""The chips of expanders: PCF8574, PCF8575, TCA9554, MCP23017 on I2C, 74HC595 in a chain. Their outputs are pins from ``port.EXPANDED`` on.

They keep their outputs when the ESP32 restarts and when their bus dies. At power-on a PCF has all bits high (weakly), a TCA9554 and an
MCP23017 have all bits as inputs (by data sheet), a 74HC595 whatever it likes (here: seeded chance) behind its enable line, which is pulled
up where it is wired.
"""

from __future__ import annotations

import random
from typing import Final

from .port import EXPANDED, FLOAT, HIGH, IN_LOW, LOW, NOT_DRIVEN, BoardPort
from .sitefile import ExpanderWiring
from .world import World

FAULTS: Final = ("ok", "off", "stuck", "wrong-address", "late")


class Expander:
    """One chip: a PCF8574, and what is common to all. ``latch`` is what was written to it, ``drives`` what it puts on each of its bits
    (the link's drive codes).

    Faults: ``off`` and ``wrong-address`` (nobody answers; it keeps its outputs), ``stuck`` (its outputs stay as they are), ``late`` (it
    holds the clock for 5 ms).
    """

    _BITS = 8

    def __init__(self, world: World, port: BoardPort, number: int, wiring: ExpanderWiring) -> None:
        self.name = wiring.name
        self.part = wiring.part
        self.address = wiring.address
        self.latch = 0
        self.bits = self._BITS
        self.enabled = True  # whatever drives its enable line, where it has one
        self.powered = False
        self.fault_name = "ok"
        self.writes = 0
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
        """It acknowledges ``address``."""
        mine = self.address ^ (4 if self.fault_name == "wrong-address" else 0)
        return self.powered and self.fault_name != "off" and address == mine

    def written(self, data: bytes) -> None:
        """Bytes that the master sent to it."""
        self.writes += 1
        self._take(data)
        self.show()

    def read(self) -> bytes:
        """What the master reads now."""
        value = sum(self._level(bit) << bit for bit in range(self.bits))
        return value.to_bytes(self.bits // 8, "little") * 2

    def show(self) -> None:
        """Its outputs follow what it holds, unless they are stuck."""
        if self.fault_name == "stuck":
            return
        for bit in range(self.bits):
            level = HIGH if self.latch >> bit & 1 else LOW
            if not self.powered or not self.enabled or not self._is_output(bit):
                level = FLOAT
            self._port.board_pin(self._first + bit, level)

    def _level(self, bit: int) -> int:
        """A pin's level: low when anybody pulls it low; high by its pull-up, or its own weak one."""
        pin = self._first + bit
        driven = self._port.drive.get(pin, FLOAT)
        outside = self._port.levels.get(pin, NOT_DRIVEN)
        return 0 if driven == LOW or (outside == IN_LOW and (driven == FLOAT or self._yields())) else 1

    def _supply(self, on: bool) -> None:
        if on and not self.powered:
            self._wake()
        self.powered = on
        self.show()

    # What one kind of chip does otherwise than another.

    def _take(self, data: bytes) -> None:
        if data:
            self.latch = data[-1]

    def _is_output(self, bit: int) -> bool:
        return True

    def _yields(self) -> bool:
        """A bit that it holds high can be pulled low."""
        return True

    def _wake(self) -> None:
        """Power-on."""
        self.latch = (1 << self.bits) - 1


class Pcf8575(Expander):
    """Sixteen bits, the low byte first."""

    _BITS = 16

    def _take(self, data: bytes) -> None:
        for low, high in zip(data[0::2], data[1::2], strict=False):
            self.latch = low | high << 8


class Tca9554(Expander):
    """Registers: 0 the pins, 1 the levels, 3 the directions (1 is an input). Its outputs are strong both ways."""

    def __init__(self, world: World, port: BoardPort, number: int, wiring: ExpanderWiring) -> None:
        self.directions = 0
        self._register = 0
        super().__init__(world, port, number, wiring)

    def read(self) -> bytes:
        """The register that was asked for last."""
        if self._register:
            return bytes([{1: self.latch, 3: self.directions}.get(self._register, 0)] * 2)
        return super().read()

    def _take(self, data: bytes) -> None:
        if data:
            self._register = data[0] & 3
        for byte in data[1:]:
            if self._register == 1:
                self.latch = byte
            elif self._register == 3:
                self.directions = byte

    def _is_output(self, bit: int) -> bool:
        return not self.directions >> bit & 1

    def _yields(self) -> bool:
        return False

    def _wake(self) -> None:
        super()._wake()
        self.directions = 0xFF
        self._register = 0


class Mcp23017(Expander):
    """Microchip DS20001952D: 22 registers in pairs for ports A and B (table 3-5), the address counts up within a transfer and wraps.

    ``latch`` is OLAT. Its outputs are strong both ways. Not modelled: its RESET pin (held high), interrupts, IOCON other than at power-on.
    Its pull-ups change nothing: an open input reads high, as with the resistor that a board file must have.
    """

    _BITS = 16
    _IODIR, _IPOL, _IOCON, _INTF, _GPIO, _OLAT, _SIZE = 0x00, 0x02, 0x0A, 0x0E, 0x12, 0x14, 0x16

    def __init__(self, world: World, port: BoardPort, number: int, wiring: ExpanderWiring) -> None:
        self.registers = bytearray(self._SIZE)
        self._register = 0
        super().__init__(world, port, number, wiring)

    def read(self) -> bytes:
        """From the register that was asked for last, and on. Each read begins there: how far the master read is not known here."""
        return bytes(self._value((self._register + i) % self._SIZE) for i in range(4))

    def _value(self, register: int) -> int:
        if register & ~1 == self._GPIO:
            first = 8 * (register & 1)
            return sum(self._level(first + bit) << bit for bit in range(8)) ^ self.registers[self._IPOL + (register & 1)]
        return self.registers[register]

    def _take(self, data: bytes) -> None:
        if data:
            self._register = data[0] % self._SIZE
        for byte in data[1:]:
            self._set(self._register, byte)
            self._register = (self._register + 1) % self._SIZE
        self.latch = int.from_bytes(self.registers[self._OLAT :], "little")

    def _set(self, register: int, byte: int) -> None:
        pair = register & ~1
        if pair == self._IOCON and byte:
            raise ValueError(f"expander {self.name}: IOCON is written 0x{byte:02x}; the plant knows it as it is at power-on only")
        if pair == self._GPIO:  # a write to the pins changes the latches
            self.registers[register + 2] = byte
        elif not self._INTF <= register < self._GPIO:  # INTF and INTCAP are read only
            self.registers[register] = byte

    def _is_output(self, bit: int) -> bool:
        return not self.registers[self._IODIR + bit // 8] >> bit % 8 & 1

    def _yields(self) -> bool:
        return False

    def _wake(self) -> None:
        self.registers[:] = b"\xff\xff" + bytes(self._SIZE - 2)
        self.latch = self._register = 0


class Hc595(Expander):
    """A shift register: its bus writes ``latch``, and whether its outputs are enabled."""

    def _wake(self) -> None:
        self.latch = self._random.getrandbits(8)


PARTS: Final[dict[str, type[Expander]]] = {  # by the board file's part
    "PCF8574": Expander,
    "PCF8574A": Expander,
    "PCF8575": Pcf8575,
    "TCA9554": Tca9554,
    "MCP23017": Mcp23017,
    "74HC595": Hc595,
}
