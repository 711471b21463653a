"""The options that vary the board of every scenario, and all scenarios on every such board (`make long`)."""

from __future__ import annotations

import pytest
from shedbench.bench import variant
from shedbench.bench.bench import Bench
from shedbench.places import SMALL_SITE as SITE

from hil_tests import again

# Beside the board of `make test` (240 MHz, typical flash): each other board is at the far end of what it changes.
VARIANTS = [
    ("--cpu-mhz", "160", "--flash-timing", "worst"),
    ("--flash-timing", "worst"),
    ("--near-wrap",),
    ("--program", "stock"),
]
ERASES = """
from shed.app import service
import esp32, time
def erases(now_ms):
    global took
    began = time.ticks_ms()
    esp32.Partition.find(1, label='shed_box')[0].ioctl(6, 0)
    took = time.ticks_diff(time.ticks_ms(), began)
    return 1 << 20
service.executive.add('erases', erases, 1)
"""


@pytest.mark.parametrize("mhz", [160, 240])
def test_the_clock_in_the_board_file_is_what_the_firmware_runs_at(mhz: int):
    with variant.use(variant.Variant(cpu_mhz=mhz)), Bench(site=SITE) as bench:
        bench.run("3 s")
        assert int(bench.board.probe("import machine; print(machine.freq())")) == mhz * 1_000_000


def test_worst_flash_takes_longer():
    def erase_ms(*arguments: str) -> int:
        with variant.use(variant.Variant(arguments=arguments)), Bench(site=SITE) as bench:
            bench.run("15 s")
            bench.board.probe(ERASES)
            bench.run("1 s")
            return int(bench.board.probe("print(took)"))

    assert 40 <= erase_ms() < 60 and erase_ms("--flash-timing", "worst") > 250


@pytest.mark.long
@pytest.mark.parametrize("file", again.files("scenarios"))
@pytest.mark.parametrize("options", VARIANTS, ids=" ".join)
def test_every_scenario_passes_unchanged_on_every_kind_of_board(options: tuple[str, ...], file: str, seed: int):
    """The scenarios of `make test`, each file in a run of its own."""
    again.passes(file, f"--seed={seed}", *options)
