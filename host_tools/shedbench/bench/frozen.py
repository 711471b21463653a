"""The emulated board with the program frozen in, rebuilt when the firmware's sources have changed.

Hazard: a test that runs yesterday's firmware. A digest of its sources lies beside the binary; several test processes may check at once, and
one of them builds.
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
from pathlib import Path
from typing import Final

from shedguard.errors import ShedError
from shedguard.paths import firmware_dir

from shedbench.places import BUILD, PORT, REBUILD
from shedbench.setup import board_build

SUFFIX: Final = "-frozen"
_ORIGIN: Final = BUILD / ".board-source"  # the MicroPython source tree that set-up built with


class FrozenMissing(ShedError):
    """There is no frozen binary and it cannot be made; the text says why."""


def beside(stock: Path) -> Path:
    """The binary with the frozen program that was built with ``stock``."""
    return stock.with_name(stock.name + SUFFIX)


def ensure(stock: Path) -> Path:
    """The frozen binary of the present sources, for the board that set-up built at ``stock``."""
    frozen = beside(stock)
    stamp = stock.parent / "frozen.digest"
    wanted = _digest(stock)
    if _says(stamp, wanted) and frozen.exists():
        return frozen
    with (stock.parent / "frozen.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (_says(stamp, wanted) and frozen.exists()):
            _make(stock, frozen)
            stamp.write_text(wanted, encoding="ascii")
    return frozen


def _make(stock: Path, frozen: Path) -> None:
    if not _ORIGIN.is_file():
        raise FrozenMissing("no set-up has built the emulated board", hint=REBUILD)
    source = Path(_ORIGIN.read_text(encoding="utf-8").strip())
    command = [*board_build.make_command(PORT, source, stock.parent), "-s", str(frozen)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise FrozenMissing("the firmware cannot be frozen into the emulated board", "make is not installed", "install make") from error
    if done.returncode:
        raise FrozenMissing(f"the firmware does not freeze into the emulated board:\n{done.stdout[-1000:]}{done.stderr[-2000:]}")


def _says(stamp: Path, wanted: str) -> bool:
    return stamp.is_file() and stamp.read_text(encoding="ascii") == wanted


def _digest(stock: Path) -> str:
    """The digest of the firmware's sources by name, and of the objects' age: a rebuilt board needs a new second binary."""
    digest = hashlib.sha256(str(stock.stat().st_mtime_ns).encode())
    root = firmware_dir()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
