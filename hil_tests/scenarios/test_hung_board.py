"""A board that hangs, or restarts: the chip keeps the level of every pin, an expander its outputs. After a hang only the heartbeat circuit
opens outlets and frees the gate; before its own resets the firmware opens everything itself.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.places import SITES
from shedguard.formats.partition_table import SHEDGUARD, find

EXPANDERS = SITES / "expanders"
T_DROP_MS = 700
MAGNET_MS = 25
SERVICE = "from shed.app import service as s\n"


def without_file_system(bench: Bench) -> None:
    with bench.process.flash.open("r+b") as flash:
        flash.seek(find(SHEDGUARD, "vfs").offset)
        flash.write(bytes(range(256)) * 32)


HANGS: dict[str, Callable[[Bench], object]] = {
    "the processor executes nothing": lambda bench: bench.board.fault("stall", "20 s"),
    "it is gone": lambda bench: bench.board.kill(),
    "a C call that blocks": lambda bench: bench.board.probe(
        SERVICE + "import sys\ndef bad(now_ms):\n    sys.stdout.write('.' * 60000)\ns.executive.add('bad', bad, 1)\n"
    ),
}


@pytest.mark.parametrize("what", HANGS)
def test_a_hung_board_frees_the_gate_within_t_drop(bench: Bench, what: str):
    gate = bench.gate("main")
    assert gate.is_locked
    HANGS[what](bench)
    took_ms = bench.until(gate.is_free, within="3 s") / 1e6
    assert took_ms <= T_DROP_MS + MAGNET_MS + 25
    bench.stays(gate.is_free, "200 ms")
    assert gate.push()


def test_with_its_file_system_gone_a_board_holds_no_gate_and_feeds_no_outlet_for_ever(bench: Bench):
    gate, lock = bench.gate("main"), bench.plant.gates["main"].lock_gpio
    start_charging(bench, 1)
    bench.until(gate.is_locked, within="20 s")
    without_file_system(bench)
    bench.board.fault("stall", "20 s")
    bench.until(gate.is_free, within="800 ms")
    bench.stays(lambda: bool(gate.is_free) and bool(bench.outlet(1).contact_is_open), "10 min")
    assert bench.port.energises(lock), "its pin is as it was: no code runs, and the heartbeat circuit freed the gate"


def maintenance(bench: Bench) -> None:
    bench.console.ask({"do": "repl"}, key=True)


OWN_RESETS: dict[str, Callable[[Bench], object]] = {
    "maintenance": maintenance,
    "a task that fails": lambda bench: bench.board.probe(SERVICE + "def bad(now_ms):\n    return 1 // 0\ns.executive.add('bad', bad, 1)\n"),
    "a restart that somebody asked for": lambda bench: bench.board.probe(SERVICE + "s._restart = 2\n"),
    "a reset without a word": lambda bench: bench.board.probe(
        SERVICE + "from shed.board import resets\ndef bad(now_ms):\n    resets.hard_reset()\ns.executive.add('bad', bad, 1)\n"
    ),
    "the program comes to its end": lambda bench: bench.board.probe(SERVICE + "s.executive.turn = lambda: 7\n"),
}


def fed(bench: Bench, outlet: int) -> set[str]:
    """The outputs that the board still energises: a reset leaves pins and chips as they were."""
    wiring = bench.plant.wiring
    pins = {**{f"contactor {name}": gpio for name, gpio in wiring.groups.items()}, **{g.name: g.lock_gpio for g in wiring.gates}}
    pins[f"relay {outlet}"] = next(wired.relay_gpio for wired in wiring.outlets if wired.number == outlet)
    return {name for name, pin in pins.items() if bench.port.energises(pin)}


@pytest.mark.parametrize("site", ["small", "pcf", "mixed"])
@pytest.mark.parametrize("why", OWN_RESETS)
def test_everything_is_open_before_a_reset_of_its_own(seed: int, site: str, why: str):
    path = EXPANDERS / f"{site}.toml" if site != "small" else EXPANDERS.parent / "small.toml"
    with Bench(site=path, seed=seed) as bench:
        bench.run("15 s")
        start_charging(bench, 1)
        bench.until(bench.gate("main").is_locked, within="20 s")
        assert len(fed(bench, 1)) == 3
        before = len(bench.board.resets)
        OWN_RESETS[why](bench)
        bench.until(lambda: len(bench.board.resets) > before, within="3 s")
        assert fed(bench, 1) == set()
