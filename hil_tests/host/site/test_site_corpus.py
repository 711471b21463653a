"""The corpus of bad site and board files: exit code 2, the exact line, cause and hint; and no other error."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from shedguard.boards.known import load_file
from shedguard.commands.cli import run
from shedguard.files.problems import FileProblems
from shedguard.site.load import loads

HERE = Path(__file__).parent / "bad_sites"
CASES = tomllib.loads((HERE / "cases.toml").read_text(encoding="utf-8"))["case"]


def patched(case: dict[str, Any]) -> str:
    parts = (HERE / case["file"]).read_text(encoding="utf-8").split(case["old"])
    nth = case.get("nth", 0)
    assert len(parts) > nth + 1, f"{case['file']} has no occurrence {nth} of {case['old']!r}"
    return case["old"].join(parts[: nth + 1]) + case["new"] + case["old"].join(parts[nth + 1 :])


def test_the_corpus_is_as_large_as_promised_and_says_everything_once() -> None:
    assert len(CASES) >= 60
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_bad_file_is_refused_at_its_line_with_cause_and_hint(case: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "wrong.toml"
    file.write_text(patched(case), encoding="utf-8")
    site = case["file"] == "full.toml"
    arguments = ["config", "check", "--json", str(file)] if site else ["config", "check", "--json", str(HERE / "full.toml")]
    if not site:
        arguments += ["--board-file", str(file)]
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    errors = [problem for problem in json.loads(said.out)["problems"] if problem["severity"] == "error"]
    assert all(problem["file"] == str(file) for problem in errors)
    found = [problem for problem in errors if problem["line"] == case["line"]]
    assert any(case["cause"] in problem["cause"] and case["hint"] in problem["hint"] for problem in found), errors
    assert {problem["line"] for problem in errors} == {case["line"], *case.get("also", ())}, errors


@pytest.mark.parametrize("case", CASES[::9], ids=[case["name"] for case in CASES[::9]])
def test_for_people_the_same_in_words(case: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "wrong.toml"
    file.write_text(patched(case), encoding="utf-8")
    site = case["file"] == "full.toml"
    assert run(["config", "check", str(file)] if site else ["config", "check", str(HERE / "full.toml"), "--board-file", str(file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{file}:{case['line']}: error: " in said.err and case["cause"] in said.err and case["hint"] in said.err


@pytest.mark.parametrize("file", ["full.toml"])
def test_the_file_they_are_made_from_is_good(file: str, capsys: pytest.CaptureFixture[str]):
    assert run(["config", "check", str(HERE / file)]) == 0
    assert capsys.readouterr().err == "", "it has every key, and each has an effect"


@pytest.mark.parametrize(
    ("pin", "cause"),
    [(12, "a strapping pin"), (6, "flash chip"), (36, "input only"), (1, "console's serial port")],
)
def test_the_site_is_checked_against_the_chip_even_if_a_board_file_slips_through(pin: int, cause: str):
    board = load_file(HERE / "board.toml")
    terminals = {**board.terminal, "K1": board.terminal["K1"].model_copy(update={"gpio": pin})}
    with pytest.raises(FileProblems) as caught:
        loads((HERE / "full.toml").read_text(encoding="utf-8"), "full.toml", board.model_copy(update={"terminal": terminals}))
    found = [problem for problem in caught.value.problems if problem.path == ("outlet", 0, "relay")]
    assert found and cause in found[0].cause and found[0].line == 27
