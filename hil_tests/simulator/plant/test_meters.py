"""Meters on the bus: registers decoded by an independent reader, timing, faults."""

from __future__ import annotations

import struct

import pytest
from shedbench.bench.frames import crc16_modbus
from shedbench.plant.rig import Rig
from shedbench.plant.units import MS

UART = 1
CHAR_NS = 10 * 1_000_000_000 // 9600


def with_crc(body: bytes) -> bytes:
    return body + struct.pack("<H", crc16_modbus(body))


def poll(rig: Rig, address: int = 11, wait: str = "2 s") -> list[tuple[int, bytes]]:
    rig.uart_send(UART, 9600, with_crc(struct.pack(">BBHH", address, 4, 0, 10)))
    rig.run(wait)
    return rig.uart_received(UART)


def decode(frame: bytes) -> dict[str, float]:
    """By the map of the manufacturer's manual; raises AssertionError on a wrong frame."""
    assert len(frame) == 25
    assert crc16_modbus(frame[:-2]) == struct.unpack("<H", frame[-2:])[0]
    address, function, count = frame[:3]
    assert (function, count) == (4, 20)
    r = struct.unpack(">10H", frame[3:23])
    return {
        "address": address, "volts": r[0] / 10, "amps": (r[1] | r[2] << 16) / 1000, "watts": (r[3] | r[4] << 16) / 10,
        "wh": r[5] | r[6] << 16, "hz": r[7] / 10, "pf": r[8] / 100, "alarm": r[9],
    }  # fmt: skip


def test_an_idle_meter_answers_with_the_mains_and_nothing_else() -> None:
    rig = Rig()
    ((at, frame),) = poll(rig)
    assert decode(frame) == {"address": 11, "volts": 220.0, "amps": 0, "watts": 0, "wh": 0, "hz": 50.0, "pf": 0, "alarm": 0}
    request_end = 8 * CHAR_NS
    assert 20 * MS < at - request_end < 52 * MS


def test_registers_show_the_load() -> None:
    rig = Rig()
    rig.shed.bikes[1].plug("la48_20", 0.0)
    rig.close_outlet()
    rig.run("2 h")
    truth_w, truth_wh = rig.shed.outlets[1].power_w(), rig.shed.outlets[1].energy_j() / 3600
    reading = decode(poll(rig)[0][1])
    assert reading["watts"] == pytest.approx(truth_w, abs=0.06)
    assert truth_wh > 280
    assert reading["wh"] == int(truth_wh)
    assert reading["amps"] == pytest.approx(truth_w / (220 * 0.6), abs=0.001)
    assert reading["pf"] == 0.60
    assert decode(poll(rig, 12)[0][1])["wh"] == 0


def test_high_words_are_used() -> None:
    rig = Rig()
    rig.shed.meters[1].reset_energy()
    rig.shed.bikes[1].plug("heater")
    rig.close_outlet()
    rig.shed.mains.set_volts(250.0)
    rig.shed.meters[1].scale(10.0)
    reading = decode(poll(rig)[0][1])
    assert reading["watts"] == pytest.approx(15000 * (250 / 220) ** 2, abs=0.1)
    assert reading["amps"] > 65.536
    assert reading["alarm"] == 0xFFFF


def test_energy_survives_an_outage_and_scale_counts_from_now_on() -> None:
    rig = Rig()
    rig.shed.bikes[1].plug("heater")
    rig.close_outlet()
    rig.run("1 h")
    meter = rig.shed.meters[1]
    first = meter.energy_j()
    meter.scale(1.02)
    rig.run("1 h")
    assert meter.energy_j() - first == pytest.approx(1500 * 3600 * 1.02)
    before = meter.energy_j()
    rig.shed.mains.off()
    rig.run("1 s")
    assert poll(rig) == []
    rig.shed.mains.on()
    rig.run("1 s")
    assert decode(poll(rig)[0][1])["wh"] == int(before / 3600)


def test_a_load_below_the_starting_power_reads_zero() -> None:
    rig = Rig()
    rig.shed.bikes[1].plug("li48v", 1.0)
    rig.close_outlet()
    rig.run("1 h")
    rig.shed.meters[1].scale(0.2)
    assert 0 < rig.shed.outlets[1].power_w() * 0.2 < 0.4
    assert decode(poll(rig)[0][1])["watts"] == 0


def test_reset_energy_is_echoed() -> None:
    rig = Rig()
    rig.shed.bikes[1].plug("heater")
    rig.close_outlet()
    rig.run("1 h")
    request = with_crc(bytes([11, 0x42]))
    rig.uart_send(UART, 9600, request)
    rig.run("1 s")
    assert rig.uart_received(UART)[0][1] == request
    assert decode(poll(rig)[0][1])["wh"] == 0


def test_a_register_that_is_not_there_gets_an_exception() -> None:
    rig = Rig()
    rig.uart_send(UART, 9600, with_crc(struct.pack(">BBHH", 11, 4, 0, 11)))
    rig.run("1 s")
    assert rig.uart_received(UART)[0][1] == with_crc(bytes([11, 0x84, 2]))


