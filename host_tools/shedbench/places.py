"""Where the simulator finds what it plays and keeps what it builds.

In a clone: the clone and its build/. Installed from a wheel: the data inside the package, and a folder of the user's cache in which the
emulated board is built at first use. Nothing else of the simulator asks which of the two it is.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from shedguard import __version__
from shedguard.paths import repository, sources

from .setup import installed
from .setup.report import SetupError

_CLONE: Final = repository()
_ROOT: Final = _CLONE or installed.folder(sources(), __version__)  # of the same layout in both: boards/emulated/port, firmware/, build/

SOURCES: Final = sources()
SITES: Final = SOURCES / ("sites" if _CLONE is None else "hil_tests/sites")
SMALL_SITE: Final = SITES / "small.toml"
PORT: Final = _ROOT / "boards" / "emulated" / "port"
BUILD: Final = _ROOT / "build"
BOARD: Final = BUILD / "board" / "emulated-board"
BOARD_VARIABLE: Final = "SHEDGUARD_EMULATED_BOARD"  # of the environment: a board that somebody else has built
REBUILD: Final = f"delete {_ROOT} and run this again" if _CLONE is None else "make setup"

# Of a clone: only its tests ask for these.
REPOSITORY: Final = Path(__file__).resolve().parents[2]
TESTS: Final = REPOSITORY / "hil_tests"


def ensure_board() -> None:
    """The emulated board is built when this returns: an installed tool builds it the first time, which takes minutes and is told on
    stderr. SetupError says why there is none."""
    if os.environ.get(BOARD_VARIABLE):
        return
    if _CLONE is None:
        installed.ensure(SOURCES, _ROOT)
    elif not BOARD.is_file():
        raise SetupError("the emulated board is not built", "set-up has not run in this clone", REBUILD)
