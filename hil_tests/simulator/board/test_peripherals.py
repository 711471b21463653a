"""PWM, ADC, UART and flash timing as the ESP32 port has them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from shedbench.link import link

from hil_tests.simulator.board.driver import MS, Board, S

CHAR_9600 = 1_041_666
TRY = "def t(f,*a,**k):\n try:\n  print(f(*a,**k))\n except Exception as e: print(type(e).__name__, e)\n"


def pwm(board: Board, gpio: int) -> list[tuple[int, int]]:
    return [struct.unpack_from("<IH", r.payload) for r in board.of(link.PWM, gpio)]


def test_pwm_tells_frequency_and_duty_and_stops_with_a_soft_reset(board: Board) -> None:
    out = board.raw(
        "from machine import PWM,Pin\np=PWM(Pin(25),freq=1000,duty_u16=16384)\nprint(p.freq(),p.duty(),p.duty_u16(),p.duty_ns())\n"
        "p.duty(1023)\np.freq(50)\np.duty_ns(1000000)\nq=PWM(26)\nq.deinit()\n"
    )
    assert out == "1000 256 16384 250003\n"
    assert pwm(board, 25) == [(1000, 16384), (1000, 65535), (50, 65535), (50, 3276)]
    assert pwm(board, 26) == [(5000, 32768), (0, 0)]
    board.type(b"\x02\x04")
    board.expect(b"MPY: soft reboot\r\n")
    board.expect(b">>> ")
    assert pwm(board, 25)[-1] == (0, 0)


def test_pwm_refusals(board: Board) -> None:
    out = board.raw(
        "from machine import PWM,Pin\n" + TRY + "t(PWM,34)\nt(PWM,25,freq=0)\nt(PWM,25,duty=1,duty_u16=1)\n"
        "p=PWM(25)\nt(p.duty_u16,65536)\n"
        "t(p.duty,1024)\np.deinit()\nt(p.freq)\nk=[PWM(n,freq=100+n) for n in (2,4,5,12,13,14,15,18)]\n"
        "t(PWM,19,freq=50)\nt(PWM,19,freq=102)"
    ).split("\n")
    assert out[:-1] == [
        "ValueError PWM not supported on Pin(34)",
        "ValueError frequency must be from 1Hz to 40MHz",
        "ValueError only one of parameters 'duty', 'duty_u16' or 'duty_ns' is allowed",
        "ValueError duty_u16 must be from 0 to 65535",
        "ValueError duty must be from 0 to 1023",
        "RuntimeError PWM inactive",
        "ValueError out of PWM timers:8",
        "PWM(Pin(19), freq=102, duty_u16=32768)",
    ]


@pytest.mark.parametrize(("atten", "low_mv", "high_mv"), [("0DB", 75, 1000), ("2_5DB", 78, 1350), ("6DB", 107, 1800), ("11DB", 142, 3100)])
def test_adc_attenuation_has_a_dead_zone_a_slope_and_an_end(board: Board, atten: str, low_mv: int, high_mv: int) -> None:
    read = f"from machine import ADC\na=ADC(32,atten=ADC.ATTN_{atten})\nprint(a.read(),a.read_uv(),a.read_u16())"

    def at(mv: int) -> list[int]:
        board.adc(32, mv * 1000)
        return [int(word) for word in board.raw(read).split()]

    assert at(low_mv - 10) == [0, low_mv * 1000, 0]
    middle = (low_mv + high_mv) // 2
    raw, uv, u16 = at(middle)
    assert abs(uv - middle * 1000) <= 1500  # read_uv undoes the curve
    assert abs(raw / 4095 - u16 / 65535) < 0.001
    assert at(4000)[0] == 4095
    assert at(4000)[2] == 65535


def test_adc_width_and_refusals(board: Board) -> None:
    board.adc(34, 1_000_000)
    out = board.raw(
        "from machine import ADC\n" + TRY + "a=ADC(34,atten=ADC.ATTN_11DB)\nx=a.read()\na.width(ADC.WIDTH_9BIT)\nprint(a.read()==x>>3)\n"
        "t(ADC,5)\nt(a.atten,4)\nt(a.width,13)"
    ).split("\n")
    assert out[:-1] == ["True", "ValueError invalid pin", "ValueError invalid atten", "ValueError invalid bits"]


def test_adc_noise_is_the_seeds(board: Board) -> None:
    board.adc(32, 1_500_000, 30_000)
    values = {int(v) for v in board.raw("from machine import ADC\na=ADC(32,atten=3)\nfor i in range(30): print(a.read_uv())").split()}
    assert len(values) > 10
    assert all(abs(v - 1_500_000) <= 31_500 for v in values)


def test_write_blocks_beyond_buffer_and_fifo_and_txdone_tells_the_end(board: Board) -> None:
    out = board.raw(
        "from machine import UART\nimport time\nu=UART(1,9600,txbuf=256)\n"
        "def d(f,*a):\n t=time.ticks_us()\n r=f(*a)\n return r,time.ticks_us()-t\n"
        "print(*d(u.write,bytes(384)))\nprint(u.txdone())\nt=time.ticks_us()\nwhile not u.txdone(): pass\nprint(time.ticks_us()-t)\n"
        "print(*d(u.write,bytes(484)))\nprint(*d(u.flush))\nprint(u.txdone())"
    ).split("\n")
    n, us = out[0].split()
    assert (n, int(us) < 2000) == ("384", True)  # 256 of buffer and 128 of FIFO take it at once
    assert out[1] == "False"
    assert 384 * 1041 - 3000 < int(out[2]) < 384 * 1042 + 3000
    n, us = out[3].split()
    assert n == "484"
    assert 99 * 1041 < int(us) < 103 * 1042 + 3000
    assert 370 * 1041 < int(out[4].split()[1]) < 386 * 1042
    assert out[5] == "True"


def test_read_waits_for_its_time_out_only(board: Board) -> None:
    board.start(
        "from machine import UART\nimport time\nu=UART(1,9600,timeout=100)\nprint('on')\ndef d(f,*a):\n t=time.ticks_ms()\n r=f(*a)\n"
        " print(r,time.ticks_ms()-t)\nd(u.read,5)\nb=bytearray(4)\nd(u.readinto,b)\nprint(b)\nd(u.read,1)\n"
    )
    board.expect(b"on\r\n")
    board.uart(1, b"abcdefghi", CHAR_9600, at=board.now + 50 * MS)
    first, ms = board.expect(b"\r\n").split()
    assert first == b"b'abcde'"
    assert 54 <= int(ms) <= 57
    assert board.expect(b"\r\n").split()[0] == b"4"
    assert board.expect(b"\r\n") == b"bytearray(b'fghi')"
    none, ms = board.expect(b"\r\n").split()
    assert (none, 99 <= int(ms) <= 101) == (b"None", True)


def test_framing_errors_give_characters_that_are_not_what_was_sent(board: Board) -> None:
    board.raw("from machine import UART\nu=UART(1,9600)")
    board.uart(1, b"A" * 40, CHAR_9600, flags=1)
    board.run(50 * MS)
    n, same = board.raw("b=u.read()\nprint(len(b), b.count(b'A'))").split()
    assert n == "40"
    assert int(same) < 10


def test_rxidle_comes_after_two_characters_of_silence_and_once(board: Board) -> None:
    board.raw(
        "from machine import UART\nimport time\nu=UART(2,9600,timeout_char=2)\ngot=[]\n"
        "u.irq(lambda u: got.append((time.ticks_us(),u.read())),UART.IRQ_RXIDLE)"
    )
    start = board.now + MS
    board.uart(2, b"frame", CHAR_9600, at=start)
    board.run(100 * MS)
    (at, data) = eval(board.probe("print(got)"))[0]
    assert data == b"frame"
    now_us = int(board.probe("print(time.ticks_us())"))
    silence_us = at - (now_us - (board.now - start - 5 * CHAR_9600) // 1000)
    assert 2000 <= silence_us <= 4300
    assert board.probe("print(len(got))") == "1\n"


def test_a_break_interrupts(board: Board) -> None:
    board.raw("from machine import UART\nu=UART(2,9600)\ngot=[]\nu.irq(lambda u: got.append(u.irq().flags()),UART.IRQ_BREAK)")
    board.uart(2, b"ab", CHAR_9600)
    board.run(20 * MS)
    assert board.probe("print(got)") == "[]\n"
    board.uart(2, b"\0", 2 * CHAR_9600)
    board.run(20 * MS)
    assert board.probe("print(got==[UART.IRQ_BREAK])") == "True\n"


def test_uart_irq_refusals(board: Board) -> None:
    out = board.raw(
        "from machine import UART\n" + TRY + "u=UART(1)\nt(u.irq,print,UART.IRQ_RX,True)\nt(u.irq,print,8)\nt(UART,3)\nt(UART,0,txbuf=9)"
    ).split("\n")
    assert out[:-1] == [
        "ValueError hard IRQ is not supported",
        "ValueError trigger 0x0008 unsupported",
        "ValueError UART(3) does not exist",
        "ValueError UART buffer size is fixed",
    ]


FLASH = (
    "from esp32 import Partition\nimport time\np=Partition.find(1,label='shed_journal')[0]\n"
    "def d(f,*a):\n t=time.ticks_us()\n f(*a)\n print(time.ticks_us()-t)\n"
    "d(p.ioctl,6,0)\nd(p.writeblocks,0,bytes(256),0)\nd(p.writeblocks,0,bytes(256),384)\nd(p.writeblocks,0,bytes(4),1024)\n"
)


@pytest.mark.parametrize(("timing", "erase_us", "page_us"), [("typical", 45_000, 800), ("worst", 300_000, 3000)])
def test_flash_takes_typical_or_worst_time_and_a_page_boundary_splits(flash: Path, timing: str, erase_us: int, page_us: int) -> None:
    with Board(flash, "--flash-timing", timing) as b:
        b.boot()
        b.put(link.TRACE, 1)
        b.run(MS)
        erase, page, crossing, short = (int(word) for word in b.raw(FLASH).split())
        assert erase_us <= erase < erase_us + 400
        assert page_us <= page < page_us + 400
        assert page_us * 1.2 <= crossing < page_us * 1.3 + 400  # two half pages, each with its own command
        assert short < page
        operations = [(r.arg, *struct.unpack("<II", r.payload)) for r in b.of(link.FLASH)]
        base = 0x348000
        assert operations == [(2, base, 4096), (1, base, 256), (1, base + 384, 128), (1, base + 512, 128), (1, base + 1024, 4)]


def test_a_soft_reset_ends_the_drivers_and_keeps_the_pads(board: Board) -> None:
    board.raw("from machine import Pin,I2C,SPI,UART,PWM\nPin(25,Pin.OUT,value=1)\nI2C(0)\nSPI(1)\nUART(1,9600)\nPWM(4)")
    board.type(b"\x02\x04")
    board.expect(b"MPY: soft reboot\r\n")
    board.expect(b">>> ")
    board.run(S)
    assert board.pin(25) == 2
    assert board.raw("from machine import UART\nu=UART(1)\nprint(u)").startswith("UART(1, baudrate=115200")
