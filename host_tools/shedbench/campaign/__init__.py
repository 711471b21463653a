"""A random campaign from one seed: people and faults on a shed in any state; then everybody leaves, everything is repaired, and the auditor
judges.

Without ``hours`` it is short and dense: some ten minutes in which something happens every few seconds, which finds more than a day does.
With ``hours`` the same people act at a normal pace. Beginnings, acts and faults: beginning.py, people.py, faults.py. Many seeds: runner.py
and `shed campaign`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from shedguard.formats.records import Record

from shedbench.audit import audit
from shedbench.audit.collect import site_of as read_site_of
from shedbench.audit.collect import truth_of
from shedbench.audit.live import settle_live
from shedbench.audit.timeline import Timeline
from shedbench.bench.bench import Bench
from shedbench.plant.units import S

from . import beginning, faults, people
from .beginning import SMALL_SITE
from .day import Day
from .drawn import Drawn

__all__ = ["SMALL_SITE", "campaign"]

DENSE_S: Final = 400
DENSE_GAP_S: Final = 25
LONGEST_GAP_S: Final = 1200
PULLED_S: Final = 3  # between two plugs: several loads lost within one second count as a fault of the group (docs/decisions/0023)
SETTLED_NS: Final = 330 * S  # a session that cannot continue, in safe mode for example, is settled after five minutes (stop cause `waited`)
ENERGISING: Final = re.compile(r"outlet (\d+)\b")


def campaign(seed: int, hours: float | None = None, site: str | Path | None = None) -> list[str]:
    """The findings of the auditor, the flash check and the people who looked."""
    chance = random.Random(f"campaign/{seed}")
    begin = beginning.drawn(chance)
    path = Path(site) if site is not None else beginning.site_of(begin.terms)
    with beginning.bench_of(begin, path, seed) as bench:
        bench.world.log(f"campaign {seed}: {begin}")
        beginning.bring_up(begin, bench, chance)
        day = Day(bench, chance, read_site_of(bench).longest_s)
        drawn = Drawn(bench)
        bench.board.trace_flash()
        _play(day, DENSE_S if hours is None else hours * 3600, DENSE_GAP_S if hours is None else LONGEST_GAP_S)
        _close(day)
        return _judge(day) + untold(bench, drawn)


def acts_for(bench: Bench) -> dict[Callable[[Day], None], int]:
    """Everything that can happen in this plant, with its weight."""
    acts = people.ACTS | faults.ACTS | ({faults.expander: 4} if bench.plant.expander_buses else {faults.weld: 1, faults.left_live: 2})
    missing = {people.key} if not bench.plant.key_switches else set()
    if not bench.plant.call_points:
        missing |= {people.glass, faults.glass_flaps}
    return {act: weight for act, weight in acts.items() if act not in missing}


def _play(day: Day, length_s: float, longest_gap_s: float) -> None:
    bench, chance = day.bench, day.chance
    acts = acts_for(bench)
    end_ns = bench.now_ns + round(length_s * S)
    while bench.now_ns < end_ns:
        (act,) = chance.choices(list(acts), list(acts.values()))
        bench.world.log(f"act: {act.__name__}")
        act(day)
        bench.run(f"{chance.uniform(0.1, 1) ** 3 * longest_gap_s:.3f} s")


def _close(day: Day) -> None:
    """Everything is repaired, everybody leaves, every session ends."""
    bench = day.bench
    for flapping in day.flapping:
        flapping.stop()
    bench.mains.on()
    for breaker in bench.plant.breakers.values():
        breaker.close()
    bench.board.flash_fails(0)
    bench.board.fault("power-cut-at-write", -1)
    for loop in bench.plant.loops.values():
        loop.hum(0)
        loop.fault("ok")
        loop.clear()
    for point in bench.plant.call_points.values():
        point.fault("ok")
        point.reset()
    for switch in bench.plant.key_switches.values():
        switch.turn(on=False)
    for meter in bench.plant.meters.values():
        meter.fault("ok")
    if not bench.board.is_alive:
        bench.board.power_cycle()
    bench.run("25 s")
    if bench.console.ask({"do": "hello"})[0]["mode"] == "safe":  # after many bad starts it waits for a person, and settles nothing
        bench.board.rtc_decays(0)  # off for so long that RTC memory keeps nothing
        bench.board_power(False)
        bench.run("1 min")
        bench.board_power(True)
        bench.run("25 s")
    for number in day.taken():
        bench.bike(number).unplug()
        bench.run(f"{PULLED_S} s")
    bench.run("30 s")
    bench.wait(
        lambda: not any(bench.outlet(number).contact_is_closed for number in bench.plant.outlets if number not in day.welded), SETTLED_NS
    )
    if unsettled(bench.journal.log().records):
        bench.run(SETTLED_NS)
    bench.run("10 s")


def unsettled(records: Iterable[Record]) -> set[int]:
    """Sessions with a start and no end."""
    started = {record.number("session") for record in records if record.kind == "session_start"}
    return started - {record.number("session") for record in records if record.kind == "session_end"}


def _judge(day: Day) -> list[str]:
    bench = day.bench
    left_on = [f"outlet {number} is on" for number in bench.plant.outlets if bench.outlet(number).contact_is_closed]
    found = [words for words in audit(bench) + left_on if not _behind_a_weld(words, day.welded)]
    if not bench.board.is_alive:
        found.append(f"the board is {bench.board.mode} at the end")
    return found + bench.board.violations + day.findings


def untold(bench: Bench, drawn: Drawn) -> list[str]:
    """Live outlets that no fault reports, above all those behind a weld."""
    truth = replace(truth_of(bench), drawn=drawn.spans())
    records = bench.journal.log().records
    return settle_live(truth, read_site_of(bench), records, Timeline(truth.boots_ns, records, truth.stops_ns, truth.written_ns))


def _behind_a_weld(words: str, welded: set[int]) -> bool:
    """Whether the finding is about an outlet whose contact no longer opens; the reports about such outlets are judged in people.py."""
    named = ENERGISING.search(words)
    return named is not None and int(named[1]) in welded
