"""What the auditor needs of a site file (docs/protocols/site-file.md), read with tomllib: independent of compiler and firmware."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from .tariffs import TARIFFS, Tariff


@dataclass(frozen=True, slots=True)
class Cause:
    """An armed row of the cause-and-effect matrix, resolved to what it opens and frees."""

    name: str
    points: tuple[str, ...]
    outlets: frozenset[int]
    gates: frozenset[str]
    latched: bool


@dataclass(frozen=True, slots=True)
class Site:
    """``outlets``, ``points`` and ``causes`` are in the order of the file: the journal's indexes. A cause that is not armed is None.

    ``checkpoint_s``: how often the board keeps the state of a running session, and so what a power cut may cost it of the billed time.
    """

    tariff: Tariff
    outlets: tuple[int, ...]
    points: tuple[str, ...]
    causes: tuple[Cause | None, ...]
    cause_names: tuple[str, ...]
    checkpoint_s: int = 600
    grant_s: int = 180  # a tapped card waits that long for its button
    longest_s: int = 0  # of a session, 0: no limit is judged
    rows: tuple[int, ...] = ()  # by outlet, the index of its group


def read_site(path: Path) -> Site:
    """The site file at ``path``, which the host tools have checked before."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    tariff = data["tariff"]
    rows = data.get("cause", [])
    groups = [group["name"] for group in data["group"]]
    return Site(
        tariff=TARIFFS[tariff.get("kind", "time")](tariff["price_fen"], tariff["block_min"]),
        outlets=tuple(outlet["number"] for outlet in data["outlet"]),
        points=tuple(point["name"] for point in data.get("point", [])),
        causes=tuple(_cause(row, data["outlet"]) if row.get("armed", True) else None for row in rows),
        cause_names=tuple(row["name"] for row in rows),
        checkpoint_s=data.get("charging", {}).get("checkpoint_s", 600),
        grant_s=data.get("charging", {}).get("grant_s", 180),
        rows=tuple(groups.index(outlet["group"]) for outlet in data["outlet"]),
        longest_s=60 * data.get("charging", {}).get("max_session_min", 480),
    )


def _cause(row: dict, outlets: list[dict]) -> Cause:
    words = [effect.split(" ", 1) for effect in row["effects"]]
    groups = {name for verb, name in words if verb == "cut"}
    return Cause(
        name=row["name"],
        points=tuple(row["points"]),
        outlets=frozenset(outlet["number"] for outlet in outlets if outlet["group"] in groups),
        gates=frozenset(name for verb, name in words if verb == "free"),
        latched=row.get("latched", True),
    )
