"""RFC 2217 for real: opens that reset and opens that do not, two clients and a terminal on one line, garbage."""

from __future__ import annotations

import contextlib
import os
import random
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from shedbench.rom_loader import slip

from .loader_client import SYNC
from .rig import Rig, served


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with served() as rig:
        yield rig


def number(rig: Rig) -> int:
    """The TCP port."""
    return int(rig.port.url.rsplit(":", 1)[1])


def connected(rig: Rig) -> socket.socket:
    """A plain client that negotiates nothing."""
    connection = socket.create_connection(("127.0.0.1", number(rig)))
    connection.setblocking(False)
    return connection


def opens(rig: Rig, count: int, order: str, gap_ms: float = 0.0) -> None:
    command = [sys.executable, "-m", "hil_tests.simulator.rom_loader.raw_client", str(number(rig)), str(count), order, str(gap_ms)]
    with subprocess.Popen(command) as process:
        rig.until(lambda: process.poll() is not None, 60)
    assert process.returncode == 0


def test_a_thousand_quiet_opens_do_not_reset_the_board(rig: Rig) -> None:
    """Both lines rise as with pyserial, and fall as with open_quietly when it cannot clear both at once."""
    before, said = len(rig.bench.board.resets), rig.bench.serial.position
    opens(rig, 1000, "D+R+R-D-")
    assert len(rig.bench.board.resets) == before and rig.bench.board.mode == "running"
    assert rig.bench.serial.position == said  # not even a soft reset


@pytest.mark.parametrize("order", ["D+R+D-R-", "R+D+"])
def test_a_careless_open_resets_it(rig: Rig, order: str) -> None:
    before, position = rig.resets, rig.bench.serial.position
    opens(rig, 1, order, gap_ms=5.0)  # shorter than 0.1 ms is nothing to the capacitor
    rig.until_prompt(position)
    assert rig.resets == before + 1


