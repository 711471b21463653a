"""Checks the files that a verb writes before the work begins, so that no existing file is lost and no work is wasted.

Hazard: the only backup of a burnt board overwritten by one of its successor. How they are written: whole_file.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from ..errors import FAILED, INVALID, ShedError

_HEAD_BYTES: Final = 4096

ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")]


def check_new(path: Path, force: bool | None = None, again: Callable[[Path], bool] | None = None) -> Path:
    """Returns ``path`` if it may be written. An existing file is refused (exit code 2) unless ``force`` (None: the verb has no such
    option), or ``again`` finds that nothing would be lost (`begins`, `holds`). ShedError (exit code 1) where no file can be."""
    if path.is_dir() or not path.parent.is_dir():
        cause = "it is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise ShedError(f"cannot write {path}", cause, "name a file in a folder that exists", FAILED)
    if path.exists() and not path.is_file():
        raise ShedError(f"cannot write {path}", "it is a device or a pipe", "name a file", INVALID)
    if path.exists() and not force and not (again is not None and again(path)):
        hint = "name another file" + ("" if force is None else "; --force overwrites this one")
        raise ShedError(f"{path} is there already", "it would be lost", hint, INVALID)
    return path


def begins(pattern: bytes) -> Callable[[Path], bool]:
    """Whether a file begins with the regular expression ``pattern``: output that nobody edits and that the verb can make again."""

    def judge(path: Path) -> bool:
        with path.open("rb") as file:
            return re.match(pattern, file.read(_HEAD_BYTES)) is not None

    return judge


def holds(data: bytes) -> Callable[[Path], bool]:
    """Whether a file already holds exactly ``data``: a text or picture that somebody edited is not overwritten."""
    return lambda path: path.read_bytes() == data
