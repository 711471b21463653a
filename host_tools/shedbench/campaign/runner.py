"""Many seeds of the campaign, in parallel jobs; prints each seed that violates something, with the command that repeats it.

`shed campaign --seeds N --first-seed K --jobs J`. The last line on stdout is a summary; the exit code is 6 when a seed violates something.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from shedbench.bench.workers import workers

from . import campaign

VIOLATION: Final = 6


@dataclass(slots=True)
class Outcome:
    """The result of one seed: its findings and its wall-clock time."""

    seed: int
    findings: list[str] = field(default_factory=list)
    took_s: float = 0.0


def play(seed: int) -> Outcome:
    """Plays one seed. A failure of the bench itself is a finding: what the shed did is then unknown."""
    began = time.monotonic()
    try:
        findings = campaign(seed)
    except Exception as error:  # noqa: BLE001 - reported, with its place
        place = traceback.extract_tb(error.__traceback__)[-1]
        findings = [f"{type(error).__name__}: {str(error).partition(chr(10))[0]} ({place.name}, line {place.lineno})"]
    return Outcome(seed, findings, time.monotonic() - began)


def outcomes(first_seed: int, seeds: int, jobs: int) -> Iterator[Outcome]:
    """The outcomes in the order of the seeds, as soon as they are there."""
    if jobs == 1:
        yield from map(play, range(first_seed, first_seed + seeds))
        return
    with workers(jobs) as pool:
        yield from pool.map(play, range(first_seed, first_seed + seeds))


def main(seeds: int, first_seed: int = 1, jobs: int = 2) -> int:
    """Exit code 0, or 6 when a seed violates something."""
    began = time.monotonic()
    bad: list[int] = []
    longest = Outcome(0)
    for outcome in outcomes(first_seed, seeds, jobs):
        longest = max(longest, outcome, key=lambda one: one.took_s)
        if outcome.findings:
            bad.append(outcome.seed)
            for words in outcome.findings:
                print(f"seed {outcome.seed}: {words}", flush=True)
            print(f"  again: shed campaign --seeds 1 --first-seed {outcome.seed}", flush=True)
    took_s = time.monotonic() - began
    print(
        f"{seeds} seeds from {first_seed} on: {len(bad)} violate something {bad[:20]}; {took_s:.0f} s with {jobs} jobs,"
        f" the longest {longest.took_s:.1f} s (seed {longest.seed})",
        flush=True,
    )
    return VIOLATION if bad else 0
