"""The plant's expanders without a board: at power-on, at a restart of the ESP32, on the wires, and with faults."""

from __future__ import annotations

from pathlib import Path

import pytest
from shedbench.link import link
from shedbench.places import SITES
from shedbench.plant.port import FLOAT, HIGH, IN_LOW, LOW, POWER_OFF, POWER_ON
from shedbench.plant.rig import Rig

EXPANDERS = SITES / "expanders"
SDA, SCL = 18, 25
DATA, CLOCK, LATCH, ENABLE = 16, 17, 32, 33


@pytest.fixture
def pcf() -> Rig:
    return Rig(EXPANDERS / "pcf.toml")


@pytest.fixture
def mixed() -> Rig:
    return Rig(EXPANDERS / "mixed.toml")


def write(rig: Rig, address: int, data: bytes) -> bool:
    """A write as the board sends it; returns whether a device acknowledged."""
    rig.records.clear()
    rig.take()
    rig.records.clear()
    rig.port.board_i2c(0, bytes([link.I2C_ADDRESSED, address << 1]))
    rig.port.board_i2c(0, bytes([link.I2C_WRITTEN, address << 1]) + data)
    rig.take()
    return any(record.type == link.I2C_ANSWER for record in rig.records)


def read(rig: Rig, address: int) -> bytes:
    rig.take()
    rig.records.clear()
    rig.port.board_i2c(0, bytes([link.I2C_ADDRESSED, address << 1 | 1]))
    rig.take()
    answers = [record.payload for record in rig.records if record.type == link.I2C_ANSWER]
    return answers[0][link.I2C_ANSWER_HEAD.size :] if answers else b""


def shift(rig: Rig, byte: int) -> None:
    for place in range(7, -1, -1):
        rig.drive(DATA, bool(byte >> place & 1))
        rig.drive(CLOCK, True)
        rig.drive(CLOCK, False)
    rig.drive(LATCH, True)
    rig.drive(LATCH, False)


def test_a_pcf8574_starts_high_and_moves_relays_at_a_low_level(pcf: Rig):
    chip = pcf.shed.expanders["U1"]
    assert chip.drives == [HIGH] * 8
    assert write(pcf, 0x24, b"\xfe")
    pcf.run("20 ms")
    assert pcf.shed.relays[1].closed and not pcf.shed.relays[2].closed


def test_it_keeps_its_outputs_over_a_restart_of_the_board_and_loses_them_with_the_supply(pcf: Rig):
    write(pcf, 0x25, b"\x7f")
    pcf.run("20 ms")
    pcf.port.board_floats()
    pcf.run("20 ms")
    assert pcf.shed.relays[16].closed
    pcf.port.power(POWER_OFF)
    pcf.run("20 ms")
    assert not pcf.shed.relays[16].closed and pcf.shed.expanders["U2"].drives == [FLOAT] * 8


def test_a_pcf8575_reads_sixteen_contacts_low_byte_first(pcf: Rig):
    pcf.shed.buttons[10].press()
    pcf.run("20 ms")
    assert read(pcf, 0x20)[:2] == b"\xff\xfd"


def test_an_output_that_something_holds_low_reads_low(pcf: Rig):
    pcf.port.pin_in(128 + 2, IN_LOW)
    assert read(pcf, 0x24)[0] == 0xFB


def test_a_tca9554_drives_only_what_was_made_an_output(mixed: Rig):
    chip = mixed.shed.expanders["U1"]
    assert chip.drives == [FLOAT] * 8
    write(mixed, 0x20, b"\x01\x01")
    assert chip.drives == [FLOAT] * 8 and not mixed.shed.relays[1].coil_energised
    write(mixed, 0x20, b"\x03\xc0")
    assert chip.drives == [HIGH] + [LOW] * 5 + [FLOAT] * 2 and mixed.shed.relays[1].coil_energised
    write(mixed, 0x20, b"\x00")
    assert read(mixed, 0x20)[0] & 0x3F == 0x01
    write(mixed, 0x20, b"\x03")
    assert read(mixed, 0x20)[0] == 0xC0


