"""A random campaign: people's actions and faults for some virtual hours, from one seed; then everybody leaves and the auditor judges."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hil_tests.audit import audit
from hil_tests.bench.bench import Bench

Act = Callable[[Bench, random.Random], object]
SMALL_SITE: Final = Path(__file__).parents[1] / "sites" / "small.toml"
CARDS: Final = ("resident", "neighbour", "tenant", "visitor", "staff", "stranger")
PACKS: Final = ("li36v", "li48v", "li60v", "la36_12", "la48v20", "la72")
# Faults under which a meter still measures: what it then says late or not at all must not become money.
METER_FAULTS: Final = ("ok", "ok", "off", "garbage", "slow", "intermittent", "noisy")
BUS_FAULTS: Final = ("hung", "sda-short", "scl-short")
CHIP_FAULTS: Final = ("off", "stuck", "wrong-address", "late")
LONGEST_S: Final = 1200


def _sale(bench: Bench, chance: random.Random) -> None:
    outlet = chance.choice(list(bench.plant.outlets))
    if bench.plant.outlets[outlet].load is None:
        bench.bike(outlet).plug(chance.choice(PACKS), soc=chance.uniform(0.05, 0.98))
    bench.card(chance.choice(CARDS)).tap()
    bench.run(f"{chance.randrange(1, 3000)} ms")
    bench.button(outlet).press()


def _unplug(bench: Bench, chance: random.Random) -> None:
    outlet = chance.choice(list(bench.plant.outlets))
    if bench.plant.outlets[outlet].load is not None:
        bench.bike(outlet).unplug()


def _outage(bench: Bench, chance: random.Random) -> None:
    bench.mains.off()
    bench.run(f"{chance.choice((20, 100, 1000, 60_000, 600_000))} ms")
    bench.mains.on()


def _cut(bench: Bench, chance: random.Random) -> None:
    """The board alone loses its supply, at the next flash operation or now."""
    if chance.random() < 0.7:
        bench.board.fault("power-cut-at-write", chance.randrange(1, 4), kind=chance.choice(("before", "torn", "erase")))
        if not bench.wait(bench.board.is_halted, 700 * 1_000_000_000):
            bench.board.fault("power-cut-at-write", -1)  # nothing was written in all this time: the cut is called off
            return
    bench.run(f"{chance.randrange(1, 5000)} ms")
    bench.board.power_cycle()


def _smoke(bench: Bench, chance: random.Random) -> None:
    bench.smoke("bay").alarm()
    bench.run(f"{chance.randrange(1, 60)} s")
    bench.smoke("bay").clear()
    bench.run("10 s")
    bench.card("maintenance").tap()
    bench.run("2 s")
    bench.console.send("clear\r")


def _meter(bench: Bench, chance: random.Random) -> None:
    outlet = chance.choice(list(bench.plant.outlets))
    bench.meter(outlet).fault(chance.choice(METER_FAULTS))


def _reset(bench: Bench, chance: random.Random) -> None:
    bench.board.fault(*chance.choice((("brownout", 0), ("stall", "8 s"))))


def _expander(bench: Bench, chance: random.Random) -> None:
    """A bus or a chip fails, for a moment or for minutes; somebody clears the fault now and then."""
    buses = [bus for bus in bench.plant.expander_buses.values() if bus.is_i2c]
    broken = chance.choice([*buses, *(chip for bus in buses for chip in bus.expanders)])
    broken.fault(chance.choice(BUS_FAULTS if broken in buses else CHIP_FAULTS))
    bench.run(f"{chance.choice((1, 30, 1000, 20_000, 300_000))} ms")
    broken.fault("ok")
    if chance.random() < 0.3:
        bench.card("maintenance").tap()
        bench.run("2 s")
        bench.console.send("clear\r")


ACTS: Final[dict[Act, int]] = {_sale: 10, _unplug: 5, _outage: 2, _cut: 2, _smoke: 1, _meter: 2, _reset: 1}


def campaign(seed: int, hours: float, site: str | Path = SMALL_SITE) -> list[str]:
    """Play ``hours`` from ``seed``; the auditor's findings, and the port's about flash."""
    chance = random.Random(seed)
    with Bench(site=site, seed=seed) as bench:
        acts = {**ACTS, _expander: 4} if bench.plant.expander_buses else ACTS
        bench.run("15 s")
        end_ns = bench.now_ns + round(hours * 3.6e12)
        while bench.now_ns < end_ns:
            chance.choices(list(acts), list(acts.values()))[0](bench, chance)
            bench.run(f"{chance.uniform(0.1, 1) ** 3 * LONGEST_S:.3f} s")
        _close(bench)
        left_on = [f"outlet {number} is on" for number in bench.plant.outlets if bench.outlet(number).contact_is_closed]
        return audit(bench) + bench.board.violations + left_on


def _close(bench: Bench) -> None:
    """Everything is mended, everybody leaves, every sale ends."""
    bench.mains.on()
    if not bench.board.is_alive:
        bench.board.power_cycle()
    bench.smoke("bay").clear()
    for outlet in bench.plant.outlets:
        bench.meter(outlet).fault("ok")
    bench.run("3 min")
    for outlet in bench.plant.outlets.values():
        if outlet.load is not None:
            outlet.unplug()
    bench.run("6 min")
