"""The telnet COM-PORT option, request by request. pyserial's client is in test_tools_network.py."""

from __future__ import annotations

import random

from shedbench.rom_loader import telnet
from shedbench.rom_loader.com_port import ComPort


class Adapter:
    """The calls of the option on the port."""

    def __init__(self) -> None:
        self.baud = 115200
        self.dtr = False
        self.rts = False

    def set_baud(self, baud: int) -> None:
        self.baud = baud

    def set_line(self, dtr: bool | None = None, rts: bool | None = None) -> None:
        self.dtr = self.dtr if dtr is None else dtr
        self.rts = self.rts if rts is None else rts


class Client:
    """``sent`` is what the port sent to it."""

    def __init__(self) -> None:
        self.adapter = Adapter()
        self.sent = bytearray()
        self.port = ComPort(self.adapter, self.sent.extend)

    def request(self, *content: int) -> bytes:
        """The answer to one sub-negotiation of the COM-PORT option, without its frame."""
        self.sent.clear()
        assert self.port.feed(telnet.subnegotiation(telnet.COM_PORT, bytes(content))) == b""
        if not self.sent:
            return b""
        assert self.sent[:3] == b"\xff\xfa\x2c" and self.sent[-2:] == b"\xff\xf0"
        return bytes(self.sent[3:-2]).replace(b"\xff\xff", b"\xff")


def test_options_are_agreed_once_and_unknown_ones_refused() -> None:
    client = Client()
    assert client.port.feed(bytes((255, 251, 44))) == b""
    assert client.sent == b"\xff\xfd\x2c" + b"\xff\xfa\x2c\x6b\x00\xff\xf0"  # DO COM-PORT, and a first modem state
    client.sent.clear()
    client.port.feed(bytes((255, 251, 44)))
    assert not client.sent
    client.port.feed(bytes((255, 253, 24, 255, 251, 31)))  # DO TERMINAL-TYPE, WILL NAWS
    assert client.sent == b"\xff\xfc\x18\xff\xfe\x1f"
    client.sent.clear()
    client.port.feed(bytes((255, 253, 1, 255, 254, 1, 255, 254, 1)))
    assert client.sent == b"\xff\xfb\x01\xff\xfc\x01"


def test_settings() -> None:
    client = Client()
    assert client.request(1, 0, 0, 0, 0) == bytes((101, 0, 1, 0xC2, 0))
    assert client.request(1, 0, 14, 0x10, 0) == bytes((101, 0, 14, 0x10, 0)) and client.adapter.baud == 921600
    assert client.request(1, 0, 0, 0, 255) == bytes((101, 0, 0, 0, 255)) and client.adapter.baud == 255
    assert client.request(2, 0) == bytes((102, 8)) and client.request(2, 7) == bytes((102, 7)) and client.request(2, 99) == bytes((102, 7))
    assert client.request(3, 3) == bytes((103, 3)) and client.request(4, 2) == bytes((104, 2))
    assert client.request(0).startswith(b"\x64ShedGuard")


def test_lines_states_and_purge() -> None:
    client = Client()
    assert client.request(5, 8) == bytes((105, 8)) and client.adapter.dtr
    assert client.request(5, 11) == bytes((105, 11)) and client.adapter.rts
    assert client.request(5, 7) == bytes((105, 8)) and client.request(5, 10) == bytes((105, 11))
    assert client.request(5, 9) == bytes((105, 9)) and client.request(5, 12) == bytes((105, 12))
    assert not client.adapter.dtr and not client.adapter.rts
    assert client.request(5, 1) == bytes((105, 1)) and client.request(5, 3) == bytes((105, 1))  # no flow control to be had
    assert client.request(5, 5) == bytes((105, 5)) and client.request(5, 4) == bytes((105, 5)) and client.request(5, 6) == bytes((105, 6))
    assert client.request(6) == bytes((106, 0x60)) and client.request(7) == bytes((107, 0))
    assert (
        client.request(10, 3) == bytes((110, 3))
        and client.request(11, 255) == bytes((111, 255))
        and client.request(12, 3) == bytes((112, 3))
    )
    assert client.request(8) == b"" and client.port.suspended
    assert client.request(9) == b"" and not client.port.suspended


def test_data_goes_through_unchanged_however_it_is_cut() -> None:
    chance = random.Random(1)
    data = bytes(range(256)) * 4
    stream = telnet.escape(data[:500]) + telnet.subnegotiation(44, b"\x05\x08") + bytes((255, 241)) + telnet.escape(data[500:])
    client = Client()
    got = b""
    while stream:
        cut = chance.randrange(1, 6)
        got += client.port.feed(stream[:cut])
        stream = stream[cut:]
    assert got == data and client.adapter.dtr
    client.sent.clear()
    client.port.data(data)
    assert client.sent == telnet.escape(data)


def test_an_endless_or_empty_subnegotiation_changes_nothing() -> None:
    client = Client()
    assert client.port.feed(b"\xff\xfa" + b"\x2c\x05\x08" + bytes(100_000) + b"\xff\xf0ok") == b"ok"
    assert client.port.feed(b"\xff\xfa\xff\xf0ok") == b"ok"
    assert client.request(5) == b"" and client.request() == b"" and client.request(1, 0, 0) == b""
    assert not client.adapter.dtr and not client.sent
