"""One line of a diagnosis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """``check`` names what was looked at, ``what`` what was found. ``clear`` is the command or the action that clears it."""

    check: str
    level: Level
    what: str
    cause: str = ""
    clear: str = ""


def ok(check: str, what: str) -> Finding:
    """Nothing to do."""
    return Finding(check, "ok", what)


def is_bad(findings: Iterable[Finding]) -> bool:
    """Whether one of them keeps the board from working."""
    return any(finding.level == "bad" for finding in findings)
