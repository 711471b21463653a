"""A trip under interrupts that arrive late: many seeds, each a minute of a busy shed with an alarm in it. The plant is judged.

python -m shedbench.campaign.arrivals --seeds 1000 --jobs 2
"""

from __future__ import annotations

import argparse
import random
import sys
from dataclasses import dataclass, field
from typing import Final

from shedbench.bench.bench import Bench, BenchTimeout
from shedbench.bench.residents import start_charging
from shedbench.bench.workers import workers
from shedbench.campaign import SMALL_SITE
from shedbench.plant.units import MS, S

MINUTE_NS: Final = 60 * S
TRIP_NS: Final = 100 * MS
CONTACT_NS: Final = 30 * MS  # the plant's contactors let go within this after the heartbeat circuit has dropped
JITTER_US: Final = (2, 5, 10, 20, 50, 100, 200, 500)
CARDS: Final = ("resident", "neighbour", "tenant", "visitor")
TYPED: Final = (b"status\r", b"why 1\r", b"help\r", b"\x03\x03", b"\x01", b"\x04", b"\r", b'>00 {"do":"status"}*0000\r')
VIOLATION: Final = 6


@dataclass(slots=True)
class Outcome:
    """One seed. ``trip_ns`` is from the alarm until no outlet is fed and the gate is free."""

    seed: int
    jitter_us: int
    cause: str
    trip_ns: int = 0
    lapses: int = 0
    violations: list[str] = field(default_factory=list)


def arrival(seed: int) -> Outcome:
    """A minute around a trip, everything drawn from ``seed``."""
    chance = random.Random(f"arrivals/{seed}")
    outcome = Outcome(seed, chance.choice(JITTER_US), chance.choice(("smoke bay", "call point door")))
    with Bench(site=SMALL_SITE, seed=seed, board_arguments=("--irq-jitter-us", str(outcome.jitter_us))) as bench:
        bench.run("15 s")
        _watch_heartbeat(bench, outcome.violations)
        try:
            _minute(bench, chance, outcome)
        except (BenchTimeout, RuntimeError, LookupError) as error:
            outcome.violations.append(str(error).partition("\n")[0])
        _judge(bench, outcome)
    return outcome


def _minute(bench: Bench, chance: random.Random, outcome: Outcome) -> None:
    end_ns = bench.now_ns + MINUTE_NS
    _people(bench, chance)
    charging = chance.randrange(1, 4)
    for outlet in range(1, charging + 1):
        start_charging(bench, outlet, chance.choice(("li48v", "la48v20")), card=CARDS[outlet - 1])
    bench.run(chance.randrange(1 * S, 15 * S))
    if chance.random() < 0.5:  # a session that begins in the same moment
        bench.bike(4).plug("li60v", soc=0.3)
        bench.card(CARDS[3]).tap()
        bench.run(chance.randrange(300 * MS, 2 * S))
        bench.button(4).press()
        bench.run(chance.randrange(1, 400 * MS))
    alarm_ns = bench.now_ns
    if outcome.cause == "smoke bay":
        bench.smoke("bay").alarm()
    else:
        bench.call_point("door").press()
    _trips(bench, alarm_ns, outcome)
    bench.run(max(1, end_ns - bench.now_ns))
    _stayed(bench, alarm_ns, outcome.violations)
    trips = [trip.cause for trip in bench.journal.records("trip")]
    if trips != [outcome.cause]:
        outcome.violations.append(f"trips in the journal: {trips}, not {outcome.cause}")
    ends = [end.stop_cause for end in bench.journal.sessions()]
    if ends != ["trip"] * len(ends) or len(ends) not in (charging, charging + 1):
        outcome.violations.append(f"{charging} outlets charged and the sessions ended by {ends}")


