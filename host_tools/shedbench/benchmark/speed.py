"""How many virtual seconds the bench simulates in a wall second. Ratios of one run on one machine, never absolute claims."""

from __future__ import annotations

import os
import time
from typing import Any

from shedbench.bench.bench import Bench
from shedbench.demo.evening import Evening

from .rig import SITE


def speeds(seed: int, n: int) -> dict[str, Any]:
    """Idle for an hour; a whole charge of a 48 V 20 Ah lead-acid pack; the demo's evening."""
    idle, charging, evening = _idle(seed), _charging(seed), _evening(seed)
    load = os.getloadavg()[0]
    return {
        "idle": round(idle[0]),
        "charging": round(charging[0]),
        "evening": round(evening[0]),
        "virtual_hours": {"idle": round(idle[1], 2), "charging": round(charging[1], 2), "evening": round(evening[1], 2)},
        "plant_share_percent": {"idle": round(idle[2]), "charging": round(charging[2]), "evening": round(evening[2])},
        "conditions": "virtual seconds per wall second on this machine, whole firmware, 4 outlets (the goals are for 40 and 12); idle:"
        " 1 h in service;"
        " charging: 48 V 20 Ah lead-acid from 5 % to full, one outlet; evening: the demo's, 4 sessions; plant_share_percent: the bench"
        " process's own CPU"
        f" time, the rest is the board's; {os.cpu_count()} CPUs, load average {load:.1f} at the end",
    }


class _Stopwatch:
    """Virtual seconds, wall seconds and this process's CPU seconds since it was made."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._start = (bench.now_ns, time.monotonic(), time.process_time())

    def read(self) -> tuple[float, float, float]:
        """Ratio, virtual hours, share of wall time that this process computed (percent)."""
        virtual_s = (self._bench.now_ns - self._start[0]) / 1e9
        wall_s = time.monotonic() - self._start[1]
        return virtual_s / wall_s, virtual_s / 3600, 100 * (time.process_time() - self._start[2]) / wall_s


def _idle(seed: int) -> tuple[float, float, float]:
    with Bench(site=SITE, seed=seed) as bench:
        bench.run("20 s")
        watch = _Stopwatch(bench)
        bench.run("1 h")
        return watch.read()


def _charging(seed: int) -> tuple[float, float, float]:
    with Bench(site=SITE, seed=seed) as bench:
        bench.run("15 s")
        watch = _Stopwatch(bench)
        bench.bike(1).plug("la48_20", soc=0.05)
        bench.card("resident").tap()
        bench.run("1 s")
        bench.button(1).press()
        bench.until(bench.outlet(1).is_charging, within="20 s")
        bench.until(bench.outlet(1).contact_is_open, within="11 h")
        return watch.read()


def _evening(seed: int) -> tuple[float, float, float]:
    with Bench(site=SITE, seed=seed) as bench:
        watch = _Stopwatch(bench)
        Evening(bench, lambda: None).play()
        return watch.read()
