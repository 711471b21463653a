"""Which room of the product imports which: read from the syntax trees, so imports inside functions and under TYPE_CHECKING count too.

A module is a file of the product by the name under which it is imported. A room is a folder, or a file that stands beside the folders. An
arrow goes from the importer to the imported. Imports by a string are found here as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .repository import committed

TESTS: Final = "hil_tests"
# The roots of the import path, in this order; a file elsewhere is named by its path.
_ROOTS: Final = ("firmware/", "host_tools/")
_PACKAGES: Final = ("shed", "shedguard", "shedbench")
_BY_STRING: Final = ("__import__", "import_module")


@dataclass(frozen=True, slots=True)
class Arrow:
    """One import: the imported name, and where. ``name`` is empty when a string cannot be read."""

    source: str
    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Module:
    """One file; ``package`` says that it is the `__init__.py` of a folder."""

    name: str
    package: bool
    tree: ast.Module


Product = Mapping[str, Module]


def product(root: Path) -> dict[str, Module]:
    """Every committed Python file that is not a test."""
    found: dict[str, Module] = {}
    for path in committed(root):
        name = path.relative_to(root).as_posix()
        if path.suffix == ".py" and not name.startswith(TESTS + "/"):
            module = module_of(name, path.read_text(encoding="utf-8"))
            found[module.name] = module
    return found


def module_of(path: str, text: str) -> Module:
    """The module in the file ``path`` of the repository."""
    root = next((root for root in _ROOTS if path.startswith(root)), "")
    parts = path[len(root) :].removesuffix(".py").split("/")
    package = parts[-1] == "__init__"
    return Module(".".join(parts[:-1] if package else parts), package, ast.parse(text, path))


def room(name: str) -> str:
    """The room of a module: `shed.safety` of `shed.safety.scan`, `shedguard.errors` of itself, `boards` of what is below it."""
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] in _PACKAGES else parts[0]


def imports(module: Module) -> Iterator[Arrow]:
    """Every import of a module, with the full imported name."""
    folder = module.name.split(".") if module.package else module.name.split(".")[:-1]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Arrow(module.name, node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            above = folder[: len(folder) - node.level + 1] if node.level else []
            base = ".".join(above + ([node.module] if node.module else []))
            for alias in node.names:
                yield Arrow(module.name, node.lineno, f"{base}.{alias.name}")
        elif isinstance(node, ast.Call) and _last_name(node.func) in _BY_STRING:
            for name in _asked(node, module.tree):
                yield Arrow(module.name, node.lineno, name)


def _asked(call: ast.Call, tree: ast.Module) -> list[str]:
    """The names that an import by a string may have: its own, or those of the constant that a loop reads. Empty: unreadable."""
    asked = call.args[0] if call.args else None
    if isinstance(asked, ast.Name):
        loops = (node for node in ast.walk(tree) if isinstance(node, ast.For) and call in ast.walk(node))
        asked = next((loop.iter for loop in loops if isinstance(loop.target, ast.Name) and loop.target.id == asked.id), asked)
    if isinstance(asked, ast.Name):
        bound = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == asked.id and isinstance(node.ctx, ast.Store)]
        values = [node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets == bound]
        asked = values[0] if values else None
    strings = asked.elts if isinstance(asked, ast.Tuple) else [asked]
    return [node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "" for node in strings]


def _last_name(func: ast.expr) -> str:
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""


def met(name: str, modules: Product) -> str | None:
    """The module of the product in which an import of ``name`` ends: itself, or the one that holds the name; None outside the product."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or None


def room_arrows(modules: Product) -> dict[tuple[str, str], list[Arrow]]:
    """The arrows between two rooms, each with the imports that make it."""
    found: dict[tuple[str, str], list[Arrow]] = {}
    for module in modules.values():
        for arrow in imports(module):
            target = met(arrow.name, modules)
            if target is not None and room(target) != room(module.name):
                found.setdefault((room(module.name), room(target)), []).append(arrow)
    return found


def file_arrows(modules: Product) -> set[tuple[str, str]]:
    """The arrows between two files. An import from another folder runs that folder's `__init__.py` as well."""
    found: set[tuple[str, str]] = set()
    for module in modules.values():
        for arrow in imports(module):
            target = met(arrow.name, modules) or ""
            if target and target != module.name:
                found.add((module.name, target))
            while target := target.rpartition(".")[0]:
                if target in modules and not f"{module.name}.".startswith(f"{target}."):
                    found.add((module.name, target))
    return found


def not_allowed(modules: Product, table: Mapping[str, Iterable[str]]) -> list[str]:
    """Imports that make an arrow which the table does not have."""
    return [
        f"{arrow.source}:{arrow.line}: {target} is no arrow of {source}"
        for (source, target), arrows in room_arrows(modules).items()
        for arrow in arrows
        if target not in table.get(source, ())
    ]


def not_used(modules: Product, table: Mapping[str, Iterable[str]]) -> list[str]:
    """Arrows of the table that no import makes, rooms without a row, rows without a room."""
    used = room_arrows(modules)
    rooms = {room(name) for name in modules}
    idle = [
        f"{source} -> {target}: nobody uses it" for source, targets in table.items() for target in targets if (source, target) not in used
    ]
    return idle + [f"{name}: a room without a row, or a row without a room" for name in sorted(rooms ^ set(table))]


def tests_imported(modules: Product) -> list[str]:
    """Imports of a test, and imports by a string that cannot be read."""
    return [
        f"{arrow.source}:{arrow.line}: imports {arrow.name or 'what only a run can say'}"
        for module in modules.values()
        for arrow in imports(module)
        if not arrow.name or arrow.name.split(".")[0] == TESTS
    ]


def circles(arrows: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Every set of two or more that all reach each other."""
    reach: dict[str, set[str]] = {}
    targets: dict[str, set[str]] = {}
    for source, target in arrows:
        targets.setdefault(source, set()).add(target)
    for start in targets:
        seen: set[str] = set()
        todo = [start]
        while todo:
            new = targets.get(todo.pop(), set()) - seen
            seen |= new
            todo += new
        reach[start] = seen
    found = {tuple(sorted(b for b in seen if a in reach.get(b, ()))) for a, seen in reach.items() if a in seen}
    return sorted(list(circle) for circle in found)