@pytest.mark.parametrize("spoil", ["address", "crc", "baud", "half"])
def test_nobody_answers_what_is_not_a_request(spoil: str) -> None:
    rig = Rig()
    body = with_crc(struct.pack(">BBHH", 99 if spoil == "address" else 11, 4, 0, 10))
    if spoil == "crc":
        body = body[:-1] + bytes([body[-1] ^ 1])
    if spoil == "half":
        body = body[:5]
    rig.uart_send(UART, 4800 if spoil == "baud" else 9600, body)
    rig.run("1 s")
    assert rig.uart_received(UART) == []
    assert decode(poll(rig)[0][1])["address"] == 11


def test_a_request_in_two_pieces_is_heard_only_without_a_pause() -> None:
    request = with_crc(struct.pack(">BBHH", 11, 4, 0, 10))
    for pause, answers in (("3 ms", 1), ("6 ms", 0)):
        rig = Rig()
        rig.uart_send(UART, 9600, request[:5])
        rig.run(5 * CHAR_NS)
        rig.run(pause)
        rig.uart_send(UART, 9600, request[5:])
        rig.run("1 s")
        assert len(rig.uart_received(UART)) == answers


def test_faults_do_what_they_say() -> None:
    rig = Rig()
    meter = rig.shed.meters[1]
    usual = poll(rig)[0]
    assert decode(usual[1])["address"] == 11

    meter.fault("off")
    assert poll(rig) == []
    meter.fault("garbage")
    with pytest.raises(AssertionError):
        decode(poll(rig)[0][1])
    meter.fault("wrong")
    assert decode(poll(rig)[0][1])["address"] == 12
    start = rig.world.now_ns
    meter.fault("slow")
    assert poll(rig)[0][0] - start > 130 * MS
    start = rig.world.now_ns
    meter.fault("delayed")
    assert poll(rig)[0][0] - start > 900 * MS
    meter.fault("intermittent")
    assert 4 <= sum(len(poll(rig)) for _ in range(20)) <= 16
    meter.fault("noisy")
    bad = 0
    for _ in range(20):
        try:
            decode(poll(rig)[0][1])
        except AssertionError:
            bad += 1
    assert 5 <= bad <= 19
    meter.fault("ok")
    assert decode(poll(rig)[0][1])["address"] == 11
    with pytest.raises(ValueError, match="stuck"):
        meter.fault("dead")


def test_a_stuck_meter_goes_on_saying_the_same() -> None:
    rig = Rig()
    rig.shed.bikes[1].plug("heater")
    rig.close_outlet()
    rig.run("1 h")
    rig.shed.meters[1].fault("stuck")
    frozen = decode(poll(rig)[0][1])
    rig.run("1 h")
    assert decode(poll(rig)[0][1]) == frozen


def test_a_meter_that_misreads_zeros_or_is_set_back_lies_and_remembers_since_when() -> None:
    rig = Rig()
    rig.shed.bikes[1].plug("heater")
    rig.close_outlet()
    rig.run("1 h")
    meter = rig.shed.meters[1]
    meter.misreads(30)
    assert decode(poll(rig)[0][1])["wh"] == pytest.approx(1531, abs=2)
    assert decode(poll(rig)[0][1])["wh"] == pytest.approx(1501, abs=3)
    meter.fault("zeros")
    assert set(decode(poll(rig)[0][1]).values()) == {0, 11}
    meter.fault("ok")
    meter.reset_energy()
    assert decode(poll(rig)[0][1])["wh"] <= 1
    assert [lie.fault for lie in meter.lies] == ["misread", "zeros", "ok", "reset"]
    assert meter.lies[0].delivered_mwh == pytest.approx(1_500_000, rel=0.01)


def test_a_master_that_speaks_into_an_answer_is_not_understood() -> None:
    rig = Rig()
    rig.uart_send(UART, 9600, with_crc(struct.pack(">BBHH", 11, 4, 0, 10)))
    rig.run("50 ms")
    rig.uart_send(UART, 9600, with_crc(struct.pack(">BBHH", 12, 4, 0, 10)))
    rig.run("1 s")
    assert rig.shed.buses["rs485-1"].collisions == 1
    assert len(rig.uart_received(UART)) == 1


def test_two_meters_with_one_address_spoil_each_other() -> None:
    rig = Rig()
    bus = rig.shed.buses["rs485-1"]
    bus.meters[1].address = 11
    twin = type(bus)(rig.world, rig.port, 9, 9600, bus.meters[:2])
    rig.uart_send(9, 9600, with_crc(struct.pack(">BBHH", 11, 4, 0, 10)))
    rig.run("1 s")
    assert twin.collisions == 2
    frames = [frame for _at, frame in rig.uart_received(9)]
    assert len(frames) == 2
    for frame in frames:
        with pytest.raises(AssertionError):
            decode(frame)


def test_the_same_seed_gives_the_same_answers_and_another_another() -> None:
    def times(seed: int) -> list[int]:
        rig = Rig(seed=seed)
        return [poll(rig)[0][0] for _ in range(5)]

    assert times(1) == times(1)
    assert times(1) != times(2)


def test_a_meter_below_its_range_measures_oddly_and_further_down_is_silent() -> None:
    rig = Rig()
    rig.shed.bikes[1].plug("heater")
    rig.close_outlet()
    rig.shed.mains.set_volts(80.0)
    assert decode(poll(rig)[0][1])["volts"] == 80.0
    rig.shed.mains.set_volts(75.0)
    seen = {decode(poll(rig)[0][1])["volts"] for _ in range(5)}
    assert len(seen) > 1 and all(20 < volts < 75 for volts in seen)
    rig.shed.mains.set_volts(60.0)
    assert poll(rig) == []
