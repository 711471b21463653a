"""Item by item: what goes onto a board and what does not, with a reason; counters only go up; keys stay out of backups."""

from __future__ import annotations

import json
import random
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
from shedguard import records
from shedguard.backup import archive, contents, restore
from shedguard.backup.contents import Contents
from shedguard.cards import Card, canonical, read_table
from shedguard.cli import run
from shedguard.errors import ShedError
from shedguard.flash.file_channel import FileChannel
from shedguard.flash.image import build_flash, read_partition, write_partition
from shedguard.partitions import BoardFlash, FlashFile
from shedguard.records import JOURNAL_KINDS, JOURNAL_MAGIC, LIVE_KINDS, LIVE_MAGIC, Record, build_log, encode_payload
from shedguard.site.image import compile_site
from shedguard.site.load import load
from shedguard.site.slots import SLOT_SIZE, build_slot

from hil_tests.scenarios.conftest import SITE

GOLDEN = Path(__file__).parents[1] / "golden" / "backup-1.zip"
KEY = load(SITE).site.safety.maintenance_key
ITEMS = ["journal", "open sessions", "counters", "cards", "events", "configuration"]
CARD_1, CARD_2 = (canonical(bytes.fromhex(digits)) for digits in ("04A1B2C3", "9C0FF1CE"))


def sale(boot: int, number: int, outlet: int, ended: bool) -> tuple[list[Record], list[Record]]:
    """Journal and live records of one sale."""
    about: dict[str, int | bytes] = {"session": boot << 16 | number, "outlet": outlet, "card": CARD_1}
    journal = [Record(0, "session_start", about | {"meter_wh": 1000 * number, "price_fen": 100}, 50, 0, boot & 0xFF)]
    live = {"start_s": 50, "meter_wh": 1000 * number, "energised_s": 600, "energy_mwh": 90_000, "peak_mw": 150_000, "cause": 0}
    if ended:
        end = {"start_s": 50, "energised_s": 700, "energy_mwh": 99_000, "meter_start_wh": 1000 * number, "meter_end_wh": 1000 * number + 99}
        journal.append(Record(0, "session_end", about | end | {"price_fen": 100, "stop_cause": 2}, 800, 0, boot & 0xFF))
    return journal, [Record(0, "live", about | live)]


def history(boots: int, sales: int) -> tuple[bytes, bytes]:
    """Journal and live ring after so many boots, the last of which sold; its last sale is open."""
    fields: dict[str, int | bytes] = {"reset_cause": 1, "fault": 0, "argument": 0}
    journal = [Record(0, "boot", fields | {"boots": boot}, 1, 0, boot & 0xFF) for boot in range(1, boots + 1)]
    live = []
    for number in range(1, sales + 1):
        rows, points = sale(boots, number, number % 4, ended=number < sales)
        journal += rows
        live += points
    return (
        build_log(0x80000, JOURNAL_MAGIC, [encode_payload(JOURNAL_KINDS, record) for record in journal]),
        build_log(0x10000, LIVE_MAGIC, [encode_payload(LIVE_KINDS, record) for record in live]),
    )


def board_file(path: Path, boots: int = 0, sales: int = 0, cards: tuple[Card, ...] = (), configured: bool = True) -> Path:
    loaded = load(SITE)
    build_flash(path, loaded.site, loaded.board, cards)
    if not configured:
        write_partition(path, "shed_cfg", b"")
    if not cards:
        write_partition(path, "shed_cards", b"")
    if boots:
        journal, live = history(boots, sales)
        write_partition(path, "shed_journal", journal)
        write_partition(path, "shed_live", live)
    return path


