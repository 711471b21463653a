"""One version: package, firmware and changelog agree, and no other place spells it (docs/releasing.md)."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from shedbench.places import REPOSITORY
from shedguard import __version__
from shedguard.boards import known
from shedguard.flash import program, program_look
from shedguard.formats import file_system

HOME, FIRMWARE = "host_tools/shedguard/__init__.py", "firmware/shed/service/desk.py"
NAME = "devkitc-shed4"
SIZE = 0x100000  # of the partition `vfs`


def spelt(folder: Path, version: str) -> Iterator[str]:
    """Files below ``folder`` that contain the version as a string."""
    for path in folder.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if version in source:  # parsing all takes seconds
            found = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
            if version in found:
                yield path.relative_to(REPOSITORY).as_posix()


def sections(changelog: str) -> list[str]:
    """The headings of its versions, newest first."""
    return re.findall(r"^## (.+)$", changelog, re.MULTILINE)


def test_the_firmware_says_the_version_of_the_package() -> None:
    said = re.findall(r'^VERSION = "(.*)"$', (REPOSITORY / FIRMWARE).read_text(encoding="utf-8"), re.MULTILINE)
    assert said == [__version__] and re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def test_the_package_takes_it_from_its_one_place() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"] and project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"] == {"path": HOME}


def test_no_third_place_spells_it() -> None:
    found = [name for folder in ("firmware", "host_tools") for name in spelt(REPOSITORY / folder, __version__)]
    assert sorted(found) == sorted([HOME, FIRMWARE])


def test_the_changelog_has_a_dated_section_for_it_below_what_is_not_released() -> None:
    headings = sections((REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert headings[0] == "Unreleased"
    version, _, day = headings[1].partition(" - ")
    assert version == __version__ and re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", day)
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ - 20\d\d-[01]\d-[0-3]\d", heading) for heading in headings[1:])


def test_the_tools_find_it_in_a_board_s_program() -> None:
    """Backups name it, and none is restored under an older firmware. When the module moves, its path here must change."""
    board = known.load(NAME)
    image = file_system.build(program.files(board), SIZE)
    assert program_look.look(SIZE, lambda offset, size: image[offset : offset + size]) == (NAME, __version__)
    bare = file_system.build({"/main.py": b"", "/boot.py": b""}, SIZE)
    assert program_look.look(SIZE, lambda offset, size: bare[offset : offset + size]) == (None, None)
