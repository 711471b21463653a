"""Files that a verb writes: judged before the work begins, so that nothing that is there is lost and no work is done for nothing.

Hazard: the only backup of a burnt board overwritten by one of its successor; a sheet of cards cut short by a full disk.
"""

from __future__ import annotations

import os
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


def write_whole(path: Path, data: bytes, private: bool = False) -> None:
    """``data`` into ``path``, all of it or nothing: what was there stays until all of the new is on the disk. ``private``: for its owner
    only, from the first byte on. ShedError (exit code 1) when it cannot be written."""
    path = path.resolve()  # what a link leads to
    fresh = path.with_name(f"{path.name}.part")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if private else 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        cause = error.strerror or str(error)
        raise ShedError(f"cannot write {path}", cause, "name a file in a folder with room, where you may write", FAILED) from error
    finally:
        fresh.unlink(missing_ok=True)


def _begins(path: Path, with_bytes: bytes) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(with_bytes)) == with_bytes
