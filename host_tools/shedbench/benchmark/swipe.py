"""From a card in the reader's field to the board's lock pin."""

from __future__ import annotations

import random
from typing import Any, Final

from shedbench.bench.bench import Bench
from shedbench.plant.people import DEFAULT_CARDS, CardData
from shedbench.plant.port import HIGH
from shedbench.plant.units import S

from .rig import MODEL, SITE, percentile

_CARDS: Final = 10_000  # what a 4 MB board holds (docs/protocols/records.md)
_MOST: Final = 1000


def swipes(seed: int, n: int) -> dict[str, Any]:
    """p50 and p99 over at most 1000 random phases, each with another card of the table."""
    chance = random.Random(f"{seed}/swipe")
    more = [CardData(f"r{i}", uid) for i, uid in enumerate(_uids(chance, _CARDS - len(DEFAULT_CARDS) + 1))]
    took: list[float] = []
    with Bench(site=SITE, seed=seed, cards=(*DEFAULT_CARDS, *more)) as bench:
        bench.run("20 s")
        for _ in range(min(n, _MOST)):
            name, phase_ns = chance.choice(more).name, chance.randrange(S)
            took.append(bench.branch(lambda fork, name=name, phase_ns=phase_ns: _swipe(fork, name, phase_ns)))
    return {
        "p50": round(percentile(took, 0.5), 1),
        "p99": round(percentile(took, 0.99), 1),
        "max": round(max(took), 1),
        "n": len(took),
        "cards": _CARDS,
        "conditions": f"{MODEL}; card in the field of a PN532 to the lock pin off (the magnet's own 20 ms not counted); {_CARDS} cards"
        " in the table:"
        " a 4 MB board holds no 50 000; an idle shed; random phases over 1 s",
    }


def _uids(chance: random.Random, count: int) -> list[bytes]:
    found: set[bytes] = set()
    while len(found) < count:
        found.add(b"\x04" + chance.randbytes(6))
    return sorted(found)


def _swipe(bench: Bench, name: str, phase_ns: int) -> float:
    off: list[int] = []
    bench.run(phase_ns)
    bench.port.on_pin(bench.plant.wiring.gates[0].lock_gpio, lambda drive: off.append(bench.now_ns) if drive != HIGH else None)
    begun_ns = bench.now_ns
    bench.card(name).tap()
    assert bench.wait(lambda: bool(off), 2 * S), f"card {name} opened nothing"
    return (off[0] - begun_ns) / 1e6
