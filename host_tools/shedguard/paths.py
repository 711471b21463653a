"""Where the tool finds the firmware and the board files: beside it in a clone, inside the package when installed.

Standard library only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parent
_REPOSITORY: Final = PACKAGE.parent.parent


def firmware_dir() -> Path:
    """The tree that goes onto a board."""
    return sources() / "firmware"


def boards_dir() -> Path:
    """The folder of board files."""
    return sources() / "boards"


def repository() -> Path | None:
    """The clone this tool runs from, None when it is installed from a wheel."""
    return _REPOSITORY if (_REPOSITORY / "hil_tests").is_dir() and (_REPOSITORY / "firmware").is_dir() else None


def sources() -> Path:
    """The folder with firmware/ and boards/: the clone, or the data inside the package."""
    return repository() or PACKAGE / "data"
