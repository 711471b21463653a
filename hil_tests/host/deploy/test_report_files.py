"""Where the report of an installation is written: no report that may be needed is overwritten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shedbench.places import REPOSITORY
from shedguard.commands.cli import run
from shedguard.deploy import report_files
from shedguard.deploy.install import STEPS
from shedguard.deploy.report import Report, StepResult
from shedguard.deploy.report_files import SUFFIXES
from shedguard.deploy.self_test import Check
from shedguard.errors import INVALID, PORT

SITE = REPOSITORY / "hil_tests" / "sites" / "small.toml"


def finished_report(base: Path, began: str = "2026-03-01T08:30:00+08:00") -> list[bytes]:
    """A report at ``base`` from then on; its two files."""
    steps = [StepResult(name, "done", "well") for name in STEPS]
    done = Report(began, "shed 0.1.0", 1001, "shed", "devkitc-shed4", steps, [Check("service", "ok", "in service")])
    base.with_suffix(".json").write_text(json.dumps(done.as_json(bytes(32)), indent=2), encoding="utf-8")
    base.with_suffix(".html").write_text(done.as_page(), encoding="utf-8")
    return [base.with_suffix(suffix).read_bytes() for suffix in SUFFIXES]


def test_an_installation_that_does_nothing_leaves_the_finished_report_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = tmp_path / "install-1001"
    before = finished_report(base)
    refused = ["install", str(SITE), "--image", "stand-in", "--port", str(tmp_path / "no-port"), "--report", str(base), "--yes"]
    for _ in range(2):
        assert run(refused) == PORT
        assert "2026-03-01T08:30:00+08:00 stays as it is" in capsys.readouterr().err
        assert [base.with_suffix(suffix).read_bytes() for suffix in SUFFIXES] == before
    tried = json.loads((tmp_path / "install-1001-unfinished.json").read_text(encoding="utf-8"))
    assert not tried["passed"] and tried["steps"][0]["outcome"] == "failed"
    assert "NOT ready" in (tmp_path / "install-1001-unfinished.html").read_text(encoding="utf-8")


def test_without_a_finished_report_the_next_try_writes_its_own_over_the_last(tmp_path: Path) -> None:
    base = tmp_path / "install-1001"
    tried = ["install", str(SITE), "--image", "stand-in", "--port", str(tmp_path / "no-port"), "--report", str(base), "--yes"]
    assert run(tried) == PORT and run(tried) == PORT
    assert {path.name for path in tmp_path.iterdir()} == {"install-1001.json", "install-1001.html"}


def test_a_later_installation_that_passes_sets_the_earlier_report_aside(tmp_path: Path) -> None:
    base = tmp_path / "install-1001"
    kept: list[list[bytes]] = []
    for _ in range(3):  # the same second, thrice
        kept.append(finished_report(base))
        assert report_files.make_room(base, passed=True, partial=False)[0] == base and not base.with_suffix(".json").exists()
    names = ("install-1001-20260301083000", "install-1001-20260301083000-1", "install-1001-20260301083000-1-1")
    assert [[(tmp_path / f"{name}{suffix}").read_bytes() for suffix in SUFFIXES] for name in names] == kept


def test_no_paper_that_calls_the_shed_not_ready_stays_beside_one_that_passed(tmp_path: Path) -> None:
    base = tmp_path / "install-1001"
    finished_report(base)
    for name, passed, partial in (("unfinished", False, False), ("partial", False, True)):
        place, said = report_files.make_room(base, passed=passed, partial=partial)
        assert place.name == f"install-1001-{name}" and "stays as it is" in said[0]
        (tmp_path / f"{place.name}.json").write_text(json.dumps({"begun": "2026-04-02T10:00:00+08:00", "passed": False}), encoding="utf-8")
        (tmp_path / f"{place.name}.html").write_text("NOT ready", encoding="utf-8")
    place, said = report_files.make_room(base, passed=True, partial=False)
    finished_report(place, "2026-04-02T11:00:00+08:00")
    assert len(said) == 3 and "did not pass" in said[1]
    dated = ("install-1001-20260301083000", "install-1001-unfinished-20260402100000", "install-1001-partial-20260402100000")
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}{suffix}" for name in ("install-1001", *dated) for suffix in SUFFIXES}


@pytest.mark.parametrize("lost", ["gone", "cut short"])
@pytest.mark.parametrize("passed", [True, False])
def test_a_page_whose_other_half_is_lost_is_set_aside_by_whatever_comes_next(lost: str, passed: bool, tmp_path: Path) -> None:
    base = tmp_path / "install-1001"
    paper, page = finished_report(base)
    base.with_suffix(".json").unlink() if lost == "gone" else base.with_suffix(".json").write_bytes(paper[:40])
    place, said = report_files.make_room(base, passed=passed, partial=False)
    assert place == base and len(said) == 1 and "incomplete" in said[0]
    assert (tmp_path / "install-1001-earlier.html").read_bytes() == page and not base.with_suffix(".html").exists()


def test_a_dot_in_the_name_of_a_report_is_a_part_of_it(tmp_path: Path) -> None:
    tried = ["install", str(SITE), "--image", "stand-in", "--port", str(tmp_path / "no-port"), "--yes", "--report"]
    assert run([*tried, str(tmp_path / "shed v1.2")]) == PORT and run([*tried, str(tmp_path / "r.html")]) == PORT
    assert {path.name for path in tmp_path.iterdir()} == {"shed v1.2.json", "shed v1.2.html", "r.json", "r.html"}


def test_a_page_of_somebody_elses_is_no_report_of_an_installation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "index.html"
    page.write_text("<!doctype html><html><title>The shed's own page</title></html>", encoding="utf-8")
    assert run(["install", str(SITE), "--image", "stand-in", "--report", str(page), "--yes"]) == INVALID
    assert "there already" in capsys.readouterr().err and "own page" in page.read_text(encoding="utf-8")
