"""The direction pin of an RS-485 transceiver: a wrong one loses characters, as on a real line. The test plays the board."""

from __future__ import annotations

import struct

from shedbench.bench.frames import crc16_modbus
from shedbench.places import REPOSITORY
from shedbench.plant.rig import Rig

SITE = REPOSITORY / "hil_tests" / "sites" / "esp32s3" / "small.toml"
UART, DE = 1, 16
CHAR_NS = 10 * 1_000_000_000 // 9600
REQUEST = struct.pack(">BBHH", 11, 4, 0, 10)
FRAME = REQUEST + struct.pack("<H", crc16_modbus(REQUEST))


class Line:
    """Reads meter 11 with the pin high from ``on`` to ``off``, in characters after the first start bit."""

    def __init__(self) -> None:
        self.rig = Rig(SITE)
        self.bus = self.rig.shed.buses["rs485-1"]
        self.rig.drive(DE, False)

    def ask(self, off: float, on: float = 0.0) -> list[bytes]:
        if not on:
            self.rig.drive(DE, True)
        self.rig.uart_send(UART, 9600, FRAME)
        if on:
            self.rig.run(int(on * CHAR_NS))
            self.rig.drive(DE, True)
        self.rig.run(int((off - on) * CHAR_NS))
        self.rig.drive(DE, False)
        self.rig.run("1 s")
        return [frame for _at, frame in self.rig.uart_received(UART)]


def test_a_pin_that_is_high_for_the_request_only_gets_the_whole_answer() -> None:
    line = Line()
    ((answer),) = line.ask(off=9)
    assert len(answer) == 25 and crc16_modbus(answer[:-2]) == struct.unpack("<H", answer[-2:])[0]
    assert line.bus.transceiver.cut == 0 and line.bus.transceiver.holds_ns == [CHAR_NS]


def test_a_pin_that_falls_before_the_last_stop_bit_gets_no_answer() -> None:
    line = Line()
    assert line.ask(off=7.9) == []
    assert line.bus.transceiver.cut == 1 and line.bus.transceiver.holds_ns[0] < 0


def test_a_pin_that_rises_late_gets_no_answer() -> None:
    line = Line()
    assert line.ask(on=0.5, off=9) == []
    assert line.bus.transceiver.cut == 1


def test_a_pin_that_never_rises_gets_no_answer() -> None:
    line = Line()
    line.rig.uart_send(UART, 9600, FRAME)
    line.rig.run("1 s")
    assert line.rig.uart_received(UART) == [] and line.bus.transceiver.cut == 8


def test_a_pin_that_is_held_into_the_answer_loses_its_beginning() -> None:
    line = Line()
    line.bus.turn_around_ns, line.bus.spread_ns = 4 * CHAR_NS, 0
    ((answer),) = line.ask(off=8 + 4 + 3)
    assert len(answer) == 22 and line.bus.transceiver.talked_over == 3


def test_a_pin_that_floats_listens() -> None:
    line = Line()
    line.rig.drive(DE, True)
    line.rig.uart_send(UART, 9600, FRAME)
    line.rig.run(9 * CHAR_NS)
    line.rig.drive(DE, None)
    line.rig.run("1 s")
    assert len(line.rig.uart_received(UART)) == 1
