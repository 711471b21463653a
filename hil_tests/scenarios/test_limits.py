"""A site at every limit that the checker accepts: it boots, charges at the first and the last outlet, and trips by its last points.

Hazard: a site that passes the check and does not start. The stock image does not carry it, and the host refuses it there:
hil_tests/host/site/test_site_memory.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import RESIDENTS, start_charging
from shedbench.bench.variant import longest_scan_us

from hil_tests.scenarios import limit_site

LARGEST = limit_site.Size()
FIRST, LAST = limit_site.OUTLET_NUMBER, limit_site.OUTLET_NUMBER - limit_site.OUTLETS + 1
GATES = [f"gate {n + 1}" for n in range(limit_site.GATES)]


def shed_of(folder: Path, seed: int, size: limit_site.Size = LARGEST) -> Bench:
    return Bench(site=limit_site.write(folder, size), seed=seed, program="frozen")


@pytest.fixture
def limit(tmp_path: Path, seed: int) -> Iterator[Bench]:
    with shed_of(tmp_path, seed) as bench:
        bench.run("40 s")  # hold-off, and half a second for each outlet
        yield bench


def tripped(bench: Bench, alarm: Callable[[Bench], object], within: str) -> None:
    alarm(bench)
    bench.until(lambda: all(bench.outlet(number).contact_is_open for number in (FIRST, LAST)), within=within)
    bench.until(lambda: all(bench.gate(name).is_free for name in GATES), within="200 ms")
    bench.run("10 s")
    assert all(bench.outlet(number).contact_is_open for number in (FIRST, LAST)) and all(bench.gate(name).is_free for name in GATES)


def test_the_first_and_the_last_outlet_sell_and_the_last_fire_points_trip_them_and_free_every_gate(limit: Bench):
    for number in (FIRST, LAST):
        start_charging(limit, number)
    limit.run("1 min")
    assert all(limit.outlet(number).energy_mwh > 1000 for number in (FIRST, LAST))
    limit.until(lambda: all(limit.gate(name).is_locked for name in GATES), within="10 s")
    limit.branch(lambda bench: tripped(bench, lambda fork: fork.smoke(f"loop {limit_site.LOOPS}").alarm(), "70 ms"))
    limit.branch(lambda bench: tripped(bench, lambda fork: fork.call_point("contact 12").press(), "160 ms"))
    assert [entry.stop_cause for entry in limit.journal.sessions()] == []
    assert len(limit.board.resets) == 1


@pytest.mark.slow(7)
def test_forty_bikes_charge_at_once_and_no_scan_is_long(limit: Bench):
    """One bus at 9600 baud is then full: each outlet is metered, and none counts as silent. With 30 points and 11 expanders one pass may
    take a tenth more than 3 ms; ten in a row are a fault, which is not there."""
    for n in range(limit_site.OUTLETS):
        start_charging(limit, FIRST - n, card=RESIDENTS[n % len(RESIDENTS)])
        limit.run("5 s")
    limit.run("1 min")
    assert all(limit.outlet(number).is_charging for number in range(LAST, FIRST + 1))
    assert [row for row in limit.console.ask({"do": "faults"}) if row.get("live")] == []
    assert limit.console.ask({"do": "tasks"})[0]["worst_us"] < longest_scan_us() * 11 // 10
    tripped(limit, lambda bench: bench.smoke("loop 1").alarm(), "70 ms")


def test_with_two_buses_of_meters_and_no_reader_it_serves_too(tmp_path: Path, seed: int):
    with shed_of(tmp_path, seed, limit_site.Size(buses=2)) as bench:
        bench.run("1 min")
        status = bench.console.ask({"do": "status"})
        assert status[0]["mode"] == "service" and status[0]["faults"] == 0 and len(bench.board.resets) == 1
        assert all(row["age"] >= 0 for row in status if "m" in row)
        tripped(bench, lambda fork: fork.smoke("loop 6").alarm(), "70 ms")
