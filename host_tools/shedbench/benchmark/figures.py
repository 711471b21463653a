"""The measurement of each figure. A measurement takes (seed, samples) and returns a JSON object with ``conditions``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from . import latency, memory, metering, power_cuts, scanning, speed, starting, swipe

KEYS: Final[dict[str, Callable[[int, int], dict[str, Any]]]] = {
    "trip_latency_us": latency.trips,
    "scan_us": scanning.scan,
    "swipe_to_release_ms": swipe.swipes,
    "meter_sweep": metering.sweep,
    "dead_meter_ms": metering.dead,
    "boot_ms": starting.boot,
    "heap_free_bytes": memory.heap_free,
    "code_ram_bytes": memory.code_ram,
    "heap_by_room_bytes": memory.heap_by_room,
    "emulation_speed": speed.speeds,
    "power_cuts": power_cuts.power_cuts,
}

# Figures that take longer than all others together are measured only when --only names them.
ONLY_WHEN_NAMED: Final = frozenset({"power_cuts"})
