"""The fixed evening as a user starts it: its output, and the exit code with a tampered meter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from shedbench.audit import audit
from shedbench.bench.bench import Bench, BenchTimeout
from shedbench.demo import SITE, clock, script
from shedbench.demo.evening import STORIES, Evening
from shedbench.places import REPOSITORY
from shedguard.errors import TEST_FAILED


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "shedbench.demo", "--script", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False)


def test_the_evening_until_ten_to_seven_is_told_as_it_happens_and_what_its_script_lacks_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    whole = Evening.play

    def half(evening: Evening) -> None:
        tell, draw = evening._look, evening._picture
        assert draw is not None

        def look() -> None:
            tell()
            if f"{clock.wall(evening.bench.now_ns):%H:%M}" >= "18:50":
                draw()
                raise BenchTimeout("it is ten to seven")

        evening._look = look
        whole(evening)

    monkeypatch.setattr(Evening, "play", half)
    assert script.play(SITE, 1, 1.0, tmp_path / "demo.svg") == TEST_FAILED
    said, found = capsys.readouterr().out.split("Plant and journal DISAGREE, ")
    for words in ("the mains fail", "the session goes on", "stranger", "outlet  card"):
        assert words in said
    assert found.splitlines()[1:] == [
        "- the evening broke off: it is ten to seven",
        *(f"- outlet {n}: the script ends its session by {story!r}, the journal says []" for n, story in STORIES.items()),
    ]
    assert (tmp_path / "demo.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.long
@pytest.mark.slow(20)
def test_the_evening_agrees_and_exits_0_and_draws_its_picture(tmp_path: Path):
    done = demo("--picture", str(tmp_path / "demo.svg"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Plant and journal agree" in done.stdout
    table = done.stdout[done.stdout.index("outlet  card") :]
    for ended_by in ("battery full", "unplugged", "safety trip"):
        assert ended_by in table
    for said in (
        "the mains fail",
        "the session goes on",
        "SMOKE",
        "TRIP by 'smoke bay'",
        "gate main is free",
        "is refused",
        "reset by maintenance card",
    ):
        assert said in done.stdout
    assert (tmp_path / "demo.svg").read_text(encoding="utf-8").startswith("<svg")
    assert "\x1b" not in done.stdout + done.stderr, "no colour and no cursor movement off a terminal"


@pytest.mark.long
@pytest.mark.slow(20)
def test_an_evening_with_a_meter_that_reads_two_percent_high_exits_6():
    done = demo("--meter-scale", "1.02")
    assert done.returncode == 6
    assert "DISAGREE" in done.stdout and "outlet 2" in done.stdout


@pytest.mark.parametrize(
    ("scale", "agrees"), [(1.02, False), pytest.param(0.98, False, marks=pytest.mark.long), pytest.param(1.0, True, marks=pytest.mark.long)]
)
def test_the_audit_of_one_real_session_tells_a_true_meter_from_one_that_is_two_percent_wrong(scale: float, agrees: bool):
    with Bench(site=SITE, seed=11) as bench:
        bench.meter(2).scale(scale)
        bench.run("15 s")
        bench.bike(2).plug("li60v", soc=0.1)
        bench.card("neighbour").tap()
        bench.run("1 s")
        bench.button(2).press()
        bench.until(bench.outlet(2).is_charging, within="20 s")
        bench.run("25 min")
        bench.bike(2).unplug()
        bench.run("1 min")
        found = audit(bench)
    assert (found == []) is agrees, found
