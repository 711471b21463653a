"""Where the report of an installation goes: BASE.json and BASE.html, and never over that of an installation that passed.

Hazard: the signed paper of a shed that was tested, replaced by that of a run which only found the board in somebody else's cabinet.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

SUFFIXES: Final = (".json", ".html")


def finished(base: Path) -> str | None:
    """When the installation began whose report stands at ``base``; None when there is none that passed."""
    try:
        body: Any = json.loads(base.with_suffix(".json").read_bytes())
    except (OSError, ValueError):
        return None
    return str(body.get("begun", "")) if isinstance(body, dict) and body.get("passed") is True else None


def unfinished(base: Path) -> Path:
    """Where a run that did not pass tells what it did, when a finished report stands at ``base``."""
    return base.with_name(f"{base.stem}-unfinished")


def beside(base: Path, began: str) -> tuple[Path, str]:
    """The place for a run that did not pass, and what the user is told."""
    return unfinished(base), f"the report of the installation of {began} stays as it is: {base.with_suffix('.json')}"


def set_aside(base: Path, began: str) -> tuple[Path, str]:
    """``base`` made free for a run that passed: the earlier report gets the time it began at into its name."""
    when = "".join(char for char in began[:19] if char.isdigit()) or "earlier"
    kept = base.with_name(f"{base.stem}-{when}")
    while any(kept.with_suffix(suffix).exists() for suffix in SUFFIXES):
        kept = kept.with_name(f"{kept.name}-1")
    for suffix in SUFFIXES:
        old = base.with_suffix(suffix)
        if old.exists():
            old.rename(kept.with_suffix(suffix))
    return base, f"the report of the installation of {began} is now {kept.with_suffix('.json')}"
