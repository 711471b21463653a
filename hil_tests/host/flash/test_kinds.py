"""`shed flash` on every kind of board: both chips, every flash size, every way into the loader."""

from __future__ import annotations

import json

import pytest
from shedguard.boards import known
from shedguard.paths import boards_dir

from hil_tests.simulator.rom_loader.rig import served


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "waveshare-s3-relay-6ch" else pytest.mark.long) for name in known.names()]
)
def test_a_board_of_every_kind_comes_into_service(name: str) -> None:
    board = known.load(name)
    with served(board=boards_dir() / f"{name}.toml") as rig:
        command = ("shed", "flash", "--yes", "--json", "--board", name, "--image", "stand-in", "--port", rig.port.url)
        if board.reset.circuit == "manual":
            rig.press_boot_and_reset()
        output = rig.runs(*command)
        report = json.loads(output[output.index("{") : output.rindex("}") + 1])
        assert report["facts"]["chip"] == board.board.chip and report["facts"]["flash_bytes"] == board.board.flash_mb << 20
        assert report["outcome"]["written"][-1] == "start"
        if board.reset.circuit == "manual":
            assert report["running"] is None and "press EN" in output
            rig.port.press(reset=True)
            rig.for_seconds(0.02)
            rig.port.press()
            rig.for_seconds(3)
            [port] = json.loads(rig.runs("shed", "ports", "--json", "--port", rig.port.url))
            assert port["kind"] == "shedguard"
        else:
            assert report["running"]["kind"] == "shedguard"
