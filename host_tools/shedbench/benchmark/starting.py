"""From power at the board's supply pin to its first output write, and to service."""

from __future__ import annotations

from typing import Any, Final

from shedbench.bench.bench import Bench
from shedbench.plant.heartbeat import PICK_UP_NS
from shedbench.plant.units import MS

from .rig import MODEL, SITE

_STARTS: Final = 5


def boot(seed: int, n: int) -> dict[str, Any]:
    """The slowest of five cold starts with different seeds."""
    found = [_start(seed + number) for number in range(_STARTS)]
    return {
        "first_write": round(max(row["first_write"] for row in found), 1),
        "service": round(max(row["service"] for row in found), 1),
        "micropython_begins": round(max(row["micropython_begins"] for row in found), 1),
        "heartbeat": round(max(row["heartbeat"] for row in found), 1),
        "n": _STARTS,
        "conditions": f"{MODEL} (ROM and IDF start included as a constant: see micropython_begins); power-on to the first drive of an"
        " output pin, to the"
        " first heartbeat edge, and to service: heartbeat strobing and the console has answered a framed hello; slowest of 5; the 10 s"
        " hold-off not"
        " counted; empty journal",
    }


def _start(seed: int) -> dict[str, float]:
    writes: list[int] = []
    with Bench(site=SITE, seed=seed, power=False) as bench:
        wiring = bench.plant.wiring
        outputs = (
            [outlet.relay_gpio for outlet in wiring.outlets] + list(wiring.groups.values()) + [gate.lock_gpio for gate in wiring.gates]
        )
        for gpio in outputs:
            bench.port.on_pin(gpio, lambda _drive: writes.append(bench.now_ns))
        bench.spawn_board()
        bench.plant.psu.start()
        begun_ns = bench.now_ns
        holds = []
        bench.plant.heartbeat.on_change(lambda: holds.append(bench.now_ns))
        bench.until(lambda: bool(holds), within="10 s")
        while not bench.console.ask({"do": "hello"}, within="1 s"):
            pass
        service_ns = bench.now_ns
        return {
            "first_write": (writes[0] - begun_ns) / MS,
            "micropython_begins": (bench.board.boots[0] - begun_ns) / MS,
            "heartbeat": (holds[0] - PICK_UP_NS - begun_ns) / MS,
            "service": (service_ns - begun_ns) / MS,
        }
