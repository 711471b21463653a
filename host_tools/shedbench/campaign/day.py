"""A campaign's day: the bench, the random source, who is where, and the acts that a judge has to know."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from shedbench.bench.bench import Bench
from shedbench.plant.flapping import Flapping
from shedbench.plant.units import MS, S

PEOPLE: Final = ("resident", "neighbour", "tenant", "visitor", "staff")
STRANGERS: Final = ("stranger", "volunteer", "maintenance")
PACKS: Final = ("li36v", "li48v", "li60v", "la36_12", "la48v20", "la72")


@dataclass(slots=True)
class Day:
    """``owners``: who plugged in, by outlet. ``welded``: outlets behind a contact that no longer opens; only the reports about them are
    judged. ``findings``: what was found wrong during the day."""

    bench: Bench
    chance: random.Random
    longest_s: float
    owners: dict[int, str] = field(default_factory=dict)
    welded: set[int] = field(default_factory=set)
    flapping: list[Flapping] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    def ms(self, low: int, high: int) -> int:
        """A time between both, in nanoseconds; short times are as likely as long ones."""
        return round(low * (high / low) ** self.chance.random() * MS)

    def taken(self) -> list[int]:
        """Outlets with a plug in them."""
        return [number for number, outlet in self.bench.plant.outlets.items() if outlet.load is not None]

    def free(self) -> list[int]:
        """Outlets without."""
        return [number for number, outlet in self.bench.plant.outlets.items() if outlet.load is None]

    def flap(self, name: str, on: Callable[[], object], off: Callable[[], object], low_ms: int = 1, high_ms: int = 20_000) -> None:
        """Switches on and off for up to a minute."""
        flapping = Flapping(self.bench.world, name, on, off, self.ms(low_ms, high_ms), self.ms(low_ms, high_ms))
        flapping.stop_after(self.ms(500, 60_000))
        self.flapping.append(flapping)

    def authorised(self, words: str) -> None:
        """Somebody of the crew taps the maintenance card, or turns the key, and types."""
        if self.chance.random() < 0.5 or not self.bench.plant.key_switches:
            self.bench.card("maintenance").tap()
        else:
            self.bench.key_switch.turn()
            self.bench.world.after(5 * S, lambda: self.bench.key_switch.turn(on=False))
        self.bench.run(2 * S)
        self.bench.console.send(words + "\r")
