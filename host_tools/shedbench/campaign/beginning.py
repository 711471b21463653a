"""The state of a campaign's shed at the beginning: tariff and limits, age of the flash, what is under way already.

Hazard: a shed that is only ever tried new. Most of what was once forgotten was forgotten by a journal that had gone round, in a second
boot, near the wrap of the ticks, with another trip latched or a configuration on trial.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shedguard.flash.image import read_partition, write_partition
from shedguard.formats import slots

from shedbench.bench import variant
from shedbench.bench.bench import Bench
from shedbench.places import BUILD, SMALL_SITE
from shedbench.plant.contacts import DROP_OUT_RANGE
from shedbench.plant.heartbeat import T_DROP_RANGE_NS
from shedbench.plant.units import S
from shedbench.power_cuts.day import used_flash

# block_min, price_fen, max_session_min: blocks and limits that a day of ten minutes reaches.
TERMS: Final = ((300, 100, 600), (1, 7, 3), (2, 300, 5), (5, 900, 600), (1, 65_000, 4), (3, 50, 2))


@dataclass(frozen=True, slots=True)
class Beginning:
    """All drawn from the seed. ``wrap_s``: the ticks wrap that long after power-on, 0: not in this life."""

    terms: tuple[int, int, int]
    used: bool
    cuts: int
    tripped: bool
    trial: bool
    wrap_s: int
    decay: float
    t_drop_ns: int
    drop_out: float
    jitter_us: int


def drawn(chance: random.Random) -> Beginning:
    """One."""
    return Beginning(
        terms=chance.choice(TERMS),
        used=chance.random() < 0.5,
        cuts=chance.choice((0, 0, 1, 2)),
        tripped=chance.random() < 0.15,
        trial=chance.random() < 0.15,
        wrap_s=chance.choice((0, 0, 0, chance.randrange(12, 500))),
        decay=chance.choice((0.0, 0.0, 0.0005, 0.003, 0.02)),
        t_drop_ns=chance.randrange(T_DROP_RANGE_NS[0], T_DROP_RANGE_NS[1] + 1),
        drop_out=chance.uniform(*DROP_OUT_RANGE),
        jitter_us=chance.choice((0, 0, 20, 200)),
    )


def site_of(terms: tuple[int, int, int]) -> Path:
    """The small site with these terms: a file that is kept, so that its flash image is built once."""
    block_min, price_fen, longest_min = terms
    path = BUILD / "campaign" / f"small-{block_min}-{price_fen}-{longest_min}.toml"
    text = SMALL_SITE.read_text(encoding="utf-8")
    for old, new in (
        ("price_fen = 100", f"price_fen = {price_fen}"),
        ("block_min = 300", f"block_min = {block_min}"),
        ("max_session_min = 600", f"max_session_min = {longest_min}"),
    ):
        if old not in text:
            raise ValueError(f"{SMALL_SITE} has no line {old!r} any more")
        text = text.replace(old, new)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{id(text)}")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    return path


def bench_of(begin: Beginning, site: Path, seed: int) -> Bench:
    """A bench without power, with a flash of the drawn age."""
    ticks_ms = (1 << 30) - 1000 * begin.wrap_s if begin.wrap_s else None
    jitter = ("--irq-jitter-us", str(begin.jitter_us)) if begin.jitter_us else ()
    bench = Bench(site=site, seed=seed, power=False, ticks_offset_ms=ticks_ms or variant.chosen().ticks_offset_ms, board_arguments=jitter)
    if begin.used:
        used_flash(bench.process.flash)
    bench.plant.heartbeat.t_drop_ns = begin.t_drop_ns
    for contactor in bench.plant.contactors.values():
        contactor.drop_out_share = begin.drop_out
    return bench


def bring_up(begin: Beginning, bench: Bench, chance: random.Random) -> None:
    """Power-on, and what is under way when the day begins."""
    bench.spawn_board()
    bench.board.rtc_decays(begin.decay)
    bench.plant.psu.start()
    for _ in range(begin.cuts):
        bench.run(chance.randrange(1 * S, 20 * S))
        bench.board.power_cycle()
    bench.run("15 s")
    if begin.trial:
        _on_trial(bench)
        bench.board.rtc_decays(begin.decay)
    if begin.tripped and bench.plant.call_points:
        point = next(iter(bench.plant.call_points.values()))
        point.press()
        bench.run("2 s")
        point.reset()


def _on_trial(bench: Bench) -> None:
    """The same configuration as a new one: the next boot runs it on trial, and nobody confirms it."""
    bench.board.kill()
    partition = read_partition(bench.process.flash, "shed_cfg")
    slot_now = slots.current(partition)
    assert slot_now is not None
    place = slots.free_place(partition)
    slot = slots.build_slot(slot_now.image, place.sequence, confirmed=False).ljust(slots.SLOT_SIZE, b"\xff")
    write_partition(bench.process.flash, "shed_cfg", partition[: place.offset] + slot + partition[place.offset + slots.SLOT_SIZE :])
    bench.board.start()
    bench.run("15 s")
