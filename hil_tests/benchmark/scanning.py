"""How long one pass of the scan takes, by its own clock, sampled through the board's debug probe."""

from __future__ import annotations

import random
from typing import Any, Final

from hil_tests.bench.bench import Bench
from hil_tests.plant.units import MS

from .rig import MODEL, SERVICE, SITE, charge_all, percentile

_ASK: Final = "print(s.scan.last_us, s.scan.worst_us, s.scan.worst_gap_us, s.scan.passes)"


def scan(seed: int, n: int) -> dict[str, Any]:
    """p50 over at most 3000 samples; ``max`` is the longest of all passes since the board started, ``max_in_trip`` with a trip in it."""
    chance = random.Random(f"{seed}/scan")
    took: list[int] = []
    with Bench(site=SITE, seed=seed) as bench:
        charge_all(bench)
        bench.board.probe(SERVICE)
        worst = gap = passes = 0
        for _ in range(min(n, 3000)):
            bench.run(chance.randrange(5 * MS, 60 * MS))
            last, worst, gap, passes = (int(word) for word in bench.board.probe(_ASK).split())
            took.append(last)
        in_trip = bench.branch(_worst_in_trip)
    return {
        "p50_gpio": round(percentile(took, 0.5)),
        "max": worst,
        "max_in_trip": in_trip,
        "worst_gap": gap,
        "n": len(took),
        "passes": passes,
        "conditions": f"{MODEL}; 4 outlets charging on GPIO relays, 3 points (1 loop, 2 contacts), 1 gate; max and worst_gap (between"
        " the starts of"
        " two passes) are over all passes since the start; max_in_trip: the trip's own pass included. No expander on this board:"
        " p50_expander absent",
    }


def _worst_in_trip(bench: Bench) -> int:
    bench.smoke("bay").alarm()
    bench.until(bench.gate("main").is_free, within="1 s")
    bench.run("2 s")
    return int(bench.board.probe(SERVICE + _ASK).split()[1])
