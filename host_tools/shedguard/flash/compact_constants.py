"""The numbers behind the public constants of a program, which replace their names (rule 1 of compact.py).

Hazard: a closed list that is stated twice. The sources state each constant once, in the module it belongs to; the board gets numbers.
"""

from __future__ import annotations

import ast
import operator
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from .source_edit import Edits, nodes

_OPERATORS: Final[dict[type[ast.operator], Callable[[int, int], int]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
}


class Constants:
    """trees: dotted module name to its syntax tree."""

    def __init__(self, trees: Mapping[str, ast.Module]) -> None:
        self._trees = trees
        self._values: dict[str, dict[str, int]] = {name: {} for name in trees}
        self._sources = {name: self._imported(name) for name in trees}
        self._definitions = {name: _definitions(tree) for name, tree in trees.items()}
        while sum(self._learn(name) for name in trees):  # a constant may use another module's
            pass
        self._looked_up = {name for module in trees for name in self._asked_for(module)}

    def _imported(self, module: str) -> dict[str, tuple[str, str]]:
        """What a name means in a module: (module, "") or (module, constant there)."""
        found: dict[str, tuple[str, str]] = {}
        for node in nodes(self._trees[module]):
            for alias in node.names if isinstance(node, ast.ImportFrom) else []:
                assert isinstance(node, ast.ImportFrom)
                whole = f"{node.module}.{alias.name}"
                if whole in self._trees:
                    found[alias.asname or alias.name] = (whole, "")
                elif node.module is not None and node.module in self._trees:
                    found[alias.asname or alias.name] = (node.module, alias.name)
        return found

    def _learn(self, module: str) -> bool:
        known = self._values[module]
        before = len(known)
        for name, expression in self._definitions[module]:
            number = self._value(module, expression)
            if number is not None and abs(number) < 1 << 30:
                known[name] = number
        return len(known) > before

    def _value(self, module: str, node: ast.expr) -> int | None:
        """The value of an expression, if it is known before the program runs."""
        if isinstance(node, ast.Constant):
            return node.value if type(node.value) is int else None
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = self._value(module, node.operand)
            return None if value is None else -value
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            left, right = self._value(module, node.left), self._value(module, node.right)
            return None if left is None or right is None else _OPERATORS[type(node.op)](left, right)
        return self._constant(module, node)

    def _constant(self, module: str, node: ast.AST) -> int | None:
        """The number of `NAME`, imported or not, or of `module.NAME`."""
        if isinstance(node, ast.Name):
            return self._named(module, node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            home, name = self._sources[module].get(node.value.id, ("", "-"))
            return None if name else self._named(home, node.attr)
        return None

    def _named(self, module: str, name: str) -> int | None:
        home, there = self._sources[module].get(name, (module, name))
        return self._values[home].get(there) if home == module else self._named(home, there) if there else None

    def _asked_for(self, module: str) -> set[str]:
        """Names of constants that the program looks up at run time, by object or by text: these stay."""
        all_nodes = nodes(self._trees[module])
        found = {node.attr for node in all_nodes if isinstance(node, ast.Attribute) and self._constant(module, node) is None}
        return found | {node.value for node in all_nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}

    def replace(self, module: str, edits: Edits) -> None:
        """In a module: replace names by numbers; remove definitions, and imports without a use."""
        tree = self._trees[module]
        gone = {node for node in tree.body if isinstance(node, ast.Assign) and self._is_gone(module, _name(node))}
        kept: Counter[str] = Counter()
        self._put_numbers(module, tree, edits, kept, gone)
        for definition in gone:
            edits.replace(definition, "pass")
        for node in nodes(tree):
            if isinstance(node, ast.ImportFrom):
                self._thin(module, node, edits, kept)

    def _is_gone(self, module: str, name: str) -> bool:
        return name in self._values[module] and name not in self._looked_up

    def _put_numbers(self, module: str, node: ast.AST, edits: Edits, kept: Counter[str], gone: set[ast.Assign]) -> None:
        for child in ast.iter_child_nodes(node):
            if child in gone:
                continue
            if isinstance(child, ast.Name | ast.Attribute) and isinstance(child.ctx, ast.Load):
                number = self._constant(module, child)
                if number is not None:
                    edits.replace(child, str(number) if number >= 0 else f"({number})")
                    continue
            if isinstance(child, ast.Name):
                kept[child.id] += 1
            self._put_numbers(module, child, edits, kept, gone)

    def _thin(self, module: str, node: ast.ImportFrom, edits: Edits, kept: Counter[str]) -> None:
        left = [
            alias for alias in node.names if not self._is_idle(module, node, alias.asname or alias.name) or kept[alias.asname or alias.name]
        ]
        names = ", ".join(f"{alias.name} as {alias.asname}" if alias.asname else alias.name for alias in left)
        if len(left) < len(node.names):
            edits.replace(node, f"from {node.module} import {names}" if left else "pass")

    def _is_idle(self, module: str, node: ast.ImportFrom, name: str) -> bool:
        """Whether the import only binds a name."""
        return name in self._sources[module] or (node.module == "micropython" and name == "const")


def _definitions(tree: ast.Module) -> list[tuple[str, ast.expr]]:
    """Name and expression of each `NAME = const(expression)` of a module whose name is bound only once."""
    bound = Counter(node.id for node in nodes(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load))
    return [
        (_name(node), node.value.args[0])
        for node in tree.body
        if isinstance(node, ast.Assign) and bound[_name(node)] == 1 and isinstance(node.value, ast.Call) and _is_const(node.value)
    ]


def _is_const(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "const" and len(call.args) == 1


def _name(node: ast.Assign) -> str:
    target = node.targets[0]
    return target.id if len(node.targets) == 1 and isinstance(target, ast.Name) and target.id.isupper() else ""
