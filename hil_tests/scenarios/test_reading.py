"""Reading is harmless: with any requests at the console, in any number, no scan is late, nothing resets, every outlet stays fed."""

from __future__ import annotations

import random

import pytest
from shedbench.bench import frames
from shedbench.bench.bench import Bench
from shedbench.bench.residents import RESIDENTS, start_charging

_SERVICE = "from shed.app import service as s\n"
# As the service writes them, with sectors erased as in an idle shed.
_DAYS = (
    _SERVICE
    + """
while s.journal.ring.sequence < %d:
    for g in range(12):
        s.books.gate(1, 1, bytes(11))
    n = s.books.new_session_id()
    s.books.session_start(n, 0, bytes(11), 5, 100)
    s.books.session_energised(n, 0)
    s.books.session_end(n, 0, bytes(11), 5, 5, 5, 5, 5, 100, 2)
    s.journal.erase_ahead(True)
    s.journal.erase_ahead(True)
"""
)
_FRESH = _SERVICE + "s.scan.worst_gap_us = 0\nfor task in s.executive.tasks:\n    task.worst_ms = task.late_ms = task.overruns = 0"
_FIGURES = _SERVICE + "t = s.executive.tasks\nprint(s.scan.worst_gap_us, max([i.late_ms for i in t]), sum([i.budget_ms for i in t]))"
_GONE_ROUND = 17000  # records: more than the journal holds
_LATEST_US = 15000

_READING = (
    {"do": "hello"}, {"do": "status"}, {"do": "why", "o": 2}, {"do": "log"}, {"do": "log", "n": 9000}, {"do": "log", "since": 1},
    {"do": "sessions"}, {"do": "sessions", "n": 10000}, {"do": "sessions", "since": 5}, {"do": "faults"}, {"do": "tasks"}, {"do": "auth"},
)  # fmt: skip
_TYPED = ("help", "status", "why 3", "log 200", "sessions 200", "log 99999", "faults", "version", "nonsense", "")
_NOISE = (b">", b'>01 {"do":"log"', b"!01 1\n" * 20, b"!zz\n!\n", bytes(range(256)), b"x" * 300 + b"\n", b">00 {}*0000\n" * 8)


def _months(bench: Bench, until: int) -> None:
    for sequence in range(1000, until + 1000, 1000):
        bench.board.probe(_DAYS % min(sequence, until), within="60 s")
        bench.run("300 ms")


def _all_charge(bench: Bench) -> None:
    for outlet in (1, 2, 3, 4):
        start_charging(bench, outlet, card=RESIDENTS[outlet - 1])
    bench.run("5 s")
    bench.board.probe(_FRESH)


def _ask_everything(bench: Bench, count: int) -> None:
    """Whole answers, answers broken off by the next request, the same request over and over, typed lines, garbage."""
    rng = random.Random(count)
    for i in range(count):
        body = _READING[i % len(_READING)]
        way = rng.randrange(8)
        if way == 0 and "since" not in body and "n" not in body:
            bench.run("300 ms")  # a flood fills the chip's buffer of 260 bytes, and what does not fit is lost, ends of lines too
            bench.console.send("\n")
            bench.run("500 ms")
            bench.console.ask(body, within="20 s")
            continue
        if way == 1:
            bench.console.send(rng.choice(_TYPED) + "\r")
        elif way == 2:
            bench.console.send(rng.choice(_NOISE))
        line = frames.request(7 if way == 3 else 1 + i % 255, body)
        bench.console.send(line)
        bench.run(f"{rng.choice((1, 3, 10, 40, 150))} ms")
        if way > 4:
            for index in range(1, rng.randrange(8)):
                bench.console.send(frames.acknowledgement(1 + i % 255, index))
                bench.run("25 ms")


def _assert_unharmed(bench: Bench, lapses: int) -> None:
    assert len(bench.board.boots) == 1, "reading reset the board"
    for outlet in (1, 2, 3, 4):
        assert bench.outlet(outlet).is_charging
        assert len(bench.outlet(outlet).intervals) == 1, f"outlet {outlet} dropped"
    assert bench.plant.heartbeat.lapses == lapses
    gap_us, late_ms, budgets_ms = (int(word) for word in bench.board.probe(_FIGURES).split())
    assert gap_us <= _LATEST_US
    assert late_ms <= budgets_ms - 400, "of the flash task, which erases nothing here"
    bench.run("1 s")
    assert bench.console.ask({"do": "hello"})[0]["mode"] == "service"


@pytest.mark.parametrize("count", [300, pytest.param(12000, marks=pytest.mark.long)])
def test_every_way_of_reading_a_full_journal_leaves_four_outlets_charging_and_every_scan_in_time(bench: Bench, count: int):
    _months(bench, _GONE_ROUND)
    _all_charge(bench)
    lapses = bench.plant.heartbeat.lapses
    _ask_everything(bench, count)
    bench.run("6 s")
    _assert_unharmed(bench, lapses)


def test_asking_for_every_session_gives_every_session_in_one_pass(bench: Bench):
    _months(bench, 4800)
    start_charging(bench, 1)
    answer = bench.console.ask({"do": "sessions", "n": 10000}, within="60 s")
    sold = [record for record in bench.journal.records() if record.kind.startswith("session")]
    assert len(answer) - 1 == len(sold) > 900
    assert bench.outlet(1).is_charging and len(bench.outlet(1).intervals) == 1


def test_a_search_that_finds_nothing_for_long_says_that_it_lives_and_ends(bench: Bench):
    """A journal that has wrapped around and has no session in it: the tool gets a frame at least twice a second."""
    trials = _SERVICE + "for i in range(1000):\n    s.journal.write(16, 1, 1, 0)\n    s.journal.erase_ahead(True)"
    for _ in range(18):
        bench.board.probe(trials, within="60 s")
        bench.run("300 ms")
    began_ns = bench.now_ns
    answer = bench.console.ask({"do": "sessions", "n": 5}, within="30 s")
    assert len(answer) == 1
    assert bench.now_ns - began_ns > 2_000_000_000, "the search of the journal must be long here"


def test_the_first_typed_word_on_a_live_shed_holds_up_no_scan_and_is_answered(bench: Bench):
    _all_charge(bench)
    lapses = bench.plant.heartbeat.lapses
    loaded = "import sys; print([name for name in sys.modules if name.startswith('shed')])"
    before = bench.board.probe(loaded)
    for line in ("status", "why 2", "log 5", "sessions 5", "faults", "help", "nonsense"):
        assert bench.console.type(line)
    assert "outlet 2" in bench.console.type("status")
    assert bench.board.probe(loaded) == before
    _assert_unharmed(bench, lapses)
