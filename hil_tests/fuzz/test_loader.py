"""On any input the ROM loader or the stub answers or is silent: it raises nothing, keeps to its flash, and syncs afterwards."""

from __future__ import annotations

import random
import struct
import zlib
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Final

import pytest
from shedbench.rom_loader import slip

from hil_tests.fuzz.budget import seeds
from hil_tests.simulator.rom_loader.loader_client import SYNC, Client

COMMANDS: Final = (*range(0x02, 0x15), *range(0xD0, 0xD5), 0, 1, 0x7F, 0xFF)
NUMBERS: Final = (0, 1, 4, 1023, 1024, 4096, 0x3FF5A004, 0x40080000, (1 << 20) - 1, 1 << 20, 1 << 31, (1 << 32) - 1)


def _request(chance: random.Random) -> bytes:
    command = chance.choice(COMMANDS)
    numbers = [chance.choice(NUMBERS) for _ in range(chance.randrange(0, 7))]
    data = chance.choice((b"", chance.randbytes(chance.randrange(1, 200)), zlib.compress(bytes(chance.randrange(1, 5000)))))
    if chance.random() < 0.5:
        numbers[:1] = [len(data)]
    body = struct.pack(f"<{len(numbers)}I", *numbers) + data
    checksum = reduce(xor, data, 0xEF) if chance.random() < 0.7 else chance.choice(NUMBERS)
    length = len(body) if chance.random() < 0.9 else chance.randrange(65536)
    return struct.pack("<BBHI", 0 if chance.random() < 0.95 else chance.randrange(256), command, length, checksum) + body


def _bytes(chance: random.Random) -> bytes:
    """A frame, a damaged frame or noise."""
    frame = bytearray(slip.encode(_request(chance)))
    kind = chance.random()
    if kind < 0.2:
        for _ in range(chance.randrange(1, 5)):
            frame[chance.randrange(len(frame))] = chance.choice((0xC0, 0xDB, 0xDC, 0xDD, chance.randrange(256)))
    elif kind < 0.3:
        del frame[chance.randrange(len(frame)) :]
    elif kind < 0.35:
        return chance.randbytes(chance.randrange(1, 300))
    return bytes(frame)


def attack(directory: Path, seed: int) -> None:
    """Two hundred pieces, then a sync. After a request to leave, a new loader follows."""
    chance = random.Random(f"loader/{seed}")
    path = directory / "flash.bin"
    client = _client(path, chance)
    try:
        for _ in range(200):
            client = _fed(client, _bytes(chance), path, chance)
        client = _fed(client, slip.encode(b"") * 2, path, chance)  # ends a frame that was going on, and that may be the one to leave
        client = _fed(client, slip.encode(b"\xff" * 4), path, chance)  # ends a read that was going on: never sent so much
        client.send(0x08, SYNC)
        assert client.frames, f"seed {seed}: no answer to a sync"
    except Exception as error:
        raise AssertionError(f"seed {seed}: {error!r}") from error
    finally:
        client.flash.close()
    assert path.stat().st_size == 1 << 20, f"seed {seed}: the flash has another size"


def _fed(client: Client, data: bytes, path: Path, chance: random.Random) -> Client:
    """The client after ``data``: a new one if that ended the loader."""
    client.loader.feed(data)
    client.frames.clear()
    if client.left is None:
        return client
    client.flash.close()
    return _client(path, chance)


def _client(path: Path, chance: random.Random) -> Client:
    client = Client(path)
    if chance.random() < 0.5:
        client.start_stub()
    return client


def fuzz(directory: Path, first: int, count: int | None) -> None:
    print(f"from seed {first} on")
    for seed in seeds(first, count):
        attack(directory, seed)


def test_anything_at_the_loader_raises_nothing(tmp_path: Path):
    fuzz(tmp_path, 1, 100)


@pytest.mark.parametrize("seed", [1296238505, 1424149854])
def test_what_once_went_unanswered_is_answered(tmp_path: Path, seed: int):
    """1296238505: a read of the stub that waits for its first acknowledgement. 1424149854: a half request to leave, ended by the sync."""
    attack(tmp_path, seed)


@pytest.mark.long
def test_a_minute_of_anything_at_the_loader_raises_nothing(tmp_path: Path, seed: int):
    fuzz(tmp_path, seed, None)
