"""What each kind of reset keeps and what it ends: pins, PWM, the watchdog, RTC memory, handlers."""

from __future__ import annotations

import ast
import re
import struct

import pytest
from shedbench.link import link

from hil_tests.simulator.board.driver import MS, Board, S


def test_a_soft_reset_keeps_levels_and_drops_handlers(board: Board) -> None:
    board.raw("from machine import Pin, Timer\nPin(25,Pin.OUT,value=1)\nTimer(0,period=5,callback=lambda t:None)")
    board.type(b"\x02\x04")
    board.expect(b"MPY: soft reboot\r\n")
    board.expect(b">>> ")
    fires = board.stats()["timer_fires"]
    board.run(S)
    assert board.stats()["timer_fires"] == fires
    assert board.pin(25) == 2
    assert board.raw("import machine\nprint(machine.reset_cause()==machine.SOFT_RESET)") == "True\n"
    assert board.of(link.RESET)[-1].arg == 5


DRIVEN = (
    "from machine import Pin, PWM\nPin(25,Pin.OUT,value=1)\nPin(26,Pin.OUT,value=0)\nPin(27,Pin.IN,Pin.PULL_UP)\n"
    "Pin(18,Pin.OPEN_DRAIN,value=0)\nPWM(23,freq=1000)\nPWM(22,freq=500)\n"
)
LEFT_STANDING = {25: 2, 26: 1, 27: 3, 18: 1}


def pwm_hz(board: Board, gpio: int) -> int:
    return int.from_bytes(board.of(link.PWM, gpio)[-1].payload[:4], "little")


@pytest.mark.parametrize(("cause", "source"), [(3, "from machine import WDT\nWDT(timeout=1000)"), (2, "import machine\nmachine.reset()")])
def test_what_restarts_the_cpu_leaves_every_pin_and_pwm_as_it_is(board: Board, cause: int, source: str) -> None:
    board.raw(DRIVEN)
    board.start(source)
    board.run_until(lambda: board.of(link.RESET)[-1].arg == cause, 3 * S)
    begun = len(board.records)
    board.console = b""
    board.expect(b">>> ")
    assert {gpio: board.pin(gpio) for gpio in LEFT_STANDING} == LEFT_STANDING
    assert pwm_hz(board, 23) == 1000 and not [r for r in board.records[begun:] if r.type in (link.PIN, link.PWM)]
    assert board.raw("from machine import Pin\nprint(Pin(25)(),Pin(27)(),Pin(18)())") == "1 1 0\n"
    board.raw("Pin(23,Pin.OUT,value=0)\nPin(25,Pin.OUT,value=0)")
    assert (board.pin(23), pwm_hz(board, 23), board.pin(25), pwm_hz(board, 22)) == (1, 0, 1, 500)


def test_power_and_en_float_every_pin(board: Board) -> None:
    for reset in (lambda: board.power(2), lambda: board.put(link.ENABLE, 0), lambda: (board.power(0), board.power(1))):
        board.raw(DRIVEN)
        reset()
        board.step(board.now)
        assert {gpio: board.pin(gpio) for gpio in LEFT_STANDING} == dict.fromkeys(LEFT_STANDING, 0)
        board.put(link.ENABLE, 1)
        board.console = b""
        board.expect(b">>> ")
        assert board.raw("from machine import Pin\nprint(Pin(25,Pin.OUT)())") == "0\n"


def test_the_watchdog_dumps_a_panic_on_uart0_while_the_pins_stand(board: Board) -> None:
    board.raw("from machine import Pin, WDT\nPin(25,Pin.OUT,value=1)\nWDT(timeout=1000)")
    board.console = b""
    at = board.now
    board.run_until(lambda: board.of(link.RESET)[-1].arg == 3, 3 * S)
    dump = board.console.decode()
    assert re.match(r"E \(\d+\) task_wdt: ", dump) and dump.endswith("Rebooting...\r\n")
    assert "register dump" in dump and "Backtrace: 0x400d" in dump and 25 <= dump.count("\n") <= 40
    took_ns = board.of(link.RESET)[-1].at_ns - at - S
    assert took_ns >= len(dump) * 86_800 - 30 * MS and board.pin(25) == 2


