"""I2C and SPI on declared buses: an expander and a card reader in the test, hung lines, stretched clocks, no device."""

from __future__ import annotations

from pathlib import Path

import pytest
from shedbench.link import link

from hil_tests.simulator.board.driver import MS, Board

SCL, SDA, SCK, MOSI, MISO = 22, 21, 18, 23, 19
ADDRESS = 0x20
SOFT = f"from machine import Pin,SoftI2C\nimport time\ni=SoftI2C(scl=Pin({SCL}),sda=Pin({SDA}),freq=400000,timeout=300)\n"
HARD = f"from machine import Pin,I2C\nimport time\ni=I2C(0,scl=Pin({SCL}),sda=Pin({SDA}),freq=400000)\n"
TIMED = (
    "def go(f,*a):\n t=time.ticks_us()\n try:\n  r=f(*a)\n except OSError as e:\n  r=e.errno\n"
    " print(r, time.ticks_diff(time.ticks_us(),t))\n"
)
MASTERS = pytest.mark.parametrize("master", [SOFT, HARD], ids=["soft", "hard"])


class Expander:
    """A device of one address: keeps written bytes, answers with ``reads``; may stretch the clock or take few bytes."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.reads = b""
        self.takes = 65535
        self.stretch_ns = 0
        self.written: list[bytes] = []
        self.asked: list[int] = []
        board.put(link.BUS, 0, bytes([link.BUS_I2C, SCL, SDA, 255]))
        board.hook = self._hear

    def _hear(self, record: link.Record) -> None:
        if record.type != link.I2C:
            return
        if record.payload[0] == link.I2C_WRITTEN:
            self.written.append(record.payload[2:])
            return
        byte = record.payload[1]
        self.asked.append(byte)
        if byte >> 1 == ADDRESS:
            self.board.put(link.I2C_ANSWER, 0, link.I2C_ANSWER_HEAD.pack(1, 0, self.takes, self.stretch_ns) + self.reads)


@pytest.fixture
def expander(board: Board) -> Expander:
    return Expander(board)


def run(board: Board, master: str, source: str) -> list[str]:
    return board.raw(master + TIMED + source).split()


@MASTERS
def test_an_expander_is_found_written_and_read(board: Board, expander: Expander, master: str) -> None:
    expander.reads = b"\xa5\x01\x80"
    out = run(
        board,
        master,
        f"print(i.scan())\nprint(i.writeto({ADDRESS},b'\\x0f\\xf0'))\nprint(i.readfrom({ADDRESS},3))\n"
        f"print(i.readfrom_mem({ADDRESS},9,2))\ni.writeto_mem({ADDRESS},9,b'\\x33')",
    )
    assert out == ["[32]", "2", "b'\\xa5\\x01\\x80'", "b'\\xa5\\x01'"]
    assert expander.written == [b"\x0f\xf0", b"\x09", b"\x09\x33"]
    assert expander.asked[-5:] == [0x40, 0x41, 0x40, 0x41, 0x40]
    # A healthy bus is reported by I2C records alone.
    assert not [r for r in board.of(link.PIN) if r.arg in (SCL, SDA) and r.at_ns > board.of(link.I2C)[0].at_ns]


@MASTERS
def test_a_write_costs_its_bits(board: Board, expander: Expander, master: str) -> None:
    one, nine = run(board, master, f"go(i.writeto,{ADDRESS},b'1')\ngo(i.writeto,{ADDRESS},b'123456789')")[1::2]
    assert int(nine) - int(one) >= 8 * 9 * 2.5 - 1  # eight bytes more at 400 kHz
    assert int(nine) - int(one) < 8 * 9 * 8


@MASTERS
def test_nobody_acknowledges(board: Board, expander: Expander, master: str) -> None:
    expander.takes = 2
    out = run(board, master, f"go(i.writeto,0x21,b'123')\ngo(i.readfrom,0x21,3)\ngo(i.writeto,{ADDRESS},b'123')")
    # The hardware fails a write of which a byte is refused; the software returns how many were taken.
    assert out[0::2] == ["19", "19", "2" if master is SOFT else "19"]
    assert expander.written == [b"12"]
    assert all(int(us) < 2000 for us in out[1::2])


def test_software_waits_its_time_out_for_a_stretched_clock(board: Board, expander: Expander) -> None:
    expander.reads = b"\x5a"
    expander.stretch_ns = 200_000
    ok, us = run(board, SOFT, f"go(i.readfrom,{ADDRESS},1)")[0::1]
    assert ok == "b'Z'"
    assert 200 < int(us) < 600
    expander.stretch_ns = 5 * MS
    errno, us = run(board, SOFT, f"go(i.readfrom,{ADDRESS},1)")
    assert errno == "110"
    assert 300 < int(us) < 900  # timeout=300, in polls of a microsecond and a pin read


def test_hardware_stretches_to_its_register_and_no_further(board: Board, expander: Expander) -> None:
    expander.reads = b"\x5a"
    expander.stretch_ns = 5 * MS
    ok, us = run(board, HARD, f"go(i.readfrom,{ADDRESS},1)")
    assert (ok, 5000 < int(us) < 5400) == ("b'Z'", True)
    expander.stretch_ns = 50 * MS
    errno, us = run(board, HARD, f"go(i.readfrom,{ADDRESS},1)")
    assert (errno, 13_000 < int(us) < 13_600) == ("110", True)


@pytest.mark.parametrize("line", [SCL, SDA])
def test_hardware_waits_100_ms_a_byte_on_a_hung_bus(board: Board, expander: Expander, line: int) -> None:
    board.drive(line, 0)
    errno, us = run(board, HARD, f"go(i.writeto,{ADDRESS},b'1')")
    assert errno == "110"
    assert 200_000 <= int(us) < 212_000
    errno, us = run(board, HARD, f"go(i.readfrom,{ADDRESS},4)")
    assert 500_000 <= int(us) < 512_000
    board.drive(line, 2)
    assert run(board, HARD, f"go(i.writeto,{ADDRESS},b'1')")[0] == "1"


def test_a_hung_hardware_bus_holds_the_scan_back(board: Board, expander: Expander) -> None:
    """The scan depends on it: a timer's callback does not run while the driver waits."""
    board.drive(SDA, 0)
    out = run(
        board,
        HARD,
        "from machine import Timer\nn=0\ndef cb(t):\n global n\n n+=1\nt=Timer(1,period=5,callback=cb)\ntime.sleep_ms(12)\n"
        f"def wait():\n global n\n n=0\n try:\n  i.writeto({ADDRESS},b'1')\n except OSError:\n  return n\nr=wait()\nt.deinit()\nprint(r)",
    )
    assert int(out[0]) <= 1


