"""The firmware's expander buses on stand-in chips: bytes on the wires, the word that holds all relays, loss and return of a bus."""

from __future__ import annotations

import sys
import time
import types
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

PCF8574, PCF8575, TCA9554, HC595, MCP23017 = 1, 2, 3, 4, 5
I2C, SHIFT = 1, 2


class World:
    """Chips by address, the levels of all pins, and what a transfer costs."""

    def __init__(self) -> None:
        self.chips: dict[int, bytearray] = {}
        self.registers: dict[int, tuple[bytearray, list[int]]] = {}  # MCP23017: its registers, and the one that a transfer begins at
        self.pins: dict[int, int] = {}
        self.held: set[int] = set()
        self.dead = False
        self.now_us = 0
        self.transfer_us = 200
        self.shifted: list[int] = []
        self.latched: list[int] = []
        self.log: list[tuple[str, int, bytes]] = []


class Pin:
    OPEN_DRAIN, OUT = 1, 2
    world: World

    def __init__(self, number: int, mode: int = 0, value: int | None = None) -> None:
        self.number = number
        if value is not None:
            self(value)

    def __call__(self, value: int | None = None) -> int | None:
        if value is None:
            return 0 if self.number in self.world.held else self.world.pins.get(self.number, 1)
        world = self.world
        if value and not world.pins.get(self.number):
            if self.number == 17:
                world.shifted = [*world.shifted, world.pins[16]][-16:]
            elif self.number == 32:
                world.latched = list(world.shifted)
        world.pins[self.number] = value
        return None

    value = __call__

    def on(self) -> None:
        self(1)

    def off(self) -> None:
        self(0)


class SoftI2C:
    def __init__(self, scl: Pin, sda: Pin, freq: int, timeout: int) -> None:
        assert timeout == 300
        self.world = sda.world

    def writeto(self, address: int, data: bytes) -> int:
        self._transfer(address)
        self.world.log.append(("w", address, bytes(data)))
        if address in self.world.registers:
            registers, at = self.world.registers[address]
            at[0] = data[0]
            registers[data[0] : data[0] + len(data) - 1] = data[1:]
            registers[0x12:0x14] = registers[0x14:0x16]  # nothing else drives its pins
            return len(data)
        self.world.chips[address][:] = data[1:] if len(data) == 2 and data[0] == 1 else data
        return len(data)

    def readfrom_into(self, address: int, data: bytearray) -> None:
        self._transfer(address)
        registers, at = self.world.registers.get(address, (self.world.chips[address], [0]))
        data[:] = registers[at[0] : at[0] + len(data)]

    def _transfer(self, address: int) -> None:
        self.world.now_us += self.world.transfer_us
        if self.world.dead or address not in self.world.chips:
            raise OSError(19)


def forget() -> None:
    """The modules that hold a stand-in for `machine`."""
    for name in ("expanders", "expander_chips"):
        sys.modules.pop(f"shed.board.{name}", None)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World()
    machine = types.ModuleType("machine")
    Pin.world = world
    vars(machine).update(Pin=Pin, SoftI2C=SoftI2C)
    monkeypatch.setitem(sys.modules, "machine", machine)
    monkeypatch.setattr(time, "sleep_us", lambda us: None, raising=False)
    monkeypatch.setattr(time, "ticks_us", lambda: world.now_us)
    forget()
    yield world
    forget()


def buses(
    world: World, chips: list[tuple[int, int, int, int, int]], wires: tuple[tuple[int, ...], ...] = ((I2C, 18, 25, 10, 0, 0),)
) -> Any:
    from shed.board.expanders import Buses

    for part, _bus, address, _safe, _inputs in chips:
        if part == MCP23017:
            world.registers[address] = (bytearray(b"\xff\xff" + bytes(20)), [0])
        if part != HC595:
            world.chips[address] = bytearray(2 if part == PCF8575 else 1)
    return Buses(wires, chips)


TWO = [(PCF8574, 0, 0x24, 0xFF, 0), (PCF8574, 0, 0x25, 0xFF, 0)]


