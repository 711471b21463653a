"""Installing a board without a reset circuit: a person presses BOOT and EN when the command asks, and not more often than needed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from shedguard.paths import boards_dir

from hil_tests.simulator.rom_loader.rig import BIN, Rig, served
from hil_tests.system.test_install import SITES, outcomes

SITE = next(site for site in SITES if site.stem == "kc868-e16s")


def with_fingers(rig: Rig, folder: Path, *command: str) -> list[str]:
    """Run a command at a terminal; do what it asks for. The buttons that were pressed, in order."""
    keyboard, terminal = os.openpty()
    said = folder / "said.txt"
    pressed: list[str] = []

    def look() -> None:
        asked = [line for line in said.read_text().splitlines() if line.endswith("then press Enter here")]
        if len(asked) == len(pressed):
            return
        boot = "hold BOOT" in asked[len(pressed)]
        pressed.append("BOOT+EN" if boot else "EN")
        rig.port.tap(boot=boot)
        os.write(keyboard, b"\n")

    def ended() -> bool:
        look()
        return process.poll() is not None

    with said.open("w") as output:
        process = subprocess.Popen([str(BIN / command[0]), *command[1:]], stdin=terminal, stdout=output, stderr=output, cwd=folder)
        try:
            rig.until(ended, within_s=240)
        finally:
            process.kill()
            process.wait()
            os.close(keyboard)
            os.close(terminal)
    assert process.returncode == 0, said.read_text()
    return pressed


@pytest.mark.long
@pytest.mark.slow(30)
def test_a_bare_board_with_two_buttons_is_installed_with_two_rounds_of_pressing_them(tmp_path: Path):
    with served(site=SITE, board=boards_dir() / f"{SITE.stem}.toml", speed=20.0) as rig:
        command = ("shed", "install", str(SITE), "--image", "stand-in", "--port", rig.port.url, "--report", "report", "--yes")
        # Once for flash and verify, once for the configuration; between them the running board is asked.
        assert with_fingers(rig, tmp_path, *command) == ["BOOT+EN", "EN"] * 2
        report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
        assert report["passed"] and outcomes(report)["verify"] == "done"
        assert with_fingers(rig, tmp_path, "shed", "verify", "--board", SITE.stem, "--image", "stand-in", "--port", rig.port.url) == [
            "BOOT+EN",
            "EN",
        ]
        rig.for_seconds(1.0)
        [port] = json.loads(rig.runs("shed", "ports", "--json", "--port", rig.port.url))
        assert port["kind"] == "shedguard"