def with_an_mcp23017(folder: Path) -> Rig:
    """The mixed shed with an MCP23017 in place of its TCA9554; X2 is on bit 8."""
    board = (EXPANDERS / "bench-mixed.toml").read_text(encoding="utf-8")
    board = board.replace("TCA9554", "MCP23017").replace('bit = 7\nuse = "input"', 'bit = 8\nuse = "input"')
    (folder / "bench-mixed.toml").write_text(board, encoding="utf-8")
    (folder / "mixed.toml").write_text((EXPANDERS / "mixed.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return Rig(folder / "mixed.toml")


def test_an_mcp23017_starts_as_inputs_and_counts_its_registers_up(tmp_path: Path):
    """Microchip DS20001952D, tables 3-5 and 3.2: IODIR is 0xff at power-on, all others 0; a second byte goes to the next register."""
    rig = with_an_mcp23017(tmp_path)
    chip = rig.shed.expanders["U1"]
    assert chip.drives == [FLOAT] * 16
    write(rig, 0x20, b"\x00")
    assert read(rig, 0x20)[:4] == b"\xff\xff\x00\x00"
    assert write(rig, 0x20, b"\x14\x01\x80")
    assert chip.drives == [FLOAT] * 16 and not rig.shed.relays[1].coil_energised, "a latch drives nothing while its bit is an input"
    write(rig, 0x20, b"\x00\x40\x7f")
    assert chip.drives == [HIGH] + [LOW] * 5 + [FLOAT] + [LOW] + [FLOAT] * 7 + [HIGH] and rig.shed.relays[1].coil_energised
    write(rig, 0x20, b"\x12")
    assert read(rig, 0x20)[:2] == b"\x01\xff", "X1 is closed"
    rig.port.pin_in(128 + 8, IN_LOW)
    assert read(rig, 0x20)[:2] == b"\x01\xfe"
    write(rig, 0x20, b"\x12\x00\x80")
    write(rig, 0x20, b"\x14")
    assert read(rig, 0x20)[:2] == b"\x00\x80", "a write to the pins changes the latches"


def test_an_mcp23017_keeps_its_registers_over_a_restart_of_the_board_and_loses_them_with_the_supply(tmp_path: Path):
    rig = with_an_mcp23017(tmp_path)
    write(rig, 0x20, b"\x14\x01\x00")
    write(rig, 0x20, b"\x00\x40\x7f")
    rig.port.board_floats()
    rig.run("20 ms")
    assert rig.shed.relays[1].coil_energised
    rig.port.power(POWER_OFF)
    rig.run("20 ms")
    rig.port.power(POWER_ON)
    rig.run("20 ms")
    assert rig.shed.expanders["U1"].drives == [FLOAT] * 16 and not rig.shed.relays[1].coil_energised
    write(rig, 0x20, b"\x14")
    assert read(rig, 0x20)[:2] == b"\x00\x00"


def test_what_the_plant_does_not_know_of_an_mcp23017_is_refused(tmp_path: Path):
    rig = with_an_mcp23017(tmp_path)
    with pytest.raises(ValueError, match="IOCON is written 0x80"):
        write(rig, 0x20, b"\x0a\x80")


def test_an_address_alone_changes_nothing(mixed: Rig):
    """What a scan of the bus sends."""
    write(mixed, 0x20, b"\x01\x01")
    assert write(mixed, 0x20, b"")
    assert mixed.shed.expanders["U1"].latch == 1


def test_a_74hc595_shows_its_byte_when_latched_and_drives_only_while_enabled(mixed: Rig):
    chip = mixed.shed.expanders["U2"]
    shift(mixed, 0x81)
    assert chip.latch == 0x81 and chip.drives == [FLOAT] * 8
    mixed.drive(ENABLE, False)
    assert chip.drives == [HIGH, LOW, LOW, LOW, LOW, LOW, LOW, HIGH]
    mixed.port.board_floats()
    assert chip.drives == [FLOAT] * 8, "its enable line is pulled up"


def test_what_a_74hc595_holds_at_power_on_is_drawn_from_the_seed():
    assert len({Rig(EXPANDERS / "mixed.toml", seed).shed.expanders["U2"].latch for seed in range(8)}) > 2


@pytest.mark.parametrize("fault", ["off", "wrong-address"])
def test_a_chip_that_is_not_there_answers_nobody_and_keeps_its_outputs(pcf: Rig, fault: str):
    write(pcf, 0x24, b"\xfe")
    pcf.shed.expanders["U1"].fault(fault)
    assert not write(pcf, 0x24, b"\xff") and read(pcf, 0x24) == b""
    assert pcf.shed.expanders["U1"].drives[0] == LOW


def test_stuck_outputs_take_a_byte_and_do_not_move(pcf: Rig):
    write(pcf, 0x24, b"\xfe")
    pcf.shed.expanders["U1"].fault("stuck")
    assert write(pcf, 0x24, b"\xff")
    assert read(pcf, 0x24)[0] == 0xFE
    pcf.shed.expanders["U1"].fault("ok")
    assert pcf.shed.expanders["U1"].drives[0] == HIGH


def test_a_hung_bus_counts_nine_clocks_however_long_the_master_pauses(pcf: Rig):
    bus = pcf.shed.expander_buses["I2C-1"]

    def clocks(count: int) -> None:
        for _ in range(count):
            pcf.drive(SCL, False)
            pcf.drive(SCL, True)
            pcf.run("10 us")

    bus.fault("hung")
    clocks(12)
    assert bus.fault_name == "hung", "the transfer in which the fault began frees nothing"
    pcf.run("5 ms")
    clocks(8)
    assert bus.fault_name == "hung"
    pcf.run("5 ms")
    clocks(1)
    assert bus.fault_name == "ok", "a chip is static: it keeps the eight clocks"


def test_unknown_faults_are_refused_by_name(mixed: Rig):
    with pytest.raises(ValueError, match="stuck"):
        mixed.shed.expanders["U1"].fault("melted")
    with pytest.raises(ValueError, match="I2C"):
        mixed.shed.expander_buses["SHIFT-1"].fault("hung")
