"""Images: the site image against its golden, slots, card table, partition table, file system, whole flash."""

from __future__ import annotations

import hashlib
import struct
from binascii import crc32
from pathlib import Path

import pytest
from shedbench.places import REPOSITORY
from shedguard.errors import ShedError
from shedguard.flash import program
from shedguard.flash.image import build_blank, build_flash, read_partition, write_partition
from shedguard.formats import file_system, partition_table, slots
from shedguard.formats.cards import Card, build_table, canonical, read_table
from shedguard.site.from_image import site_of
from shedguard.site.image import compile_site, read_sections
from shedguard.site.load import LoadedSite, load

GOLDEN = REPOSITORY / "hil_tests" / "golden"


@pytest.fixture(scope="module")
def small() -> LoadedSite:
    return load(REPOSITORY / "hil_tests" / "sites" / "small.toml")


@pytest.fixture(scope="module")
def flash(small: LoadedSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("flash") / "board.bin"
    build_flash(path, small.site, small.board, [Card(canonical(bytes.fromhex("04A1B2C3")), "maintenance")])
    return path


def test_the_site_image_is_the_golden_one_and_more(small: LoadedSite) -> None:
    golden = (GOLDEN / "site-small.bin").read_bytes()
    assert compile_site(small.site, small.board, only=read_sections(golden)) == golden
    now = read_sections(compile_site(small.site, small.board))
    assert {number: now[number] for number in read_sections(golden)} == read_sections(golden)


def test_the_image_names_the_board_as_its_boot_file_does(small: LoadedSite) -> None:
    ((number,),) = read_sections(compile_site(small.site, small.board))[17]
    assert f"\nboard_crc = {number}\n" in program.files(small.board)["/boot.py"].decode()


def test_an_image_that_names_no_board_is_written_as_a_site_file_again() -> None:
    golden = (GOLDEN / "site-small.bin").read_bytes()
    small = load(REPOSITORY / "hil_tests" / "sites" / "small.toml")
    assert site_of(golden, small.board, small.site).site.id == 1001


def test_the_golden_image_says_what_the_site_file_says() -> None:
    sections = read_sections((GOLDEN / "site-small.bin").read_bytes())
    assert sections[1] == [(1001, 1, 480, 10, 5, 22, 1)]
    assert sections[2] == [(21, 1, 4000)]
    assert sections[3] == [(1, 26, 27, 9600, 0, 255)]
    assert sections[4][2] == (3, 0, 18, 1, 4, 2, 1000)
    assert sections[5] == [(0, address, 1) for address in (11, 12, 13, 14)]
    assert sections[6][0] == (2, 34, 0b10, 0, 300, 1300, 2300, 3, 2000, 0)
    assert sections[6][1][:4] == (1, 35, 0b1011, 0)  # closed, fire, direct; the pull-up is on the carrier
    assert sections[6][2][:4] == (1, 39, 0, 1)
    assert sections[7] == [(0b01, 1, 0b11, 0, 0b11), (0b10, 1, 0b11, 0, 0b11)]
    assert sections[8] == [(1, 0), (2, 0)]
    assert sections[9] == [(23, 1, 36, 1, 5, 60)]
    assert sections[10] == [(1, 2, 13, 14, 0)]
    assert sections[11] == [(1, 100, 300)]
    assert sections[12] == [(10, 120, 1000, 10, 20, 30, 1800, 300, 10800, 6, 3600, 30, 1800, 600, 600, 180, 600)]
    assert sections[13] == [(bytes.fromhex("00112233445566778899aabbccddeeff" * 2),)]


def test_a_damaged_image_is_refused() -> None:
    golden = (GOLDEN / "site-small.bin").read_bytes()
    for place in range(0, len(golden), 7):
        with pytest.raises(ValueError, match="image"):
            read_sections(golden[:place] + bytes([golden[place] ^ 0x10]) + golden[place + 1 :])


def test_slots_hold_the_image_and_their_state_bits_go_one_way() -> None:
    confirmed = slots.build_slot(b"image", 3, confirmed=True)
    assert confirmed[:20] == struct.pack("<4sHHIII", b"SGS1", 1, 0xFFFD, 3, 5, crc32(b"image"))
    assert slots.read_slot(confirmed) == slots.Slot(3, 0xFFFD, b"image")
    trial = slots.read_slot(slots.build_slot(b"image", 4, confirmed=False))
    assert trial is not None and not trial.confirmed
    rejected = bytearray(confirmed)
    rejected[6] &= ~slots.REJECTED & 0xFF
    found = slots.read_slot(bytes(rejected))
    assert found is not None and not found.confirmed
    assert slots.read_slot(confirmed[:-1]) is None


def test_the_newest_confirmed_slot_counts() -> None:
    old, new = slots.build_slot(b"old", 1, confirmed=True), slots.build_slot(b"new", 2, confirmed=False)
    pair = old.ljust(slots.SLOT_SIZE, b"\xff") + new.ljust(slots.SLOT_SIZE, b"\xff")
    current = slots.current(pair)
    assert current is not None and current.image == b"old"


def test_partition_table_has_the_documented_rows_and_a_right_md5() -> None:
    table = partition_table.encode(partition_table.SHEDGUARD)
    assert partition_table.decode(table) == partition_table.SHEDGUARD
    assert table[:32] == struct.pack("<2sBBII16sI", b"\xaa\x50", 1, 2, 0x9000, 0x6000, b"nvs", 0)
    rows = len(partition_table.SHEDGUARD) * 32
    assert table[rows : rows + 16] == b"\xeb\xeb" + b"\xff" * 14
    assert table[rows + 16 : rows + 32] == hashlib.md5(table[:rows]).digest()
    assert partition_table.find(partition_table.SHEDGUARD, "shed_box").offset + 0x10000 <= partition_table.FLASH_SIZE


def test_the_partition_table_is_read_by_espressifs_own_rules(tmp_path: Path) -> None:
    """Offsets of apps at 64 KB, of data at 4 KB, no overlap: as the boot loader requires."""
    end = 0x9000
    for row in partition_table.SHEDGUARD:
        assert row.offset % (0x10000 if row.type == 0 else 0x1000) == 0
        assert row.offset >= end and row.size % 0x1000 == 0
        end = row.offset + row.size


def test_a_file_system_comes_back_and_is_the_same_every_time() -> None:
    files = {"/boot.py": b"1", "/shed/a.mpy": bytes(5000), "/shed/board/b.mpy": b"x" * 100, "/main.py": b""}
    image = file_system.build(files, 0x100000)
    assert file_system.read(image) == files
    assert image == file_system.build(files, 0x100000)


def test_the_program_is_bytecode_of_the_firmwares_version(small: LoadedSite) -> None:
    files = program.files(small.board)
    assert {"/boot.py", "/main.py", "/shed/safety/scan.mpy"} <= set(files)
    for path, content in files.items():
        if path.endswith(".mpy"):
            assert content[:2] == b"M\x06" and content[3] == 31, path  # version 6, 31-bit integers
            assert content[2] >> 2 == 0, f"{path} holds native code"


def test_a_syntax_error_in_the_firmware_is_named(small: LoadedSite, tmp_path: Path) -> None:
    (tmp_path / "shed").mkdir()
    (tmp_path / "shed" / "bad.py").write_text("def f(:\n")
    with pytest.raises(ShedError, match=r"firmware/shed/bad\.py") as caught:
        program.files(small.board, tmp_path)
    assert "line 1" in caught.value.cause


def test_a_whole_flash(flash: Path, small: LoadedSite) -> None:
    assert flash.stat().st_size == 4 * 1024 * 1024
    assert "/boot.py" in file_system.read(read_partition(flash, "vfs"))
    slot = slots.current(read_partition(flash, "shed_cfg"))
    assert slot is not None and slot.image == compile_site(small.site, small.board)
    assert [card.role for card in read_table(read_partition(flash, "shed_cards"))] == ["maintenance"]
    for label in ("nvs", "shed_journal", "shed_live", "shed_box"):
        assert read_partition(flash, label).strip(b"\xff") == b""


def test_flash_is_the_same_every_time(flash: Path, small: LoadedSite, tmp_path: Path) -> None:
    again = tmp_path / "again.bin"
    build_flash(again, small.site, small.board, [Card(canonical(bytes.fromhex("04A1B2C3")), "maintenance")])
    assert again.read_bytes() == flash.read_bytes()


def test_a_blank_board_has_a_file_system_partition_and_nothing_in_it(tmp_path: Path) -> None:
    blank = tmp_path / "blank.bin"
    build_blank(blank)
    assert read_partition(blank, "vfs").strip(b"\xff") == b""
    with pytest.raises(ShedError, match="shed_journal"):
        read_partition(blank, "shed_journal")


def test_a_partition_is_replaced_and_no_other(flash: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.bin"
    copy.write_bytes(flash.read_bytes())
    write_partition(copy, "shed_cards", build_table([]))
    assert read_table(read_partition(copy, "shed_cards")) == []
    assert read_partition(copy, "vfs") == read_partition(flash, "vfs")
    assert read_partition(copy, "shed_journal") == read_partition(flash, "shed_journal")
