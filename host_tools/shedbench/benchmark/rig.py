"""The common start of several measurements, and the percentile that all of them use."""

from __future__ import annotations

from collections.abc import Sequence

from shedbench.bench.bench import Bench
from shedbench.places import SITES, SMALL_SITE

SITE = SMALL_SITE
EXPANDERS = SITES / "expanders" / "pcf.toml"
LOOPS = SITES / "loops" / "eight.toml"
CARDS = ("resident", "neighbour", "tenant", "visitor")
SERVICE = "from shed.app import service as s\n"
MODEL = "modelled: emulated ESP32 at 240 MHz, virtual time"


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least ``share`` of all do not exceed."""
    ordered = sorted(samples)
    return ordered[max(0, -(-int(len(ordered) * share * 1_000_000) // 1_000_000) - 1)]


def charge_all(bench: Bench) -> None:
    """Charge at all four outlets of the small site."""
    charge(bench, CARDS)


def charge(bench: Bench, cards: Sequence[str]) -> None:
    """Wait for the end of the hold-off; then for each card plug a lithium bike in, tap, press, and wait until current flows."""
    bench.run("15 s")
    for number, card in zip(bench.plant.bikes, cards, strict=False):
        bench.bike(number).plug("li48v", soc=0.2)
        bench.card(card).tap()
        bench.run("1 s")
        bench.button(number).press()
        bench.until(bench.outlet(number).is_charging, within="20 s")
    bench.run("10 s")