def test_software_returns_at_once_from_a_held_clock(board: Board, expander: Expander) -> None:
    board.drive(SCL, 0)
    errno, us = run(board, SOFT, f"go(i.writeto,{ADDRESS},b'1')")
    assert errno == "110"
    assert 300 < int(us) < 900


def test_software_takes_a_held_data_line_for_an_answer(board: Board, expander: Expander) -> None:
    """The trap of SoftI2C: data held low reads as acknowledge and as zeros."""
    board.drive(SDA, 0)
    assert run(board, SOFT, f"print(i.readfrom({ADDRESS},2), len(i.scan()))") == ["b'\\x00\\x00'", "112"]
    assert expander.written == []


def test_nine_clocks_by_hand_are_seen_and_free_the_bus(board: Board, expander: Expander) -> None:
    board.drive(SDA, 0)
    clocks = 0

    def let_go(record: link.Record) -> None:
        nonlocal clocks
        if record.type == link.PIN and record.arg == SCL and record.payload[0] == 1:
            clocks += 1
            if clocks == 7:
                board.drive(SDA, 2)
        expander._hear(record)

    board.hook = let_go
    board.raw(
        f"from machine import Pin\nimport time\nc=Pin({SCL},Pin.OPEN_DRAIN,value=1)\nd=Pin({SDA},Pin.OPEN_DRAIN,value=1)\n"
        "n=0\nwhile not d() and n<9:\n c(0)\n time.sleep_us(5)\n c(1)\n time.sleep_us(5)\n n+=1\nprint(n)"
    )
    assert clocks >= 7
    assert run(board, SOFT, f"go(i.writeto,{ADDRESS},b'1')")[0] == "1"


