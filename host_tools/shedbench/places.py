"""Where the simulator finds what it builds and plays: the clone it runs from."""

from __future__ import annotations

from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[2]
TESTS: Final = REPOSITORY / "hil_tests"
SITES: Final = REPOSITORY / "hil_tests" / "sites"
SMALL_SITE: Final = SITES / "small.toml"