def test_clients_and_terminal_share_one_line(rig: Rig) -> None:
    terminal = os.open(rig.port.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    one, two = connected(rig), connected(rig)
    rig.for_seconds(0.05)
    while select.select([terminal], [], [], 0)[0]:
        os.read(terminal, 4096)
    heard = {"one": b"", "two": b"", "terminal": b""}

    def listen() -> bool:
        for name, place in (("one", one), ("two", two)):
            if select.select([place], [], [], 0)[0]:
                heard[name] += place.recv(4096)
        if select.select([terminal], [], [], 0)[0]:
            heard["terminal"] += os.read(terminal, 4096)
        return all(b"\r\n42\r\n>>> " in text for text in heard.values())

    for write in (one.send, two.send, lambda data: os.write(terminal, data)):
        for name in heard:
            heard[name] = b""
        write(b"print(6*7)\r")
        rig.until(listen)
    assert heard["one"] == heard["two"] == heard["terminal"]
    one.close()
    two.close()
    os.close(terminal)


def test_a_client_that_does_not_read_stops_nobody(rig: Rig) -> None:
    deaf, other = connected(rig), connected(rig)
    other.send(b"for i in range(300): print('x' * 60)\r\r")
    heard = bytearray()

    def listen() -> bool:
        if select.select([other], [], [], 0)[0]:
            heard.extend(other.recv(65536))
        return heard.count(b"x" * 60) >= 300 and heard.endswith(b">>> ")

    rig.until(listen)
    deaf.close()
    other.close()


def test_the_boot_message_reaches_a_client(rig: Rig) -> None:
    client = connected(rig)
    rig.for_seconds(0.05)
    position = rig.bench.serial.position
    rig.press_reset()
    rig.until_prompt(position)
    rig.for_seconds(0.1)
    said = client.recv(65536)
    assert b"rst:0x1 (POWERON_RESET),boot:0x13" in said and said.index(b"rst:") < said.index(b"MicroPython")
    boots = len(rig.bench.board.boots)
    client.send(b"import machine; machine.reset()\r")
    rig.until(lambda: len(rig.bench.board.boots) > boots)
    rig.for_seconds(0.1)
    assert b"rst:0xc (SW_CPU_RESET),boot:0x13" in client.recv(65536)
    client.close()


def test_a_reset_that_is_served_late_is_one_reset(rig: Rig) -> None:
    """Both edges of EN before the board runs again, as on a busy machine."""
    client = connected(rig)
    rig.for_seconds(0.05)
    position, before = rig.bench.serial.position, rig.resets
    rig.port.set_lines(dtr=False, rts=True)
    time.sleep(0.05)
    rig.port.set_lines(dtr=False, rts=False)
    time.sleep(0.05)
    rig.until_prompt(position)
    rig.for_seconds(0.1)
    assert client.recv(65536).count(b"rst:") == 1 and rig.resets == before + 1
    client.close()


def test_at_another_speed_the_loader_hears_noise(rig: Rig) -> None:
    client = connected(rig)
    rig.enter_loader()
    loader = rig.port.rom.loader
    assert loader is not None
    for baud, heard in ((115200, 1), (9600, 1), (115300, 2), (115200, 3)):
        rig.port.adapter.set_baud(baud)
        client.send(slip.encode(b"\0\x08\x24\0\0\0\0\0" + SYNC))
        rig.for_seconds(0.05)
        assert loader.requests == heard
    client.close()
    rig.until(lambda: not rig.port.network.clients)
    position = rig.bench.serial.position
    rig.press_reset()
    rig.until_prompt(position)


def request(command: int, body: bytes) -> bytes:
    """As it goes over the network."""
    frame = bytes((0, command)) + len(body).to_bytes(2, "little") + bytes(4) + body
    return slip.encode(frame).replace(b"\xff", b"\xff\xff")


def garbage(chance: random.Random) -> bytes:
    """Noise, telnet commands, and requests to the loader (except those that leave it: test_loader.py), now and then a stub's upload."""
    kind = chance.randrange(8)
    noise = chance.randbytes(chance.randrange(1, 200))
    if kind == 0:
        return noise
    if kind == 1:
        return bytes((255, chance.choice((240, 250, 251, 252, 253, 254, 255)), chance.randrange(256))) + noise[:8]
    if kind == 2:
        return bytes((255, 250, 44, chance.randrange(16))) + noise[:6].replace(b"\xff", b"") + bytes((255, 240))
    if chance.random() < 0.01:
        return request(5, bytes(16)) + request(6, bytes(7) + b"\x40")
    body = chance.randbytes(chance.choice((0, 4, 8, 16, 24, 40)))
    if chance.random() < 0.5:
        body = bytes(byte & 0x0F if index % 4 < 2 else 0 for index, byte in enumerate(body))
    return request(chance.choice(sorted({*range(2, 20), 0xD0, 0xD1, 0xD2} - {4, 18})), body)


def throw(rig: Rig, seed: int, seconds: float) -> None:
    """Garbage from two clients, in the program and in the loader; afterwards the loader answers and the board boots."""
    chance = random.Random(seed)
    size = rig.bench.process.flash.stat().st_size
    requests = 0
    for in_loader in (False, True):
        if in_loader:
            rig.enter_loader()
        clients = [connected(rig), connected(rig)]
        end = time.monotonic() + seconds

        def step(clients: list[socket.socket] = clients, end: float = end) -> bool:
            nonlocal requests
            if rig.port.rom.loader is not None:
                requests = max(requests, rig.port.rom.loader.requests)
            for client in clients:
                with contextlib.suppress(BlockingIOError):
                    client.recv(1 << 16)
                with contextlib.suppress(BlockingIOError):
                    client.send(b"".join(garbage(chance) for _ in range(5)))
            return time.monotonic() > end

        rig.until(step, seconds + 20)
        for client in clients:
            client.close()
    rig.enter_loader()  # what is still on its way goes fast there
    rig.until(lambda: not rig.port.network.clients)
    assert requests > 100  # it came through to the loader
    assert rig.bench.process.flash.stat().st_size == size
    rig.enter_loader()
    assert rig.port.rom.loader is not None and rig.port.rom.loader.requests == 0


def test_garbage_is_survived() -> None:
    with served() as rig:
        image = rig.bench.process.flash.read_bytes()
        throw(rig, 1, 1.0)
        rig.bench.process.flash.write_bytes(image)  # the board is held in reset
        position = rig.bench.serial.position
        rig.press_reset()
        rig.until_prompt(position)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 8))
def test_more_garbage_is_survived(seed: int) -> None:
    with served() as rig:
        throw(rig, seed, 10.0)
