"""Item by item: what is restored onto a board and what is not, with a reason; counters only go up; keys stay out of backups."""

from __future__ import annotations

import random
import struct
import zipfile
from pathlib import Path

import pytest
from shedbench.places import TESTS
from shedguard.backup import archive, contents, log_region, restore
from shedguard.commands.cli import run
from shedguard.errors import ShedError
from shedguard.flash.file_channel import FileChannel
from shedguard.flash.image import read_partition, write_partition
from shedguard.flash.partitions import BoardFlash
from shedguard.formats import records
from shedguard.formats.cards import Card, read_table
from shedguard.formats.records import EVENTS_MAGIC, SECTOR, crc32

from .past import CARD_1, CARD_2, ITEMS, KEY, board_file, events, now, ring, session

GOLDEN = TESTS / "golden" / "backup-1.zip"


def test_onto_a_blank_board_everything_comes_back_and_the_boot_count_goes_ahead(put_back, old_board: Path, tmp_path: Path) -> None:
    new = board_file(tmp_path / "new.bin", configured=False)
    code, items = put_back(new, "--key", KEY)
    assert code == 0 and [items[name][0] for name in ITEMS] == ["restored"] * 6
    was, is_now = now(old_board), now(new)
    assert is_now.sessions == was.sessions and is_now.unsettled == was.unsettled and is_now.ended == was.ended
    assert is_now.boots == 12 + restore.BOOTS_AHEAD and not is_now.journal.problems
    assert is_now.table and was.table and is_now.table.cards == was.table.cards
    assert is_now.slot and was.slot and is_now.slot.image == was.slot.image
    again, items = put_back(new, "--key", KEY)
    assert again == 0 and "restored" not in {state for state, _why in items.values()}


def test_a_dry_run_writes_nothing(put_back, tmp_path: Path) -> None:
    new = board_file(tmp_path / "new.bin", configured=False)
    before = new.read_bytes()
    _code, items = put_back(new, "--key", KEY, "--dry-run")
    assert items["journal"][0] == "restored" and new.read_bytes() == before


def test_the_key_is_in_the_file_only_when_asked_for(old_board: Path, saved: Path, tmp_path: Path, put_back) -> None:
    def holds_key(path: Path) -> bool:
        with zipfile.ZipFile(path) as file:
            return any(bytes.fromhex(KEY) in file.read(name) for name in file.namelist())

    secret = tmp_path / "secret.zip"
    assert run(["backup", "--flash", str(old_board), "--out", str(secret), "--secrets"]) == 0
    assert holds_key(secret) and not holds_key(saved)
    assert saved.stat().st_mode & 0o077 == 0
    code, items = put_back(board_file(tmp_path / "a.bin", configured=False))
    assert code == 7 and items["configuration"][0] == "skipped" and "--key" in items["configuration"][1]
    code, items = put_back(board_file(tmp_path / "b.bin", configured=False), "--key", "11" * 32)
    assert code == 0 and "not the one it had" in items["configuration"][1]
    assert now(tmp_path / "b.bin").site == 1001
    code, items = put_back(board_file(tmp_path / "c.bin", configured=False), backup=secret)
    assert code == 0 and items["configuration"][0] == "restored"


def test_sessions_of_the_board_are_not_given_up_unasked_and_its_count_is_not_rolled_back(put_back, tmp_path: Path) -> None:
    busy = board_file(tmp_path / "busy.bin", 900, 3, (Card(CARD_2),))
    code, items = put_back(busy)
    assert code == 7 and items["journal"][0] == "skipped" and "--replace" in items["journal"][1]
    assert items["open sessions"][0] == "skipped" and items["cards"][0] == "skipped" and items["configuration"][0] == "unchanged"
    assert now(busy).boots == 900
    code, items = put_back(busy, "--replace")
    assert code == 0 and "3 sessions of the board discarded" in items["journal"][1]
    assert now(busy).boots == 900 + restore.BOOTS_AHEAD


def gone_on(board: Path, path: Path, kept: int = 0, box: int = 0, pushed_out: bool = False) -> Path:
    """``board`` later: its open session settled with ``kept``, another boot and ``box`` cards at the gate as events; with ``pushed_out``
    the ring of events has wrapped around since."""
    path.write_bytes(board.read_bytes())
    found = now(board)
    newest = found.journal.records[-1].sequence
    if kept:
        rows = [*records.read_journal(found.raw["shed_journal"]).records, session(12, 5, 1, ended=True)[0][1]]
        write_partition(path, "shed_journal", ring("shed_journal", rows, rows[0].sequence))
    further = events(found.boots + 1, found.boots + 1, box) if box else []
    region = bytearray(found.raw["shed_box"])
    later = ring("shed_box", further, newest + 2)
    used = len(log_region.sectors_in_use(bytes(region), EVENTS_MAGIC))
    for at in range(len(log_region.sectors_in_use(later, EVENTS_MAGIC))):
        head = struct.pack("<4sII", EVENTS_MAGIC, used + at + 1, 0)
        sector = head + struct.pack("<I", crc32(head)) + later[at * SECTOR + 16 : (at + 1) * SECTOR]
        region[(used + at) * SECTOR : (used + at + 1) * SECTOR] = sector
    if pushed_out:
        region[: SECTOR * used] = b"\xff" * (SECTOR * used)
    write_partition(path, "shed_box", bytes(region))
    return path


