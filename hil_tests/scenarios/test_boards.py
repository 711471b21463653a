"""Every board of boards/ with its example shed: nothing closes from power-on, a charge runs, a trip opens it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.places import SITES
from shedbench.plant.port import HIGH, LOW

SHEDS = sorted((SITES / "boards").glob("*.toml"))


@pytest.fixture(params=SHEDS, ids=[path.stem for path in SHEDS])
def bench(seed: int, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Powered a moment ago."""
    with Bench(site=request.param, seed=seed) as bench:
        yield bench


def energised(bench: Bench) -> set[str]:
    """Terminals whose load the board ever drove, by the waveform."""
    found = set()
    for terminal, pin in bench.plant.wiring.outputs.items():
        high, pull = bench.plant.wiring.polarity[pin]
        resting = {"up": HIGH, "down": LOW}.get(pull or "")
        for _at_ns, drive in bench.world.waveform.changes(f"pin_{terminal}"):
            if (drive if drive in (LOW, HIGH) else resting) == (HIGH if high else LOW):
                found.add(terminal)
    return found


def test_from_power_on_to_service_every_output_is_safe(bench: Bench):
    heartbeat = bench.plant.wiring.heartbeat_gpio
    locks = {gate.lock_gpio for gate in bench.plant.wiring.gates}
    bench.run("20 s")
    for _ in range(2):
        bench.mains.off()
        bench.run("2 s")
        bench.mains.on()
        bench.run("15 s")
    others = {name for name, pin in bench.plant.wiring.outputs.items() if pin != heartbeat and pin not in locks}
    assert not energised(bench) & others
    for number in bench.plant.relays:
        assert {value for _at_ns, value in bench.world.waveform.changes(f"relay {number}.coil")} == {0}


def test_a_charge_runs_and_an_alarm_ends_it(bench: Bench):
    bench.run("15 s")
    first = next(iter(bench.plant.outlets))
    start_charging(bench, first)
    bench.run("1 min")
    assert bench.outlet(first).energy_mwh > 500
    if bench.plant.loops:
        next(iter(bench.plant.loops.values())).alarm()
    else:  # its analog inputs take no loop: a call point
        next(iter(bench.plant.call_points.values())).press()
    bench.until(bench.outlet(first).contact_is_open, within="100 ms")
    bench.run("10 s")
    assert [session.stop_cause for session in bench.journal.sessions()] == ["trip"]
    assert not bench.board.violations