@pytest.fixture(scope="module")
def old_board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 boots, 5 sales of which one is open, two cards of which one is revoked."""
    cards = (Card(CARD_1), Card(CARD_2, "staff", valid=False))
    return board_file(tmp_path_factory.mktemp("old") / "old.bin", 12, 5, cards)


@pytest.fixture
def saved(old_board: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "saved.zip"
    assert run(["backup", "--flash", str(old_board), "--out", str(path)]) == 0
    capsys.readouterr()
    return path


@pytest.fixture
def put_back(saved: Path, capsys: pytest.CaptureFixture[str]):
    """Restore onto a flash file: exit code, and item to (state, why)."""

    def put(flash: Path, *options: str, backup: Path | None = None) -> tuple[int, dict[str, tuple[str, str]]]:
        capsys.readouterr()
        code = run(["restore", str(backup or saved), "--flash", str(flash), "--json", *options])
        items: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["items"]
        assert [item["item"] for item in items] == ITEMS
        return code, {item["item"]: (item["state"], item["why"]) for item in items}

    return put


def now(flash: Path) -> Contents:
    return contents.read(FlashFile(flash))


def test_onto_a_blank_board_everything_comes_back_and_the_boot_count_goes_ahead(put_back, old_board: Path, tmp_path: Path) -> None:
    new = board_file(tmp_path / "new.bin", configured=False)
    code, items = put_back(new, "--key", KEY)
    assert code == 0 and [items[name][0] for name in ITEMS] == ["restored"] * 6
    was, is_now = now(old_board), now(new)
    assert is_now.sales == was.sales and is_now.unsettled == was.unsettled and is_now.ended == was.ended
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


def test_sales_of_the_board_are_not_given_up_unasked_and_its_count_is_not_rolled_back(put_back, tmp_path: Path) -> None:
    busy = board_file(tmp_path / "busy.bin", 900, 3, (Card(CARD_2),))
    code, items = put_back(busy)
    assert code == 7 and items["journal"][0] == "skipped" and "--replace" in items["journal"][1]
    assert items["open sessions"][0] == "skipped" and items["cards"][0] == "skipped" and items["configuration"][0] == "unchanged"
    assert now(busy).boots == 900
    code, items = put_back(busy, "--replace")
    assert code == 0 and "3 sales of the board given up" in items["journal"][1]
    assert now(busy).boots == 900 + restore.BOOTS_AHEAD


def test_a_board_that_went_on_since_keeps_its_own_journal(put_back, old_board: Path, tmp_path: Path) -> None:
    later = tmp_path / "later.bin"
    later.write_bytes(old_board.read_bytes())
    found = now(later)
    end = sale(12, 5, 1, ended=True)[0][1]
    rows = [encode_payload(JOURNAL_KINDS, record) for record in [*found.journal.records, end]]
    write_partition(later, "shed_journal", build_log(0x80000, JOURNAL_MAGIC, rows))
    before = later.read_bytes()
    code, items = put_back(later, "--replace")
    assert code == 0 and items["journal"][0] == "skipped" and "goes further" in items["journal"][1]
    assert later.read_bytes() == before


def test_a_card_revoked_on_the_board_stays_revoked_under_an_older_table(put_back, tmp_path: Path) -> None:
    board = board_file(tmp_path / "board.bin", cards=(Card(CARD_1, valid=False),))
    code, items = put_back(board, "--replace")
    assert code == 0 and "stay revoked" in items["cards"][1]
    assert [card.valid for card in read_table(read_partition(board, "shed_cards"))] == [False, False]


def altered(saved: Path, tmp_path: Path, **changes: Any) -> Path:
    """The backup with other words in its manifest."""
    path = tmp_path / "altered.zip"
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "manifest.json":
                manifest = json.loads(data)
                for key, value in changes.items():
                    where = manifest["board"] if key in ("kind", "chip") else manifest
                    where[key] = value
                data = json.dumps(manifest).encode()
            new.writestr(name, data)
    return path


def test_another_kind_of_board_gets_everything_but_the_configuration(put_back, saved: Path, tmp_path: Path) -> None:
    code, items = put_back(
        board_file(tmp_path / "n.bin", configured=False), "--key", KEY, backup=altered(saved, tmp_path, kind="kc868-a16")
    )
    assert code == 7 and items["configuration"][0] == "incompatible" and "config push" in items["configuration"][1]
    assert items["journal"][0] == items["cards"][0] == "restored"


@pytest.mark.parametrize(("changes", "state", "words"), [
    ({"firmware": "9.0.0"}, "incompatible", "older than 9.0.0"),
    ({"chip": "esp32s3"}, "incompatible", "esp32s3"),
    ({"site": 7}, "skipped", "site 1001"),
])  # fmt: skip
def test_nothing_goes_onto_a_board_it_was_not_made_for(
    put_back, saved: Path, tmp_path: Path, changes: dict[str, Any], state: str, words: str
) -> None:
    board = board_file(tmp_path / "n.bin")
    before = board.read_bytes()
    code, items = put_back(board, "--key", KEY, backup=altered(saved, tmp_path, **changes))
    assert code == 7 and {item[0] for item in items.values()} == {state} and words in items["journal"][1]
    assert board.read_bytes() == before


def test_a_board_of_another_site_becomes_this_one_only_by_its_name(put_back, saved: Path, tmp_path: Path) -> None:
    board, backup = board_file(tmp_path / "n.bin"), altered(saved, tmp_path, site=7)
    for options in (("--replace",), ("--replace-site", "7"), ("--replace-site", "0")):
        code, items = put_back(board, "--key", KEY, *options, backup=backup)
        assert code == 7 and {item[0] for item in items.values()} == {"skipped"} and "--replace-site 1001" in items["journal"][1]
    code, items = put_back(board, "--key", KEY, "--replace-site", "1001", backup=backup)
    assert items["journal"][0] != "skipped"


def test_a_configuration_for_other_pins_is_not_restored_whatever_the_manifest_says(saved: Path, old_board: Path, tmp_path: Path) -> None:
    backup, manifest = archive.load(saved)
    other = load(SITE.parent / "boards" / "kc868-a6.toml")
    image = compile_site(other.site, other.board)
    slot = build_slot(image, 1, confirmed=True).ljust(SLOT_SIZE * 2, b"\xff")
    foreign = Contents({**backup.raw, "shed_cfg": slot}, chip=backup.chip)
    manifest = {**manifest, "site": other.site.site.id, "configuration_crc": 1, "board": {**manifest["board"], "kind": None}}
    blank = now(board_file(tmp_path / "n.bin", configured=False))
    assert blank.board == "devkitc-shed4"
    found = {item.name: item for item in restore.plan(foreign, manifest, blank, None, True)}["configuration"]
    assert found.state == "incompatible" and "other pins" in found.why


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
        assert left.slot is None or left.sales == wanted.sales, "a configuration before the books: the board would sell"
        go(FileChannel(flash))
        mended = now(flash)
        assert mended.sales == wanted.sales and mended.unsettled == wanted.unsettled and mended.slot
        assert not mended.journal.problems and mended.boots >= 12 + restore.BOOTS_AHEAD


@pytest.mark.parametrize("damage", ["hash", "zip", "manifest", "missing", "format", "absent"])
def test_a_damaged_backup_is_refused_before_anything_is_written(
    saved: Path, tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    board = board_file(tmp_path / "n.bin")
    before = board.read_bytes()
    bad = tmp_path / "bad.zip"
    if damage == "zip":
        bad.write_bytes(saved.read_bytes()[:3000])
    elif damage != "absent":
        with zipfile.ZipFile(saved) as old, zipfile.ZipFile(bad, "w") as new:
            for name in old.namelist():
                data = old.read(name)
                if name == "manifest.json":
                    data = b"[]" if damage == "manifest" else data.replace(b'"format": 1', b'"format": 2') if damage == "format" else data
                if name == "shed_live.bin":
                    if damage == "missing":
                        continue
                    data = b"x" + data[1:] if damage == "hash" else data
                new.writestr(name, data)
    assert run(["restore", str(bad), "--flash", str(board)]) == (4 if damage == "format" else 2)
    assert "hint" in capsys.readouterr().err and board.read_bytes() == before


def test_a_backup_of_format_1_is_still_read(put_back, tmp_path: Path) -> None:
    new = board_file(tmp_path / "new.bin", configured=False)
    code, _items = put_back(new, "--key", KEY, backup=GOLDEN)
    assert code == 0 and len(now(new).ended) == 4 and len(now(new).unsettled) == 1
