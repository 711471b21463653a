"""The bench with the real emulated board and small MicroPython programs of the tests, without the firmware."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.board import ProbeError
from shedbench.bench.board_process import DEFAULT_BINARY
from shedbench.bench.console import ConsoleError
from shedbench.places import REPOSITORY
from shedbench.plant.units import MS, S

pytestmark = pytest.mark.skipif(not DEFAULT_BINARY.exists(), reason="the emulated board is not built (build/board/emulated-board)")

# Closes outlet 1 under a heartbeat from a 5 ms timer and polls the four meters, as simply as possible.
POLLER = """
import machine, struct, time
hb = machine.Pin(22, machine.Pin.OUT)
machine.Pin(21, machine.Pin.OUT)(1)
machine.Pin(16, machine.Pin.OUT)(1)
def scan(_):
    hb(not hb())
machine.Timer(1, period=5, callback=scan)
uart = machine.UART(1, 9600, tx=26, rx=27)
def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0xA001 if value & 1 else 0)
    return struct.pack("<H", value)
good = bad = 0
readings = {}
while True:
    for address in range(11, 15):
        request = struct.pack(">BBHH", address, 4, 0, 10)
        uart.write(request + crc(request))
        time.sleep_ms(120)
        reply = uart.read() or b""
        if len(reply) == 25 and crc(reply[:-2]) == reply[-2:]:
            good += 1
            readings[address] = struct.unpack(">10H", reply[3:23])
        else:
            bad += 1
"""


@pytest.fixture
def poller() -> Iterator[Bench]:
    with Bench(flash={"/main.py": POLLER}) as bench:
        bench.until(bench.outlet(1).contact_is_closed, within="5 s")
        yield bench


def test_a_blank_board_answers_at_its_prompt() -> None:
    with Bench(flash="blank") as bench:
        bench.until(lambda: bench.serial.text().endswith(">>> "), within="10 s")
        assert bench.console.type("1+1") == "2"
        words = bench.console.type("import sys; print(sys.implementation.name, sys.maxsize, sys.platform)")
        assert words == "micropython 2147483647 esp32"
        words = bench.console.type("import time; print('one'); time.sleep(2); print('two')", within="5 s")
        assert words == "one\ntwo", "two quiet seconds in the middle are not the end"
        with pytest.raises(ProbeError, match="ZeroDivisionError"):
            bench.board.probe("1/0")
        with pytest.raises(ConsoleError, match="no answer and prompt"):
            bench.console.type("time.sleep(60)", within="5 s")


def test_micropython_reads_the_meters_through_pymodbus(poller: Bench) -> None:
    poller.bike(1).plug("li48v", soc=0.5)
    poller.run("60 s")
    good, bad = map(int, poller.board.probe("print(good, bad)").split())
    assert good > 400
    assert bad == 0
    registers = [int(word) for word in poller.board.probe("print(*readings[11])").split()]
    assert registers[3] == pytest.approx(poller.outlet(1).power_w * 10, abs=2)
    assert registers[0] == 2200


def test_the_contactor_drops_t_drop_after_the_timer_stops(poller: Bench) -> None:
    poller.run("1 s")
    poller.board.fault("timer-dead", 1)
    elapsed = poller.until(poller.outlet(1).contact_is_open, within="2 s")
    assert 700 * MS <= elapsed <= 700 * MS + 15 * MS + 5 * MS


def test_a_killed_board_lets_go_and_comes_back(poller: Bench) -> None:
    poller.board.kill()
    assert poller.until(poller.outlet(1).contact_is_open) == 5 * MS
    poller.run("10 s")
    poller.board.start()
    poller.until(poller.outlet(1).contact_is_closed, within="5 s")


def test_an_outage_resets_the_board_and_a_short_one_does_not(poller: Bench) -> None:
    poller.run("2 s")
    boots = len(poller.board.boots)
    poller.mains.off()
    poller.run("20 ms")
    poller.mains.on()
    poller.run("2 s")
    assert len(poller.board.boots) == boots
    poller.mains.off()
    poller.run("1 s")
    assert not poller.board.is_alive
    poller.mains.on()
    poller.until(poller.outlet(1).contact_is_closed, within="5 s")
    assert len(poller.board.boots) == boots + 1


def test_a_brown_out_opens_at_once(poller: Bench) -> None:
    poller.run("2 s")
    poller.board.fault("brownout")
    elapsed = poller.until(poller.outlet(1).contact_is_open, within="1 s")
    assert elapsed <= 20 * MS
    assert poller.board.resets[-1][1] == "power-on"


def test_branches_of_plant_and_board_agree_with_the_trunk(poller: Bench) -> None:
    poller.bike(1).plug("la48_20", soc=0.2)
    poller.run("30 s")

    def future(bench: Bench) -> tuple[int, int, str]:
        bench.run("100 s")
        return bench.now_ns, bench.outlet(1).energy_mwh, bench.board.probe("print(good, bad)")

    first = poller.branch(future)
    assert poller.branch(future) == first
    assert future(poller) == first

    def killed(bench: Bench) -> tuple[bool, bool]:
        bench.board.kill()
        bench.run("5 s")
        opened = bool(bench.outlet(1).contact_is_open)
        bench.board.start()
        bench.run("5 s")
        return opened, bool(bench.outlet(1).contact_is_closed)

    assert poller.branch(killed) == (True, True)
    assert poller.outlet(1).contact_is_closed


_RUN = """
import sys
from shedbench.bench.bench import Bench
from hil_tests.simulator.bench.test_emulated import POLLER
with Bench(flash={"/main.py": POLLER}, seed=int(sys.argv[1]), link_log=sys.argv[2]) as bench:
    bench.run("3 s")
    bench.bike(1).plug("li48v")
    bench.button(1).press()
    bench.smoke("bay").alarm()
    bench.run("20 s")
