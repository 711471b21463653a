"""The fixed evening, act by act: the people, the events of the shed, and how each session has to end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from shedbench.bench.bench import Bench, BenchTimeout
from shedbench.bench.console import ConsoleError
from shedbench.plant.units import MIN, S

from . import clock

# Outlet, and the stop cause that its session has to have.
STORIES: Final = {1: "full", 2: "unplugged", 3: "unplugged", 4: "trip"}
_CALM_NS: Final = 10 * S
_BUSY_NS: Final = 1 * S
_BUSY_FOR_NS: Final = 15 * S


class Evening:
    """Plays on ``bench``; ``look`` is called after every slice of virtual time (some ten seconds, one second around an act)."""

    def __init__(self, bench: Bench, look: Callable[[], None], picture: Callable[[], None] | None = None) -> None:
        self.bench = bench
        self._look = look
        self._picture = picture

    def play(self) -> None:
        """From 17:59 to a few minutes after the trip is reset, some three hours. BenchTimeout when an expected event does not happen."""
        bench = self.bench
        self._to("18:00")
        bench.console.ask({"do": "time", "t": clock.epoch_s(bench.now_ns)}, key=True)
        self._charge(3, "la48_20", 0.2, "tenant")
        self._to("18:20")
        bench.mains.off()
        self._to("18:25")
        bench.mains.on()
        self._until(bench.outlet(3).is_charging, 2 * MIN)
        self._to("18:27")
        self._charge(1, "li60v", 0.93, "resident")
        self._to("18:29")
        self._charge(2, "la72", 0.1, "neighbour")
        self._to("18:45")
        bench.card("stranger").tap()
        self._to("19:00")
        self._charge(4, "li48v", 0.3, "visitor")
        self._to("19:08")
        if self._picture is not None:
            self._picture()
        self._to("19:10")
        bench.bike(3).unplug()
        self._until(bench.outlet(3).contact_is_open, MIN)
        self._to("19:15")
        bench.bike(2).unplug()
        self._until(bench.outlet(2).contact_is_open, MIN)
        self._to("20:20")
        self._until(bench.outlet(1).contact_is_open, 60 * MIN)
        self._after(MIN)
        bench.bike(1).unplug()
        self._after(MIN)
        self._fire()

    def _fire(self) -> None:
        bench = self.bench
        bench.smoke("bay").alarm()
        self._until(bench.outlet(4).contact_is_open, S)
        self._until(bench.gate("main").is_free, S)
        self._after(20 * S)
        bench.gate("main").push()
        self._after(3 * MIN)
        bench.smoke("bay").clear()
        self._after(30 * S)
        bench.card("maintenance").tap()
        self._after(2 * S)
        answer = bench.console.type("clear")
        if not bench.wait(bench.gate("main").is_locked, 10 * S):
            raise ConsoleError(f"the trip was not reset; the board said: {answer!r}")
        self._after(20 * S)
        bench.bike(4).unplug()
        self._after(MIN)

    def _charge(self, outlet: int, pack: str, soc: float, card: str) -> None:
        """A resident comes: card at the gate, bike to the outlet, button; the plant says when current flows."""
        bench = self.bench
        bench.card(card).tap()
        self._after(S)
        bench.gate("main").push()
        self._after(20 * S)
        bench.bike(outlet).plug(pack, soc=soc)
        self._after(5 * S)
        bench.button(outlet).press()
        self._until(bench.outlet(outlet).is_charging, 20 * S)
        self._after(S)

    # --- time ---------------------------------------------------------------------------------------------------------

    def _to(self, hour_minute: str) -> None:
        self._after(max(0, clock.at(hour_minute) - self.bench.now_ns))

    def _after(self, duration_ns: int) -> None:
        end_ns, busy_until_ns = self.bench.now_ns + duration_ns, self.bench.now_ns + _BUSY_FOR_NS
        while (now := self.bench.now_ns) < end_ns:
            self.bench.run(min(_BUSY_NS if now < busy_until_ns else _CALM_NS, end_ns - now))
            self._look()

    def _until(self, condition: Callable[[], bool], within_ns: int) -> None:
        deadline_ns = self.bench.now_ns + within_ns
        while not self.bench.wait(condition, min(_CALM_NS, deadline_ns - self.bench.now_ns)):
            self._look()
            if self.bench.now_ns >= deadline_ns:
                raise BenchTimeout(f"at {clock.wall(self.bench.now_ns):%H:%M:%S} still not: {condition!r}")
        self._look()
