"""A site file of another shed on a board in service: one `y` too many must not put a foreign boot file onto it."""

from __future__ import annotations

from pathlib import Path

from hil_tests.plant.sitefile import REPOSITORY
from hil_tests.scenarios.conftest import SITE
from hil_tests.serial_tests.rig import served

OTHER = REPOSITORY / "hil_tests" / "sites" / "boards" / "kc868-a6.toml"


def test_a_board_in_service_is_not_made_another_sheds(tmp_path: Path):
    other_id = tmp_path / "other.toml"
    other_id.write_text(SITE.read_text(encoding="utf-8").replace("id = 1001", "id = 77", 1), encoding="utf-8")
    with served(site=SITE, speed=20.0) as rig:
        at = ("--port", rig.port.url, "--yes")
        rig.runs("shed", "install", str(SITE), "--image", "stand-in", "--report", str(tmp_path / "r"), *at, within_s=240)
        passed = (tmp_path / "r.json").read_bytes()
        before = rig.bench.process.flash.read_bytes()[0x200000:0x240000]
        for command in (
            ("shed", "install", str(OTHER), "--image", "stand-in", "--before", "default-reset", "--report", str(tmp_path / "r"), *at),
            ("shed", "install", str(other_id), "--image", "stand-in", "--report", str(tmp_path / "r"), *at),
            ("shed", "flash", "--board", "kc868-a6", "--image", "stand-in", "--before", "default-reset", *at),
            ("shed", "config", "push", str(OTHER), "--before", "default-reset", *at),
            ("shed", "config", "push", str(other_id), *at),
        ):
            said = rig.runs(*command, code=7)
            assert "--replace-site 1001" in said, command
        assert (tmp_path / "r.json").read_bytes() == passed
        assert rig.bench.process.flash.read_bytes()[0x200000:0x240000] == before
        rig.bench.run("20 s")
        hello = rig.bench.console.ask({"do": "hello"})[0]
        assert hello["site"] == 1001 and hello["mode"] == "service"
