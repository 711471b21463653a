"""The link loop against a fake board: time, order, promises, death, forks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from shedbench.bench.bench import Bench, BenchTimeout
from shedbench.bench.lockstep import BoardLost
from shedbench.link import link
from shedbench.places import REPOSITORY
from shedbench.plant.units import MS, S

LAUNCH = [
    sys.executable,
    "-c",
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from hil_tests.simulator.bench.fake_board import main; main()",
    str(REPOSITORY),
]


def fake_bench(**options) -> Bench:
    return Bench(flash="blank", board_command=LAUNCH, **options)


@pytest.fixture
def bench() -> Iterator[Bench]:
    with fake_bench() as made:
        yield made


def test_both_sides_stand_at_the_same_time(bench: Bench) -> None:
    bench.run("1 s")
    assert bench.now_ns == bench.port.board_now_ns == S


def test_what_the_board_drives_reaches_the_plant_at_its_time(bench: Bench) -> None:
    elapsed = bench.until(bench.relay(1).contact_is_closed, within="1 s")
    assert elapsed == 1 * MS + 10 * MS
    assert bench.board.mode == "running"
    assert bench.board.resets == [(0, "power-on")]


def test_a_quiet_stretch_costs_few_packets(bench: Bench) -> None:
    bench.run("1 s")
    before = bench.lockstep.exchanges
    bench.run("10 s")
    assert bench.lockstep.exchanges - before <= 110  # the fake sends 100 times


def test_inputs_arrive_and_come_back_as_outputs(bench: Bench) -> None:
    bench.run("1 s")
    bench.call_point("door").contact.bounces = False
    bench.call_point("door").press()
    took = bench.until(bench.relay(2).contact_is_closed, within="1 s")
    assert took == 10 * MS


def test_a_timeout_tells_what_was_waited_for_and_what_happened(bench: Bench) -> None:
    with pytest.raises(BenchTimeout, match=r"(?s)outlet 3 is charging.*seed 1.*relay 1 closed"):
        bench.until(bench.outlet(3).is_charging, within="2 s")
    assert bench.now_ns == 2 * S


def test_serial_is_echoed_in_virtual_time(bench: Bench) -> None:
    bench.console.send("hello")
    bench.run("1 s")
    assert bench.serial.text() == "hello"


def test_a_probe_answers(bench: Bench) -> None:
    bench.run("1 s")
    assert bench.board.probe("abc") == "ABC"


def test_a_board_that_dies_is_an_error_with_its_status(bench: Bench) -> None:
    bench.run("1 s")
    bench.console.send("x")
    with pytest.raises(BoardLost, match="exit status 3"):
        bench.run("1 s")
    assert bench.board.mode == "dead"
    bench.run("1 s")
    assert bench.relay(1).contact_is_open


def test_kill_floats_the_pins_and_start_goes_on_at_the_same_time(bench: Bench) -> None:
    bench.until(bench.relay(1).contact_is_closed)
    bench.board.kill()
    assert bench.until(bench.relay(1).contact_is_open) == 5 * MS
    bench.run("10 s")
    bench.board.start()
    assert bench.until(bench.relay(1).contact_is_closed) == 11 * MS


def test_an_unknown_name_lists_the_known_ones(bench: Bench) -> None:
    with pytest.raises(KeyError, match="1, 2, 3, 4"):
        bench.outlet(9)
    with pytest.raises(KeyError, match="smoke bay"):
        bench.smoke("attic")


def test_a_branch_sees_the_future_and_leaves_the_present(bench: Bench) -> None:
    bench.until(bench.relay(1).contact_is_closed)
    now = bench.now_ns

    def killed(future: Bench) -> tuple[int, bool]:
        future.board.kill()
        future.run("1 s")
        return future.now_ns, bool(future.relay(1).contact_is_open)

    assert bench.branch(killed) == (now + S, True)
    assert bench.now_ns == now
    bench.run("1 s")
    assert bench.relay(1).contact_is_closed
    assert bench.branch(lambda future: (future.run("1 s"), bool(future.relay(1).contact_is_closed))[1])


def test_branches_nest(bench: Bench) -> None:
    bench.run("1 s")
    assert bench.branch(lambda one: (one.run("1 s"), one.branch(lambda two: (two.run("1 s"), two.now_ns)[1]))[1]) == 3 * S


def test_many_branches_come_back_in_order(bench: Bench) -> None:
    bench.run("1 s")

    def waits(seconds: int):
        def body(future: Bench) -> int:
            future.run(seconds * S)
            return future.now_ns // S

        return body

    assert bench.branches([waits(n) for n in (5, 1, 3, 2, 4)], jobs=3) == [6, 2, 4, 3, 5]
    assert not list(bench.directory.glob("flash-*"))


def test_what_a_branch_raises_is_raised_here(bench: Bench) -> None:
    bench.run("1 s")
    with pytest.raises(BenchTimeout, match="charging"):
        bench.branch(lambda future: future.until(future.outlet(1).is_charging, within="1 s"))
    bench.run("1 s")


def test_the_link_log_is_the_same_again_and_another_with_another_seed(tmp_path: Path) -> None:
    def log(name: str, seed: int) -> bytes:
        path = tmp_path / name
        with fake_bench(seed=seed, link_log=path) as bench:
            bench.run("1 s")
            for _ in range(5):
                bench.call_point("door").press()
                bench.run("1 s")
                bench.call_point("door").reset()
                bench.run("1 s")
        return path.read_bytes()

    first = log("a", 1)
    assert first == log("b", 1)
    assert first != log("c", 2)
    packets = [link.decode(bytes.fromhex(line[2:].decode())) for line in first.splitlines()]
    assert packets[0].kind == link.HELLO
    assert len(packets) > 100


def test_artifacts(bench: Bench, tmp_path: Path) -> None:
    bench.until(bench.relay(1).contact_is_closed)
    out = bench.save_artifacts(tmp_path / "artifacts")
    assert (out / "seed.txt").read_text() == "1\n"
    assert "relay 1 closed" in (out / "events.txt").read_text()
    vcd = (out / "waveform.vcd").read_text()
    assert "$var wire 1" in vcd
    assert f"#{11 * MS}\n" in vcd
    assert (out / "flash.bin").stat().st_size == 4 << 20
