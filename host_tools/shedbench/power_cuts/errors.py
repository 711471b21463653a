"""Flash that refuses: each program and erase of a start, a stop, a trip and a resume returns an error, its work done or not.

Hazard: a record that stands is written a second time (a session billed twice), or one that does not stand is taken to (a session lost).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, Literal, NamedTuple

from shedbench.bench.bench import Bench

from . import SMALL_SITE, Cut, Sweep, _play, _settle, play_up_to
from .day import Step
from .judge import Verdict, judge
from .twice import STEPS

OPERATIONS: Final[dict[int, Literal["program", "erase"]]] = {1: "program", 2: "erase"}
TIMES: Final = (1, 2)  # the second error meets the repeated attempt
AFTER: Final = "90 s"


class Error(NamedTuple):
    """The ``nth`` operation of this kind in the step, and the following ones up to ``times``, return an error. ``done``: with their work
    done all the same."""

    nth: int
    kind: Literal["program", "erase"]
    done: bool
    times: int

    def __str__(self) -> str:
        return f"{self.times} {self.kind} errors, {'done all the same' if self.done else 'not done'}"


def sweep_errors(
    what: str,
    seed: int = 1,
    share: float = 1.0,
    jobs: int = 2,
    site: str | Path = SMALL_SITE,
    progress: Callable[[Sweep], None] | None = None,
) -> Sweep:
    """Tries every error at every operation of the first step of this kind (STEPS) in the charging day, or a ``share`` of them chosen by
    ``seed``."""
    result = Sweep()
    chance = random.Random(f"{seed}/{what}")
    with Bench(site=site, seed=seed, power=False) as bench:
        number, step = play_up_to(STEPS[what], bench)
        kinds = bench.branch(partial(_kinds, step))
        result.operations = len(kinds)
        errors = [
            Error(nth, kind, done, times)
            for kind in OPERATIONS.values()
            for nth in range(1, kinds.count(kind) + 1)
            for done in (True, False)
            for times in TIMES
        ]
        errors = chance.sample(errors, max(1, round(share * len(errors))))
        for error, verdict in zip(errors, bench.branches([partial(_fail, step, error) for error in errors], jobs), strict=True):
            result.add(Cut(number, step.name, error.nth, str(error)), verdict)
        if progress is not None:
            progress(result)
    return result


def _kinds(step: Step, bench: Bench) -> list[str]:
    bench.board.flash_operations.clear()
    bench.board.trace_flash()
    _play(step, bench)
    return [OPERATIONS[operation] for _at, operation, _offset, _length in bench.board.flash_operations]


def _fail(step: Step, error: Error, bench: Bench) -> Verdict:
    bench.board.flash_fails(error.nth, error.kind, done=error.done, times=error.times)
    _play(step, bench)
    if not any("returns an error" in text for _at, _level, text in bench.board.notes):
        return Verdict(findings=["the operation did not come a second time: the run is not deterministic"])
    bench.board.flash_fails(0)
    bench.run(AFTER)
    _settle(bench)
    return judge(bench, torn=error.times)  # an error in the second page of a record leaves a torn one
