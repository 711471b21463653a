"""Trip latency: from the edge at the board's input to the board's own output pins, at random phases, in forks of one running shed."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from shedbench.bench.bench import Bench
from shedbench.bench.workers import workers
from shedbench.plant.port import HIGH
from shedbench.plant.units import MS, S

from .rig import CARDS, LOOPS, MODEL, SERVICE, SITE, charge, charge_all, percentile

_PHASE_NS: Final = 1 * S
_STEP_NS: Final = 250 * MS
_BRANCHES_A_STEP: Final = 40
_ERASE_NS: Final = 45 * MS  # typical, as the board models it
_ERASE_LEAD_NS: Final = 65 * MS  # the executive begins the erase within 20 ms
_JOBS: Final = 2
# In flight: a journal record every 0.1 s, a whole garbage collection every 0.5 s (service needs one about every 12 s).
_LOAD: Final = """
import gc
from shed.board import flash
_box = flash.Region("shed_box")
_turn = [0]
def _load(now_ms):
    s.books.write(9, 0, 0)
    _turn[0] = (_turn[0] + 1) % 5
    if not _turn[0]:
        gc.collect()
    return 100
s.executive.add("load", _load, 60)
def _erase(now_ms):
    _box.erase(3)
    return 100000000
"""
_ERASE: Final = 's.executive.add("erase", _erase, 60)'
_CONDITIONS: Final = (
    f"{MODEL}; 4 outlets charging, 1 loop, 1 direct contact, 1 key switch; random phases over 1 s; a journal append every 0.1 s and a"
    " garbage collection"
    " every 0.5 s in flight (service needs one every 12 s or so); from the edge at the input to the last relay pin off; contactor: to"
    " the contactor's"
    " pin off. direct: a dry contact that opens once; direct_bouncing: up to 3 bounces within 3 ms; loop: 836 mV for 1651 mV with 15 mV"
    " of noise;"
    " erase_in_flight: a loop alarm while a flash erase of 45 ms that the executive was made to do is under way (service erases nothing"
    " while an"
    " outlet is on); loop_hum: as loop, with 0.9 V of 50 Hz on it since 2 s; loop_hum_eight: the same on all of eight loops, 2 outlets"
)

Sample = tuple[float, float]  # contactor pin, last relay pin; us


def trips(seed: int, n: int) -> dict[str, Any]:
    """p50, p99_9, max over ``n`` phases for direct and loop; a fifth of that with a bouncing contact, a tenth during an erase."""
    few = max(n // 10, 20)
    wanted = {"direct": n, "loop": n, "direct_bouncing": max(n // 5, 20), "erase_in_flight": few, "loop_hum": few, "loop_hum_eight": few}
    parts = [{kind: count // _JOBS + (job < count % _JOBS) for kind, count in wanted.items()} for job in range(_JOBS)]
    with workers(_JOBS) as pool:
        done = list(pool.map(_samples, [seed + job for job in range(_JOBS)], parts))
    found: dict[str, Any] = {kind: _summary([sample for part in done for sample in part[kind]]) for kind in wanted}
    return {**found, "conditions": _CONDITIONS}


def _summary(samples: list[Sample]) -> dict[str, Any]:
    relay = [sample[1] for sample in samples]
    contactor = [sample[0] for sample in samples]
    return {
        "p50": round(percentile(relay, 0.5)),
        "p99_9": round(percentile(relay, 0.999)),
        "max": round(max(relay)),
        "n": len(samples),
        "contactor": {"p50": round(percentile(contactor, 0.5)), "p99_9": round(percentile(contactor, 0.999)), "max": round(max(contactor))},
    }


def _samples(seed: int, counts: dict[str, int]) -> dict[str, list[Sample]]:
    chance = random.Random(f"{seed}/trip latency")
    found: dict[str, list[Sample]] = {kind: [] for kind in counts}
    _run(chance, seed, SITE, {kind: count for kind, count in counts.items() if not kind.startswith("loop_hum")}, found)
    _run(chance, seed, SITE, {"loop_hum": counts["loop_hum"]}, found)
    _run(chance, seed, LOOPS, {"loop_hum_eight": counts["loop_hum_eight"]}, found)
    return found


def _run(chance: random.Random, seed: int, site: Path, counts: dict[str, int], found: dict[str, list[Sample]]) -> None:
    with Bench(site=site, seed=seed) as bench:
        if site == SITE:
            charge_all(bench)
        else:
            charge(bench, CARDS[:2])
        bench.board.probe(SERVICE + _LOAD)
        order = [kind for kind, count in counts.items() for _ in range(count)]
        chance.shuffle(order)
        if order and order[0].startswith("loop_hum"):
            for loop in bench.plant.loops.values():
                loop.hum(900)
            bench.run(2 * S)
        for turn, kind in enumerate(order):
            if turn % _BRANCHES_A_STEP == 0:
                bench.run(_STEP_NS)
            phase_ns = chance.randrange(_PHASE_NS)
            lead_ns = chance.randrange(_ERASE_LEAD_NS)
            sample = bench.branch(lambda fork, kind=kind, phase_ns=phase_ns, lead_ns=lead_ns: _trip(fork, kind, phase_ns, lead_ns))
            if sample is not None:
                found[kind].append(sample)


def _trip(bench: Bench, kind: str, phase_ns: int, lead_ns: int) -> Sample | None:
    """One alarm in a fork; None when the alarm missed the erase; AssertionError when the outputs did not open within a second."""
    relays = [outlet.relay_gpio for outlet in bench.plant.wiring.outlets]
    contactor = next(iter(bench.plant.wiring.groups.values()))
    off: dict[int, int] = {}

    def note_off(gpio: int) -> Callable[[int], None]:
        def changed(drive: int) -> None:
            if drive != HIGH:
                off.setdefault(gpio, bench.now_ns)

        return changed

    bench.run(phase_ns)
    if kind == "erase_in_flight":
        bench.board.trace_flash()
        bench.board.probe(_ERASE)
        bench.run(lead_ns)
    for gpio in (*relays, contactor):
        bench.port.on_pin(gpio, note_off(gpio))
    edge_ns = bench.now_ns
    if kind in ("loop", "erase_in_flight", "loop_hum", "loop_hum_eight"):
        next(iter(bench.plant.loops.values())).alarm()
    else:
        point = bench.call_point("door")
        point.contact.bounces = kind == "direct_bouncing"
        point.press()
    assert bench.wait(lambda: len(off) == len(relays) + 1, S), f"{kind}: only {sorted(off)} went off"
    if kind == "erase_in_flight":
        began = [at_ns for at_ns, operation, _offset, _length in bench.board.flash_operations if operation == 2]
        if not began or not began[0] <= edge_ns < began[0] + _ERASE_NS:
            return None
    return (off[contactor] - edge_ns) / 1000, (max(off[gpio] for gpio in relays) - edge_ns) / 1000
