"""Intermittent things: a loose wire, a door in the wind, a card in a purse at the reader. Calls two verbs of the plant in turn, at any
period."""

from __future__ import annotations

from collections.abc import Callable

from .world import World


class Flapping:
    """``on`` and ``off`` in turn, each for up to twice its mean (drawn each time, seeded by ``name``), until ``stop``; it ends ``off``."""

    def __init__(self, world: World, name: str, on: Callable[[], object], off: Callable[[], object], on_ns: int, off_ns: int) -> None:
        self.turns = 0
        self._verbs = (on, off)
        self._means_ns = (on_ns, off_ns)
        self._random = world.random(f"flapping {name}")
        self._timer = world.timer(self._turn)
        self._end = world.timer(self.stop)
        self._turn()

    def stop(self) -> None:
        """End the flapping, in the state ``off``."""
        self._timer.cancel()
        self._end.cancel()
        self._verbs[1]()

    def stop_after(self, duration_ns: int) -> None:
        """``stop``, later."""
        self._end.start(duration_ns)

    def _turn(self) -> None:
        place = self.turns % 2
        self.turns += 1
        self._verbs[place]()
        self._timer.start(self._random.randrange(1, 2 * self._means_ns[place] + 1))
