"""Board files of one's own: in the folder of `shed --boards`, or beside the site file that names the board.

Hazard: two files of one name, or a verb that finds another board than the verb before it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from shedbench.places import REPOSITORY
from shedbench.plant.sitefile import read_wiring
from shedguard.backup import restore
from shedguard.boards import known
from shedguard.boards.boot_file import identity
from shedguard.commands.cli import run
from shedguard.errors import INVALID, ShedError
from shedguard.files.problems import FileProblems
from shedguard.flash.board_flash import Request, before_of
from shedguard.site.load import load

PRODUCT = "devkitc-shed4"


def board_file(folder: Path, name: str = "mine", called: str | None = None) -> Path:
    """A copy of a product's board file under another name."""
    folder.mkdir(exist_ok=True)
    text = (known.boards_dir() / f"{PRODUCT}.toml").read_text(encoding="utf-8")
    file = folder / f"{name}.toml"
    file.write_text(text.replace(f'name = "{PRODUCT}"', f'name = "{called or name}"', 1), encoding="utf-8")
    return file


def site_file(folder: Path, board: str = "mine") -> Path:
    folder.mkdir(exist_ok=True)
    text = (REPOSITORY / "hil_tests/sites/small.toml").read_text(encoding="utf-8")
    file = folder / "shed.toml"
    file.write_text(text.replace(f'board = "{PRODUCT}"', f'board = "{board}"', 1), encoding="utf-8")
    return file


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The board's file in a folder that the environment names, as `shed --boards` does for every process of a verb."""
    file = board_file(tmp_path / "boards")
    monkeypatch.setenv(known.OWN_BOARDS, str(file.parent))
    return file


def test_a_board_of_ones_own_is_known_by_its_name(own: Path) -> None:
    assert "mine" in known.names() and known.own_file("mine") == own and known.own_file(PRODUCT) is None
    assert known.load("mine").board.name == known.load_any("mine").board.name == "mine"
    assert before_of(Request("none", "mine", None)) == before_of(Request("none", PRODUCT, None))


def test_site_plant_and_backup_find_the_same_board(own: Path, tmp_path: Path) -> None:
    site = site_file(tmp_path / "site")
    assert load(site).board.board.name == "mine" and read_wiring(site).board_path == own
    assert restore.identity_of("mine", None) == identity(known.load("mine"))


def test_a_board_beside_its_site_file_is_found_from_there_only(tmp_path: Path) -> None:
    site, file = site_file(tmp_path), board_file(tmp_path)
    assert load(site).board.board.name == "mine" and read_wiring(site).board_path == file
    assert known.reference("mine", tmp_path) == str(file) and known.load_any(known.reference("mine", tmp_path)).board.name == "mine"
    assert restore.identity_of("mine", tmp_path) == identity(known.load("mine", tmp_path)) and restore.identity_of("mine", None) is None
    assert known.reference(PRODUCT, tmp_path) == PRODUCT
    with pytest.raises(ShedError, match="no board is called"):
        known.load("mine")


def test_a_board_that_is_nowhere_is_refused_on_its_line_and_the_hint_says_where_to_put_it(tmp_path: Path) -> None:
    site = site_file(tmp_path, "xyz-9000")
    with pytest.raises(FileProblems) as caught:
        load(site)
    (problem,) = caught.value.problems
    assert 'board = "xyz-9000"' in site.read_text(encoding="utf-8").splitlines()[problem.line - 1]
    assert "beside the site file" in problem.hint and "shed --boards DIR" in problem.hint


def test_a_second_board_of_a_name_is_refused_wherever_it_stands(tmp_path: Path, own: Path) -> None:
    for name, whose in ((PRODUCT, "a board of this tool"), ("mine", f"the board in {own}")):
        folder = tmp_path / f"beside {name}"
        site, _file = site_file(folder, name), board_file(folder, name)
        with pytest.raises(FileProblems) as caught:
            load(site)
        assert f"has the name of {whose}" in str(caught.value) and "another name" in str(caught.value)
    with pytest.raises(ShedError, match="has the name of a board of this tool"):
        known.load_any(str(board_file(tmp_path / "path", PRODUCT)))
    board_file(own.parent, PRODUCT)
    with pytest.raises(ShedError, match="has the name of a board of this tool") as refused:
        known.names()
    assert refused.value.code == INVALID


def test_a_site_file_that_is_called_as_its_board_is_no_second_board(tmp_path: Path) -> None:
    file = site_file(tmp_path, PRODUCT).rename(tmp_path / f"{PRODUCT}.toml")
    assert load(file).board.board.name == PRODUCT


def test_a_board_that_is_called_otherwise_than_its_file_is_refused(own: Path) -> None:
    board_file(own.parent, "yours", called="hers")
    with pytest.raises(ShedError, match='says name = "hers"') as refused:
        known.load("yours")
    assert refused.value.code == INVALID and 'write name = "yours"' in refused.value.hint


def test_a_broken_board_file_is_reported_with_its_line_and_not_passed_over(own: Path, tmp_path: Path) -> None:
    own.write_text(own.read_text(encoding="utf-8").replace("flash_mb = 4", "flash_mb = = 4", 1), encoding="utf-8")
    with pytest.raises(FileProblems, match="not TOML"):
        load(site_file(tmp_path / "site"))


def test_every_verb_that_names_a_board_takes_one_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, site = board_file(tmp_path / "boards"), site_file(tmp_path / "site")
    at = ["--boards", str(file.parent)]
    assert run([*at, "boards"]) == 0
    listed = capsys.readouterr().out
    assert str(file) in listed and PRODUCT in listed
    assert run([*at, "boards", "--json"]) == 0
    rows = {row["name"]: row["file"] for row in json.loads(capsys.readouterr().out)}
    assert rows["mine"] == str(file) and rows[PRODUCT] is None
    assert run([*at, "boards", "show", "mine"]) == 0
    assert f"a board of your own, from {file}" in capsys.readouterr().out
    assert run(["boards", "show", PRODUCT]) == 0
    assert "of your own" not in capsys.readouterr().out
    for verb in (
        ["boards", "picture", "mine", "--site", str(site), "--out", str(tmp_path / "mine.svg")],
        ["config", "check", str(site)],
        ["config", "build", str(site), "-o", str(tmp_path / "shed.bin")],
        ["config", "new", "--board", "mine", "--defaults", "--out", str(tmp_path / "new.toml")],
    ):
        assert run([*at, *verb]) == 0, verb
    assert run(["config", "check", str(site)]) == INVALID, "without the option nobody knows it"
    assert known.OWN_BOARDS not in os.environ


def test_a_board_beside_the_site_needs_no_option(tmp_path: Path) -> None:
    site = site_file(tmp_path)
    board_file(tmp_path)
    assert run(["config", "check", str(site)]) == 0
    assert run(["config", "new", "--board", str(tmp_path / "mine.toml"), "--defaults", "--out", str(tmp_path / "new.toml")]) == 0


def test_a_folder_that_is_not_there_or_holds_a_known_name_ends_every_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--boards", str(tmp_path / "none"), "ports"]) == INVALID
    assert "there is no such folder" in capsys.readouterr().err
    board_file(tmp_path / "boards", PRODUCT)
    assert run(["--boards", str(tmp_path / "boards"), "ports"]) == INVALID
    assert "has the name of a board of this tool" in capsys.readouterr().err
