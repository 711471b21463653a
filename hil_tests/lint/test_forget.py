"""Functions that leave the RAM after a boot are called only by a boot."""

from __future__ import annotations

import ast
import runpy

import pytest
from shedguard.paths import firmware_dir

ROWS = [row.split() for row in runpy.run_path(str(firmware_dir() / "shed" / "boot" / "forget.py"))["ROWS"].split("\n") if row]
TREES = {
    path.relative_to(firmware_dir()).as_posix(): ast.parse(path.read_text("utf-8")) for path in (firmware_dir() / "shed").rglob("*.py")
}
LEAVING = next(
    {name.replace(".", "/") + ".py" for name in ast.literal_eval(node.value)}
    for node in TREES["shed/boot/start.py"].body
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "MODULES"
)
FORGOTTEN = {(f"shed/{row[0].replace('.', '/')}.py", row[1], name) for row in ROWS for name in row[2:]}


def _calls(node: ast.AST, path: str, scope: tuple[str, str]) -> list[tuple[str, str, str, str, int]]:
    """(called name, file, class, function, line) of every call below a node. scope: class and function around it, - for none."""
    found: list[tuple[str, str, str, str, int]] = []
    for child in ast.iter_child_nodes(node):
        inner = scope
        if isinstance(child, ast.ClassDef):
            inner = (child.name, "-")
        elif isinstance(child, ast.FunctionDef) and scope[1] == "-":
            inner = (scope[0], child.name)
        elif isinstance(child, ast.Call):
            name = child.func.attr if isinstance(child.func, ast.Attribute) else child.func.id if isinstance(child.func, ast.Name) else ""
            found.append((name, path, *scope, child.lineno))
        found += _calls(child, path, inner)
    return found


CALLS = [call for path, tree in TREES.items() for call in _calls(tree, path, ("-", "-"))]
# How each is called: a constructor by its class.
CALLED_AS = sorted({row[1] if name == "__init__" else name for row in ROWS for name in row[2:]})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}.{row[1]}")
def test_what_is_forgotten_is_there(row: list[str]) -> None:
    body = TREES[f"shed/{row[0].replace('.', '/')}.py"].body
    if row[1] != "-":
        (body,) = (node.body for node in body if isinstance(node, ast.ClassDef) and node.name == row[1])
    assert set(row[2:]) <= {node.name for node in body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", CALLED_AS)
def test_what_is_forgotten_is_called_by_a_boot_only(name: str) -> None:
    late = [
        f"{path}:{line} calls {name} in {owner}.{function}"
        for called, path, owner, function, line in CALLS
        if called == name and path not in LEAVING | {"shed/app.py"} and function != "-" and (path, owner, function) not in FORGOTTEN
    ]
    assert not late, "\n".join(late)
