"""Packets of a real run to the board, some of them mutated. The board may refuse (exit 2), end (0) or go on; it must not crash."""

from __future__ import annotations

import random
import socket
import struct
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from shedbench.bench.bench import Bench
from shedbench.bench.board_process import find_binary
from shedbench.bench.residents import start_charging
from shedbench.link import link
from shedbench.places import SMALL_SITE as SITE

WAIT_S: Final = 2.0
ENDED, REFUSED, RUNS_ON = 0, 2, None
INTERESTING: Final = (0, 1, 7, 8, 9, 63, 64, 65, 255, 4095, 4096, 65535, 1 << 31, (1 << 32) - 1, 1 << 40, 1 << 63, (1 << 64) - 1)
TO_BOARD: Final = (*range(link.PIN_IN, link.SPI_ANSWER + 1), 0, 255)


class _Recorder:
    """Keeps what the plant sent; used in place of a link log."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def sent(self, packet: bytes) -> None:
        self.packets.append(bytes(packet))

    def received(self, packet: bytes | memoryview) -> None:
        pass

    def close(self) -> None:
        pass


def record(directory: Path) -> tuple[list[bytes], Path]:
    """The plant's packets of a short session with a trip, and the flash file it began with."""
    with Bench(site=SITE, seed=1, power=False) as bench:
        flash = directory / "flash.bin"
        bench.process.copy_flash(flash)
        recorder = _Recorder()
        bench.lockstep.log = recorder  # type: ignore[assignment]
        bench.spawn_board()
        bench.plant.psu.start()
        bench.run("12 s")
        start_charging(bench, 1)
        bench.console.type("status")
        bench.board.probe("print(1)")
        bench.board.stats()
        bench.smoke("bay").alarm()
        bench.run("2 s")
        return recorder.packets, flash


def _bits(packet: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randrange(1, 6)):
        packet[chance.randrange(len(packet))] ^= 1 << chance.randrange(8)


def _cut(packet: bytearray, chance: random.Random) -> None:
    del packet[chance.randrange(len(packet)) :]


def _longer(packet: bytearray, chance: random.Random) -> None:
    packet += chance.randbytes(chance.randrange(1, 3000))


def _header(packet: bytearray, chance: random.Random) -> None:
    layout, at = chance.choice((("<B", 0), ("<B", 1), ("<H", 2), ("<I", 4), ("<Q", 8), ("<Q", 16)))
    size = struct.calcsize(layout)
    struct.pack_into(layout, packet, at, chance.choice(INTERESTING) & ((1 << 8 * size) - 1))


def _records(packet: bytearray, chance: random.Random) -> None:
    """Appends well-formed records of any type, argument and payload."""
    (count,) = struct.unpack_from("<H", packet, 2)
    (now,) = struct.unpack_from("<Q", packet, 8)
    more = chance.randrange(1, 20)
    for _ in range(more):
        numbers = b"".join(struct.pack("<Q", chance.choice(INTERESTING)) for _ in range(chance.randrange(0, 4)))
        payload = chance.choice((b"", numbers, chance.randbytes(chance.randrange(1, 100)), chance.randbytes(chance.choice((1000, 60000)))))
        at = chance.choice((0, now, now + chance.randrange(10**9), *INTERESTING))
        kind = chance.choice(TO_BOARD)
        if kind == link.FLASH_COPY:
            payload = b""  # a path would be written to
        packet += link.RECORD.pack(kind, chance.choice((0, 1, 2, 3, 16, 39, 40, 255)), len(payload), at) + payload
    struct.pack_into("<H", packet, 2, (count + more) & 0xFFFF)


MUTATIONS: Final[tuple[Callable[[bytearray, random.Random], None], ...]] = (_bits, _cut, _longer, _header, *[_records] * 16)


def mutated(packet: bytes, chance: random.Random) -> bytes:
    """One of them."""
    changed = bytearray(packet)
    chance.choice(MUTATIONS)(changed, chance)
    return bytes(changed) or b"\0"


def replay(packets: list[bytes], flash: Path, seed: int) -> int | None:
    """Play the packets to a new board, mutated by ``seed``: how it ended, RUNS_ON when it did not. RuntimeError when it crashed."""
    chance = random.Random(f"link/{seed}")
    share = chance.choice((0.01, 0.03, 0.1, 0.3))
    begin = chance.choice((0, 0, len(packets) // 3, len(packets) * 2 // 3))
    with tempfile.TemporaryDirectory(prefix="shedguard-fuzz-") as directory:
        copy = Path(directory) / "flash.bin"
        copy.write_bytes(flash.read_bytes())
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        command = [str(find_binary()), "--flash", str(copy), "--link-fd", str(theirs.fileno()), "--seed", "1", "--start-ns", "0"]
        with subprocess.Popen(command, pass_fds=[theirs.fileno()], stderr=subprocess.PIPE, env={}, cwd=directory) as process:
            theirs.close()
            ours.settimeout(WAIT_S)
            try:
                gone = not _played(ours, packets, begin, share, chance)
            except TimeoutError:
                gone = False  # it was sent far into the future and runs on
            ours.close()
            try:
                code = process.wait(WAIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                return RUNS_ON
            said = process.stderr.read().decode("utf-8", "replace") if process.stderr is not None else ""
        if code not in (ENDED, REFUSED) or "runtime error" in said:  # the latter are the sanitizer's words
            raise RuntimeError(f"seed {seed}: the board ended with {code}: {said[-3000:]}")
        return code if gone else RUNS_ON


def _played(ours: socket.socket, packets: list[bytes], begin: int, share: float, chance: random.Random) -> bool:
    """Whether the board survived all of them."""
    try:
        if not ours.recv(1 << 20):
            return False
        for number, packet in enumerate(packets):
            ours.send(mutated(packet, chance) if number >= begin and chance.random() < share else packet)
            if not ours.recv(1 << 20):
                return False
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True
