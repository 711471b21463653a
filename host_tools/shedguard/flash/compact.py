"""The program with fewer names, for a stock image, where every interned name takes RAM permanently.

Hazard: a shed out of memory in mid-session. What MicroPython keeps of a module is its bytecode, a dictionary of its globals and every
name in it, in tables that double: the 1261st name alone costs 9 KB. So the text of each module is shortened before it is compiled, by three
rules that change no behaviour and no line number:

1. A public constant, `NAME = const(...)`, is replaced by its number wherever it is used. Its definition, and imports of nothing else, are
   removed. (mpy-cross does the same within one module for constants with a leading underscore.)
2. A private name (leading underscore) of a module that no other module and no text mentions gets a short one. Modules share the short
   names, except where a class inherits from one in another module.
3. A parameter that no call names, anywhere, gets a short name too.

Public names stay, and so do the private ones in SEEN_FROM_OUTSIDE. The frozen image, whose names take no RAM, is built without this.
A traceback shows file and line as they are in the sources, and functions with a leading underscore by their short name.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count
from string import ascii_letters
from typing import Final

from ..errors import ShedError
from .compact_constants import Constants
from .source_edit import Edits, nodes, walk

# Names that the benches' probes read or change in a running board.
SEEN_FROM_OUTSIDE: Final = frozenset(
    {
        *("_contacts", "_direct", "_end", "_inside", "_keep", "_keep_latched", "_loops", "_looks", "_region", "_reserve", "_restart"),
        *("_self_test", "_strobe_high", "_strobe_low", "_trips"),
    }
)
_PRIVATE: Final = re.compile(r"_[a-zA-Z]\w*")
_Function = ast.FunctionDef | ast.Lambda
_FUNCTION: Final = (ast.FunctionDef, ast.Lambda)


def compact(sources: Mapping[str, bytes]) -> dict[str, bytes]:
    """Maps dotted module names to their texts, before and after, for all modules at once. If one does not parse, all stay as they are, and
    the compiler refuses it."""
    try:
        trees = {name: ast.parse(text) for name, text in sources.items()}
    except SyntaxError:
        return dict(sources)
    edits = {name: Edits(sources[name]) for name in sources}
    constants = Constants(trees)
    for name, tree in trees.items():
        if any(isinstance(node, ast.JoinedStr) for node in nodes(tree)):
            raise ShedError(f"firmware: {name} has an f-string", "its names cannot be told apart from its text", 'use "..." % (...)')
        constants.replace(name, edits[name])
    _shorten_private(trees, edits)
    _shorten_parameters(trees, edits)
    return {name: edits[name].text() for name in sources}


def _shorten_private(trees: Mapping[str, ast.Module], edits: Mapping[str, Edits]) -> None:
    places = {name: [at for at in edits[name].identifiers(tree) if _private(at[0])] for name, tree in trees.items()}
    found = {name: Counter(identifier for identifier, _ in places[name]) for name in trees}
    users = Counter(identifier for names in found.values() for identifier in names)
    mentioned = {word for tree in trees.values() for word in _words_in_texts(tree)} | SEEN_FROM_OUTSIDE
    reached_for = {name for tree in trees.values() for name in _of_others(tree)}
    taken = set(users) | mentioned
    for family in _families(trees):
        names = sum((found[name] for name in family), Counter[str]())
        inside = Counter(identifier for name in family for identifier in found[name])
        bound = {identifier for name in family for identifier in _bound(trees[name])} - mentioned
        own = [word for word, _ in names.most_common() if word in bound and (users[word] == inside[word] or word not in reached_for)]
        short = _short_names("_", taken)
        new = {word: next(short) for word in own}
        for name in family:
            for identifier, place in places[name]:
                if identifier in new:
                    edits[name].rename(place, identifier, new[identifier])


def _bound(tree: ast.Module) -> Iterator[str]:
    """Names to which a module assigns a value: MicroPython's own private names, which it only reads, are not among them."""
    for node in nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _private(identifier: str) -> bool:
    return bool(_PRIVATE.fullmatch(identifier)) and not identifier.endswith("__")


def _of_others(tree: ast.Module) -> Iterator[str]:
    """Attributes of anything but `self`, and names that come from elsewhere: they may be another module's."""
    for node in nodes(tree):
        if isinstance(node, ast.Attribute) and not (isinstance(node.value, ast.Name) and node.value.id == "self"):
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.alias):
            yield node.name


def _families(trees: Mapping[str, ast.Module]) -> list[list[str]]:
    """Modules that share private names: those whose classes inherit from one another. Decided by the names of the bases, to be safe."""
    family = {name: {name} for name in trees}
    homes: dict[str, set[str]] = {}
    for name, tree in trees.items():
        for node in nodes(tree):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, set()).add(name)
    for name, tree in trees.items():
        for node in nodes(tree):
            for base in node.bases if isinstance(node, ast.ClassDef) else []:
                word = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
                joined = family[name].union(*(family[home] for home in homes.get(word, ())))
                for member in joined:
                    family[member] = joined
    return [sorted(members) for members in {id(members): members for members in family.values()}.values()]


def _shorten_parameters(trees: Mapping[str, ast.Module], edits: Mapping[str, Edits]) -> None:
    named = {node.arg for tree in trees.values() for node in nodes(tree) if isinstance(node, ast.keyword)}
    if None in named:  # `**` may pass any name
        return
    for name, tree in trees.items():
        for function in _outermost_functions(tree):
            _shorten_parameters_of(function, named, edits[name])


def _outermost_functions(node: ast.AST) -> Iterator[_Function]:
    """Functions inside another keep their parameters: they may share names with it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _FUNCTION):
            yield child
        else:
            yield from _outermost_functions(child)


def _shorten_parameters_of(function: _Function, named: set[str | None], edits: Edits) -> None:
    inner = [node for node in walk(function) if node is not function]
    nested = {argument.arg for node in inner if isinstance(node, _FUNCTION) for argument in node.args.args}
    body = function.body if isinstance(function.body, list) else [function.body]
    used = [node for part in body for node in walk(part)]
    other = _bound_otherwise(inner)
    around = {node.id for node in inner if isinstance(node, ast.Name)} | nested | other
    short = _short_names("", around | {argument.arg for argument in function.args.args})
    for argument in function.args.args:
        old = argument.arg
        if old == "self" or len(old) == 1 or old in named or old in nested or old in other or not old.isidentifier():
            continue
        new = next(short)
        edits.rename(edits.place(argument), old, new)
        for node in used:
            if isinstance(node, ast.Name) and node.id == old:
                edits.rename(edits.place(node), old, new)


def _bound_otherwise(within: list[ast.AST]) -> set[str]:
    """Names that a function binds without a Name node."""
    found: set[str] = set()
    for node in within:
        if isinstance(node, ast.Global | ast.Nonlocal):
            found |= set(node.names)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
    return found


def _words_in_texts(tree: ast.Module) -> Iterator[str]:
    """Words of string constants, docstrings aside: a name may be looked up by one."""
    docstrings = {id(node.value) for node in nodes(tree) if isinstance(node, ast.Expr)}
    for node in nodes(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield from re.findall(r"\w+", node.value)


def _short_names(prefix: str, taken: set[str]) -> Iterator[str]:
    """_a, _b ... _Z, _a0, _b0 ..."""
    for round_ in count(-1):
        for letter in ascii_letters:
            name = f"{prefix}{letter}" if round_ < 0 else f"{prefix}{letter}{round_}"
            if name not in taken:
                yield name
