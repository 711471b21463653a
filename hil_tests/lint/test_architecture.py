"""Every name on the page of the rooms' contracts exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from shedbench.places import REPOSITORY

PAGE = (REPOSITORY / "docs/architecture.md").read_text(encoding="utf-8")


def identifiers(path: Path) -> set[str]:
    """What a module defines, imports or calls by name."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.alias):
            names.add(node.name)
    return names


MODULES = {path.stem: identifiers(path) for path in (REPOSITORY / "firmware/shed").rglob("*.py")}
# `room.name`, or `.name` of the room named last.
NAME = re.compile(r"(?<![\w/.])(\w*)\.([A-Za-z_]\w*)")


def named() -> list[tuple[str, str]]:
    found = []
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        room = ""
        for before, name in NAME.findall(block):
            if before in MODULES:
                room = before
            if (before in MODULES or not before) and name != "py":
                found.append((room, name))
    return found


def test_every_name_of_a_room_is_in_that_room():
    pairs = named()
    assert len(pairs) > 60
    assert not [f"{room}.{name}" for room, name in pairs if name not in MODULES[room]]


def questions() -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    """Question, file, and the names and sections that are to be found in it."""
    rows = re.findall(r"^\| ([^|]*\?) \| `([^`]+)`(.*) \|$", PAGE.split("## Ten questions")[1], re.MULTILINE)
    return [(question, file, re.findall(r"`(\w+)`|section (?:\*([^*]+)\*|(\d+))", rest)) for question, file, rest in rows]


def test_each_of_the_ten_questions_is_answered_by_a_file_that_is_there():
    asked = questions()
    assert len(asked) == 10
    for question, file, named_in_it in asked:
        assert (REPOSITORY / file).is_file(), question
        text = (REPOSITORY / file).read_text(encoding="utf-8")
        for name, title, number in named_in_it:
            where = rf"^def {name}\(|^    def {name}\(" if name else rf"^## {title}$" if title else rf"^## {number}\. "
            assert re.search(where, text, re.MULTILINE), question


def test_every_file_and_room_that_the_page_names_is_there():
    homes = [REPOSITORY / home for home in ("", "firmware/shed", "host_tools/shedguard", "host_tools/shedbench")]
    homes += [path for home in homes[1:] for path in home.iterdir() if path.is_dir()]
    named_here = set(re.findall(r"`([\w./-]+(?:\.py|\.md|/))`", PAGE)) - {"boot.py", "main.py", "_boot.py"}
    assert len(named_here) > 40
    assert not [name for name in sorted(named_here) if not any((home / name).exists() for home in homes)]


def test_the_page_of_tests_names_every_folder_of_tests_and_no_other():
    tests = REPOSITORY / "hil_tests"
    page = (tests / "README.md").read_text(encoding="utf-8")
    folders = {path.parent.relative_to(tests).parts[0] for path in tests.rglob("*.py") if path.parent != tests}
    told = {name.split("/")[0] for name in re.findall(r"`([a-z_/]+)/(?:<room>/)?`", page)}
    assert folders <= told
    assert not [name for name in told if not ((tests / name).is_dir() or (REPOSITORY / name).is_dir() or name == "shedguard")]


def test_a_folder_of_tests_mirrors_its_subject():
    """`simulator/board` is the emulated board, which is in boards/."""
    subjects = {"firmware": "firmware/shed", "host": "host_tools/shedguard", "simulator": "host_tools/shedbench"}
    files = [path for folder in subjects for path in (REPOSITORY / "hil_tests" / folder).glob("*/test_*.py")]
    rooms = sorted({path.parent for path in files})
    assert len(rooms) > 20
    lone = [f"{room.parent.name}/{room.name}" for room in rooms if not (REPOSITORY / subjects[room.parent.name] / room.name).is_dir()]
    assert lone == ["simulator/board"], "a folder of tests has the name of the room that it tests"
    assert not [room.name for room in rooms if not (room / "__init__.py").is_file()], "a folder of tests is a package"


@pytest.mark.parametrize("page", ["docs/glossary.md", "docs/architecture.md", "hil_tests/README.md", "CONTRIBUTING.md"])
def test_what_a_page_links_to_is_there(page: str):
    path = REPOSITORY / page
    links = re.findall(r"\]\((?!http)([^)#]+)", path.read_text(encoding="utf-8"))
    assert links
    assert not [link for link in links if not (path.parent / link).exists()]


def test_titles_of_decisions_leave_their_number_to_the_file():
    for path in (REPOSITORY / "docs/decisions").glob("*.md"):
        title = path.read_text(encoding="utf-8").splitlines()[0]
        assert re.match(r"\d{4}-[a-z0-9-]+\.md$", path.name) and re.match(r"# [A-Z]", title), path.name
