"""The worked example of docs/extending.md, section "A meter", works: its steps are followed in a copy of the tree, as they stand there.

A block of Python has parts, each under a comment that says the file and the place: `below` or `above` a line, `a row of` a table, or `new`.
Blocks of `sh` are run line by line.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from shedbench.bench.board_process import DEFAULT_BINARY
from shedbench.places import REPOSITORY

COPIED: Final = ("boards", "docs", "firmware", "hil_tests", "host_tools")
PYTHON: Final = ".venv/bin/python"
PART: Final = re.compile(r"^# (\S+), (?:(below|above|a row of) `(.+)`|(new))$", re.MULTILINE)


def section() -> str:
    text = (REPOSITORY / "docs" / "extending.md").read_text(encoding="utf-8")
    return re.split(r"^## ", text, flags=re.MULTILINE)[1:][0].removeprefix("A meter\n")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", section(), re.MULTILINE | re.DOTALL)


def parts() -> Iterator[tuple[str, str, str, str]]:
    """File, how, where and text of each part."""
    for block in blocks("python"):
        assert PART.match(block), "a block begins with a file and a place"
        file = how = where = ""
        for number, piece in enumerate(PART.split(block)):
            match number % 5:
                case 0 if number:
                    yield file, how, where, piece.strip("\n") + "\n"
                case 1:
                    file = piece
                case 2:
                    how = piece or "new"
                case 3:
                    where = piece


def put(text: str, how: str, where: str, new: str) -> str:
    """``text`` with the lines ``new`` at a place that it has once."""
    lines = text.splitlines(keepends=True)
    if how == "below":
        (at,) = [number + 1 for number, line in enumerate(lines) if line.rstrip("\n") == where]
        return "".join((*lines[:at], new, *lines[at:]))
    (at,) = [number for number, line in enumerate(lines) if re.match(rf"{re.escape(where)}\b", line)]
    if how == "above":
        return "".join((*lines[:at], new, "\n\n", *lines[at:]))
    assert lines[at].split("#")[0].rstrip().endswith("{"), f"{where} is no table"
    end = lines.index("}\n", at)
    return "".join((*lines[:end], *(f"    {line}\n" for line in new.splitlines()), *lines[end:]))


class Copy:
    """A copy of the tree with the steps of the section done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in COPIED:
            shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy2(REPOSITORY / "pyproject.toml", folder)
        self.changed: set[str] = set()
        for file, how, where, text in parts():
            path = folder / file
            assert path.is_file() != (how == "new"), file
            path.write_text(text if how == "new" else put(path.read_text(encoding="utf-8"), how, where, text), encoding="utf-8")
            self.changed.add(file)

    def run(self, line: str) -> None:
        """A line of the section, with the copy's packages before those of this clone."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        environment["PYTHONPATH"] = f"{self.folder / 'host_tools'}{os.pathsep}{self.folder}"
        environment.setdefault("SHEDGUARD_EMULATED_BOARD", str(DEFAULT_BINARY))
        command = line.replace(PYTHON, sys.executable)
        ran = subprocess.run(command, shell=True, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, f"{line}\n{ran.stdout[-3000:]}{ran.stderr[-2000:]}"


def follow(folder: Path, wanted: Callable[[str], bool]) -> Copy:
    """Does the steps, and runs those lines of `sh` that are no tests, and the tests that are wanted."""
    copy = Copy(folder / "copy")
    (script,) = blocks("sh")
    lines = script.splitlines()
    tests = [line for line in lines if line.startswith(PYTHON)]
    assert any(wanted(line) for line in tests), "the section runs no such test"
    for line in lines:
        if line not in tests or wanted(line):
            copy.run(line)
    return copy


def is_scenario(line: str) -> bool:
    return "hil_tests/scenarios/" in line


@pytest.mark.slow(8)
def test_the_steps_for_a_meter_make_a_kind_that_every_side_knows(tmp_path: Path):
    copy = follow(tmp_path, lambda line: not is_scenario(line))
    table = re.findall(r"^\| \w+ \| (`.*?) \|", section(), re.MULTILINE)
    named = {file for cell in table for file in re.findall(r"`(.+?)`", cell) if not file.startswith("docs/")}
    made = {f"hil_tests/sites/{path.name}" for path in (copy.folder / "hil_tests/sites").glob("*.toml")}
    made -= {f"hil_tests/sites/{path.name}" for path in (REPOSITORY / "hil_tests/sites").glob("*.toml")}
    assert named == copy.changed | made


@pytest.mark.long
def test_a_session_on_the_meter_of_the_document_counts_what_the_socket_gave(tmp_path: Path):
    """On the emulated board, with the program of the copy in its file system."""
    follow(tmp_path, is_scenario)
