"""The table of tests that do not count, and why: exclusions.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

TABLE: Final = Path(__file__).with_name("exclusions.toml")


@dataclass(frozen=True)
class Exclusion:
    """One row: patterns of tests, the reason, whether the runner gets them, and whether they fail there instead of being skipped."""

    patterns: tuple[str, ...]
    why: str
    run: bool = True
    fails: bool = False

    def covers(self, test: str) -> bool:
        return any(fnmatchcase(test, pattern) for pattern in self.patterns)


def load(path: Path = TABLE) -> list[Exclusion]:
    """The rows of ``path``; ValueError names a row without a reason."""
    rows = tomllib.loads(path.read_text(encoding="utf-8")).get("exclude", [])
    for row in rows:
        if not row.get("why", "").strip() or not row.get("tests"):
            raise ValueError(f"{path}: a row needs `tests` and `why`: {row}")
    return [Exclusion(tuple(row["tests"]), row["why"], row.get("run", True), row.get("fails", False)) for row in rows]


def find(rows: Iterable[Exclusion], test: str) -> Exclusion | None:
    """The first row that covers ``test``."""
    return next((row for row in rows if row.covers(test)), None)