@pytest.mark.parametrize("kept", [0, 1], ids=["no session since", "a session settled since"])
@pytest.mark.parametrize(("box", "pushed_out"), [(1, False), (150, False), (150, True)], ids=["a boot", "a week", "the oldest gone"])
def test_a_board_that_went_on_since_keeps_what_it_has_and_nothing_was_left_out(
    put_back, old_board: Path, tmp_path: Path, kept: int, box: int, pushed_out: bool
) -> None:
    """The backup of a board restored onto it: the board has booted at least, so it has newer events."""
    later = gone_on(old_board, tmp_path / "later.bin", kept, box, pushed_out)
    assert now(later).boots == 13 and not now(later).journal.problems
    before = later.read_bytes()
    for options in ((), ("--replace",)):
        code, items = put_back(later, *options)
        assert code == 0, items
        assert items["journal"][0] == items["events"][0] == "skipped" and items["counters"][0] == "unchanged"
        assert "goes further" in items["journal"][1] and "go further" in items["events"][1]
        assert later.read_bytes() == before


def test_an_old_backup_takes_nothing_back_though_its_newest_event_was_pushed_out(put_back, old_board: Path, tmp_path: Path) -> None:
    then = gone_on(old_board, tmp_path / "then.bin", box=150)
    assert run(["backup", "--flash", str(then), "--out", str(tmp_path / "then.zip")]) == 0
    later = gone_on(then, tmp_path / "later.bin", box=150, pushed_out=True)
    before = later.read_bytes()
    code, items = put_back(later, backup=tmp_path / "then.zip")
    assert code == 0 and items["journal"][0] == "skipped" and "goes further" in items["journal"][1], items
    assert later.read_bytes() == before


def test_a_board_with_a_later_session_alone_keeps_its_journal(put_back, old_board: Path, tmp_path: Path) -> None:
    later = gone_on(old_board, tmp_path / "later.bin", kept=1)
    before = later.read_bytes()
    code, items = put_back(later, "--replace")
    assert code == 0 and items["journal"][0] == "skipped" and items["events"][0] == "unchanged"
    assert later.read_bytes() == before


def test_events_that_are_not_on_the_board_are_told_and_its_own_stay(put_back, old_board: Path, tmp_path: Path) -> None:
    later = gone_on(old_board, tmp_path / "later.bin", box=150)
    region = bytearray(read_partition(later, "shed_box"))
    region[SECTOR + 30] ^= 0x10  # a record in the second sector cannot be read
    write_partition(later, "shed_box", bytes(region))
    before = later.read_bytes()
    code, items = put_back(later, "--replace")
    assert code == 7 and items["events"][0] == "skipped" and "lacks" in items["events"][1] and later.read_bytes() == before


def test_a_card_revoked_on_the_board_stays_revoked_under_an_older_table(put_back, tmp_path: Path) -> None:
    board = board_file(tmp_path / "board.bin", cards=(Card(CARD_1, valid=False),))
    code, items = put_back(board, "--replace")
    assert code == 0 and "stay revoked" in items["cards"][1]
    assert [card.valid for card in read_table(read_partition(board, "shed_cards"))] == [False, False]


def test_erase_counts_stay_those_of_the_chip(put_back, tmp_path: Path) -> None:
    board = board_file(tmp_path / "worn.bin", 3, 1, configured=False)
    region = bytearray(read_partition(board, "shed_journal"))
    struct.pack_into("<I", region, 8, 700)
    struct.pack_into("<I", region, 12, records.crc32(bytes(region[:12])))
    write_partition(board, "shed_journal", bytes(region))
    put_back(board, "--key", KEY, "--replace")
    assert now(board).counters()["most_erases_of_a_journal_sector"] == 701


def test_a_cut_at_any_operation_is_mended_by_the_same_command(saved: Path, old_board: Path, tmp_path: Path) -> None:
    seed = 8
    print(f"seed {seed}")
    start = board_file(tmp_path / "start.bin", configured=False).read_bytes()
    flash = tmp_path / "board.bin"
    backup, manifest = archive.load(saved)

    def go(channel: FileChannel) -> None:
        place = BoardFlash(channel, "board")
        restore.apply(restore.plan(backup, manifest, contents.read(place), bytes.fromhex(KEY), False), place)

    flash.write_bytes(start)
    whole = FileChannel(flash)
    go(whole)
    wanted = now(old_board)
    for cut in sorted({0, 1, whole.operations - 1, *random.Random(seed).sample(range(whole.operations), 25)}):
        flash.write_bytes(start)
        with pytest.raises(ShedError):
            go(FileChannel(flash, cut_at_operation=cut, seed=cut))
        left = now(flash)
        assert left.slot is None or left.sessions == wanted.sessions, "the configuration came before the records: sessions could start"
        go(FileChannel(flash))
        mended = now(flash)
        assert mended.sessions == wanted.sessions and mended.unsettled == wanted.unsettled and mended.slot
        assert mended.events.records == wanted.events.records
        assert not mended.journal.problems and mended.boots >= 12 + restore.BOOTS_AHEAD


def test_a_backup_of_format_1_is_still_read(put_back, tmp_path: Path) -> None:
    new = board_file(tmp_path / "new.bin", configured=False)
    code, _items = put_back(new, "--key", KEY, backup=GOLDEN)
    assert code == 0 and len(now(new).ended) == 4 and len(now(new).unsettled) == 1
