"""The power-cut sweep: a charging day is cut at its flash operations; each future boots again, runs on, settles, and is judged.

Every cut is a fork of the same day (``Bench.branches``): before each step a trial branch runs it and counts its flash operations; then one
branch for each operation and kind of cut runs the same step with the cut armed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from shedbench.bench.bench import Bench
from shedbench.places import SMALL_SITE

from .day import Step, charging_day, used_flash
from .judge import Verdict, judge

__all__ = ["KINDS", "Cut", "Sweep", "play_up_to", "sweep"]

KINDS: Final = ("before", "torn", "erase")
DEAD: Final = "3 s"  # between the cut and the next power-on
AFTER: Final = "10 min"


@dataclass(frozen=True, slots=True)
class Cut:
    """Where the power failed: at operation ``operation`` (from 1) of step ``step`` of the day, and how."""

    step: int
    name: str
    operation: int
    kind: str

    def __str__(self) -> str:
        return f"step {self.step} ({self.name}), operation {self.operation}, {self.kind}"


@dataclass(slots=True)
class Sweep:
    """``operations`` of the whole day, and the results of the ``tried`` cuts. ``findings`` names each cut that went wrong.

    Over all sessions that were cut: the most energy missing, the most energy in excess, the most billed seconds missing."""

    operations: int = 0
    tried: int = 0
    lost: int = 0
    double_billed: int = 0
    left_on: int = 0
    lacks_mwh: float = 0.0
    more_mwh: float = 0.0
    lacks_s: float = 0.0
    findings: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, int]:
        """The benchmark's key ``power_cuts``."""
        counts = {"tried": self.tried, "lost": self.lost, "double_billed": self.double_billed, "left_on": self.left_on}
        return {**counts, "lacks_mwh": round(self.lacks_mwh), "more_mwh": round(self.more_mwh), "lacks_s": round(self.lacks_s)}

    def add(self, cut: Cut, verdict: Verdict) -> None:
        """One more cut."""
        self.tried += 1
        self.lost += verdict.lost
        self.double_billed += verdict.double_billed
        self.left_on += verdict.left_on
        for more_mwh, lacks_s in verdict.costs:
            self.lacks_mwh = max(self.lacks_mwh, -more_mwh)
            self.more_mwh = max(self.more_mwh, more_mwh)
            self.lacks_s = max(self.lacks_s, lacks_s)
        self.findings += [f"{cut}: {finding}" for finding in verdict.findings]


def sweep(
    seed: int = 1,
    share: float = 1.0,
    jobs: int = 2,
    site: str | Path = SMALL_SITE,
    progress: Callable[[Sweep], None] | None = None,
    up_to: str = "",
    after: str = AFTER,
    kinds: Sequence[str] = KINDS,
) -> Sweep:
    """Cut the day at ``share`` of its flash operations times ``kinds`` (1.0: all), chosen by ``seed``, ``jobs`` branches at a time.

    ``up_to``: the day ends with the first step of this name. ``after``: how long the shed runs on after a cut."""
    result = Sweep()
    chance = random.Random(seed)
    with Bench(site=site, seed=seed, power=False) as bench:
        _begin(bench)
        for number, step in enumerate(charging_day()):
            operations = bench.branch(partial(_count, step))
            result.operations += operations
            cuts = [Cut(number, step.name, n, kind) for n in range(1, operations + 1) for kind in kinds if chance.random() < share]
            for cut, verdict in zip(cuts, bench.branches([partial(_cut, step, cut, after) for cut in cuts], jobs), strict=True):
                result.add(cut, verdict)
            if progress is not None:
                progress(result)
            if step.name == up_to:
                break
            _play(step, bench)
    return result


def play_up_to(name: str, bench: Bench) -> tuple[int, Step]:
    """Starts a used board and plays the day up to the first step of this name; returns that step with its number."""
    _begin(bench)
    for number, step in enumerate(charging_day()):
        if step.name == name:
            return number, step
        _play(step, bench)
    raise KeyError(f"no step of the day is called {name!r}")


def _begin(bench: Bench) -> None:
    used_flash(bench.process.flash)
    bench.spawn_board()
    bench.plant.psu.start()


def _play(step: Step, bench: Bench) -> None:
    step.verb(bench)
    bench.run(f"{step.seconds} s")


def _count(step: Step, bench: Bench) -> int:
    bench.board.flash_operations.clear()
    bench.board.trace_flash()
    _play(step, bench)
    return len(bench.board.flash_operations)


def _cut(step: Step, cut: Cut, after: str, bench: Bench) -> Verdict:
    bench.board.fault("power-cut-at-write", cut.operation, kind=cut.kind)
    step.verb(bench)
    if not bench.wait(bench.board.is_halted, round(step.seconds * 1e9)):
        return Verdict(findings=["the operation did not come a second time: the run is not deterministic"])
    bench.run(DEAD)
    bench.mains.on()
    bench.board.power_cycle()
    bench.run(after)
    _settle(bench)
    return judge(bench)


def _settle(bench: Bench) -> None:
    """Everybody leaves, one after another: two in the same second look like an open breaker, and wait (decision 0023)."""
    bench.smoke("bay").clear()
    for number, outlet in bench.plant.outlets.items():
        if outlet.load is not None:
            bench.bike(number).unplug()
            bench.run("5 s")
    everything_off = [bench.outlet(number).contact_is_open for number in bench.plant.outlets]
    bench.wait(lambda: all(everything_off), 240 * 1_000_000_000)
    bench.run("8 s")