def test_without_a_bus_the_hardware_finds_nobody_and_the_software_moves_the_pads(board: Board) -> None:
    assert run(board, HARD, "print(i.scan())") == ["[]"]
    mark = len(board.records)
    board.drive(SDA, 1)
    board.drive(SCL, 1)
    assert run(board, SOFT, f"go(i.writeto,{ADDRESS},b'1')")[0] == "19"
    assert len([r for r in board.records[mark:] if r.type == link.PIN and r.arg == SCL]) >= 18


def test_the_wiring_outlives_a_reset(board: Board, expander: Expander) -> None:
    board.start("import machine\nmachine.reset()")
    board.expect(b">>> ")
    assert run(board, HARD, "print(i.scan())") == ["[32]"]


def spi_echo(board: Board) -> list[bytes]:
    heard: list[bytes] = []

    def hear(record: link.Record) -> None:
        if record.type == link.SPI:
            data = record.payload[link.SPI_HEAD.size :]
            heard.append(data)
            board.put(link.SPI_ANSWER, 1, bytes(255 - b for b in data[:4]))

    board.put(link.BUS, 1, bytes([link.BUS_SPI, SCK, MOSI, MISO]))
    board.hook = hear
    return heard


PADS = f"sck=Pin({SCK}),mosi=Pin({MOSI}),miso=Pin({MISO})"


@pytest.mark.parametrize("bus", [f"SPI(2,baudrate=1000000,{PADS})", f"SoftSPI(baudrate=100000,{PADS})"], ids=["hard", "soft"])
def test_spi_transfers_go_to_the_plant_in_one_piece(board: Board, bus: str) -> None:
    heard = spi_echo(board)
    out = board.raw(
        f"from machine import Pin,SPI,SoftSPI\nimport time\ns={bus}\ncs=Pin(5,Pin.OUT,value=1)\ncs(0)\nb=bytearray(3)\n"
        "t=time.ticks_us()\ns.write_readinto(b'\\x01\\x02\\x03',b)\nu=time.ticks_us()-t\ncs(1)\nprint(bytes(b),u)\nprint(s.read(6,0x10))\ns.write(b'!')"
    ).split()
    assert heard == [b"\x01\x02\x03", b"\x10" * 6, b"!"]
    assert out[0] == "b'\\xfe\\xfd\\xfc'"
    assert out[2] == "b'\\xef\\xef\\xef\\xef\\xff\\xff'"
    assert 24 <= int(out[1]) < (150 if bus.startswith("SPI") else 500)


def test_a_deinitialised_spi_refuses(board: Board) -> None:
    out = board.raw(
        "from machine import SPI\ns=SPI(1)\nprint(s)\ns.deinit()\ntry:\n s.write(b'1')\nexcept OSError as e: print(e)\n"
        "try:\n SPI(3)\nexcept ValueError as e: print(e)"
    )
    assert out == (
        "SPI(id=1, baudrate=500000, polarity=0, phase=0, bits=8, firstbit=0, sck=14, mosi=13, miso=12)\n"
        "transfer on deinitialized SPI\nSPI(3) doesn't exist\n"
    )


def test_i2c_records_are_the_same_from_the_same_seed(flash: Path, tmp_path: Path) -> None:
    logs = []
    for n in range(2):
        copy = tmp_path / f"{n}.bin"
        copy.write_bytes(flash.read_bytes())
        with Board(copy) as b:
            b.boot()
            e = Expander(b)
            e.reads = b"\x11"
            run(b, SOFT, f"i.writeto({ADDRESS},b'12')\nprint(i.readfrom({ADDRESS},1))")
            logs.append(b.log)
    assert logs[0] == logs[1]
