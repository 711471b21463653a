"""The reference of full size: an ESP32-S3 with 40 outlets, 16 points and six PCF8575, with two buses of meters or with a reader.

Hazard: a shed of the size that the product is for, which no board of the other scenarios has.
"""

from __future__ import annotations

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.places import SITES

FULL = SITES / "full"
ROWS = ("row A", "row B", "row C", "row D")


def in_service(bench: Bench) -> None:
    """Forty outlets and their meters stand in the status, sixteen points, and no fault."""
    bench.run("1 min")
    status = bench.console.ask({"do": "status"})
    assert status[0]["mode"] == "service" and status[0]["faults"] == 0 and len(bench.board.resets) == 1
    assert [row["o"] for row in status if "o" in row] == list(range(1, 41))
    ages = [row["age"] for row in status if "m" in row]
    assert len(ages) == 40 and all(age >= 0 for age in ages), "each meter has answered"
    assert len([row for row in status if "p" in row]) == 16


@pytest.mark.slow(10)
def test_forty_outlets_with_a_reader_sell_at_the_first_and_the_last_and_smoke_opens_both(seed: int):
    with Bench(site=FULL / "reader.toml", seed=seed, program="frozen") as bench:
        in_service(bench)
        for number, card in ((1, "resident"), (40, "neighbour")):
            start_charging(bench, number, card=card)
        bench.run("1 min")
        assert all(bench.outlet(number).energy_mwh > 1000 for number in (1, 40))
        bench.smoke("bay 8").alarm()
        bench.until(lambda: all(bench.outlet(number).contact_is_open for number in (1, 40)), within="70 ms")
        bench.until(lambda: not any(bench.plant.relays[number].coil_energised for number in (1, 40)), within="50 ms")
        bench.until(bench.gate("main").is_free, within="200 ms")
        bench.run("10 s")
        assert [session.stop_cause for session in bench.journal.sessions()] == ["trip", "trip"]
        assert not bench.board.violations


@pytest.mark.slow(5)
def test_forty_meters_on_two_buses_are_read_and_a_call_point_frees_the_gate(seed: int):
    with Bench(site=FULL / "two-buses.toml", seed=seed, program="frozen") as bench:
        in_service(bench)
        bench.call_point("8").press()
        bench.until(bench.gate("main").is_free, within="200 ms")
        bench.stays(lambda: all(bench.contactor(row).contact_is_open for row in ROWS), "10 s")
        assert bench.journal.last("trip").cause == "call point 8"
