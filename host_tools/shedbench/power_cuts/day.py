"""The short charging day of the power-cut sweep: steps, each an act of people or of the mains and the time after it.

Verbs act at once and wait for nothing, so that a cut may come at any moment of a step.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shedguard.flash.image import write_partition
from shedguard.formats.partition_table import SHEDGUARD, find
from shedguard.formats.records import (
    EVENTS_MAGIC,
    JOURNAL_KINDS,
    JOURNAL_MAGIC,
    LIVE_KINDS,
    LIVE_MAGIC,
    Kind,
    Record,
    build_log,
    encode_payload,
)

from shedbench.bench.bench import Bench

Verb = Callable[[Bench], object]
_OLD_CARD: Final = bytes(11)


@dataclass(frozen=True, slots=True)
class Step:
    """``verb``, then ``seconds``."""

    name: str
    verb: Verb
    seconds: float


def _plug(outlet: int, pack: str, soc: float) -> Verb:
    def verb(bench: Bench) -> None:
        if bench.plant.outlets[outlet].load is None:
            bench.bike(outlet).plug(pack, soc=soc)

    return verb


def _comes(outlet: int, card: str, pack: str, soc: float = 0.2) -> list[Step]:
    """Card at the gate, plug, button; the charger starts."""
    return [
        Step(f"{card} at the gate", lambda bench: bench.card(card).tap(), 2),
        Step(f"{card} plugs into {outlet}", _plug(outlet, pack, soc), 1),
        Step(f"{card} presses {outlet}", lambda bench: bench.button(outlet).press(), 15),
    ]


def _stops(outlet: int, card: str) -> list[Step]:
    return [
        Step(f"{card} at the gate again", lambda bench: bench.card(card).tap(), 2),
        Step(f"{card} stops {outlet}", lambda bench: bench.button(outlet).press(), 8),
        Step(f"{card} leaves {outlet}", _unplug(outlet), 5),
    ]


def _unplug(outlet: int) -> Verb:
    return lambda bench: bench.bike(outlet).unplug() if bench.plant.outlets[outlet].load is not None else None


def _wait(minutes: int) -> list[Step]:
    return [Step("time passes", lambda bench: None, 60) for _ in range(minutes)]


def charging_day() -> list[Step]:
    """Thirteen sessions: unplugged, stopped by their user, cut by smoke, continued over outages, ended in one. Begins at power-on."""
    return [
        Step("power-on", lambda bench: None, 20),
        *_comes(1, "resident", "li48v"),
        *_comes(2, "neighbour", "la48v20"),
        *_wait(2),
        *_comes(3, "tenant", "li60v"),
        Step("a stranger's card", lambda bench: bench.card("stranger").tap(), 3),
        *_wait(8),
        *_stops(2, "neighbour"),
        Step("resident unplugs", _unplug(1), 20),
        *_comes(4, "visitor", "la72"),
        *_wait(1),
        Step("outage", lambda bench: bench.mains.off(), 60),
        Step("mains are back", lambda bench: bench.mains.on(), 40),
        *_comes(1, "resident", "li48v"),
        Step("smoke", lambda bench: bench.smoke("bay").alarm(), 15),
        Step("no smoke", lambda bench: bench.smoke("bay").clear(), 15),
        Step("maintenance card", lambda bench: bench.card("maintenance").tap(), 2),
        Step("clock set", lambda bench: bench.console.send("time 2026-03-01 08:30:00\r"), 2),
        Step("maintenance card again", lambda bench: bench.card("maintenance").tap(), 2),
        Step("clear", lambda bench: bench.console.send("clear\r"), 5),
        *_comes(2, "neighbour", "la48v20"),
        Step("resident leaves", _unplug(1), 1),
        *_comes(1, "tenant", "li36v"),
        *_wait(3),
        Step("outage", lambda bench: bench.mains.off(), 30),
        Step("tenant leaves in the dark", _unplug(1), 1),
        Step("mains are back", lambda bench: bench.mains.on(), 40),
        *_wait(3),
        Step("visitor leaves", _unplug(4), 1),
        *_comes(4, "resident", "li60v"),
        Step("tenant leaves", _unplug(3), 1),
        *_comes(3, "tenant", "la48v"),
        *_wait(10),
        *_stops(3, "tenant"),
        *_stops(4, "resident"),
        Step("neighbour leaves", _unplug(2), 20),
        *_comes(1, "resident", "li36v"),
        *_comes(2, "neighbour", "la36_12"),
        *_comes(3, "tenant", "la60"),
        *_comes(4, "visitor", "li60v"),
        *_wait(3),
        Step("all leave", lambda bench: [_unplug(outlet)(bench) for outlet in bench.plant.outlets], 40),
        *_wait(3),  # all at once first look like an open breaker: tried again after 20 s, settled two minutes later (decision 0023)
    ]


def used_flash(path: Path) -> None:
    """Make the flash file at ``path`` that of a shed used for years: both logs have wrapped, so that the day erases sectors."""
    gate = Record(0, "gate", {"event": 1, "reason": 1, "card": _OLD_CARD})
    values = dict.fromkeys(["session", "outlet", "start_s", "meter_wh", "energised_s", "energy_mwh", "peak_mw", "cause"], 1)
    live = Record(0, "live", {**values, "card": _OLD_CARD})
    done = Record(0, "done", {"session": 1})
    state = Record(0, "state", {"boots": 0, "latched": 0})
    sequence = {"shed_journal": 1, "shed_live": 1}
    for label, magic, kinds, records, second in (
        ("shed_journal", JOURNAL_MAGIC, JOURNAL_KINDS, [gate], lambda _record: state),
        ("shed_box", EVENTS_MAGIC, JOURNAL_KINDS, [gate], lambda _record: state),
        ("shed_live", LIVE_MAGIC, LIVE_KINDS, [*[live] * 9, done], _going),  # a session of an hour and a half
    ):
        size = find(SHEDGUARD, label).size
        found = _filling(records, second, kinds, size)
        sequence.setdefault("shed_box", len(found) + 1)  # shares its count with the journal, which came just before
        write_partition(path, label, build_log(size, magic, found, sequence[label]))


def _going(record: Record) -> Record:
    return Record(0, "going", {"outlets": 2 if record.kind == "live" else 0})


def _filling(records: list[Record], second: Callable[[Record], Record], kinds: Mapping[int, Kind], size: int) -> list[tuple[int, bytes]]:
    """``records`` repeated until all sectors are full, with the last one at the very end (no session is left open).

    The second record of each sector is what ``second`` makes of the first."""
    found: list[tuple[int, bytes]] = []
    turns = itertools.cycle(records)
    record = next(turns)
    room = 0
    for _sector in range(size // 4096):
        rows = [encode_payload(kinds, record), encode_payload(kinds, second(record))]
        room = 4096 - 16
        while room >= sum(_size(row) for row in rows):
            found += rows
            room -= sum(_size(row) for row in rows)
            record = next(turns)
            rows = [encode_payload(kinds, record)]
    last = encode_payload(kinds, records[-1])
    return found + [last] * (room // _size(last))


def _size(row: tuple[int, bytes]) -> int:
    return len(row[1]) + 15 & ~3