"""


def test_the_link_is_the_same_to_the_byte_under_another_hash_seed_and_directory(tmp_path: Path) -> None:
    root = REPOSITORY

    def log(name: str, seed: int, hash_seed: str) -> bytes:
        where = tmp_path / name
        where.mkdir()
        path = os.pathsep.join([str(root), str(root / "host_tools")])
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path, "TMPDIR": str(where)}
        subprocess.run([sys.executable, "-c", _RUN, str(seed), str(where / "log")], check=True, env=environment, cwd=where, timeout=120)
        return (where / "log").read_bytes()

    first = log("a", 1, "0")
    assert len(first) > 20_000
    assert log("another directory", 1, "4711") == first
    assert log("c", 2, "0") != first


def test_virtual_time_does_not_drift_between_board_and_plant(poller: Bench) -> None:
    poller.run("10 s")
    assert poller.now_ns == poller.port.board_now_ns
    assert poller.board.stats()["now_ns"] - poller.now_ns < S


WRITER = """
import machine, time
from esp32 import Partition
machine.Pin(16, machine.Pin.OUT)(1)
region = Partition.find(Partition.TYPE_DATA, label="shed_journal")[0]
at = 0
while True:
    region.writeblocks(0, b"0123456789abcdef", at)
    at += 16
    time.sleep_ms(100)
"""


def test_power_can_be_cut_at_a_chosen_flash_operation_and_comes_back() -> None:
    with Bench(flash={"/main.py": WRITER}) as bench:
        bench.until(bench.relay(1).contact_is_closed)
        bench.board.trace_flash()
        bench.run("1 s")
        written = len(bench.board.flash_operations)
        assert 9 <= written <= 11

        def cut(future: Bench, kind: str) -> tuple[str, bool, bytes]:
            future.board.fault("power-cut-at-write", 3, kind)
            future.until(future.board.is_halted, within="5 s")
            future.until(future.relay(1).contact_is_open, within="20 ms")
            last = future.board.flash_operations[-1]
            page = future.process.flash.read_bytes()[last[2] + 16 : last[2] + 32]
            future.board.power_cycle()
            future.until(future.relay(1).contact_is_closed, within="5 s")
            return future.board.mode, bool(future.relay(1).contact_is_closed), page

        for kind in ("before", "torn"):
            mode, closed, _page = bench.branch(lambda future, kind=kind: cut(future, kind))
            assert (mode, closed) == ("running", True)
        assert bench.board.mode == "running"
        assert bench.stays(bench.relay(1).contact_is_closed, "2 s") is None


def test_every_output_is_off_before_software_runs_and_without_power(poller: Bench) -> None:
    poller.run("1 s")
    poller.mains.off()
    poller.run("1 s")
    changes = poller.world.waveform.changes("pin_K1")
    driven = [at for at, drive in changes if drive == 2]
    assert changes[0] == (0, 0)
    assert changes[-1][1] == 0
    assert driven[0] >= poller.board.boots[0]


def test_flash_returns_errors_on_request_in_one_partition_and_in_one_sector() -> None:
    with Bench(flash={"/main.py": "import time\nwhile True: time.sleep(1)"}) as bench:
        bench.run("2 s")
        bench.board.probe(
            "from esp32 import Partition\np = Partition.find(1, label='shed_journal')[0]\nq = Partition.find(1, label='shed_box')[0]"
        )
        write = "try:\n {}.writeblocks({}, b'1', 0)\n print('written')\nexcept OSError:\n print('failed')"
        bench.board.flash_fails(2, "program", region="shed_box")
        said = [bench.board.probe(write.format(*where)).strip() for where in (("p", 1), ("q", 1), ("p", 1), ("q", 1), ("q", 1))]
        assert said == ["written", "written", "written", "failed", "written"]
        bench.board.sector_fails("shed_journal", 2, "program")
        assert [bench.board.probe(write.format("p", n)).strip() for n in (1, 2, 3)] == ["written", "failed", "written"]
        with pytest.raises(ValueError, match="sectors 0 to 15"):
            bench.board.sector_fails("shed_box", 16)
