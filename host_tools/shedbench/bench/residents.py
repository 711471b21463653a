"""How residents charge a bike, as verbs of a bench: one common way for scenarios, campaigns and figures."""

from __future__ import annotations

from .bench import Bench

RESIDENTS = ("resident", "neighbour", "tenant", "visitor")  # a card counts three times, then once in 30 s


def start_charging(bench: Bench, outlet: int, pack: str = "li48v", soc: float = 0.2, card: str = "resident") -> None:
    """A resident plugs the bike in, shows the card at the gate, presses the outlet's button; the plant says when current flows."""
    bench.bike(outlet).plug(pack, soc=soc)
    bench.card(card).tap()
    bench.run("1 s")
    bench.button(outlet).press()
    bench.until(bench.outlet(outlet).is_charging, within="20 s")
