"""Cards on a board: revoked while bikes charge, imported through a cut flash channel, and the verbs of `shed cards`."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.console import ConsoleError
from shedbench.bench.residents import start_charging
from shedbench.places import SMALL_SITE as SITE
from shedguard.cards import changes as card_changes
from shedguard.commands.cli import run
from shedguard.errors import ShedError
from shedguard.flash.file_channel import FileChannel
from shedguard.flash.image import build_blank, read_partition, write_partition
from shedguard.flash.partitions import BoardFlash, FlashFile
from shedguard.formats.cards import Card, canonical, find_table, read_table
from shedguard.formats.partition_table import SHEDGUARD

SHEET = "card,role,valid_until\n04A1B2C3,,\n9C0FF1CE,staff,2027-12-31\n"


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    path = tmp_path / "flash.bin"
    build_blank(path, SHEDGUARD)
    return path


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "cards.csv"
    path.write_text(SHEET, encoding="utf-8")
    return path


def some(count: int, first: int) -> list[Card]:
    return [Card(canonical(number.to_bytes(4, "big"))) for number in range(first, first + count)]


def denials(bench: Bench) -> list[str]:
    """Why cards were denied at the gate, in order."""
    return [record.reason for record in bench.journal.records("gate") if record.event == "denied"]


def test_a_card_is_revoked_while_bikes_charge_and_opens_nothing_from_then_on() -> None:
    with Bench(site=SITE, seed=4) as bench:
        bench.run("15 s")
        start_charging(bench, 1)
        closed_ns = bench.outlet(1).closed_at_ns
        staff = canonical(bytes.fromhex("9C0FF1CE")).hex()
        with pytest.raises(ConsoleError, match="auth"):
            bench.console.ask({"do": "revoke", "c": staff})
        assert bench.console.ask({"do": "revoke", "c": staff}, key=True) == [{"ok": True}]
        bench.card("staff").tap()
        bench.run("2 s")
        assert denials(bench) == ["revoked"] and not bench.gate("main").is_free
        assert bench.outlet(1).is_charging and bench.outlet(1).closed_at_ns == closed_ns
        left = read_table(read_partition(bench.process.flash, "shed_cards"))
        assert [card.number.hex() for card in left if not card.valid] == [staff]
        bench.board.power_cycle()
        bench.run("20 s")
        bench.card("staff").tap()
        bench.run("2 s")
        assert denials(bench) == ["revoked", "revoked"]


@pytest.mark.parametrize(("before", "after"), [(300, 400), pytest.param(9000, 9000, marks=pytest.mark.long)])
def test_a_cut_at_any_operation_of_an_import_is_mended_by_the_same_import(flash: Path, before: int, after: int) -> None:
    rng = random.Random(before)
    print(f"seed {before}")
    old, new = some(before, 1), some(after, 1_000_000)
    card_changes.replace_all(FlashFile(flash), old)
    start = flash.read_bytes()
    whole = FileChannel(flash)
    keeps_old = card_changes.replace_all(BoardFlash(whole, "board"), new).kept_old
    assert keeps_old == (before < 6000)
    chosen = sorted({0, 1, whole.operations - 1, whole.operations - 2, *rng.sample(range(whole.operations), 20)})
    for cut in chosen:
        flash.write_bytes(start)
        with pytest.raises(ShedError):
            card_changes.replace_all(BoardFlash(FileChannel(flash, cut_at_operation=cut, seed=cut), "board"), new)
        table = find_table(read_partition(flash, "shed_cards"))
        assert (not keeps_old) if table is None else (list(table.cards) in (old, new))
        card_changes.replace_all(BoardFlash(FileChannel(flash), "board"), new)
        assert read_table(read_partition(flash, "shed_cards")) == new


def test_the_same_sheet_again_writes_nothing(flash: Path, sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cards", "import", str(sheet), "--flash", str(flash)]) == 0
    before = flash.read_bytes()
    assert run(["cards", "import", str(sheet), "--flash", str(flash)]) == 0
    assert "unchanged" in capsys.readouterr().out and flash.read_bytes() == before


def test_a_bad_sheet_writes_nothing_unless_its_bad_lines_are_skipped(flash: Path, sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet.write_text(SHEET + "4.1E+9,,\n", encoding="utf-8")
    before = flash.read_bytes()
    assert run(["cards", "import", str(sheet), "--flash", str(flash)]) == 2
    said = capsys.readouterr()
    assert f"{sheet}:4: error" in said.err and said.out == "" and flash.read_bytes() == before
    assert run(["cards", "import", str(sheet), "--flash", str(flash), "--skip-bad", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["skipped"] == 1 and ":4: error" in said.err
    assert len(read_table(read_partition(flash, "shed_cards"))) == 2


def test_add_revoke_export_import_and_the_revocation_outlives_the_old_sheet(
    flash: Path, sheet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--flash", str(flash)]
    assert run(["cards", "import", str(sheet), *where]) == 0
    assert run(["cards", "add", "00:00:00:10", "--until", "2028-02-29", *where]) == 0
    assert run(["cards", "add", "00000010", *where]) == 2
    assert run(["cards", "revoke", "04A1B2C3", *where]) == 0
    assert run(["cards", "revoke", "11223344", *where]) == 2
    assert run(["cards", "add", "04A1B2", *where]) == 2
    assert run(["cards", "add", "00000011", "--price-list", "3", *where]) == 2
    assert "price list 3 is not in this version" in capsys.readouterr().err
    assert run(["cards", "import", str(sheet), *where]) == 0
    capsys.readouterr()
    assert run(["cards", "list", "--json", *where]) == 0
    listed = {card["card"]: card["valid"] for card in json.loads(capsys.readouterr().out)}
    assert listed == {"04A1B2C3": False, "9C0FF1CE": True}
    exported = tmp_path / "out.csv"
    assert run(["cards", "export", str(exported), *where]) == 0
    assert run(["cards", "import", str(exported), *where]) == 0
    assert "unchanged" in capsys.readouterr().out
    assert run(["cards", "import", str(sheet), "--readmit", *where]) == 0
    assert all(card.valid for card in read_table(read_partition(flash, "shed_cards")))


def test_a_board_without_a_table_and_one_with_a_damaged_one_say_so(flash: Path, sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cards", "list", "--flash", str(flash)]) == 4
    assert "cards import" in capsys.readouterr().err
    assert run(["cards", "import", str(sheet), "--flash", str(flash)]) == 0
    table = bytearray(read_partition(flash, "shed_cards"))
    table[4096 + 3] ^= 1
    write_partition(flash, "shed_cards", bytes(table))
    assert run(["cards", "list", "--flash", str(flash)]) == 4
    assert run(["cards", "import", str(sheet), "--flash", str(flash)]) == 0
    assert run(["cards", "list", "--flash", str(flash)]) == 0


@pytest.mark.parametrize("verb", ["import", "export", "add", "revoke", "list"])
def test_every_verb_has_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cards", verb, "--help"]) == 0
    assert f"Example: shed cards {verb}" in capsys.readouterr().out


def tables(flash: Path) -> list[Card]:
    return read_table(read_partition(flash, "shed_cards"))


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ("card,role,revoked\n04A1B2C3,resident,yes\n04A1B2C4,staff,yes\n", "every card in it is revoked"),
        ("card,role,valid_until\n04A1B2C3,resident,2020-01-01\n", "the last day of every card"),
        ("card,role,valid_until,revoked\n04A1B2C3,resident,2020-01-01,\n04A1B2C4,resident,,yes\n", "the last day of every card"),
    ],
)
def test_a_sheet_that_lets_nobody_in_takes_no_card_away_unless_that_is_said(
    flash: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: str, cause: str
) -> None:
    card_changes.replace_all(FlashFile(flash), some(3, 1))
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(lines, encoding="utf-8")
    for more in ([], ["--yes"], ["--check"], ["--skip-bad", "--yes"]):
        assert run(["cards", "import", str(sheet), "--flash", str(flash), *more]) == 2
        assert cause in capsys.readouterr().err and len(tables(flash)) == 3
    assert run(["cards", "import", str(sheet), "--flash", str(flash), "--empty", "--yes"]) == 0


def test_an_empty_sheet_takes_no_card_away_unless_that_is_said(flash: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card_changes.replace_all(FlashFile(flash), some(3, 1))
    empty = tmp_path / "empty.csv"
    empty.write_text("card,role\r\n", encoding="utf-8")
    for more in ([], ["--yes"], ["--check"], ["--skip-bad", "--yes"]):
        assert run(["cards", "import", str(empty), "--flash", str(flash), *more]) == 2
        assert "nobody could open the gate" in capsys.readouterr().err and len(tables(flash)) == 3
    assert run(["cards", "import", str(empty), "--flash", str(flash), "--empty", "--yes"]) == 0 and not tables(flash)


def test_an_import_says_what_it_changes_and_asks_where_many_go(flash: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card_changes.replace_all(FlashFile(flash), some(40, 0x01000000))
    sheet = tmp_path / "cards.csv"
    rows = [f"{number:08X},{'staff' if number % 2 else ''}" for number in (0x01000000, 0x01000001, 0x0AFE0001)]
    sheet.write_text("card,role\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert run(["cards", "import", str(sheet), "--flash", str(flash)]) == 7
    said = capsys.readouterr().err
    assert "1 added: 0AFE0001" in said and "1 changed: 01000001" in said and "38 removed" in said and "28 more" in said
    assert len(tables(flash)) == 40
    assert run(["cards", "import", str(sheet), "--flash", str(flash), "--yes", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["added"], report["changed"], report["removed"]) == (1, 1, 38) and len(tables(flash)) == 3


def test_a_card_that_no_reader_shows_again_is_not_added_and_can_be_revoked(flash: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card_changes.replace_all(FlashFile(flash), [Card(canonical(bytes.fromhex("08A1B2C3")))])
    assert run(["cards", "add", "08D1E2F3", "--flash", str(flash)]) == 2 and "random" in capsys.readouterr().err
    assert run(["cards", "revoke", "08A1B2C3", "--flash", str(flash)]) == 0 and not tables(flash)[0].valid


def test_columns_that_are_not_read_and_cards_that_have_expired_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cards.csv"
    path.write_text("name,card,valid_until\nWang,04A1B2C3,2020-01-01\nLi,04A1B2C4,\n", encoding="utf-8")
    assert run(["cards", "import", str(path), "--check"]) == 0
    said = capsys.readouterr().err
    assert "columns that are not read: name" in said and "1 of 2 cards have expired" in said
    assert run(["cards", "import", str(path), "--check", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ignored_columns"] == ["name"] and told["expired"] == 1


@pytest.mark.parametrize("verb", ["add", "revoke"])
def test_a_typed_number_that_is_too_short_is_not_answered_with_an_option_of_import(
    verb: str, flash: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["cards", verb, "4A1B2C3", "--flash", str(flash)]) == 2
    said = capsys.readouterr().err
    assert "--zeros" not in said and "spreadsheet" not in said and "04A1B2C3" in said
