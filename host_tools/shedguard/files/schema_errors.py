"""Turns pydantic's errors into problems that say what a person should change."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .fields import NAME_LENGTH
from .problems import Path, Problem, did_you_mean, nearest

_MISSING = {
    "meter": (
        "no money without measurement: every outlet is metered",
        'add meter = { bus = "...", address = ..., profile = "pzem-016" }',
    ),
    "maintenance_key": (
        "changes over the console need it",
        "add maintenance_key = 64 hex digits, for instance from: openssl rand -hex 32",
    ),
    "breaker_w": ("the check of outlet limits needs it", "add breaker_w = the watts that the group's breaker carries"),
}
_KINDS = {
    "int_type": "a whole number",
    "string_type": "text in quotes",
    "bool_type": "true or false",
    "list_type": "a list in [ ]",
    "model_type": "a table",
    "dict_type": "a table",
}
_PATTERNS = {
    "maintenance_key": ("64 hex digits are needed: a key of 32 bytes", "for instance from: openssl rand -hex 32"),
    "phone": ("a telephone number has digits, spaces and dashes, and may begin with +", 'for instance "+86 571 8888 0000"'),
}


_SECRET = frozenset({"maintenance_key"})


def problems_of(error: ValidationError, model: type[BaseModel], not_yet: Mapping[str, tuple[str, str]] | None = None) -> list[Problem]:
    """One problem for each error of ``model``, which is a whole file. ``not_yet``: known tables that are not in this version, with cause
    and hint."""
    details = error.errors()
    unknown = {(tuple(one["loc"][:-1]), str(one["loc"][-1])) for one in details if one["type"] == "extra_forbidden"}

    def is_misspelt(one: ErrorDetails) -> bool:
        """Whether the missing key is present under a misspelt name: then it is reported once, with the right name as the hint."""
        near = [name for table, name in unknown if table == tuple(one["loc"][:-1])]
        return one["type"] == "missing" and bool(difflib.get_close_matches(str(one["loc"][-1]), near, n=1, cutoff=0.6))

    return [_not_yet(one, not_yet or {}) or _problem(one, model) for one in details if not is_misspelt(one)]


def _not_yet(details: ErrorDetails, not_yet: Mapping[str, tuple[str, str]]) -> Problem | None:
    path = details["loc"]
    if details["type"] != "extra_forbidden" or len(path) != 1 or str(path[0]) not in not_yet:
        return None
    return Problem(path, f"[{path[0]}] is not in this version", *not_yet[str(path[0])])


def _problem(details: ErrorDetails, model: type[BaseModel]) -> Problem:
    path: Path = tuple(part for part in details["loc"] if part not in ("int", "literal['auto']"))  # the arms of a union are no keys
    key, kind = str(path[-1]), details["type"]
    where = describe(path[:-1])
    context: dict[str, Any] = details.get("ctx", {})
    if kind == "extra_forbidden":
        known = sorted(_fields(path[:-1], model))
        return Problem(
            path,
            f'unknown key "{key}" in {where}',
            "only known keys are read, so a misspelt one would be ignored in silence",
            did_you_mean(key, known),
        )
    if kind == "missing":
        table = f"add a table [{key}]" if len(path) == 1 else f"add {key} to {where}"
        cause, hint = _MISSING.get(key, ("this has no default", table))
        what = f"{where} has no meter" if key == "meter" else f'"{key}" is missing in {where}'
        return Problem(path, what, cause, hint)
    value = details["input"]
    what = f"{key} in {where} is not valid"
    if key in _SECRET:
        what = f"{what}: {len(value)} characters" if isinstance(value, str) else what
    elif not isinstance(value, dict | list):
        what = f"{key} = {value!r} in {where} is not valid"
    if kind == "literal_error":
        expected = str(context.get("expected", "")).replace("'", '"')
        known = [word for field in [_annotation(path, model)] for word in _literals(field)]
        if len(known) == 1 and nearest(str(value), known) is None:
            what = f"{key} = {value!r} in {where} is not in this version"
        return Problem(path, what, f"allowed: {expected}", did_you_mean(str(value), known, f"write one of {expected}"))
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = context.get("ge", context.get("le"))
        word = "at least" if kind == "greater_than_equal" else "at most"
        return Problem(path, what, f"out of range: {word} {bound}", f"write a value of {word} {bound}")
    if kind == "string_pattern_mismatch":
        return Problem(
            path, what, *_PATTERNS.get(key, (details["msg"], "see docs/protocols/site-file.md; for a board file docs/boards.md"))
        )
    if kind in ("string_too_short", "string_too_long"):
        return Problem(
            path, what, f"a name has 1 to {NAME_LENGTH} characters", f"write a {'longer' if kind.endswith('short') else 'shorter'} {key}"
        )
    if kind == "list_type" and isinstance(value, dict):
        return Problem(path, what, "there may be several of it", f"write [[{key}]], with two brackets")
    if kind in _KINDS:
        return Problem(path, what, f"{_KINDS[kind]} is expected here", f"write {key} as {_KINDS[kind]}")
    if kind == "too_short":
        return Problem(path, f"{key} in {where} is empty", f"at least {context.get('min_length', 1)} is needed", f"add what {key} names")
    if kind == "too_long":
        said = f"{context.get('actual_length')} of {key} in {where}, at most {context.get('max_length')}"
        return Problem(path, said, "the board keeps fixed-size tables", "this version carries no more: give the shed a second board")
    return Problem(path, what, details["msg"], "see docs/protocols/site-file.md; for a board file docs/boards.md")


def describe(path: Path) -> str:
    """A table as the file writes it: ``[[outlet]] number 2``, ``[site]``."""
    if not path:
        return "the file"
    if len(path) > 1 and isinstance(path[1], int):
        rest = ".".join(str(part) for part in path[2:])
        return f"[[{path[0]}]] no. {path[1] + 1}" + (f", {rest}" if rest else "")
    return f"[{'.'.join(str(part) for part in path)}]"


def _fields(path: Path, root: type[BaseModel]) -> list[str]:
    model = _annotation(path, root)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _annotation(path: Path, root: type[BaseModel]) -> Any:
    """The type that the model ``root`` expects at ``path``."""
    found: Any = root
    for part in path:
        found = _plain(found)
        if get_origin(found) is dict:
            found = get_args(found)[1]
        elif isinstance(part, int):
            found = (get_args(found) or (None,))[0]
        elif isinstance(found, type) and issubclass(found, BaseModel) and part in found.model_fields:
            found = found.model_fields[part].annotation
        else:
            return None
    return _plain(found)


def _plain(found: Any) -> Any:
    """``found`` without Annotated and without ``| None``."""
    while get_origin(found) in (Annotated, Union, UnionType):
        found = next(arg for arg in get_args(found) if arg is not type(None))
    return found


def _literals(found: Any) -> list[str]:
    return [word for word in get_args(found) if isinstance(word, str)]
