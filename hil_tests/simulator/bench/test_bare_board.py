"""A bare board, as `shed emulate` serves one: any program may use every peripheral, and the bench goes on.

Hazard: a tool for trying programs that ends with an error of its own at the first thing it was not told about.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shedbench.bench.bench import Bench
from shedbench.plant.port import FLOAT, HIGH, LOW

PROGRAMS: dict[str, str] = {
    "pin": "p=Pin(4,Pin.OUT,value=1); p.toggle(); Pin(5,Pin.IN,Pin.PULL_UP).irq(print); Pin(18,Pin.OPEN_DRAIN,value=0)",
    "pwm": "p=PWM(Pin(25),freq=1000,duty=512); p.freq(50); p.duty_u16(9); p.deinit(); PWM(26,freq=7)",
    "adc": "a=ADC(Pin(34),atten=ADC.ATTN_11DB); a.read(); a.read_u16(); a.read_uv(); a.block()",
    "i2c": "I2C(0).scan(); I2C(1,scl=Pin(25),sda=Pin(26)).scan()",
    "soft i2c": "SoftI2C(scl=Pin(22),sda=Pin(21)).scan()",
    "spi": "s=SPI(1); s.write(b'12'); s.read(3); SPI(2,1000000).write_readinto(b'ab',bytearray(2))",
    "soft spi": "SoftSPI(sck=Pin(14),mosi=Pin(13),miso=Pin(12)).write(b'12')",
    "uart": "u=UART(1,9600,tx=Pin(4),rx=Pin(5)); v=UART(2,115200); u.write(b'12'); v.read(); u.sendbreak(); v.irq(print,1)",
    "timer": "t=Timer(0,period=3,callback=lambda t:None); Timer(3,mode=Timer.ONE_SHOT,period=5,callback=print); time.sleep_ms(9)",
    "rtc": "r=RTC(); r.datetime((2026,1,1,4,0,0,0,0)); r.memory(b'12'); r.datetime()",
    "flash": "q=Partition.find(1)[0]; q.info(); b=bytearray(64); q.readblocks(0,b); q.ioctl(4,0)",
    "nvs": "n=NVS('a'); n.set_i32('k',1); n.commit(); n.get_i32('k')",
    "pulse": "time_pulse_us(Pin(5,Pin.IN),1,1000)",
    "sleep": "lightsleep(20); freq(160000000); freq(); unique_id(); idle()",
    "soft reset": "import machine; machine.soft_reset()",
    "watchdog": "WDT(timeout=500); time.sleep(2)",
    "deep sleep": "deepsleep(100)",
    "hard reset": "reset()",
}
IMPORTS = "from machine import *; from esp32 import Partition, NVS; import time"
RESETS = {"watchdog": "watchdog", "deep sleep": "deep sleep", "hard reset": "hard", "soft reset": "soft"}


@pytest.fixture
def bare() -> Iterator[Bench]:
    """At its prompt."""
    with Bench(flash="blank") as bench:
        bench.run("2 s")
        assert bench.console.type("6 * 7") == "42"
        yield bench


@pytest.mark.parametrize("peripheral", PROGRAMS)
def test_a_program_on_a_bare_board_may_touch_it(bare: Bench, peripheral: str):
    said = bare.console.type(IMPORTS)
    assert said == ""
    bare.console.send(PROGRAMS[peripheral].encode() + b"\r")
    bare.run("8 s")
    assert b"Traceback" not in bare.serial.received, bytes(bare.serial.received[-600:]).decode()
    if peripheral in RESETS:
        assert bare.board.resets[-1][1] == RESETS[peripheral]
    assert bare.console.type("6 * 7") == "42"


def test_what_hangs_on_a_pwm_sees_its_mean_until_it_ends_or_the_board_loses_its_power(bare: Bench):
    bare.console.type("from machine import Pin, PWM; p = Pin(25, Pin.OUT, value=0); w = PWM(25, freq=1000, duty_u16=50000)")
    assert bare.port.drive[25] == HIGH
    bare.console.type("w.duty_u16(1000)")
    assert bare.port.drive[25] == LOW
    bare.console.type("w.duty_u16(65535)")
    bare.console.send(b"import machine; machine.reset()\r")
    bare.run("2 s")
    assert bare.port.drive[25] == HIGH, "a reset of the CPU leaves it on"
    bare.board.fault("brownout")
    bare.run("2 s")
    assert bare.port.drive[25] == FLOAT
    bare.console.type("from machine import PWM; w = PWM(25, freq=1000, duty_u16=50000)")
    bare.console.type("w.deinit()")
    assert bare.port.drive[25] == FLOAT
