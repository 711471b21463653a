"""The log of every link packet with its time: what the determinism tests compare, byte for byte."""

from __future__ import annotations

from pathlib import Path


class LinkLog:
    """Lines ``> hex`` (plant to board) and ``< hex`` (board to plant), in order. FORKs are left out: they carry a path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._out = path.open("w", encoding="ascii")

    def sent(self, packet: bytes) -> None:
        """A packet to the board."""
        self._out.write(f"> {packet.hex()}\n")

    def received(self, packet: bytes | memoryview) -> None:
        """A packet from the board."""
        self._out.write(f"< {packet.hex()}\n")

    def close(self) -> None:
        """Write what is buffered and close."""
        self._out.close()
