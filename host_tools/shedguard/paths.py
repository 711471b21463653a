"""Where the tool finds the firmware and the board files: beside it in a clone, inside the package when installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_REPOSITORY = _PACKAGE.parent.parent


def firmware_dir() -> Path:
    """The tree that goes onto a board."""
    return _data("firmware")


def boards_dir() -> Path:
    """The folder of board files."""
    return _data("boards")


def repository() -> Path | None:
    """The clone this tool runs from, None when it is installed from a wheel."""
    return _REPOSITORY if (_REPOSITORY / "hil_tests").is_dir() and (_REPOSITORY / "firmware").is_dir() else None


def _data(name: str) -> Path:
    packaged = _PACKAGE / "data" / name
    return packaged if packaged.is_dir() else _REPOSITORY / name
