"""The page that tells the rooms' contracts names nothing that is not there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

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


def test_titles_of_decisions_leave_their_number_to_the_file():
    for path in (REPOSITORY / "docs/decisions").glob("*.md"):
        title = path.read_text(encoding="utf-8").splitlines()[0]
        assert re.match(r"\d{4}-[a-z0-9-]+\.md$", path.name) and re.match(r"# [A-Z]", title), path.name
