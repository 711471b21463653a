"""Same seed, same run, to the byte: every link message with its time, under another hash seed, directory and load."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from shedbench.places import REPOSITORY

EVENING = """
import sys
from pathlib import Path
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.places import SMALL_SITE as SITE

with Bench(site=SITE, seed=int(sys.argv[1]), link_log=Path(sys.argv[2]), ticks_offset_ms=int(sys.argv[3])) as bench:
    bench.run("15 s")
    start_charging(bench, 1)
    start_charging(bench, 2, "la48v20", card="neighbour")
    bench.meter(2).fault("intermittent")
    bench.run("5 min")
    bench.mains.off()
    bench.run("30 s")
    bench.mains.on()
    bench.run("1 min")
    bench.console.type("status")
    bench.smoke("bay").alarm()
    bench.run("10 s")
"""


def evening(tmp_path: Path, name: str, seed: int, hash_seed: str, busy: int = 0, ticks_ms: int = 0) -> bytes:
    """The link log of one evening, run in a process and a directory of its own, with `busy` processes burning the CPUs beside it."""
    directory = tmp_path / name
    directory.mkdir()
    log = directory / "link.log"
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(directory)}
    environment["FILLER"] = "x" * len(name) * 100  # another size of environment moves the stack
    load = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
    try:
        subprocess.run([sys.executable, "-c", EVENING, str(seed), str(log), str(ticks_ms)], cwd=directory, env=environment, check=True)
    finally:
        for process in load:
            process.kill()
            process.wait()
    return log.read_bytes()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return evening(tmp_path_factory.mktemp("evening"), "a", seed=7, hash_seed="0")


@pytest.mark.parametrize("busy", [0, pytest.param(2, marks=pytest.mark.long)], ids=["as it comes", "every processor busy"])
def test_the_same_seed_gives_the_same_link_log_under_another_hash_seed_directory_and_load(first: bytes, tmp_path: Path, busy: int):
    second = evening(tmp_path, "another directory", seed=7, hash_seed="12345", busy=busy)
    assert len(first.splitlines()) > 500
    assert first == second


def test_another_seed_gives_another_log(first: bytes, tmp_path: Path):
    assert first != evening(tmp_path, "b", seed=8, hash_seed="0")
