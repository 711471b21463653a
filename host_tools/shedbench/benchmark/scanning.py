"""The duration of one pass of the scan, by its own clock, sampled through the board's debug probe."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shedbench.bench.bench import Bench
from shedbench.bench.board import ProbeError
from shedbench.plant.units import MS

from .rig import CARDS, EXPANDERS, MODEL, SERVICE, SITE, charge, percentile

_ASK: Final = "print(s.scan.last_us, s.scan.worst_us, s.scan.worst_gap_us, s.scan.passes)"


def scan(seed: int, n: int) -> dict[str, Any]:
    """p50 over at most 3000 samples; ``max`` is the longest of all passes since the board started, ``max_in_trip`` with a trip in it."""
    gpio = _one_board(SITE, CARDS, seed, n)
    expander = _one_board(EXPANDERS, CARDS * 4, seed, n)
    return {
        "p50_gpio": gpio.p50,
        "p50_expander": expander.p50,
        "max": max(gpio.worst, expander.worst),
        "max_in_trip": {"gpio": gpio.in_trip, "expander": expander.in_trip},
        "worst_gap": max(gpio.gap, expander.gap),
        "n": gpio.n,
        "passes": gpio.passes + expander.passes,
        "conditions": f"{MODEL}; gpio: 4 outlets charging on GPIO relays, 3 points (1 loop, 2 contacts), 1 gate; expander: 16"
        " outlets charging on two PCF8574, their buttons on a PCF8575, 2 contacts on a third PCF8574, I2C at 100 kHz;"
        " max and worst_gap (between the starts of two passes) are over all passes since the start, the trip's own not"
        " included; max_in_trip: it is",
    }


@dataclass(frozen=True, slots=True)
class _Measured:
    p50: int
    worst: int
    in_trip: int
    gap: int
    n: int
    passes: int


def _one_board(site: Path, cards: Sequence[str], seed: int, n: int) -> _Measured:
    chance = random.Random(f"{seed}/scan")
    took: list[int] = []
    with Bench(site=site, seed=seed) as bench:
        charge(bench, cards)
        bench.board.probe(SERVICE)
        worst = gap = passes = 0
        for _ in range(min(n, 3000)):
            bench.run(chance.randrange(5 * MS, 60 * MS))
            last, worst, gap, passes = (int(word) for word in _asked(bench).split())
            took.append(last)
        return _Measured(round(percentile(took, 0.5)), worst, bench.branch(_worst_in_trip), gap, len(took), passes)


def _asked(bench: Bench) -> str:
    """A pass that the executive calls, and not the timer, may be under way just then: it has locked the heap."""
    while True:
        try:
            return bench.board.probe(_ASK)
        except ProbeError as error:
            if "heap is locked" not in str(error):
                raise
            bench.run(MS)


def _worst_in_trip(bench: Bench) -> int:
    bench.smoke("bay").alarm()
    bench.until(bench.gate("main").is_free, within="1 s")
    bench.run("2 s")
    return int(bench.board.probe(SERVICE + _ASK).split()[1])
