"""The emulated board of a tool that is installed without a clone: built once, in a folder of the user's cache.

The folder has the layout of a clone: a copy of what the package carries (boards/emulated/port, firmware/), and build/. The copy outlives
the environment that the tool was installed in, whose paths are in what `make` remembers. The folder's name tells all that goes into the
board, so what is built there is never out of date. Hazard: a board of half a build; one process builds, and what it left when it was
killed is thrown away.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import IO, Final

from . import board_build, micropython, system_packages
from .report import SetupError, say

_CARRIED: Final = ("boards/emulated/port", "firmware")
_NOT_FOR_MAKE: Final = re.compile(r"[^\w./+@,~-]")  # in the path of a folder, make or its shell takes these for its own
_ANOTHER: Final = "set XDG_CACHE_HOME to a folder that you can write, with 300 MB free and no space in its path"


def folder(sources: Path, version: str) -> Path:
    """Where the board of these ``sources`` and of MicroPython's is built; it need not be there yet."""
    digest = hashlib.sha256(micropython.identity().encode())
    for carried in _CARRIED:
        for path in sorted((sources / carried).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.relative_to(sources).as_posix().encode() + b"\0" + path.read_bytes())
    return micropython.cache_dir() / f"board-{version}-{digest.hexdigest()[:12]}"


def ensure(sources: Path, root: Path) -> None:
    """Build what is not there in ``root``. SetupError says what is missing; nothing is installed."""
    build = root / "build"
    complete = build / ".complete"
    if complete.is_file():
        return
    if _NOT_FOR_MAKE.search(str(root)):
        raise SetupError(f"the emulated board cannot be built in {root}", "make cannot work in a folder of such a name", _ANOTHER)
    try:
        build.mkdir(parents=True, exist_ok=True)
        with (build / ".setup.lock").open("w") as lock:
            _alone(lock)
            if not complete.is_file():
                _build(sources, root, build)
                complete.touch()
    except OSError as error:
        raise SetupError(f"the emulated board cannot be built in {root}", error.strerror or str(error), _ANOTHER) from error


def _alone(lock: IO[str]) -> None:
    """Also alone with a compiler that a killed process has left behind."""
    os.set_inheritable(lock.fileno(), True)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another process builds the emulated board: waiting for it")
        fcntl.flock(lock, fcntl.LOCK_EX)


def _build(sources: Path, root: Path, build: Path) -> None:
    system_packages.check()
    say(f"first use: the emulated board is built in {root}; that takes some minutes")
    log = build / "setup.log"
    for old in (build / "board", *(root / carried for carried in _CARRIED)):
        shutil.rmtree(old, ignore_errors=True)
    for carried in _CARRIED:
        shutil.copytree(sources / carried, root / carried, ignore=shutil.ignore_patterns("__pycache__"))
    board_build.ensure(root, micropython.ensure(build, log), log)
    shutil.rmtree(build / "apt", ignore_errors=True)  # the source is unpacked, and kept in the cache
