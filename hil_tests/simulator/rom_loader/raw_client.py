"""A bare RFC 2217 client for tests, and as a program one that opens and closes a port many times.

python -m hil_tests.simulator.rom_loader.raw_client PORT COUNT ORDER GAP_MS

ORDER says what an open does to the lines, for example ``D+R+R-D-``: DTR asserted, RTS asserted, RTS released, DTR released. Each is
followed by GAP_MS and up to half a millisecond more.
"""

from __future__ import annotations

import random
import socket
import sys
import time

CODES = {"D+": 8, "D-": 9, "R+": 11, "R-": 12}
_HELLO = bytes((255, 251, 44))  # IAC WILL COM-PORT
_AGREED = bytes((255, 253, 44))


def control(change: str) -> bytes:
    """The request for one line."""
    return bytes((255, 250, 44, 5, CODES[change], 255, 240))


def acknowledged(change: str) -> bytes:
    """Its answer."""
    return bytes((255, 250, 44, 105, CODES[change], 255, 240))


def wait_for(connection: socket.socket, wanted: bytes) -> None:
    """Read until ``wanted`` has come."""
    got = b""
    while wanted not in got:
        chunk = connection.recv(4096)
        if not chunk:
            raise ConnectionError(f"gone before {wanted.hex()}; got {got.hex()}")
        got += chunk


def main(port: int, count: int, order: str, gap_ms: float) -> None:
    """Open ``count`` times."""
    changes = [order[index : index + 2] for index in range(0, len(order), 2)]
    chance = random.Random(1)
    for _ in range(count):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(_HELLO)
            wait_for(connection, _AGREED)
            for change in changes:
                connection.sendall(control(change))
                time.sleep(gap_ms / 1000 + chance.random() * 0.0005)
            wait_for(connection, acknowledged(changes[-1]))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], float(sys.argv[4]))
