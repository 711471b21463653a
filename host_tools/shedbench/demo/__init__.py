"""``shed demo``: an evening of a small shed. On a terminal a person operates it; without one, or with ``--script``, a fixed evening is
played and the plant is compared with the journal."""

from __future__ import annotations

from pathlib import Path

from shedbench.places import SMALL_SITE

SITE = SMALL_SITE


def main(interactive: bool = False, seed: int = 1, meter_scale: float = 1.0, picture: str | Path | None = None) -> int:
    """Run the demo; returns the exit code: 0, or 6 when the audit of the fixed evening (``interactive`` False) finds a disagreement.

    ``meter_scale`` falsifies the meter of outlet 2 from the start. ``picture``: the fixed evening also writes its live view, as SVG, there.
    """
    if interactive:
        from .live import live

        return live(SITE, seed, meter_scale)
    from .script import play

    return play(SITE, seed, meter_scale, Path(picture) if picture is not None else None)
