"""Where the report of an installation goes: BASE.json and BASE.html, and never over that of an installation that passed.

Hazard: the signed paper of a shed that was tested, replaced by that of a run which only found the board in somebody else's cabinet; and a
paper that calls a shed not ready, left beside the one that it passed with.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

SUFFIXES: Final = (".json", ".html")
_OTHERS: Final = ("unfinished", "partial")  # suffixes of a run that did not pass, beside one that did


def base_of(named: Path) -> Path:
    """The name that the user gave, without a report's suffix; another dot is part of the name."""
    return named.with_suffix("") if named.suffix in SUFFIXES else named


def file_of(base: Path, suffix: str) -> Path:
    """One of the two files."""
    return base.with_name(base.name + suffix)


def places(base: Path) -> list[Path]:
    """Every base that a run may write."""
    return [base, *(base.with_name(f"{base.name}-{other}") for other in _OTHERS)]


def make_room(base: Path, *, passed: bool, partial: bool) -> tuple[Path, list[str]]:
    """Where the report of a run goes, and the messages about earlier ones. A run that passed sets earlier reports aside, unfinished ones
    too; any other run leaves the one that passed in place. An incomplete or damaged report is set aside: its result is unknown."""
    before = _body(base)
    if passed:
        return base, [words for place in places(base) for words in _set_aside(place, always=place != base)]
    place, words = base, []
    if before is not None and before.get("passed") is True:
        place = base.with_name(f"{base.name}-{_OTHERS[partial]}")
        words = [f"the report of the installation of {before.get('begun', '')} stays as it is: {file_of(base, '.json')}"]
    return place, words + _set_aside(place, always=False)


def _set_aside(base: Path, *, always: bool) -> list[str]:
    """Adds the time of its beginning to the name of an earlier report: one that passed, an incomplete one, and with ``always`` any."""
    whole = _body(base)
    body = whole or {}
    there = any(file_of(base, suffix).exists() for suffix in SUFFIXES)
    if not there or not (body.get("passed") is True or always or whole is None):
        return []
    began = str(body.get("begun", ""))
    kept = base.with_name(f"{base.name}-{''.join(char for char in began[:19] if char.isdigit()) or 'earlier'}")
    while any(file_of(kept, suffix).exists() for suffix in SUFFIXES):
        kept = kept.with_name(f"{kept.name}-1")
    for suffix in SUFFIXES:
        old = file_of(base, suffix)
        if old.exists():
            old.rename(file_of(kept, suffix))
    what = "installation" if body.get("passed") is True else "run that did not pass, or was only a part,"
    now = next(file_of(kept, suffix) for suffix in SUFFIXES if file_of(kept, suffix).exists())
    return [f"the report of the {what} of {began} is now {now}" if whole is not None else f"an incomplete report is now {now}"]


def _body(base: Path) -> dict[str, Any] | None:
    try:
        body: Any = json.loads(file_of(base, ".json").read_bytes())
    except (OSError, ValueError):
        return None
    return body if isinstance(body, dict) else None
