"""The order in which a board is written, on a flash file: what is skipped, kept, erased, refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from shedguard.errors import INVALID, PROTOCOL, REFUSED, ShedError
from shedguard.flash import writer
from shedguard.flash.channel import SECTOR, Progress
from shedguard.flash.file_channel import FileChannel
from shedguard.flash.image import read_partition, write_partition
from shedguard.flash.plan import HEAD, KEPT, Plan
from shedguard.formats import file_system
from shedguard.formats.partition_table import SHEDGUARD, TABLE_OFFSET, find

from .boards_in_states import VFS, bare, in_service, stock, wanted


def test_a_bare_chip_gets_everything_and_the_second_time_nothing(tmp_path: Path) -> None:
    path = bare(tmp_path / "flash")
    seen: list[tuple[int, int]] = []
    outcome = writer.write(FileChannel(path), wanted(), lambda done, total: seen.append((done, total)))
    assert outcome.written == ("table", "bootloader", "app", "program", "start") and outcome.skipped == ()
    assert seen == sorted(seen) and seen[-1] == (outcome.bytes_written, outcome.bytes_written)
    assert all(writer.compare(FileChannel(path), wanted()).values())
    again = FileChannel(path)
    assert writer.write(again, wanted()).written == () and again.operations == 0


def test_the_file_system_is_gone_first_and_there_last(tmp_path: Path) -> None:
    channel = FileChannel(in_service(tmp_path / "flash", older=True))
    outcome = writer.write(channel, wanted())
    changes = [(what, offset) for what, offset, _size in channel.log if what in ("erase", "write")]
    assert changes[0] == ("erase", VFS.offset) and changes[-1] == ("write", VFS.offset)
    assert outcome.written == ("program", "start") and outcome.skipped == ("table", "bootloader", "app")


def test_configuration_cards_and_sessions_stay(tmp_path: Path) -> None:
    path = in_service(tmp_path / "flash", older=True)
    before = {label: read_partition(path, label) for label in KEPT}
    writer.write(FileChannel(path), wanted())
    assert {label: read_partition(path, label) for label in KEPT} == before
    assert before["shed_cfg"].strip(b"\xff")
    outcome = writer.write(FileChannel(path), wanted(), erase_data=True)
    assert "shed_cfg" in outcome.erased and not read_partition(path, "shed_cfg").strip(b"\xff")


def test_an_older_files_bytes_never_become_sessions(tmp_path: Path) -> None:
    channel = FileChannel(stock(tmp_path / "flash"))
    outcome = writer.write(channel, wanted())
    assert set(outcome.erased) == set(KEPT)
    table = channel.log.index(("write", TABLE_OFFSET, SECTOR))
    erased = [channel.log.index(("erase", row.offset, row.size)) for row in SHEDGUARD if row.label in KEPT]
    assert max(erased) < table


def test_a_damaged_table_over_a_sheds_data_is_a_question(tmp_path: Path) -> None:
    path = in_service(tmp_path / "flash")
    flash = bytearray(path.read_bytes())
    flash[TABLE_OFFSET] = 0
    path.write_bytes(flash)
    channel = FileChannel(path)
    with pytest.raises(ShedError, match="configuration") as caught:
        writer.write(channel, wanted())
    assert caught.value.code == REFUSED and "--erase-data" in caught.value.hint and channel.operations == 0
    assert "shed_cfg" in writer.write(channel, wanted(), erase_data=True).erased


def test_an_own_micropython_is_kept_and_a_board_without_one_is_refused(tmp_path: Path) -> None:
    plan = wanted()
    kept = Plan(plan.board, plan.chip, None, tuple(r for r in plan.regions if r.name not in ("bootloader", "app")), plan.program_sha256)
    assert writer.write(FileChannel(stock(tmp_path / "one")), kept).written == ("table", "program", "start")
    channel = FileChannel(bare(tmp_path / "two"))
    with pytest.raises(ShedError, match="no MicroPython") as caught:
        writer.write(channel, kept)
    assert caught.value.code == INVALID and channel.operations == 0


def test_another_chip_is_refused_before_anything_changes(tmp_path: Path) -> None:
    channel = FileChannel(bare(tmp_path / "flash"), chip="esp32s3")
    with pytest.raises(ShedError, match=r"has an esp32, the chip on the port is an esp32s3"):
        writer.write(channel, wanted())
    assert channel.operations == 0


class Worn(FileChannel):
    """A chip in which one bit of the app stays 0."""

    def write(self, offset: int, data: bytes, progress: Progress | None = None) -> None:
        if offset == find(SHEDGUARD, "factory").offset:
            data = bytes((data[0] & 0xFE,)) + data[1:]
        super().write(offset, data, progress)


def test_flash_that_does_not_take_is_found(tmp_path: Path) -> None:
    channel = Worn(bare(tmp_path / "flash"))
    with pytest.raises(ShedError, match="reads back differently") as caught:
        writer.write(channel, wanted())
    assert caught.value.code == PROTOCOL
    assert channel.log.count(("write", 0x10000, SECTOR)) == 2
    assert not (tmp_path / "flash").read_bytes()[VFS.offset : VFS.offset + HEAD].strip(b"\xff")


def test_the_program_on_the_board_is_the_programs_files(tmp_path: Path) -> None:
    path = bare(tmp_path / "flash")
    writer.write(FileChannel(path), wanted())
    files = file_system.read(read_partition(path, "vfs"))
    assert "/main.py" in files and "/boot.py" in files and "/shed/app.mpy" in files
    assert b"devkitc-shed4" in files["/boot.py"]


def test_a_partition_of_the_file_is_the_one_of_the_table(tmp_path: Path) -> None:
    path = bare(tmp_path / "flash")
    writer.write(FileChannel(path), wanted())
    write_partition(path, "shed_cfg", b"abc")
    assert FileChannel(path).read(find(SHEDGUARD, "shed_cfg").offset, 3) == b"abc"
