"""The virtual environment in .venv with the project installed in it, and the MicroPython type stubs in typings/.

Each has a stamp with a hash of what it was made from: unchanged means nothing to do.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import venv
from pathlib import Path

from .report import SetupError, run, step

STUBS = ("micropython-esp32-stubs==1.25.0.post5", "micropython-stdlib-stubs==1.25.0")
_PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input")


def ensure(root: Path, log: Path) -> None:
    """Make or refresh both; SetupError when pip cannot."""
    venv_dir, typings = root / ".venv", root / "typings"
    python = venv_dir / "bin" / "python"
    project = (root / "pyproject.toml").read_text(encoding="utf-8")
    wanted = _digest(project, sys.version, str(root))
    if not (_stamped(venv_dir, wanted) and python.exists() and (venv_dir / "bin" / "shed").exists()):
        with step("Python packages into .venv"):
            if not python.exists():
                venv.create(venv_dir, with_pip=True, symlinks=True, clear=True)
            _pip([str(python), *_PIP, "-e", f"{root}[dev]"], log)
        _stamp(venv_dir, wanted)
    stubs_wanted = _digest(*STUBS)
    if not _stamped(typings, stubs_wanted):
        with step("MicroPython type stubs into typings"):
            shutil.rmtree(typings, ignore_errors=True)
            _pip([str(python), *_PIP, "--no-deps", "--target", str(typings), *STUBS], log)
        _stamp(typings, stubs_wanted)


def _pip(command: list[str], log: Path) -> None:
    try:
        run(command, log)
    except SetupError as error:
        raise SetupError(
            error.what,
            "no network, or the Python package index cannot be reached",
            "connect to the network and run again, or point pip at an index or wheels that you have (PIP_INDEX_URL, PIP_FIND_LINKS)",
        ) from error


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _stamped(folder: Path, wanted: str) -> bool:
    stamp = folder / ".shedguard-stamp"
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted


def _stamp(folder: Path, wanted: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / ".shedguard-stamp").write_text(wanted, encoding="utf-8")