def test_the_first_transfer_after_any_reset_finds_its_device(board: Board) -> None:
    board.put(link.BUS, 0, bytes([1, 22, 21, 255]))
    source = "from machine import Pin,SoftI2C\ni=SoftI2C(scl=Pin(22),sda=Pin(21))\ntry: i.writeto(32,b'1')\nexcept OSError as e: pass"
    for _ in range(2):
        board.raw(source)
        assert [bytes(r.payload) for r in board.of(link.I2C)][-1] == bytes((0, 64))
        board.records = [r for r in board.records if r.type != link.I2C]
        board.start("import machine\nmachine.reset()")
        board.expect(b">>> ")


def test_the_watchdog_outlives_a_soft_reset(board: Board) -> None:
    board.raw("from machine import WDT, RTC\nRTC().memory(b'kept')\nw=WDT(timeout=1000)\nw.feed()")
    board.type(b"\x02\x04")
    board.run_until(lambda: board.of(link.RESET)[-1].arg == 3, 2 * S)
    board.console = b""
    board.expect(b">>> ")
    assert board.raw("import machine\nprint(machine.reset_cause()==machine.WDT_RESET, machine.RTC().memory())") == "True b'kept'\n"


def test_rtc_memory_survives_a_hard_reset_but_not_a_power_cycle(board: Board) -> None:
    board.raw("from machine import RTC\nRTC().memory(b'kept')")
    board.start("import machine\nmachine.reset()")
    board.run_until(lambda: board.of(link.RESET)[-1].arg == 2)
    board.expect(b">>> ")
    assert board.raw("import machine\nprint(machine.reset_cause(), machine.RTC().memory())") == "2 b'kept'\n"
    board.power(0)
    board.run(S)
    board.boot()
    assert board.raw("import machine\nprint(machine.reset_cause(), machine.RTC().memory())") == "1 b''\n"


def test_a_flash_read_that_fails_before_boot_py_restarts_the_chip(board: Board) -> None:
    for place in range(1, 60):  # reads of the mount (the port's own _boot.py then prints for ever), then of the look for boot.py
        board.power(0)
        board.run(10 * MS)
        board.put(link.FAULT, link.FAULT_FLASH_FAILS, struct.pack("<qqII", place, 4 | 1 << 8, 0, 0))
        board.power(1)
        board.run(2 * S)
        if "NLR jump failed: the chip restarts" in board.notes():
            break
    assert board.of(link.RESET)[-1].arg == 2
    board.power(0)
    board.run(S)
    board.boot()


def test_rtc_memory_may_come_up_partly_decayed(board: Board) -> None:
    def kept_after_a_power_cycle(ppm: int) -> bytes:
        board.raw("from machine import RTC\nRTC().memory(bytes(2000))")
        board.fault(link.FAULT_RTC_DECAY, ppm)
        board.power(0)
        board.run(10 * MS)
        board.boot()
        return ast.literal_eval(board.raw("import machine\nprint(machine.RTC().memory())"))

    turned = sum(byte.bit_count() for byte in kept_after_a_power_cycle(1000))
    assert 3 <= turned <= 40, "a bit in a thousand of 16 000"
    assert kept_after_a_power_cycle(500_000) == b"", "the port distinguishes noise from its own memory"
    assert kept_after_a_power_cycle(0) == b""


def test_a_held_reset_and_a_brown_out(board: Board) -> None:
    board.put(link.ENABLE, 0)
    board.step(board.now)
    boots = len(board.of(link.BOOT))
    board.run(2 * S)
    assert len(board.of(link.BOOT)) == boots
    board.put(link.ENABLE, 1)
    board.run(S)
    assert len(board.of(link.BOOT)) == boots + 1
    board.put(link.POWER, 2)
    board.run(S)
    assert len(board.of(link.BOOT)) == boots + 2