def with_sixteen_relays(world: World) -> Any:
    made = buses(world, TWO)
    for i in range(16):
        made.relay(0, i, 256 + 16 * (i // 8) + i % 8, 0, 1)
    return made


def scans(made: Any, count: int, left: int = 2) -> int:
    lost = 0
    for _ in range(count):
        lost = made.run(left)
    return lost


def test_at_the_start_every_output_is_put_off_and_read_back(world: World):
    made = with_sixteen_relays(world)
    assert [data for kind, _address, data in world.log] == [b"\xff", b"\xff"] * 2
    assert made.out == 0 and scans(made, 1) == 0


def test_what_moves_is_one_byte_a_chip_and_nothing_else_is_sent(world: World):
    made = with_sixteen_relays(world)
    world.log.clear()
    made.switch(0b11 << 7, 1, 0)
    scans(made, 3)
    assert world.log == [("w", 0x24, b"\x7f"), ("w", 0x25, b"\xfe")]


def test_a_scan_makes_no_more_transfers_than_it_may(world: World):
    made = with_sixteen_relays(world)
    made.switch(0xFFFF, 1, 0)
    for left, expected in ((1, [0x00, 0xFF]), (1, [0x00, 0x00])):
        began_us = world.now_us
        made.run(left)
        assert world.now_us - began_us <= left * world.transfer_us
        assert [world.chips[a][0] for a in (0x24, 0x25)] == expected


def test_a_pcf8575_has_its_low_byte_first(world: World):
    made = buses(world, [(PCF8575, 0, 0x20, 0xFFFF, 0)])
    made.relay(0, 0, 256 + 9, 0, 1)
    made.switch(1, 1, 0)
    scans(made, 2)
    assert world.chips[0x20] == b"\xff\xfd" and made.out == 0


def test_a_tca9554_gets_its_outputs_before_its_directions_and_is_read_at_its_pins(world: World):
    made = buses(world, [(TCA9554, 0, 0x20, 0xC0, 0xC0)])
    assert [data for _kind, _address, data in world.log[:2]] == [b"\x01\xc0", b"\x03\xc0"]
    made.relay(0, 0, 256, 1, 1)
    world.log.clear()
    made.switch(1, 1, 0)
    made.run(1)
    assert world.log == [("w", 0x20, b"\x01\xc1")]
    made.run(1)
    assert world.log[-1] == ("w", 0x20, b"\x00")


def test_an_mcp23017_gets_both_ports_of_levels_then_of_directions_and_is_read_at_its_pins(world: World):
    made = buses(world, [(MCP23017, 0, 0x21, 0x4F00, 0x4F00)])
    assert [data for _kind, _address, data in world.log[:2]] == [b"\x14\x00\x4f", b"\x00\x00\x4f"]
    assert made.out == 0
    made.relay(0, 0, 256 + 15, 1, 1)
    made.relay(0, 1, 256, 1, 1)
    world.log.clear()
    made.switch(0b11, 1, 0)
    made.run(1)
    assert world.log == [("w", 0x21, b"\x14\x01\xcf")]
    made.run(1)
    assert world.log[-1] == ("w", 0x21, b"\x12") and made.chips[0].pins == 0xCF01 and made.out == 0
    world.registers[0x21][0][0x14] = 0x00  # and so its pins, at the next write: an output that does not follow
    made.run(1)
    assert made.run(1) == 1 and made.out == 1


def test_the_limit_of_a_transfer_follows_its_bytes(world: World):
    limits = {part: buses(world, [(part, 0, 0x20, 0, 0)]).chips[0].limit_us for part in (PCF8574, PCF8575, TCA9554, MCP23017)}
    bit_us = 1.5 * 1000 / 100  # the wires are at 100 kHz
    assert limits == {part: count * 9 * bit_us + 300 for part, count in ((PCF8574, 2), (PCF8575, 3), (TCA9554, 4), (MCP23017, 5))}


def test_the_first_register_of_a_chain_is_the_one_next_to_the_board(world: World):
    made = buses(world, [(HC595, 0, 0, 0, 0), (HC595, 0, 0, 0, 0)], ((SHIFT, 16, 17, 32, 33, 0),))
    assert world.pins[33] == 0, "enabled only after all its outputs are set to off"
    made.relay(0, 0, 256, 1, 1)
    made.relay(0, 1, 256 + 16 + 7, 1, 1)
    made.switch(0b11, 1, 0)
    made.run(1)
    assert world.latched == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]


@given(st.lists(st.integers(0, 29), min_size=1, max_size=16, unique=True), st.permutations(range(16)), st.data())
def test_any_wiring_of_outlets_to_bits_moves_just_those_bits(outlets: list[int], bits: list[int], data: st.DataObject):
    with pytest.MonkeyPatch.context() as patch:
        world = World()
        machine = types.ModuleType("machine")
        Pin.world = world
        vars(machine).update(Pin=Pin, SoftI2C=SoftI2C)
        patch.setitem(sys.modules, "machine", machine)
        patch.setattr(time, "sleep_us", lambda us: None, raising=False)
        forget()
        made = buses(world, TWO)
        place = dict(zip(outlets, bits, strict=False))
        for outlet, bit in place.items():
            made.relay(0, outlet, 256 + 16 * (bit // 8) + bit % 8, 0, 1)
        on = 0
        for _ in range(5):
            moved = data.draw(st.integers(0, (1 << 30) - 1))
            closes = data.draw(st.booleans())
            made.switch(moved & made.relays[0], int(closes), 0)
            on = on | moved if closes else on & ~moved
            for outlet, bit in place.items():
                level = made.chips[bit // 8].word >> bit % 8 & 1
                assert level == (0 if on >> outlet & 1 else 1)


@pytest.mark.parametrize("trouble", ["no answer", "data line held", "late", "a bit does not follow"])
def test_the_first_trouble_takes_the_bus_out_and_its_groups_with_it(world: World, trouble: str):
    made = with_sixteen_relays(world)
    made.switch(1, 1, 0)
    scans(made, 3)
    if trouble == "no answer":
        world.dead = True
    elif trouble == "data line held":
        world.held.add(18)
    elif trouble == "late":
        world.transfer_us = 600
    else:
        world.chips[0x25][0] = 0xFE
    assert scans(made, 3) == 1 and made.out == 1
    log = len(world.log)
    scans(made, 20)
    assert len(world.log) == log, "the scan leaves it alone"
    assert made.chips[0].word == 0xFF, "the next word written is all off"


def test_a_bus_comes_back_only_when_every_output_was_read_back_off(world: World):
    made = with_sixteen_relays(world)
    made.switch(1, 1, 0)
    scans(made, 3)
    world.dead = True
    scans(made, 3)
    assert not made.recover(0)
    world.dead = False
    world.held.add(25)
    assert not made.recover(0), "the clock line is held"
    world.held.clear()
    assert made.recover(0)
    assert world.chips[0x24] == b"\xff"
    assert scans(made, 1) == 0
