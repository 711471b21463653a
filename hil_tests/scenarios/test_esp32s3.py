"""The four-outlet shed on a board with an ESP32-S3 and an RS-485 direction pin: sessions run, it trips, and no meter's reply is disturbed.

Hazard: a chip, pin numbers above 40 and a bus that only the firmware turns round, all of which a DevKit never shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from shedbench.bench import variant
from shedbench.bench.bench import Bench
from shedbench.bench.residents import RESIDENTS, start_charging
from shedbench.places import SITES
from shedbench.plant.units import MS

SITE = SITES / "esp32s3" / "small.toml"
CHAR_NS = 10 * 1_000_000_000 // 9600


@pytest.fixture
def s3(seed: int) -> Iterator[Bench]:
    """In service, nothing charging."""
    with Bench(site=SITE, seed=seed) as bench:
        bench.run("15 s")
        yield bench


def test_it_sells_and_trips(s3: Bench) -> None:
    start_charging(s3, 1)
    start_charging(s3, 4)
    s3.run("10 min")
    s3.bike(1).unplug()
    s3.until(s3.outlet(1).contact_is_open, within="60 s")
    s3.smoke("bay").alarm()
    s3.until(s3.outlet(4).contact_is_open, within="70 ms")
    s3.run("10 s")
    assert s3.gate("main").is_free and s3.journal.last("trip").cause == "smoke bay"
    session = next(session for session in s3.journal.sessions() if session.stop_cause == "unplugged")
    assert session.energy_mwh == pytest.approx(s3.outlet(1).energy_mwh, rel=0.01)
    assert not s3.board.violations
    assert "ESP32S3" in s3.board.probe("import os; print(os.uname().machine)")


def test_whenever_selling_is_due_its_turn_does_not_hold_the_line(seed: int) -> None:
    """At 160 MHz such a turn takes up to 17 ms, five times a second; it comes here at every moment of a request."""
    with variant.use(variant.Variant(160, arguments=("--flash-timing", "worst"))), Bench(site=SITE, seed=seed) as bench:
        bench.run("15 s")
        for number in (1, 2, 3, 4):
            start_charging(bench, number, card=RESIDENTS[number - 1])
        holds = bench.bus("rs485-1").transceiver.holds_ns
        before = len(holds)
        for _ in range(100):
            bench.board.probe("from shed.app import service as s\ns.executive.wake(1)")
            bench.run("1013 ms")
        late = sum(hold > 7 * CHAR_NS // 2 for hold in holds[before:])
        print(f"{late} of {len(holds) - before} requests")
        assert len(holds) - before > 350 and late <= 2


def test_the_direction_pin_cuts_no_request_and_lets_go_before_the_fastest_answer(s3: Bench, record_property) -> None:
    line = s3.bus("rs485-1").transceiver
    for number in (1, 2, 3, 4):
        start_charging(s3, number, card=RESIDENTS[number - 1])
    s3.run("10 min")
    holds = sorted(line.holds_ns)
    figures = {"n": len(holds), "p50": holds[len(holds) // 2] / MS, "p99_9": holds[-1 - len(holds) // 1000] / MS, "max": holds[-1] / MS}
    print("direction held after the last stop bit, ms: " + json.dumps(figures))
    record_property("direction_hold_ms", json.dumps(figures))
    assert len(holds) > 2000 and line.cut == 0
    # None at 240 MHz. At 160 a collection of the heap may take longer than the fastest meter waits; a disturbed reply is asked for again.
    assert line.answers_lost <= (len(holds) // 500 if variant.chosen().cpu_mhz == 160 else 0)
    assert holds[0] >= 0
    # Longer than a meter has to be quiet: a collection, a reader's or a typist's turn. Selling waits (service.py): it alone was 3 %.
    assert sum(hold > 7 * CHAR_NS // 2 for hold in holds) <= len(holds) // 200
    assert s3.bus("rs485-1").replies >= s3.bus("rs485-1").requests - 1


def test_meters_that_answer_as_fast_as_modbus_allows_are_heard(s3: Bench) -> None:
    bus = s3.bus("rs485-1")
    bus.turn_around_ns, bus.spread_ns = 7 * CHAR_NS // 2, 0
    start_charging(s3, 2)
    before = len(bus.transceiver.holds_ns), bus.transceiver.answers_lost
    s3.run("5 min")
    asked = len(bus.transceiver.holds_ns) - before[0]
    lost = bus.transceiver.answers_lost - before[1]
    print(f"{lost} of {asked} answers talked over")
    assert asked > 250 and lost <= asked // 100
    assert s3.outlet(2).is_charging()
