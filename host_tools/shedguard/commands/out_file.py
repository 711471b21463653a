"""Files that a verb writes: judged before the work begins, so that nothing that is there is lost and no work is done for nothing.

Hazard: the only backup of a burnt board overwritten by one of its successor. How they are written: whole_file.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import FAILED, INVALID, ShedError

ForceOption = Annotated[bool, typer.Option("--force", help="Also over a file that is there.")]


def check_new(path: Path, force: bool | None = None, again: bytes = b"") -> Path:
    """``path``, when it may be written. A file that is there is refused (exit code 2) unless ``force`` (None: the verb has no such option),
    or it begins with ``again``: what this verb makes, and makes again from the same sources at any time. ShedError (exit code 1) where no
    file can be."""
    if path.is_dir() or not path.parent.is_dir():
        cause = "it is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise ShedError(f"cannot write {path}", cause, "name a file in a folder that exists", FAILED)
    if path.exists() and not path.is_file():
        raise ShedError(f"cannot write {path}", "it is a device or a pipe", "name a file", INVALID)
    if path.exists() and not force and not (again and _begins(path, again)):
        hint = "name another file" + ("" if force is None else "; --force writes over this one")
        raise ShedError(f"{path} is there already", "it would be lost", hint, INVALID)
    return path


def _begins(path: Path, with_bytes: bytes) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(with_bytes)) == with_bytes
