"""An emulated board with an ESP32-S3 (`--chip esp32s3`): pins, straps, ADC and names that differ from the ESP32's.

Hazard: a board file or a firmware that is right for an ESP32 only would first be found out in the shed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from shedbench.link import link

from hil_tests.simulator.board.driver import MS, Board, S

FLASH_PINS = range(26, 33)
OCTAL_PINS = range(33, 38)
PINS = (*range(22), *range(33, 49))


@pytest.fixture
def s3(flash: Path) -> Iterator[Board]:
    """An ESP32-S3 at its prompt."""
    with Board(flash, "--chip", "esp32s3") as board:
        board.boot()
        yield board


def usable(board: Board, mode: str) -> list[int]:
    """The GPIOs that can be made a Pin of that mode."""
    source = f"from machine import Pin\nfor n in range(60):\n try:\n  Pin(n,{mode})\n  print(n)\n except ValueError as e: pass\n"
    return [int(line) for line in board.raw(source).split()]


def test_every_pin_but_the_flash_chips_is_an_input_and_an_output(s3: Board) -> None:
    assert usable(s3, "Pin.OUT") == list(PINS) == usable(s3, "Pin.IN,Pin.PULL_UP")
    assert not set(FLASH_PINS) & set(PINS)


def test_an_octal_psram_takes_five_pins_more(flash: Path) -> None:
    with Board(flash, "--chip", "esp32s3", "--psram", "octal") as board:
        board.boot()
        assert usable(board, "Pin.OUT") == [pin for pin in PINS if pin not in OCTAL_PINS]


def test_the_highest_pin_drives_reads_and_interrupts(s3: Board) -> None:
    s3.raw(
        "from machine import Pin\nn=0\ndef cb(p):\n global n\n n+=1\no=Pin(48,Pin.OUT,value=1)\ni=Pin(47,Pin.IN)\ni.irq(cb,Pin.IRQ_RISING)"
    )
    assert s3.pin(48) == 2
    s3.drive(47, 1)
    s3.run(MS)
    assert s3.probe("print(i(), n)").strip() == "1 1"


def test_adc1_is_on_pins_1_to_10_and_reaches_3_1_volts(s3: Board) -> None:
    s3.adc(10, 2_900_000)
    millivolts = int(s3.raw("from machine import ADC\na=ADC(10,atten=ADC.ATTN_11DB)\nprint(a.read_uv()//1000)"))
    assert abs(millivolts - 2900) <= 1
    assert s3.raw("try:\n ADC(32)\nexcept ValueError as e: print(e)\ntry:\n a.width(9)\nexcept ValueError as e: print(e)") == (
        "invalid pin\ninvalid bits\n"
    )


def test_it_says_that_it_is_an_esp32s3(s3: Board) -> None:
    out = s3.raw("import os,sys,esp32,machine\nprint(os.uname().machine)\nprint(sys.implementation._machine)\nprint(sys.platform)")
    assert out == "Emulated ESP module with ESP32S3\n" * 2 + "esp32\n"
    assert s3.raw("print(hasattr(esp32,'raw_temperature'),esp32.mcu_temperature())") == "False 40\n"
    s3.type(b"\x02")
    s3.expect(b"; Emulated ESP module with ESP32S3\r\n")


def test_it_stays_an_esp32s3_over_every_reset(s3: Board) -> None:
    s3.start("import machine\nmachine.reset()")
    s3.run_until(lambda: s3.of(link.RESET)[-1].arg == 2)
    s3.expect(b">>> ")
    assert s3.raw("import os\nprint(os.uname().machine[-7:])") == "ESP32S3\n"


def test_it_starts_at_160_mhz_and_goes_to_240(s3: Board) -> None:
    assert s3.raw("import machine\nprint(machine.freq())\nmachine.freq(240000000)\nprint(machine.freq())") == "160000000\n240000000\n"


@pytest.mark.parametrize(
    ("pins", "said"),
    [
        ({0: 0}, "GPIO0 is low at reset"),
        ({0: 0, 46: 1}, "GPIO0 is low and GPIO46 high"),
        ({45: 1}, "GPIO45 is high at reset"),
    ],
)
def test_the_rom_looks_at_the_straps_of_its_chip(flash: Path, pins: dict[int, int], said: str) -> None:
    with Board(flash, "--chip", "esp32s3") as board:
        for gpio, level in pins.items():
            board.drive(gpio, level)
        board.power(1)
        board.run(2 * S)
        assert any(said in note for note in board.notes())
        assert not board.of(link.BOOT)


@pytest.mark.parametrize("gpio", [12, 46, 3])
def test_other_pins_that_are_high_do_not_stop_it(flash: Path, gpio: int) -> None:
    with Board(flash, "--chip", "esp32s3") as board:
        board.drive(gpio, 1)
        board.boot()
