"""Files that verbs write: existing files are not lost, and a failed write is reported, not called a bug."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from shedbench.places import REPOSITORY
from shedguard.commands.cli import run
from shedguard.errors import FAILED, INVALID, OK
from shedguard.files.whole_file import whole_file
from shedguard.flash.image import build_flash
from shedguard.formats.cards import Card, canonical
from shedguard.formats.partition_table import SHEDGUARD, STOCK, TABLE_OFFSET, TABLE_SIZE, encode, may_hold_table
from shedguard.site.load import load

SITE = REPOSITORY / "hil_tests" / "sites" / "small.toml"
SHEET = "card,role\n04A1B2C3,\n"


@pytest.fixture(scope="module")
def flash(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("board") / "flash.bin"
    loaded = load(SITE)
    build_flash(path, loaded.site, loaded.board, [Card(canonical(bytes.fromhex("04A1B2C3")))])
    return path


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "cards.csv"
    path.write_text(SHEET, encoding="utf-8")
    return path


# Verb, option of the file, whether its own output is overwritten without --force (nothing is lost), whether it has --force.
WRITERS: dict[str, tuple[Sequence[str], str, bool, bool]] = {
    "backup": (("backup", "--flash", "FLASH"), "--out", False, True),
    "bundle": (("bundle",), "--out", False, True),
    "cards export": (("cards", "export", "--flash", "FLASH"), "", False, True),
    "cards import": (("cards", "import", "SHEET"), "--output", True, True),
    "config build": (("config", "build", str(SITE)), "--output", True, False),
    "config new": (("config", "new", "--board", "devkitc-shed4", "--defaults"), "--out", False, False),
    "config pull": (("config", "pull", "--flash", "FLASH", "--site", str(SITE)), "--out", False, False),
    "boards picture": (("boards", "picture", "devkitc-shed4"), "--out", True, True),
}
writers = pytest.mark.parametrize("verb", WRITERS)


def command(verb: str, flash: Path, sheet: Path, out: Path) -> list[str]:
    words, option, *_ = WRITERS[verb]
    given = [{"FLASH": str(flash), "SHEET": str(sheet)}.get(word, word) for word in words]
    return [*given, *([option] if option else []), str(out)]


@writers
def test_somebody_elses_file_is_never_written_over(
    verb: str, flash: Path, sheet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "there"
    out.write_bytes(b"the only copy")
    assert run(command(verb, flash, sheet, out)) == INVALID
    said = capsys.readouterr().err
    assert "there already" in said and "hint" in said and ("--force" in said) == WRITERS[verb][3]
    assert out.read_bytes() == b"the only copy"


@pytest.mark.parametrize("verb", [verb for verb in WRITERS if verb != "bundle"])
def test_what_was_made_is_written_again_only_where_nothing_is_lost(verb: str, flash: Path, sheet: Path, tmp_path: Path) -> None:
    _, _, again, forced = WRITERS[verb]
    out = tmp_path / "new"
    assert run(command(verb, flash, sheet, out)) == OK and out.stat().st_size
    assert run(command(verb, flash, sheet, out)) == (OK if again else INVALID)
    if forced and not again:
        assert run([*command(verb, flash, sheet, out), "--force"]) == OK


@writers
@pytest.mark.parametrize("place", ["no/such/folder/file", "."])
def test_a_place_where_no_file_can_be_is_told(
    verb: str, place: str, flash: Path, sheet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command(verb, flash, sheet, tmp_path / place)) == FAILED
    said = capsys.readouterr().err
    assert "cannot write" in said and "bug" not in said and "hint" in said


def test_a_picture_in_which_somebody_has_drawn_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "wiring.svg"
    draw = ["boards", "picture", "devkitc-shed4", "--out", str(out)]
    assert run(draw) == OK
    drawn = out.read_text(encoding="utf-8")
    edited = drawn.replace("</svg>", "<text>cable 7: grey</text></svg>")
    out.write_text(edited, encoding="utf-8")
    assert run(draw) == INVALID and run([*draw, "--site", str(SITE)]) == INVALID
    said = capsys.readouterr().err
    assert "there already" in said and "--force overwrites this one" in said and out.read_text(encoding="utf-8") == edited
    assert run([*draw, "--force"]) == OK and out.read_text(encoding="utf-8") == drawn


def test_an_image_is_named_after_the_whole_name_of_its_site_file(tmp_path: Path) -> None:
    for name, image in (("shed.toml", "shed.bin"), ("shed v1.2", "shed v1.2.bin")):
        (tmp_path / name).write_bytes(SITE.read_bytes())
        assert run(["config", "build", str(tmp_path / name)]) == OK and (tmp_path / image).exists()


READERS = (
    "config check FILE", "config show FILE", "config diff FILE FILE", "cards import FILE", "restore FILE", "cards list --flash FILE",
    "log --flash FILE", "sessions --flash FILE", "config pull --flash FILE --board devkitc-shed4",
    "flash --board devkitc-shed4 --image FILE", "install FILE", "emulate --site FILE", "why 1 --site FILE --port /dev/null",
)  # fmt: skip


@pytest.mark.parametrize("words", READERS)
@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "noise"])
def test_a_file_that_cannot_be_meant_is_told_and_is_no_bug(
    words: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x"
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes(b"" if kind == "empty" else bytes(range(256)) * 40)
    assert run([str(path) if word == "FILE" else word for word in words.split()]) not in (OK,)
    said = capsys.readouterr().err
    assert said and "bug in this tool" not in said and "Traceback" not in said


def test_an_emulated_board_is_not_kept_in_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["emulate", "--flash", str(tmp_path / "no" / "flash.bin")]) == FAILED
    assert "no folder" in capsys.readouterr().err


def test_a_file_that_is_no_flash_is_not_made_one(capsys: pytest.CaptureFixture[str], sheet: Path) -> None:
    assert run(["emulate", "--flash", str(sheet)]) == INVALID
    assert "not the flash of a board" in capsys.readouterr().err and sheet.read_text(encoding="utf-8") == SHEET


@pytest.mark.parametrize("held", [SHEET, "<svg>with somebody's notes</svg>"])
def test_a_demo_draws_no_picture_over_a_file_that_is_there(held: str, capsys: pytest.CaptureFixture[str], sheet: Path) -> None:
    sheet.write_text(held, encoding="utf-8")
    assert run(["demo", "--script", "--picture", str(sheet)]) == INVALID
    assert "--force overwrites this one" in capsys.readouterr().err and sheet.read_text(encoding="utf-8") == held


def full_disk(_file: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("size", [1 << 20, 4 << 20])
@pytest.mark.parametrize("kind", ["film", "zeros", "text behind a table"])
def test_a_file_as_long_as_a_flash_is_not_made_one(kind: str, size: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = random.Random(9).randbytes(size)
    held = {"film": film, "zeros": bytes(size), "text behind a table": film[:TABLE_OFFSET] + b"\xaa\x50" + film[TABLE_OFFSET + 2 :]}[kind]
    path = tmp_path / "film.bin"
    path.write_bytes(held)
    assert run(["emulate", "--flash", str(path)]) == INVALID
    said = capsys.readouterr().err
    assert "not the flash of a board" in said and "partition table" in said and path.read_bytes() == held


def test_what_a_board_may_have_where_its_partition_table_belongs() -> None:
    table, erased = encode(STOCK), b"\xff" * TABLE_SIZE
    assert may_hold_table(encode(SHEDGUARD)) and may_hold_table(table), "a board in service, a stock-like one"
    assert may_hold_table(erased), "a bare one, or one whose flashing was interrupted"
    assert may_hold_table(table[:100] + erased[100:]) and may_hold_table(b"\xaa\x50" + bytes(62) + erased[64:]), "a damaged one"
    assert not may_hold_table(b"") and not may_hold_table(table[:-1]) and not may_hold_table(bytes(TABLE_SIZE))


@pytest.mark.parametrize("verb", ["backup", "cards export", "cards import", "config build", "boards picture"])
def test_a_full_disk_costs_nothing_that_was_there(
    verb: str, flash: Path, sheet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new"
    assert run(command(verb, flash, sheet, out)) == OK
    before = out.read_bytes()
    monkeypatch.setattr(os, "fsync", full_disk)
    assert run([*command(verb, flash, sheet, out), *(["--force"] if WRITERS[verb][3] else [])]) == FAILED
    assert "No space left" in capsys.readouterr().err
    assert out.read_bytes() == before and {path.name for path in tmp_path.iterdir()} == {"new", sheet.name}


def private_config(flash: Path, sheet: Path, folder: Path) -> Path:
    """`config pull`: the site file with the maintenance key."""
    out = folder / "site.toml"
    assert run(command("config pull", flash, sheet, out)) == OK
    return out


def test_a_file_with_the_key_is_its_owners_whatever_lies_beside_it(flash: Path, sheet: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    victim.chmod(0o644)
    left = {tmp_path / name: link for name, link in (("site.toml.part", True), ("there.toml.part", False))}
    for path, link in left.items():
        path.symlink_to(victim) if link else path.write_bytes(b"mine")
    out = private_config(flash, sheet, tmp_path)
    assert out.stat().st_mode & 0o777 == 0o600 and victim.read_bytes() == b"mine"
    assert run(command("backup", flash, sheet, tmp_path / "there.toml")) == OK
    assert (tmp_path / "there.toml").stat().st_mode & 0o777 == 0o600
    assert all(path.read_bytes() == b"mine" for path in left), "other people's files are neither written nor deleted"


def test_nobody_else_can_read_the_key_while_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_bytes(b"old")
    (tmp_path / "site.toml").chmod(0o644)
    with whole_file(tmp_path / "site.toml", private=True) as file:
        assert os.fstat(file.fileno()).st_mode & 0o777 == 0o600
        file.write(b"key")
    assert (tmp_path / "site.toml").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_that_is_written_again_keeps_who_may_read_it(mode: int, flash: Path, sheet: Path, tmp_path: Path) -> None:
    out = tmp_path / "cards.csv"
    out.write_bytes(b"old")
    out.chmod(mode)
    link = tmp_path / "link.csv"
    link.symlink_to(out)
    assert run([*command("cards export", flash, sheet, link), "--force"]) == OK
    assert link.is_symlink() and b"04:A1:B2:C3" in out.read_bytes() and out.stat().st_mode & 0o777 == mode


def test_a_new_file_that_is_no_secret_has_the_mode_of_any_other(flash: Path, sheet: Path, tmp_path: Path) -> None:
    (tmp_path / "any").touch()
    assert run(command("cards export", flash, sheet, tmp_path / "new")) == OK
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "any").stat().st_mode


def test_what_is_given_up_half_way_changes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_bytes(b"old")

    def write() -> None:
        with whole_file(out) as file:
            file.write(b"ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert out.read_bytes() == b"old" and list(tmp_path.iterdir()) == [out]


def test_a_full_disk_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    if not Path("/dev/full").exists():
        pytest.fail("this system has no /dev/full: the test needs a device that is always full")
    assert run(["boards", "picture", "devkitc-shed4", "--out", "/dev/full"]) in (FAILED, INVALID)
    assert "bug" not in capsys.readouterr().err
