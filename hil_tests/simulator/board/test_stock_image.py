"""Constructors, errors and texts as the stock image ESP32_GENERIC 1.25.0 has them, and what its chip does when its fuses are blank.

Hazard: a firmware that only ever met a kinder board. The right-hand sides are what was seen on that image (docs/emulated-board.md).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from shedbench.link import link

from hil_tests.simulator.board.driver import Board, S
from hil_tests.simulator.board.test_flash import PART

TRY = "def t(f,*a,**k):\n try:\n  print(f(*a,**k))\n except Exception as e: print(type(e).__name__, e.args)\n"


def lines(board: Board, source: str) -> list[str]:
    return board.raw(TRY + source).split("\n")[:-1]


def test_a_timer_knows_no_hard_keyword(board: Board) -> None:
    said = lines(board, "from machine import Timer\nx=Timer(1)\nt(x.init,hard=True)\nt(x.init,period=9,hard=False)\nt(Timer,1,hard=True)")
    assert said == ["TypeError ('extra keyword arguments given',)"] * 3


def test_a_uart_wants_buffers_larger_than_its_fifo_and_the_consoles_is_not_to_be_had(board: Board) -> None:
    said = lines(
        board,
        "from machine import UART\nt(UART,1,rxbuf=16)\nt(UART,2,rxbuf=128)\nt(UART,1,txbuf=100)\nt(UART,0)\nt(UART,0,115200)\n"
        "u=UART(1,9600,rxbuf=129,txbuf=0)\nprint(u)\nt(u.init,rxbuf=100)\nt(u.any)\nu.init(rxbuf=256)\nprint(u.any())",
    )
    assert said[:3] == ["OSError (1, 'ESP_FAIL')"] * 3
    assert said[3:5] == ["OSError (-259, 'ESP_ERR_INVALID_STATE')"] * 2
    assert "txbuf=0, rxbuf=129" in said[5]
    assert said[6:] == ["OSError (1, 'ESP_FAIL')"] * 2 + ["0"], "what an installation refuses leaves no driver"


def test_a_uart_shows_its_inversion_and_flow_control(board: Board) -> None:
    said = lines(
        board,
        "from machine import UART\nprint(UART(2,9600,invert=UART.INV_TX|UART.INV_CTS,flow=UART.RTS|UART.CTS))\nprint(UART(2,9600))",
    )
    assert said[0].endswith("irq=0, invert=INV_TX|INV_CTS, flow=RTS|CTS)") and said[1].endswith("irq=0)")


def test_the_frequency_that_i2c_shows_is_what_its_registers_hold(board: Board) -> None:
    said = lines(board, "from machine import I2C\nprint(I2C(0,freq=100000))\nprint(I2C(1,scl=25,sda=26,freq=400000))")
    assert said == ["I2C(0, scl=18, sda=19, freq=101010)", "I2C(1, scl=25, sda=26, freq=416666)"]


def test_without_ota_data_no_partition_is_the_one_to_boot_or_to_update(board: Board) -> None:
    said = lines(board, "from esp32 import Partition as P\nt(P,P.BOOT)\np=P(P.RUNNING)\nprint(p.info()[4])\nt(p.get_next_update)")
    assert said == ["OSError (2,)", "factory", "OSError (2,)"]


def test_pins_of_the_flash_chip_exist_and_a_mode_on_one_ends_the_program(board: Board) -> None:
    assert lines(board, "from machine import Pin\nfor n in (6,7,8,9,10,11,20): print(Pin(n))")[0::6] == ["Pin(6)", "Pin(20)"]
    board.start("import time\nfrom machine import Pin\ntime.sleep_ms(5)\nPin(8,Pin.OUT,value=1)\nprint('went on')")
    board.run(2 * S)
    assert b"went on" not in board.console
    assert any("Pin(8)" in note for note in board.notes()) and not [r for r in board.of(link.PIN) if r.arg == 8]


def test_a_chip_with_blank_fuses_reads_raw_values_and_no_voltage(flash: Path) -> None:
    read = "from machine import ADC,Pin\na=ADC(Pin(34),atten=ADC.ATTN_11DB)\nt(a.read_uv)\nprint(a.read_u16()>0)"
    with Board(flash, "--adc-uncalibrated") as blank:
        blank.boot()
        blank.adc(34, 1_000_000)
        assert lines(blank, read) == ["OSError (95, 'ESP_ERR_NOT_SUPPORTED')", "True"]
        blank.fault(link.FAULT_ADC_BLANK, 0)
        volts, raw = lines(blank, read)
        assert abs(int(volts) - 1_000_000) < 20_000 and raw == "True"
        blank.fault(link.FAULT_ADC_BLANK, 1)
        blank.start("import machine\nmachine.reset()")
        blank.expect(b">>> ")
        assert lines(blank, read)[0].startswith("OSError")


def test_an_adc_tells_its_block_and_a_block_its_channels(board: Board) -> None:
    board.adc(39, 900_000)
    said = lines(
        board,
        "from machine import ADC,ADCBlock,Pin\nprint(ADC(Pin(34)).block(), ADC(27).block())\nb=ADCBlock(1,bits=9)\nprint(b.connect(3), b)\n"
        "print(ADC(Pin(39)).read()<512)\nt(b.connect,1,Pin(34))\nt(ADCBlock,3)\nb.init(bits=12)",
    )
    assert said == [
        "ADCBlock(1, bits=12) ADCBlock(2, bits=12)",
        "ADC(Pin(39), atten=0) ADCBlock(1, bits=9)",
        "True",
        "ValueError ('no matching ADC',)",
        "ValueError ('invalid block id',)",
    ]


def test_a_wake_has_a_reason(board: Board) -> None:
    assert lines(board, "import machine as m\nprint(m.wake_reason())\nm.lightsleep(50)\nprint(m.wake_reason()==m.TIMER_WAKE)") == [
        "0",
        "True",
    ]


@pytest.mark.parametrize("size", [0, 3, 55, 56, 64, 1000])
def test_md5_and_sha1_are_there_and_right(board: Board, size: int) -> None:
    data = bytes(range(256)) * 4
    source = f"import hashlib,binascii\nd=(bytes(range(256))*4)[:{size}]\n"
    for name in ("md5", "sha1"):
        source += f"h=hashlib.{name}(d[:7])\nh.update(d[7:])\nprint(binascii.hexlify(h.digest()).decode())\n"
    assert lines(board, source) == [hashlib.md5(data[:size]).hexdigest(), hashlib.sha1(data[:size]).hexdigest()]


def test_a_second_terminal_hears_and_types(board: Board) -> None:
    source = (
        "import os, io\nclass T(io.IOBase):\n heard=b''\n def write(self,b): T.heard+=bytes(b)\n def readinto(self,b): return None\n"
        "x=T()\nprint(os.dupterm(x))\nprint('both')\nprint(os.dupterm(None) is x)\nprint(b'both' in T.heard)"
    )
    assert lines(board, source) == ["None", "both", "True", "True"]


def test_the_heap_of_the_idf_is_told(board: Board) -> None:
    said = lines(board, "import esp32\nfor r in esp32.idf_heap_info(esp32.HEAP_DATA): print(len(r), r[0]>=r[1]>=r[2])")
    assert said == ["4 True"]


def test_loading_a_module_holds_the_callbacks_for_as_long_as_its_bytes_take(board: Board, flash: Path) -> None:
    """Measured on the image: 34 and 58 ms for modules of some 4 KB. A module in the image costs little."""
    text = "".join(f"name_{i} = {i}\n" for i in range(400))
    source = (
        "import time\nfrom machine import Timer, freq\nfreq(240000000)\nf=open('big.py','w')\nf.write(TEXT)\nf.close()\nat=[]\ngap=0\n"
        "def tick(t):\n global gap\n n=time.ticks_us()\n if at: gap=max(gap,time.ticks_diff(n,at[0]))\n at[:]=[n]\n"
        "Timer(1,period=5,callback=tick)\ntime.sleep_ms(50)\ngap=0\nimport NAME\ntime.sleep_ms(20)\nprint(gap)\nTimer(1).deinit()"
    )
    from_file = int(board.raw(source.replace("TEXT", repr(text)).replace("NAME", "big")))
    assert 8 * len(text) <= from_file - 5000 < 12 * len(text)
    assert int(board.raw(source.replace("TEXT", "''").replace("NAME", "asyncio"))) < 12_000


def test_partition_errors_are_the_idfs(board: Board) -> None:
    said = lines(board, PART + "t(p.writeblocks,0,b'x',600000)\nt(p.set_boot)\nt(p.mark_app_valid_cancel_rollback)")
    assert said[0] == "OSError (-258, 'ESP_ERR_INVALID_ARG')" and said[1] == "OSError (-5379, 'ESP_ERR_OTA_VALIDATE_FAILED')"
