"""The emulated board: builds boards/emulated/port with the given MicroPython source into build/board."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .report import run, step


def make_command(port: Path, micropython: Path, build: Path) -> list[str]:
    """`make` for the board of ``port``; targets and options may follow."""
    python = [] if shutil.which("python3") else [f"PYTHON={sys.executable}"]
    return ["make", "-C", str(port), f"MICROPY_DIR={micropython}", f"BUILD={build}", *python]


def ensure(root: Path, micropython: Path, log: Path, name: str = "board") -> Path:
    """Build what is out of date in build/``name``; returns the binary.

    A change of source tree starts over, because objects of two trees must not mix.
    """
    port, build = root / "boards" / "emulated" / "port", root / "build" / name
    origin = root / "build" / f".{name}-source"
    if origin.is_file() and origin.read_text(encoding="utf-8") != str(micropython):
        shutil.rmtree(build, ignore_errors=True)
    make = make_command(port, micropython, build)
    up_to_date = (build / "emulated-board").is_file() and subprocess.run([*make, "-q"], capture_output=True, check=False).returncode == 0
    if not up_to_date:
        with step("the emulated board"):
            run([*make, f"-j{os.cpu_count() or 2}"], log)
        origin.write_text(str(micropython), encoding="utf-8")
    return build / "emulated-board"
