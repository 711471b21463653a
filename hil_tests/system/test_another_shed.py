"""A site file of another shed on a board in service: one `y` too many must not put a foreign boot file onto it."""

from __future__ import annotations

from pathlib import Path

import pytest
from shedbench.bench.bench import Bench
from shedbench.places import REPOSITORY
from shedbench.places import SMALL_SITE as SITE

from hil_tests.simulator.rom_loader.rig import Rig

OTHER = REPOSITORY / "hil_tests" / "sites" / "boards" / "kc868-a6.toml"

PASSED = '{\n  "begun": "2026-03-01T08:30:00",\n  "passed": true\n}\n'


@pytest.mark.slow(10)
def test_a_board_in_service_is_not_made_another_sheds(tmp_path: Path):
    other_id = tmp_path / "other.toml"
    other_id.write_text(SITE.read_text(encoding="utf-8").replace("id = 1001", "id = 77", 1), encoding="utf-8")
    report = tmp_path / "r.json"
    report.write_text(PASSED, encoding="ascii")
    with Bench(SITE, program="stock") as bench:
        bench.run("15 s")
        rig = Rig(bench, 0.0, 20.0)
        at = ("--port", rig.port.url, "--yes")
        before = bench.process.flash.read_bytes()[0x200000:0x240000]
        for command in (
            ("install", str(OTHER), "--image", "stand-in", "--before", "default-reset", "--report", str(tmp_path / "r"), *at),
            ("install", str(other_id), "--image", "stand-in", "--report", str(tmp_path / "r"), *at),
            ("flash", "--board", "kc868-a6", "--image", "stand-in", "--before", "default-reset", *at),
            ("config", "push", str(OTHER), "--before", "default-reset", *at),
            ("config", "push", str(other_id), *at),
        ):
            said = rig.tells(*command, code=7)
            assert "--replace-site 1001" in said, command
        rig.port.close()
        assert report.read_text(encoding="ascii") == PASSED
        assert bench.process.flash.read_bytes()[0x200000:0x240000] == before
        bench.run("20 s")
        hello = bench.console.ask({"do": "hello"})[0]
        assert hello["site"] == 1001 and hello["mode"] == "service"
