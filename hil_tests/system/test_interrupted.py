"""An installation that is cut off: the laptop dies or the cable is pulled at any step; no relay closes, and the same command goes on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hil_tests.simulator.rom_loader.rig import BIN, Rig, served
from hil_tests.system.test_install import SITES, install, outcomes

SITE = next(site for site in SITES if site.stem == "devkitc-shed4")
# What is on the screen when the cable is pulled.
MOMENTS = ["writing: 3", "[1/5] detect", "[2/5] flash", "writing: 10", "[3/5] verify", "[4/5] configure", "on trial", "[5/5] self-test"]


def cut_off(rig: Rig, site: Path, folder: Path, moment: str) -> None:
    """Start an installation and kill it without warning when it has printed ``moment``."""
    said = folder / "said.txt"
    command = [str(BIN / "shed"), "install", str(site), "--image", "stand-in", "--port", rig.port.url, "--yes"]
    with said.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder)
        try:
            rig.until(lambda: moment in said.read_text() or process.poll() is not None, within_s=120)
            assert process.poll() is None, f"it ended before it said {moment!r}: {said.read_text()}"
        finally:
            process.kill()
            process.wait()


@pytest.mark.long
@pytest.mark.slow(40)
@pytest.mark.parametrize("moment", MOMENTS)
def test_an_installation_that_is_killed_leaves_a_safe_board_and_the_same_command_goes_on(moment: str, tmp_path: Path):
    with served(site=SITE, speed=20.0) as rig:
        cut_off(rig, SITE, tmp_path, moment)
        rig.for_seconds(0.5)
        bench = rig.bench
        bench.mains.off()
        bench.run("5 s")
        bench.mains.on()
        bench.run("20 s")
        for number in bench.plant.outlets:
            assert {value for _at, value in bench.world.waveform.changes(f"relay {number}.coil")} == {0}, "a relay closed"
        report = install(rig, SITE, tmp_path)
        assert report["passed"], report["steps"]
        assert set(outcomes(report).values()) <= {"done", "unchanged"}
