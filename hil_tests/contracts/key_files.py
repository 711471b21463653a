"""A site file and a board file as tables in which the tests of keys change one key at a time."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from shedguard.boards.model import Board
from shedguard.site.image import compile_site
from shedguard.site.model import SiteFile

from hil_tests.scenarios import limit_site

Files = tuple[dict[str, Any], dict[str, Any]]


def leaves(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, Any]]:
    """Every key that a file can have, ``table.key``, with its type."""
    for name, field in model.model_fields.items():
        inner = next((kind for kind in kinds(field.annotation) if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        if inner is None:
            yield before + name, field.annotation
        else:
            yield from leaves(inner, f"{before}{name}.")


def kinds(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        if get_origin(annotation) is not Literal:
            yield from kinds(part)


def files(folder: Path) -> Files:
    """The largest site and its board, with the keys that the site leaves out."""
    site = tomllib.loads(limit_site.write(folder, limit_site.Size(buses=2)).read_text(encoding="utf-8"))
    board = tomllib.loads((folder / "bench-limit.toml").read_text(encoding="utf-8"))
    site["reader"] = [{"name": "main", "kind": "pn532", "port": "P2", "gate": "gate 1"}]
    return site, board


def put(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one key changed, in a table's first row."""
    changed = copy.deepcopy(data)
    at: Any = changed
    *tables, key = path.split(".")
    for name in tables:
        at = at.setdefault(name, {})
        at = at[0] if isinstance(at, list) else at
    at[key] = value
    return changed


def image(site: dict[str, Any], board: dict[str, Any]) -> bytes:
    return compile_site(SiteFile.model_validate(site), Board.model_validate(board))
