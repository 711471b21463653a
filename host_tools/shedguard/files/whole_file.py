"""Writing a file whole or not at all: what was there stays until all of the new is on the disk.

Hazard: a sheet of cards cut short by a full disk; a maintenance key that others can read, or that lands in somebody else's file.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..errors import FAILED, ShedError, reason


@contextmanager
def whole_file(path: Path, private: bool = False) -> Iterator[BinaryIO]:
    """A file to write into, which becomes ``path`` at the end; nothing is changed when the body raises. ``private``: for its owner only,
    from the first byte on. Else it has the mode of the file that it replaces. ShedError (exit code 1) when it cannot be written.

    It stands in the folder of ``path`` under a name that nobody else has: nothing that is there is written into, followed or deleted.
    """
    try:
        path = Path(os.path.realpath(path))  # what a link leads to
        kept = path.stat().st_mode & 0o777 if path.exists() else None
        mode = 0o666 if kept is None and not private else 0o600
        fresh = path.with_name(f".shed-{secrets.token_hex(8)}.part")
        with open(fresh, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                if kept is not None and not private:
                    fresh.chmod(kept)
                file.close()
                fresh.replace(path)
            finally:
                fresh.unlink(missing_ok=True)
    except OSError as error:
        raise ShedError(f"cannot write {path}", reason(error), "name a file in a folder with room, where you may write", FAILED) from error


def write_whole(path: Path, data: bytes, private: bool = False) -> None:
    """``data`` as a `whole_file`."""
    with whole_file(path, private) as file:
        file.write(data)
