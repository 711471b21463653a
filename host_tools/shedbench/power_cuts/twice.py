"""Two cuts in a row: one at each flash operation of a start, a stop, a trip and a resume, the next at each of the boot that follows.

Hazard: a boot that repairs what the first cut left is itself a row of flash operations, and nobody looks at it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from shedbench.bench.bench import Bench

from . import DEAD, KINDS, SMALL_SITE, Cut, Sweep, _count, _settle, play_up_to
from .day import Step
from .judge import Verdict, judge

STEPS: Final = {"start": "resident presses 1", "stop": "neighbour stops 2", "trip": "smoke", "resume": "mains are back"}
BOOT_NS: Final = 30 * 1_000_000_000  # in this time the boot has repaired what was cut, and resumed the first session
AFTER: Final = "90 s"


def sweep_twice(
    what: str,
    seed: int = 1,
    share: float = 1.0,
    jobs: int = 2,
    site: str | Path = SMALL_SITE,
    progress: Callable[[Sweep], None] | None = None,
    part: tuple[int, int] = (0, 1),
) -> Sweep:
    """Both cuts around the first step of this kind (STEPS) in the charging day: at every operation of the step, of a kind that the seed
    draws, and then at every operation of the boot times KINDS; ``share`` of these pairs: the square root of it for the first cuts and for
    the second.

    ``part`` (i, n): only every n-th of the first cuts, beginning with number i."""
    result = Sweep()
    chance = random.Random(f"{seed}/{what}")
    with Bench(site=site, seed=seed, power=False) as bench:
        number, step = play_up_to(STEPS[what], bench)
        operations = bench.branch(partial(_count, step))
        firsts = [Cut(number, step.name, n, chance.choice(KINDS)) for n in range(1, operations + 1)]
        if share < 1.0:
            firsts = chance.sample(firsts, max(1, round(share**0.5 * len(firsts))))
        seeds = [chance.getrandbits(32) for _ in firsts]
        firsts, seeds = firsts[part[0] :: part[1]], seeds[part[0] :: part[1]]
        bodies = [partial(_first, step, cut, share, own) for cut, own in zip(firsts, seeds, strict=True)]
        for cut, pairs in zip(firsts, bench.branches(bodies, jobs), strict=True):
            result.operations += 1
            for again, verdict in pairs:
                result.add(Cut(cut.step, f"{cut.name}, operation {cut.operation}, {cut.kind}, and the boot", *again), verdict)
            if progress is not None:
                progress(result)
    return result


def _first(step: Step, cut: Cut, share: float, seed: int, bench: Bench) -> list[tuple[tuple[int, str], Verdict]]:
    """The first cut, then every second one from here: each with its operation and kind."""
    chance = random.Random(seed)
    bench.board.fault("power-cut-at-write", cut.operation, kind=cut.kind)
    step.verb(bench)
    if not bench.wait(bench.board.is_halted, round(step.seconds * 1e9)):
        return [((0, "none"), Verdict(findings=["the operation did not come a second time: the run is not deterministic"]))]
    bench.run(DEAD)
    bench.mains.on()
    operations = bench.branch(_count_boot)
    again = [(m, kind) for m in range(1, operations + 1) for kind in KINDS if chance.random() < share**0.5]
    return list(zip(again, bench.branches([partial(_second, *one) for one in again], jobs=1), strict=True))


def _count_boot(bench: Bench) -> int:
    bench.board.power_cycle()
    bench.board.flash_operations.clear()
    bench.board.trace_flash()
    bench.run(BOOT_NS)
    return len(bench.board.flash_operations)


def _second(operation: int, kind: str, bench: Bench) -> Verdict:
    bench.board.power_cycle()
    bench.board.fault("power-cut-at-write", operation, kind=kind)
    if not bench.wait(bench.board.is_halted, BOOT_NS):
        return Verdict(findings=["the operation did not come a second time: the run is not deterministic"])
    bench.run(DEAD)
    bench.board.power_cycle()
    bench.run(AFTER)
    _settle(bench)
    return judge(bench, torn=2)
