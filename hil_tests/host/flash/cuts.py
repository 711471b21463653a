"""One cut of an installation: flash until the power fails, boot the result and try to start a session, flash again with the same call."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from littlefs.errors import LittleFSError
from shedbench.bench.bench import Bench
from shedguard.errors import PORT, ShedError
from shedguard.flash import writer
from shedguard.flash.file_channel import FileChannel
from shedguard.flash.image import read_partition
from shedguard.formats import file_system

from .boards_in_states import SITE, wanted

OUTLETS = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Size:
    """Of an undisturbed installation."""

    operations: int
    programmed: int


def whole(start: Path) -> Size:
    """Flash a copy of ``start`` without a cut."""
    copy = start.with_suffix(".whole")
    shutil.copyfile(start, copy)
    channel = FileChannel(copy)
    writer.write(channel, wanted())
    return Size(channel.operations, channel.programmed)


def cut(start: Path, folder: Path, operation: int | None = None, after_bytes: int | None = None, seed: int = 1) -> Path:
    """A board whose power failed there. AssertionError when it did not."""
    flash = folder / "cut.bin"
    shutil.copyfile(start, flash)
    channel = FileChannel(flash, cut_at_operation=operation, cut_after_bytes=after_bytes, seed=seed)
    with pytest.raises(ShedError) as caught:  # else there was no cut: the number is wrong
        writer.write(channel, wanted())
    assert caught.value.code == PORT
    return flash


def repeat(flash: Path, kept: dict[str, bytes]) -> None:
    """The same call finishes it, and all data to be kept are there."""
    writer.write(FileChannel(flash), wanted())
    assert all(writer.compare(FileChannel(flash), wanted()).values())
    for label, content in kept.items():
        assert read_partition(flash, label) == content, label


def sells_nothing(flash: Path, start: Path) -> None:
    """Boot it: no outlet's contact closes, whatever people do, unless a complete program is there (the old one until the first sector is
    gone, the new one from the last on)."""
    found = program_of(flash)
    if found and found in (program_of(start), wanted_files()):
        return
    with Bench(SITE, flash=flash, program="stock") as bench:
        bench.bike(1).plug("li48v", soc=0.2)
        for _ in range(4):
            bench.card("resident").tap()
            bench.run("1 s")
            bench.button(1).press()
            bench.run("3 s")
            assert all(bench.outlet(number).contact_is_open for number in OUTLETS)


def serves(flash: Path) -> None:
    """Boot it: a session works."""
    with Bench(SITE, flash=flash, program="stock") as bench:
        bench.run("15 s")
        bench.bike(1).plug("li48v", soc=0.2)
        bench.card("resident").tap()
        bench.run("1 s")
        bench.button(1).press()
        bench.until(bench.outlet(1).is_charging, within="20 s")


def program_of(flash: Path) -> dict[str, bytes]:
    """The files in the board's file system, none when it does not mount."""
    try:
        return file_system.read(read_partition(flash, "vfs"))
    except (LittleFSError, ShedError):
        return {}


def wanted_files() -> dict[str, bytes]:
    """The files of the new program."""
    body, head = (next(region.data for region in wanted().regions if region.name == name) for name in ("program", "start"))
    return file_system.read(head + body)
