"""The board dies with bikes charging; its backup goes onto a spare board, which settles the sessions as the plant counted them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.places import SMALL_SITE as SITE
from shedguard.commands.cli import run
from shedguard.flash import program
from shedguard.flash.image import build_blank, write_partition
from shedguard.formats import file_system
from shedguard.formats.partition_table import SHEDGUARD, find
from shedguard.site.load import load

KEY = ["--site", str(SITE)]


@pytest.fixture(scope="module")
def spare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A flashed board that never had a configuration."""
    path = tmp_path_factory.mktemp("spare") / "spare.bin"
    build_blank(path, SHEDGUARD)
    board = load(SITE).board
    write_partition(path, "vfs", file_system.build(program.files(board), find(SHEDGUARD, "vfs").size))
    return path


@pytest.mark.slow(7)
def test_a_spare_board_settles_what_the_dead_one_had_open(spare: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = tmp_path / "new.bin"
    new.write_bytes(spare.read_bytes())
    saved = tmp_path / "shed.zip"
    with Bench(site=SITE, seed=11) as bench:
        bench.run("15 s")
        start_charging(bench, 1)
        start_charging(bench, 2, pack="la48_12", card="neighbour")
        bench.run("12 min")
        bench.board.kill()
        open_before = len(bench.journal.live())
        assert open_before
        billed_before = {record.session for record in bench.journal.sessions()}
        started = {record.session: record for record in bench.journal.records("session_start")}
        assert run(["backup", "--out", str(saved), "--flash", str(bench.process.flash), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert {item["item"]: item["state"] for item in told["items"]}["open sessions"] == "saved"
        assert run(["restore", str(saved), "--flash", str(new), *KEY, "--json"]) == 0
        report = {item["item"]: item for item in json.loads(capsys.readouterr().out)["items"]}
        assert {name: item["state"] for name, item in report.items()} == {
            "journal": "restored", "open sessions": "restored", "counters": "restored", "cards": "restored", "events": "restored",
            "configuration": "restored",
        }  # fmt: skip
        assert {row["session"] for row in report["open sessions"]["sessions"]} == set(started) - billed_before
        # The spare board takes the dead one's place: the same meters, the same bikes.
        bench.process.flash.write_bytes(new.read_bytes())
        bench.board.start()
        bench.run("8 min")
        for number in (1, 2):
            bench.bike(number).unplug()
            bench.run("30 s")  # together they would be a row that lost its supply
        bench.run("5 min")
        ends = {record.session: record for record in bench.journal.sessions()}
        assert set(ends) == set(started) and not bench.journal.problems()
        for session, end in ends.items():
            assert end.meter_start_wh == started[session].meter_wh
            metered_mwh = bench.outlet(end.outlet).energy_mwh
            assert metered_mwh - 2000 <= end.energy_mwh <= metered_mwh + 500, "records.md: what a power cut costs"
        start_charging(bench, 3)
        newest = bench.journal.last("session_start").session
        assert newest >> 16 > max(session >> 16 for session in started) + 255


def test_a_board_that_has_only_booted_since_has_all_of_its_own_backup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = tmp_path / "shed.zip"
    with Bench(site=SITE, seed=12) as bench:
        bench.run("15 s")
        bench.board.kill()
        flash = ["--flash", str(bench.process.flash)]
        assert run(["backup", "--out", str(saved), *flash]) == 0
        bench.board.start()
        bench.run("15 s")
        bench.board.kill()
        before = bench.process.flash.read_bytes()
        capsys.readouterr()
        assert run(["restore", str(saved), *flash, *KEY, "--json"]) == 0
        report = {item["item"]: item for item in json.loads(capsys.readouterr().out)["items"]}
        assert "go further" in report["events"]["why"] and "goes further" in report["journal"]["why"], "the boot"
        assert bench.process.flash.read_bytes() == before
