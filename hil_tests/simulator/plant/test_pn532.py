"""The card reader, frame by frame. Frames are typed out from the chip's manual, not built by the code under test."""

from __future__ import annotations

import pytest
from shedbench.plant.rig import Rig
from shedbench.plant.units import MS

UART, BAUD = 2, 115200
WAKE = bytes.fromhex("5555000000000000000000000000000000")
ACK = bytes.fromhex("0000FF00FF00")
SAM = bytes.fromhex("0000FF05FBD4140114010200")
VERSION = bytes.fromhex("0000FF02FED4022A00")
LIST = bytes.fromhex("0000FF04FCD44A0100E100")
RETRIES_2 = bytes.fromhex("0000FF06FAD43205FF0102F300")


def talk(rig: Rig, data: bytes, wait: str = "100 ms") -> list[bytes]:
    rig.uart_send(UART, BAUD, data)
    rig.run(wait)
    return [payload for _at, payload in rig.uart_received(UART)]


def awake() -> Rig:
    rig = Rig()
    assert talk(rig, WAKE + bytes.fromhex("0000FF03FDD414011700")) == [ACK, bytes.fromhex("0000FF02FED5151600")]
    return rig


def test_it_sleeps_until_it_is_woken() -> None:
    rig = Rig()
    assert talk(rig, VERSION) == []
    assert talk(rig, b"\x55") == []
    assert talk(rig, VERSION)[0] == ACK


def test_firmware_version() -> None:
    assert talk(awake(), VERSION) == [ACK, bytes.fromhex("0000FF06FAD50332010607E800")]


def test_a_frame_with_a_wrong_checksum_is_not_acknowledged() -> None:
    rig = awake()
    assert talk(rig, VERSION[:-2] + b"\x2b\x00") == []
    assert talk(rig, VERSION)[0] == ACK


def test_without_a_card_endless_attempts_stay_silent_and_the_card_ends_them() -> None:
    rig = awake()
    assert talk(rig, LIST, "5 s") == [ACK]
    rig.shed.cards["resident"].tap()
    rig.run("10 ms")
    replies = [payload for _at, payload in rig.uart_received(UART)]
    assert replies == [bytes.fromhex("0000FF0CF4D54B0101000408") + bytes.fromhex("0404A1B2C3") + bytes.fromhex("B400")]


@pytest.mark.parametrize(("name", "uid"), [("resident", "04A1B2C3"), ("neighbour", "0411223344AA80"), ("visitor", "08112233445566778899")])
def test_uids_of_all_lengths(name: str, uid: str) -> None:
    rig = awake()
    rig.shed.cards[name].tap("1 s")
    ack, reply = talk(rig, LIST)
    assert ack == ACK
    length = reply[3]
    assert (reply[3] + reply[4]) & 0xFF == 0
    assert sum(reply[5 : 6 + length]) & 0xFF == 0
    assert reply[5:9] == bytes.fromhex("D54B0101")
    assert reply[12] == len(bytes.fromhex(uid))
    assert reply[13 : 5 + length] == bytes.fromhex(uid)


def test_limited_attempts_end_with_no_target() -> None:
    rig = awake()
    assert talk(rig, RETRIES_2) == [ACK, bytes.fromhex("0000FF02FED533F800")]
    start = rig.world.now_ns
    rig.uart_send(UART, BAUD, LIST)
    rig.run("200 ms")
    (_at, ack), (at, reply) = rig.uart_received(UART)
    assert (ack, reply) == (ACK, bytes.fromhex("0000FF03FDD54B00E000"))
    assert 10 * MS < at - start < 40 * MS


def test_an_ack_from_the_host_aborts_the_search() -> None:
    rig = awake()
    talk(rig, LIST)
    talk(rig, ACK)
    rig.shed.cards["resident"].tap()
    rig.run("100 ms")
    assert rig.uart_received(UART) == []


def test_a_card_that_left_is_not_found() -> None:
    rig = awake()
    talk(rig, RETRIES_2)
    rig.shed.cards["resident"].tap("200 ms")
    rig.run("300 ms")
    assert talk(rig, LIST)[1] == bytes.fromhex("0000FF03FDD54B00E000")


def test_an_unknown_command_gets_the_error_frame() -> None:
    assert talk(awake(), bytes.fromhex("0000FF02FED460CC00"))[1] == bytes.fromhex("0000FF01FF7F8100")


def test_faults() -> None:
    rig = awake()
    reader = rig.shed.readers["main"]
    reader.fault("stuck")
    assert talk(rig, VERSION) == [ACK]
    reader.fault("garbage")
    ack, noise = talk(rig, VERSION)
    assert ack == ACK
    assert noise[:3] != bytes.fromhex("0000FF")
    reader.fault("off")
    assert talk(rig, VERSION) == []
    reader.fault("ok")
    assert talk(rig, VERSION) == []  # asleep again after its power cut
    assert talk(rig, WAKE + VERSION)[0] == ACK


def test_it_loses_its_power_with_the_mains() -> None:
    rig = awake()
    rig.shed.mains.off()
    rig.run("1 s")
    rig.shed.mains.on()
    rig.run("1 s")
    assert talk(rig, VERSION) == []


def test_two_people_at_the_reader_each_take_their_own_card_away() -> None:
    rig = Rig()
    reader = rig.shed.readers["main"]
    first, second = rig.shed.cards["stranger"], rig.shed.cards["resident"]
    first.tap("500 ms")
    rig.run("300 ms")
    second.tap("5 s")
    rig.run("4900 ms")
    assert reader.uid == second.data.uid, "the first card was removed long ago, the second is still there"
    first.tap("50 ms")
    assert reader.uid == first.data.uid
    rig.run("60 ms")
    assert reader.uid == second.data.uid
    rig.run("100 ms")
    assert reader.uid is None