def _people(bench: Bench, chance: random.Random) -> None:
    """Somebody types, and cards that start no session are held to the reader, at times drawn from the seed."""
    for _ in range(chance.randrange(5, 30)):
        text = chance.choice((*TYPED, chance.randbytes(chance.randrange(1, 60)).replace(b">", b"<")))
        bench.world.after(chance.randrange(1, MINUTE_NS), lambda text=text: bench.console.send(text))
    for _ in range(chance.randrange(1, 4)):
        bench.world.after(chance.randrange(20 * S, MINUTE_NS), bench.card("stranger").tap)


def _trips(bench: Bench, alarm_ns: int, outcome: Outcome) -> None:
    def tripped() -> bool:
        return bool(bench.gate("main").is_free) and not any(outlet.path_closed for outlet in bench.plant.outlets.values())

    if bench.wait(tripped, TRIP_NS):
        outcome.trip_ns = bench.now_ns - alarm_ns
        bench.run(alarm_ns + TRIP_NS - bench.now_ns)
    if not tripped():
        fed = [number for number, outlet in bench.plant.outlets.items() if outlet.path_closed]
        outcome.violations.append(f"100 ms after the alarm outlets {fed} are fed, gate free: {bool(bench.gate('main').is_free)}")


def _stayed(bench: Bench, alarm_ns: int, violations: list[str]) -> None:
    for number, outlet in bench.plant.outlets.items():
        if outlet.path_closed or (outlet.closed_at_ns or 0) > alarm_ns + TRIP_NS:
            violations.append(f"outlet {number} was fed again after the alarm")
    freed_ns = bench.gate("main").freed_at_ns
    if not bench.gate("main").is_free or freed_ns is None or freed_ns > alarm_ns + TRIP_NS:
        violations.append("the gate was locked again after the alarm")


def _watch_heartbeat(bench: Bench, violations: list[str]) -> None:
    """Law 1: when the heartbeat circuit has dropped, T_drop after the last live scan, every path opens."""

    def opened() -> None:
        violations.extend(
            f"outlet {number} closed longer than T_drop without a heartbeat"
            for number, outlet in bench.plant.outlets.items()
            if outlet.path_closed
        )

    heartbeat = bench.plant.heartbeat
    heartbeat.on_change(lambda: None if heartbeat.is_holding else bench.world.after(CONTACT_NS, opened) and None)


def _judge(bench: Bench, outcome: Outcome) -> None:
    outcome.lapses = bench.plant.heartbeat.lapses
    if len(bench.board.boots) != 1:
        outcome.violations.append(f"the board started {len(bench.board.boots)} times: {bench.board.resets}")
    outcome.violations += bench.board.violations


def arrivals(first_seed: int, seeds: int, jobs: int = 1) -> list[Outcome]:
    """The outcomes of ``seeds`` seeds from ``first_seed`` on, each that violates a law printed at once."""
    outcomes: list[Outcome] = []
    with workers(jobs) as pool:
        for outcome in pool.map(arrival, range(first_seed, first_seed + seeds)):
            outcomes.append(outcome)
            for words in outcome.violations:
                print(f"seed {outcome.seed} (jitter {outcome.jitter_us} us, {outcome.cause}): {words}", flush=True)
    return outcomes


def summary(outcomes: list[Outcome]) -> str:
    """One line."""
    violating = [outcome.seed for outcome in outcomes if outcome.violations]
    worst = {cause: max((o.trip_ns for o in outcomes if o.cause == cause), default=0) / MS for cause in ("smoke bay", "call point door")}
    figures = ", ".join(f"{cause} to all open and free: worst {ms:.1f} ms" for cause, ms in worst.items())
    lapses = sum(outcome.lapses for outcome in outcomes)
    return f"{len(outcomes)} seeds, {len(violating)} violate a law {violating[:20]}; {figures}; {lapses} heartbeat lapses"


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m shedbench.campaign.arrivals", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    outcomes = arrivals(options.first_seed, options.seeds, options.jobs)
    print(summary(outcomes))
    return VIOLATION if any(outcome.violations for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
