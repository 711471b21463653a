"""The emulated board with the next release of MicroPython, for `make long`: its source fetched and built beside the pinned one."""

from __future__ import annotations

from pathlib import Path

from . import board_build, micropython


def ensure(root: Path, log: Path) -> Path:
    """The board's binary in build/board-VERSION. SetupError when the source is not to be had or does not build."""
    release = micropython.NEXT
    source = micropython.ensure(root / "build", log, release)
    return board_build.ensure(root, source, log, "board-" + release.tree.removeprefix("micropython-"))
