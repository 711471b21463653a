"""Power cuts at every flash operation of a charging day: the sweep of ``shedbench.power_cuts``, as a figure."""

from __future__ import annotations

from typing import Any, Final

from shedbench.power_cuts import AFTER, DEAD, sweep

from .rig import MODEL

_WHOLE_BY_N: Final = 10_000  # with the full n every operation is cut in every way; with less, a share of them


def power_cuts(seed: int, n: int) -> dict[str, Any]:
    """Counts over the charging day; ``examples`` are the first findings."""
    share = min(1.0, n / _WHOLE_BY_N)
    result = sweep(seed=seed, share=share)
    whole = "every flash operation" if share == 1 else f"a share of {share:.2f} of the flash operations"
    return {
        **result.figures(),
        "operations": result.operations,
        "findings": len(result.findings),
        "examples": result.findings[:5],
        "conditions": f"{MODEL}; a charging day on a flash that has gone round (shedbench/power_cuts/day.py), {whole} cut before, torn with"
        f" random bits, and in mid-erase; then {DEAD} without power, boot, {AFTER}, every bike unplugged and settled; judged from the"
        " plant: lost (not settled, or less energy than docs/protocols/records.md promises), double_billed (settled twice, or too much"
        " energy or time), left_on (an outlet closed at the end); of the sessions that were cut, the most energy that one lacks and that"
        " one has too much, and the most billed seconds that one lacks",
    }
