"""The ROM's loader and the stub, request by request: what esptool never does, or does not report."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shedbench.rom_loader import slip
from shedbench.rom_loader.chips import crc8_maxim
from shedbench.rom_loader.loader import Leave

from .loader_client import MAC, SYNC, Client

OK_ROM, OK_STUB = b"\0\0\0\0", b"\0\0"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    client = Client(tmp_path / "flash.bin")
    yield client
    client.flash.close()


@given(st.lists(st.binary(min_size=1, max_size=40)), st.data())
def test_slip_frames_survive_any_cutting(frames: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(slip.encode(frame) for frame in frames)
    cut = data.draw(st.integers(0, len(stream)))
    decoder = slip.Decoder()
    assert [*decoder.feed(stream[:cut]), *decoder.feed(stream[cut:])] == frames and decoder.dropped == 0


def test_slip_drops_what_is_no_frame_and_goes_on() -> None:
    decoder = slip.Decoder()
    assert list(decoder.feed(b"noise" + slip.encode(b"one") + b"\xc0bad\xdb\x00\xc0" + slip.encode(b"two"))) == [b"one", b"two"]
    assert decoder.dropped == len(b"noise") + len(b"bad\xdb\x00")
    assert list(decoder.feed(b"\xc0" + bytes(3 * slip.MAX_FRAME))) == []
    assert list(decoder.feed(slip.encode(b"three"))) == [b"three"]


def test_sync_is_answered_eight_times_with_a_value_that_tells_rom_from_stub(client: Client) -> None:
    client.send(0x08, SYNC)
    assert len(client.frames) == 8 and all(struct.unpack_from("<I", frame, 4)[0] for frame in client.frames)
    client.frames.clear()
    client.start_stub()
    client.send(0x08, SYNC)
    assert [struct.unpack_from("<I", frame, 4)[0] for frame in client.frames] == [0] * 8


def test_the_mac_is_in_the_fuses_with_its_crc(client: Client) -> None:
    low, high = client.words(0x0A, 0x3FF5A004)[0], client.words(0x0A, 0x3FF5A008)[0]
    assert struct.pack(">II", high, low)[2:] == MAC and high >> 16 == crc8_maxim(MAC)
    client.words(0x09, 0x3FF5A004, 0, 0xFFFFFFFF, 0)
    assert client.words(0x0A, 0x3FF5A004)[0] == low


def test_a_wrong_checksum_length_or_order_is_refused_and_nothing_is_written(client: Client) -> None:
    block = struct.pack("<IIII", 4, 0, 0, 0) + bytes(4)
    assert client.ask(0x03, block, 0xEF)[1][:2] == b"\x01\x06"  # no FLASH_BEGIN
    client.words(0x02, 4096, 1, 1024, 0)
    assert client.ask(0x03, block, 0x00)[1][:2] == b"\x01\x07"
    assert client.ask(0x03, struct.pack("<IIII", 5, 0, 0, 0) + bytes(4), 0xEF)[1][:2] == b"\x01\x05"
    assert client.ask(0x11, block, 0xEF)[1][:2] == b"\x01\x06"  # begun as plain
    assert client.ask(0x0A, b"\0\0")[1][:2] == b"\x01\x05"
    assert client.flash.read(0, 4096) == b"\xff" * 4096


def test_flash_keeps_nor_rules_and_its_end(client: Client) -> None:
    client.flash.program(0, b"\xf0")
    client.flash.program(0, b"\x3c")
    assert client.flash.read(0, 1) == b"\x30"
    assert client.words(0x02, 4096, 4, 1024, (1 << 20) - 1024)[1][:2] == b"\x01\x06"
    assert client.words(0x0E, (1 << 20) - 10, 64)[1][:2] == b"\x01\x06"
    assert client.words(0x13, 0, (1 << 20) + 1, 0, 0)[1][:2] == b"\x01\x06"


def test_the_rom_believes_in_two_megabytes_until_it_is_told(tmp_path: Path) -> None:
    client = Client(tmp_path / "flash.bin", 4 << 20)
    assert client.words(0x0E, 3 << 20, 16)[1][:2] == b"\x01\x06"
    client.words(0x0B, 0, 4 << 20, 65536, 4096, 256, 0xFFFF)
    assert client.words(0x0E, 3 << 20, 16)[1] == b"\xff" * 16 + bytes(48) + OK_ROM


def test_the_rom_erases_at_once_and_the_stub_as_it_comes_there(client: Client) -> None:
    client.flash.program(0, bytes(8192))
    client.words(0x02, 8192, 8, 1024, 0)
    assert client.flash.read(0, 8192) == b"\xff" * 8192
    client.flash.program(0, bytes(8192))
    client.start_stub()
    client.words(0x02, 8192, 8, 1024, 0, 0)
    assert client.data(0x03, b"A" * 1024) == OK_STUB
    assert client.flash.read(0, 8192) == b"A" * 1024 + b"\xff" * 3072 + bytes(4096)


def test_broken_or_too_long_compressed_data_is_refused(client: Client) -> None:
    client.start_stub()
    client.words(0x10, 100, 1, 1024, 0, 0)
    assert client.data(0x11, b"no zlib stream") == b"\x01\xc7"
    client.words(0x10, 100, 1, 1024, 0, 0)
    assert client.data(0x11, zlib.compress(bytes(101))) == b"\x01\xc9"
    client.words(0x10, 100, 1, 1024, 0, 0)
    packed = zlib.compress(b"x" * 100)
    assert client.data(0x11, packed[:3]) == OK_STUB and client.data(0x11, packed[3:], 1) == OK_STUB
    assert client.flash.read(0, 101) == b"x" * 100 + b"\xff"


def test_unknown_requests(client: Client) -> None:
    client.send(0x14, b"")
    assert len(client.frames) == 8 and all(frame[8:10] == b"\x01\x05" for frame in client.frames)
    client.frames.clear()
    client.start_stub()
    assert client.ask(0x14)[1] == b"\x01\xff"


def test_a_stub_read_keeps_its_window_and_ends_on_nonsense(client: Client) -> None:
    content = bytes(range(256)) * 64
    client.flash.program(0, content)
    client.start_stub()
    client.send(0xD2, struct.pack("<IIII", 0, len(content), 4096, 2))
    assert [len(frame) for frame in client.frames] == [10, 4096, 4096]
    client.loader.feed(slip.encode(struct.pack("<I", 4096)))
    assert len(client.frames) == 4
    for count in (8192, 12288, 16384):
        client.loader.feed(slip.encode(struct.pack("<I", count)))
    assert b"".join(client.frames[1:5]) == content and client.frames[5] == hashlib.md5(content).digest()
    client.frames.clear()
    client.send(0xD2, struct.pack("<IIII", 0, len(content), 4096, 1))
    client.loader.feed(slip.encode(b"what?"))
    client.frames.clear()
    assert client.words(0x0A, 0x40001000)[0] == 0x00F01D83


def test_the_ways_out(client: Client) -> None:
    client.words(0x02, 0, 0, 1024, 0)
    client.words(0x04, 1)
    assert client.left is Leave.RUN
    client.loader.feed(slip.encode(struct.pack("<BBHI", 0, 0x0A, 4, 0) + bytes(4)))
    assert not client.frames  # no loader answers any more


def test_the_stub_stays_or_resets(client: Client) -> None:
    client.start_stub()
    client.words(0x02, 0, 0, 1024, 0, 0)
    client.words(0x04, 1)
    assert client.left is None
    client.words(0x02, 0, 0, 1024, 0, 0)
    client.words(0x04, 0)
    assert client.left is Leave.RESET


def test_the_speed_changes_after_the_answer(client: Client) -> None:
    assert client.words(0x0F, 921600, 0)[1] == OK_ROM and client.baud == 921600
    assert client.words(0x0F, 7, 0)[1][:2] == b"\x01\x06" and client.baud == 921600
    assert client.words(0x0A, 0x3FF40014)[0] == 40_000_000 // 921600
