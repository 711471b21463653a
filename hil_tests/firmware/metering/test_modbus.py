"""The Modbus master against pymodbus, noise and silence."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import ReadInputRegistersResponse
from shed import crc
from shed.metering import modbus, poller

from hil_tests.firmware.metering.metered_bus import Bus, Meter

WRAP = 1 << 30


def pzem_reply(address, registers):
    """A reply frame, by pymodbus."""
    return FramerRTU(DecodePDU(is_server=False)).buildFrame(ReadInputRegistersResponse(dev_id=address, registers=registers))


def words_of(reply):
    return list(struct.unpack(">10H", reply[3:23]))


class Line:
    """A master on a bus, stepped at the times it returns."""

    def __init__(self, meters=(), origin_ms=0, **options):
        self.bus = Bus(meters, echo=options.pop("hears_itself", False))
        self.master = modbus.RtuMaster(self.bus, 9600, **options)
        self.origin_ms = origin_ms
        self.steps = 0

    def ticks(self):
        return (self.origin_ms + self.bus.now_ms) % WRAP

    def ask(self, address, count=10):
        self.master.start(address, 4, 0, count, self.ticks())
        return self.finish()

    def finish(self):
        began = self.bus.now_ms
        self.steps = 0
        while True:
            wake = self.master.step(self.ticks())
            self.steps += 1
            if self.master.result != modbus.BUSY:
                self.took_ms = self.bus.now_ms - began
                return self.master.result
            assert 0 < wake < 400
            assert self.bus.now_ms - began < 600, "never ends"
            self.bus.now_ms += wake

    def words(self):
        return [self.master.word(i) for i in range(10)]


@given(st.binary(min_size=1, max_size=60))
def test_the_crc_is_pymodbus_s_crc(data):
    checksum = crc.crc16(data, 0, len(data))
    assert FramerRTU.compute_CRC(data) == (checksum & 0xFF) << 8 | checksum >> 8
    assert crc.crc16(data + bytes((checksum & 0xFF, checksum >> 8)), 0, len(data) + 2) == 0


@given(st.integers(1, 247), st.integers(0, 65535), st.integers(1, modbus.MAX_REGISTERS), st.sampled_from([3, 4]))
def test_requests_are_what_pymodbus_understands(address, register, count, function):
    line = Line()
    line.master.start(address, function, register, count, 0)
    line.finish()
    frame = line.bus.sent[0][1]
    _, request = line.bus._framer.handleFrame(frame, 0, 0)
    assert (request.dev_id, request.function_code, request.address, request.count) == (address, function, register, count)


@pytest.mark.parametrize("origin_ms", [0, WRAP - 20, WRAP // 2 - 20])
def test_a_reply_is_taken_also_when_the_clock_wraps_meanwhile(origin_ms):
    meter = Meter(11, wh=70000)
    line = Line([meter], origin_ms)
    assert line.ask(11) == modbus.DONE
    assert line.words() == meter.registers()


def test_it_sleeps_through_the_wire_time_and_learns_the_meter_s_turn_around():
    line = Line([Meter(11)])
    steps = []
    for _ in range(40):
        assert line.ask(11) == modbus.DONE
        steps.append(line.steps)
        wire_ms = 33 * 1.0417 + 30
        assert line.took_ms <= wire_ms + 6 + 8  # silence before, grain
    assert sum(steps[10:]) / 30 <= 4  # quiet, send, at most two looks


def test_the_line_is_quiet_for_three_and_a_half_characters_before_each_request():
    line = Line([Meter(11), Meter(12)])
    for k in range(20):
        line.ask(11 + k % 2)
    meter_done = [at + 8 * line.bus.char_ms + 30 + 25 * line.bus.char_ms for at, _ in line.bus.sent]
    gaps = [start - end for (start, _), end in zip(line.bus.sent[1:], meter_done, strict=False)]
    assert min(gaps) >= 3.5 * 11 / 9.6


def test_a_silent_meter_costs_one_time_out_computed_from_the_baud_rate():
    line = Line()
    assert line.ask(11) == modbus.TIMEOUT
    assert 230 <= line.took_ms <= 250


def test_an_exception_reply_is_told_apart():
    meter = Meter(11)
    meter.exception = 2
    line = Line([meter])
    assert line.ask(11) == modbus.EXCEPTION
    assert line.master.exception_code == 2


@pytest.mark.parametrize("option", [True, False])
def test_a_transceiver_that_lets_the_master_hear_itself_changes_nothing(option):
    meter = Meter(11)
    line = Line([meter], hears_itself=True, echo=option)
    for _ in range(5):
        assert line.ask(11) == modbus.DONE
        assert line.words() == meter.registers()
    assert line.master.noise == (0 if option else 40)


def test_a_silent_meter_on_a_line_with_echo_is_a_time_out_not_noise():
    line = Line(hears_itself=True)
    assert line.ask(11) == modbus.TIMEOUT


def test_a_late_reply_of_one_meter_does_not_harm_the_next_request():
    late, good = Meter(11, wh=5), Meter(12, wh=6)
    late.turnaround_ms = 215  # its reply ends after the time-out
    line = Line([late, good])
    line.ask(11)
    assert line.ask(12) == modbus.DONE
    assert line.words() == good.registers()


def test_another_meter_s_reply_in_the_midst_is_skipped_and_counted():
    good = Meter(12, wh=6)
    line = Line([good])
    line.bus.mangle = lambda reply: pzem_reply(11, [7] * 10) + reply
    assert line.ask(12) == modbus.DONE
    assert line.words() == good.registers()
    assert line.master.noise == 25


def test_only_foreign_bytes_are_reported_as_foreign():
    line = Line([Meter(12)])
    line.bus.mangle = lambda _: pzem_reply(11, [7] * 10)
    assert line.ask(12) == modbus.FOREIGN


def test_a_reply_with_another_register_count_is_not_ours():
    line = Line([Meter(12)])
    line.bus.mangle = lambda _: pzem_reply(12, [7] * 9)
    assert line.ask(12) == modbus.FOREIGN


def test_a_truncated_reply_is_damage_and_does_not_last_until_the_deadline():
    line = Line([Meter(12)])
    line.bus.mangle = lambda reply: reply[:-4]
    assert line.ask(12) == modbus.BAD_CRC
    assert line.took_ms < 130


def test_a_line_that_never_falls_silent_is_jammed_and_recovers():
    meter = Meter(11)
    line = Line([meter])
    line.ask(11)
    line.bus.put(bytes(300), line.bus.now_ms)
    assert line.ask(11) == modbus.JAMMED
    line.bus.now_ms += 300
    assert line.ask(11) == modbus.DONE


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from("idf"), st.integers(0, 60), st.integers(1, 255)), max_size=6), st.integers(0, 2))
def test_noise_is_never_taken_for_a_reading_and_the_next_request_works(edits, where):
    meter = Meter(11, wh=123456)
    line = Line([meter])

    def mangle(reply):
        data = bytearray((b"", pzem_reply(12, [1] * 10), bytes(100))[where] + reply)
        for kind, at, value in edits:
            at = at % (len(data) + 1)
            if kind == "i":
                data.insert(at, value)
            elif at < len(data):
                if kind == "d":
                    del data[at]
                else:
                    data[at] ^= value
        return bytes(data)

    line.bus.mangle = mangle
    if line.ask(11) == modbus.DONE:
        assert line.words() == meter.registers()
    line.bus.mangle = bytes
    line.bus.now_ms += 200
    assert line.ask(11) == modbus.DONE
    assert line.words() == words_of(pzem_reply(11, meter.registers()))


@given(st.binary(max_size=200))
def test_pure_garbage_never_crashes_it(garbage):
    line = Line([Meter(11)])
    line.bus.mangle = lambda _: garbage
    assert line.ask(11) != modbus.DONE


class DirectedBus(Bus):
    """A bus whose master has to switch its direction: `log` has its actions in order."""

    def __init__(self, meters):
        super().__init__(meters)
        self.log = []
        self.leaves_ms = 0

    def write(self, data):
        self.log.append((self.now_ms, "write"))
        self.leaves_ms = self.now_ms + len(data) * self.char_ms
        return super().write(data)

    def txdone(self):
        return self.now_ms >= self.leaves_ms

    def drive(self, level):
        self.log.append((self.now_ms, level))


def test_the_driver_is_on_from_before_the_first_byte_until_the_last_has_left():
    line = Line([Meter(11)])
    line.bus = DirectedBus([Meter(11)])
    line.master = modbus.RtuMaster(line.bus, 9600, drive=line.bus.drive)
    for _ in range(20):
        line.bus.log.clear()
        assert line.ask(11) == modbus.DONE
        (on_ms, on), (write_ms, _), (off_ms, off) = line.bus.log
        assert (on, off) == (1, 0) and on_ms <= write_ms
        assert line.bus.leaves_ms <= off_ms <= line.bus.leaves_ms + 1
    assert line.steps <= 4  # it sleeps through the wire time all the same


def test_while_the_driver_is_on_the_poller_says_so():
    bus = DirectedBus([Meter(11)])
    one = poller.Poller([modbus.RtuMaster(bus, 9600, drive=bus.drive)], [(0, 11, 1)])
    said = []
    for _ in range(200):
        one.step(bus.now_ms)
        levels = [level for _at, level in bus.log if level != "write"]
        said.append((bool(levels and levels[-1]), one.driving()))
        bus.now_ms += 1
    assert {(True, True), (False, False)} == set(said)


def test_a_driver_that_never_finishes_does_not_hold_the_bus_for_ever():
    line = Line([Meter(11)])
    line.bus = DirectedBus([])
    line.bus.txdone = lambda: False
    line.master = modbus.RtuMaster(line.bus, 9600, drive=line.bus.drive)
    assert line.ask(11) == modbus.TIMEOUT
    assert line.bus.log[-1][1] == 0
