"""Power cuts at every flash operation of a charging day: before it, torn, in mid-erase; each future then boots, charges on and is settled.

A scout fork looks how many operations the next slice of time has; then each is cut in a fork of its own. The auditor judges the outcome.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, Final, NamedTuple

from hil_tests.audit import audit
from hil_tests.bench.bench import Bench
from hil_tests.plant.units import S

from .rig import CARDS, MODEL, SITE

KINDS: Final = ("before", "torn", "erase")
_JOBS: Final = 2
_ROUNDS: Final = 6
_STEP_NS: Final = 5 * S
_OPERATIONS_BY_N: Final = 10_000  # with the full n every operation is cut; with less, one in so many


class Outcome(NamedTuple):
    """Of one cut. ``hit``: the board was cut. ``findings``: the auditor's."""

    hit: bool
    left_on: bool
    findings: list[str]


def power_cuts(seed: int, n: int) -> dict[str, Any]:
    """Counts over a day of six rounds of four sales; ``examples`` are the first findings."""
    every = max(1, _OPERATIONS_BY_N // n)
    with ProcessPoolExecutor(_JOBS, mp_context=get_context("fork")) as pool:
        parts = list(pool.map(_day, [seed] * _JOBS, range(_JOBS), [every] * _JOBS))
    outcomes = [outcome for _operations, part in parts for outcome in part]
    hits = [outcome for outcome in outcomes if outcome.hit]
    kinds = Counter(kind for outcome in hits for kind in {_kind(finding) for finding in outcome.findings})
    return {
        "tried": len(hits),
        "lost": kinds["lost"],
        "double_billed": kinds["double_billed"],
        "left_on": sum(outcome.left_on for outcome in hits),
        "other_findings": kinds["other"],
        "operations": parts[0][0],
        "missed": len(outcomes) - len(hits),
        "examples": [finding for outcome in hits for finding in outcome.findings][:5],
        "conditions": f"{MODEL}; {_ROUNDS} rounds of four sales of 12 minutes; every {every}. flash operation cut before, torn with"
        " random bits, and as a"
        " power cut in mid-erase; then 1 s without power, boot, 10 virtual minutes, every bike unplugged, 3 minutes; judged by the"
        " auditor: lost (not"
        " settled, energy short by over 1 %), double_billed (settled twice, or too much), left_on (an outlet closed at the end); not_hit:"
        " the fork's"
        " operation came later than in the scout",
    }


def _kind(finding: str) -> str:
    if "settled twice" in finding or "(+" in finding:
        return "double_billed"
    if "never settled" in finding or "no session says why" in finding or "(-" in finding:
        return "lost"
    return "other"


def _day(seed: int, job: int, every: int) -> tuple[int, list[Outcome]]:
    """Walk through the day; this job cuts its share of the operations. The number of all operations, and the outcomes."""
    operations = 0
    outcomes: list[Outcome] = []

    def walk(bench: Bench, duration_ns: int) -> None:
        nonlocal operations
        end_ns = bench.now_ns + duration_ns
        while (left_ns := end_ns - bench.now_ns) > 0:
            step_ns = min(_STEP_NS, left_ns)
            for place in range(1, bench.branch(lambda fork, step_ns=step_ns: _scout(fork, step_ns)) + 1):
                operations += 1
                if operations % every == 0 and operations // every % _JOBS == job:
                    outcomes.extend(bench.branch(lambda fork, place=place, kind=kind: _cut(fork, place, kind)) for kind in KINDS)
            bench.run(step_ns)

    with Bench(site=SITE, seed=seed) as bench:
        bench.run("15 s")
        for turn in range(_ROUNDS):
            _round(bench, walk, turn)
    return operations, outcomes


def _round(bench: Bench, walk: Callable[[Bench, int], None], turn: int) -> None:
    """Four people come, charge for 12 minutes and go."""
    for number, card in zip(bench.plant.bikes, CARDS, strict=True):
        bench.bike(number).plug("li60v", soc=0.1 + 0.1 * (turn % 3))
        bench.card(card).tap()
        walk(bench, S)
        bench.button(number).press()
        walk(bench, 10 * S)
    walk(bench, 720 * S)
    for bike in bench.plant.bikes.values():
        bike.unplug()
        walk(bench, 30 * S)


def _scout(bench: Bench, step_ns: int) -> int:
    bench.board.trace_flash()
    bench.run(step_ns)
    bench.board.stats()  # its packet brings the last records along
    return len(bench.board.flash_operations)


def _cut(bench: Bench, place: int, kind: str) -> Outcome:
    bench.board.fault("power-cut-at-write", place, kind)
    if not bench.wait(bench.board.is_halted, 2 * _STEP_NS):
        return Outcome(False, False, [])
    bench.run("1 s")
    bench.board.power_cycle()
    bench.run("10 min")
    for outlet in bench.plant.outlets.values():
        if outlet.load is not None:
            outlet.unplug()
    bench.run("3 min")
    left_on = any(outlet.path_closed for outlet in bench.plant.outlets.values())
    return Outcome(True, left_on, audit(bench))
