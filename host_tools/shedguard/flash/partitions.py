"""A board's data partitions by label, in a flash file or on a board: what cards, backup and restore read and write.

Hazard: a write that leaves its partition, or one to a board with bikes charging. Offsets are checked against the board's own partition
table; who opens a board's flash refuses one with a live session (flash/channel.py).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from ..errors import FAILED, PROTOCOL, ShedError, reason
from ..formats import partition_table
from ..formats.partition_table import TABLE_OFFSET, TABLE_SIZE, Partition
from .channel import Channel

SECTOR: Final = 4096
Progress = Callable[[int, int], None]  # bytes done, bytes in all


class Partitions(Protocol):
    """Sectors of one board."""

    name: str
    rows: tuple[Partition, ...]

    def read(self, label: str, progress: Progress | None = None) -> bytes:
        """The whole partition. ShedError when there is none of that label."""
        ...

    def read_part(self, label: str, offset: int, size: int) -> bytes:
        """Some bytes of a partition."""
        ...

    def write(self, label: str, offset: int, data: bytes, progress: Progress | None = None) -> None:
        """Replace whole sectors from ``offset`` on; the rest of the last one is erased. Empty ``data`` erases one sector."""
        ...


class FlashFile:
    """The flash of an emulated board, in a file. Operations finish at once: no progress is reported."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, str(path)
        try:
            with path.open("rb") as file:
                file.seek(TABLE_OFFSET)
                table = file.read(TABLE_SIZE)
        except OSError as error:
            raise ShedError(f"cannot read {path}", reason(error), "name a flash file: shed emulate prints its path") from error
        self.rows = decode_table(table, self.name)

    def read(self, label: str, progress: Progress | None = None) -> bytes:  # noqa: ARG002  a file is too fast for progress
        """See `Partitions`."""
        return self.read_part(label, 0, find(self, label).size)

    def read_part(self, label: str, offset: int, size: int) -> bytes:
        """See `Partitions`."""
        with self.path.open("rb") as file:
            file.seek(find(self, label).offset + offset)
            return file.read(size)

    def write(self, label: str, offset: int, data: bytes, progress: Progress | None = None) -> None:  # noqa: ARG002
        """See `Partitions`."""
        row = find(self, label)
        whole = whole_sectors(row, offset, data)
        with self.path.open("r+b") as file:
            file.seek(row.offset + offset)
            file.write(whole)


class BoardFlash:
    """The flash of a board in its loader, or anything else behind a `Channel`."""

    def __init__(self, channel: Channel, name: str) -> None:
        self.channel, self.name = channel, name
        self.rows = decode_table(channel.read(TABLE_OFFSET, TABLE_SIZE), name)

    def read(self, label: str, progress: Progress | None = None) -> bytes:
        """See `Partitions`."""
        row = find(self, label)
        return self.channel.read(row.offset, row.size, None if progress is None else lambda done: progress(done, row.size))

    def read_part(self, label: str, offset: int, size: int) -> bytes:
        """See `Partitions`."""
        return self.channel.read(find(self, label).offset + offset, size)

    def write(self, label: str, offset: int, data: bytes, progress: Progress | None = None) -> None:
        """See `Partitions`."""
        row = find(self, label)
        whole = whole_sectors(row, offset, data)
        if whole.strip(b"\xff"):
            self.channel.write(row.offset + offset, whole, None if progress is None else lambda done: progress(done, len(whole)))
        else:
            self.channel.erase(row.offset + offset, len(whole))


def decode_table(table: bytes, name: str) -> tuple[Partition, ...]:
    """The rows of a partition table; ShedError (exit code 4) when there is none."""
    try:
        return partition_table.decode(table)
    except ValueError as error:
        hint = "shed doctor shows what runs there; shed flash installs ShedGuard"
        raise ShedError(f"{name} has no partition table of ShedGuard", str(error), hint, PROTOCOL) from error


def find(place: Partitions, label: str) -> Partition:
    """The row of that label; ShedError (exit code 4) when the board has none."""
    try:
        return partition_table.find(place.rows, label)
    except KeyError as error:
        found = ", ".join(row.label for row in place.rows)
        raise ShedError(
            f"{place.name} has no partition {label}", f"it has {found}", "shed flash writes ShedGuard's table", PROTOCOL
        ) from error


def whole_sectors(row: Partition, offset: int, data: bytes) -> bytes:
    """``data`` filled up to whole sectors, at least one; ShedError when that would leave the partition."""
    size = max(1, -(-len(data) // SECTOR)) * SECTOR
    if offset % SECTOR or offset < 0 or offset + size > row.size:
        raise ShedError(f"{len(data)} bytes at {offset:#x} do not fit into partition {row.label} of {row.size}", code=FAILED)
    return data.ljust(size, b"\xff")
