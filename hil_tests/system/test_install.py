"""An installer's day: a blank board in a wired shed, one command, cards, a charge. Every board of boards/ with its example shed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from shedbench.bench.residents import start_charging
from shedbench.places import REPOSITORY

from hil_tests.simulator.rom_loader.rig import Rig, served

SITES = sorted((REPOSITORY / "hil_tests" / "sites" / "boards").glob("*.toml"))
QUICK = ("kc868-a16",)  # in `make test`; the others in `make long`
CARDS = "card,role\n04A1B2C3,resident\nC0FFEE01,maintenance\n"


def install(rig: Rig, site: Path, folder: Path, *options: str) -> dict[str, Any]:
    """Run it; the report as JSON."""
    base = folder / "report"
    rig.runs(
        *("shed", "install", str(site), "--image", "stand-in", "--port", rig.port.url, "--report", str(base), "--yes", *options),
        within_s=240,
    )
    return json.loads(base.with_suffix(".json").read_text(encoding="utf-8"))


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["outcome"] for step in report["steps"]}


@pytest.mark.slow(50)
@pytest.mark.parametrize("site", [pytest.param(s, marks=() if s.stem in QUICK else pytest.mark.long, id=s.stem) for s in SITES])
def test_one_command_brings_a_bare_board_into_service_and_a_charge_runs_on_it(site: Path, tmp_path: Path):
    # A board whose buttons a person presses is installed through an adapter with the two transistors; the buttons: test_by_hand.
    with served(site=site, speed=20.0, circuit="auto") as rig:
        report = install(rig, site, tmp_path, "--before", "default-reset")
        assert report["passed"], report["checks"]
        assert outcomes(report) == {"detect": "done", "flash": "done", "verify": "done", "configure": "done", "self-test": "done"}

        again = install(rig, site, tmp_path, "--before", "default-reset")
        assert outcomes(again)["flash"] == outcomes(again)["configure"] == "unchanged"

        sheet = tmp_path / "cards.csv"
        sheet.write_text(CARDS, encoding="utf-8")
        rig.runs("shed", "cards", "import", str(sheet), "--port", rig.port.url, "--before", "default-reset", "--yes", within_s=120)
        rig.bench.run("15 s")
        outlet = next(iter(rig.bench.plant.outlets))
        start_charging(rig.bench, outlet)
        rig.bench.run("1 min")
        assert rig.bench.outlet(outlet).energy_mwh > 500
