"""The calendar: set by a person or a tool, kept over resets, lost with the power; and the report when cards cannot expire without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.console import ConsoleError
from shedbench.bench.residents import start_charging
from shedbench.places import SMALL_SITE as SITE
from shedbench.plant.people import DEFAULT_CARDS

MARCH_S = 826_000_000  # 2026-03-05
DAY_S = 86_400
UNSET, SET, KEPT = 0, 1, 2
CLOCK_UNSET = 33


@pytest.fixture
def dated(seed: int) -> Iterator[Bench]:
    """The small shed whose tenant moves out on 2026-03-05."""
    cards = tuple(replace(card, valid_until=MARCH_S) if card.name == "tenant" else card for card in DEFAULT_CARDS)
    with Bench(site=SITE, seed=seed, cards=cards) as bench:
        bench.run("15 s")
        yield bench


def _set(bench: Bench, epoch_s: int) -> None:
    bench.console.ask({"do": "time", "t": epoch_s}, key=True)


def _clock(bench: Bench) -> tuple[int, int]:
    head = bench.console.ask({"do": "status"})[0]
    return head["clk"], head["t"]


def _faults(bench: Bench) -> dict[int, int]:
    return {row["f"]: row["live"] for row in bench.console.ask({"do": "faults"})[1:]}


def _opens(bench: Bench, card: str) -> bool:
    bench.run("10 s")
    bench.card(card).tap()
    bench.run("1 s")
    return bool(bench.gate("main").is_free)


def test_a_card_that_is_over_opens_nothing_also_after_every_kind_of_reset(dated: Bench):
    _set(dated, MARCH_S - DAY_S)
    assert _opens(dated, "tenant")
    _set(dated, MARCH_S + DAY_S)
    assert not _opens(dated, "tenant")
    for how in ("from shed.board import resets; resets.hard_reset()", "import time\nwhile True:\n    pass"):
        set_at_ns = dated.now_ns
        before = _clock(dated)[1]
        boots = len(dated.board.boots)
        if "while" in how:
            dated.board.fault("stall", "20 s")
        else:
            dated.board.probe(
                "from shed.app import service as s\ndef ends(now_ms):\n    s.rtc.save()\n    import machine\n"
                "    machine.reset()\ns.executive.add('ends', ends, 1)"
            )
        dated.run("60 s")
        assert len(dated.board.boots) > boots, "no reset"
        quality, now_s = _clock(dated)
        assert quality == KEPT
        assert abs(now_s - before - (dated.now_ns - set_at_ns) // 1_000_000_000) <= 2
        assert not _opens(dated, "tenant")
        assert _opens(dated, "resident")
    assert dated.journal.last("gate").epoch_s > MARCH_S


def test_a_power_cut_loses_the_date_and_a_shed_with_dated_cards_says_so_until_it_is_set(dated: Bench):
    _set(dated, MARCH_S + DAY_S)
    assert _clock(dated)[0] == SET
    dated.mains.off()
    dated.run("30 s")
    dated.mains.on()
    dated.run("30 s")
    assert _clock(dated) == (UNSET, 0)
    assert _faults(dated).get(CLOCK_UNSET) == 1
    assert "clock not set" in dated.console.type("faults")
    _set(dated, MARCH_S + DAY_S)
    dated.run("2 s")
    assert _faults(dated).get(CLOCK_UNSET) == 0
    assert dated.journal.last("clock_set").new_epoch_s == MARCH_S + DAY_S
    assert not _opens(dated, "tenant")


def test_a_shed_without_dated_cards_needs_no_clock(bench: Bench):
    bench.run("30 s")
    assert _clock(bench) == (UNSET, 0)
    assert CLOCK_UNSET not in _faults(bench)


def test_the_largest_head_of_a_status_fits_its_frame(bench: Bench):
    bench.board.probe(
        "from shed.app import service as s\nfor c in range(1, 15):\n    s.faults.came(c, 7)\n"
        "s.eraser.forced = 99999\ns.clock.set_epoch_s(2100000000)\ns.clock.uptime_s += 40000000\n"
    )
    head = bench.console.ask({"do": "status"})[0]
    assert head["t"] > 2_100_000_000 and head["forced"] == 99999


@pytest.mark.parametrize("epoch_s", [0, 1, 757_382_399, 1 << 31, 0xFFFFFFFF, 1 << 40])
def test_a_date_that_the_calendar_cannot_hold_is_refused_and_changes_nothing(bench: Bench, epoch_s: int):
    start_charging(bench, 1)
    with pytest.raises(ConsoleError) as refusal:
        _set(bench, epoch_s)
    assert refusal.value.body and refusal.value.body["err"] == "param"
    bench.run("2 s")
    assert bench.outlet(1).is_charging and len(bench.board.boots) == 1
    assert _clock(bench) == (UNSET, 0)


def test_the_latest_date_is_taken(bench: Bench):
    _set(bench, (1 << 31) - 1)
    bench.run("5 s")
    assert len(bench.board.boots) == 1 and _clock(bench)[1] > 1 << 31
