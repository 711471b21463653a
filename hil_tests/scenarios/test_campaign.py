"""Random people, random faults, the auditor as judge."""

from __future__ import annotations

from pathlib import Path

import pytest
from shedbench.campaign import SMALL_SITE, campaign
from shedbench.campaign.runner import main, outcomes

EXPANDERS = SMALL_SITE.parent / "expanders"
PCF, MIXED = EXPANDERS / "pcf.toml", EXPANDERS / "mixed.toml"
SHARE = 25


def check(first_seed: int, seeds: int, jobs: int) -> None:
    """`shed campaign --seeds 1 --first-seed N` plays one again."""
    assert {one.seed: one.findings for one in outcomes(first_seed, seeds, jobs) if one.findings} == {}


def test_dense_days_on_any_shed_are_settled_to_the_fen(seed: int):
    print(f"from seed {seed} on")
    check(seed, 4, jobs=1)


@pytest.mark.long
@pytest.mark.slow(90)
@pytest.mark.parametrize("first_seed", range(1, 201, SHARE))
def test_200_dense_days_on_any_shed_are_settled_to_the_fen(first_seed: int):
    check(first_seed, SHARE, jobs=2)


@pytest.mark.long
@pytest.mark.slow(200)
@pytest.mark.parametrize("place", range(8))
def test_a_random_day_is_settled_to_the_fen(seed: int, place: int):
    assert campaign(seed + place, 12.0) == []


@pytest.mark.long
@pytest.mark.slow(10)
@pytest.mark.parametrize("site", [PCF, MIXED], ids=["pcf", "mixed"])
def test_a_dense_day_with_failing_expander_buses_is_settled_to_the_fen(seed: int, site: Path):
    assert campaign(seed, site=site) == []


@pytest.mark.long
@pytest.mark.slow(90)
@pytest.mark.parametrize("site", [PCF, MIXED], ids=["pcf", "mixed"])
@pytest.mark.parametrize("place", range(4))
def test_random_hours_with_failing_expander_buses_are_settled_to_the_fen(seed: int, place: int, site: Path):
    """Three hours: every transfer on a bus goes to the plant, which costs five times a day on GPIOs."""
    assert campaign(seed + place, 3.0, site) == []


def test_a_seed_that_violates_something_is_told_with_the_command_that_plays_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def played(seed: int) -> list[str]:
        if seed == 9:
            raise RuntimeError("the bench broke")
        return ["outlet 1 is on"] if seed == 8 else []

    monkeypatch.setattr("shedbench.campaign.runner.campaign", played)
    assert main(seeds=3, first_seed=7, jobs=1) == 6
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "seed 8: outlet 1 is on" and lines[1].endswith("shed campaign --seeds 1 --first-seed 8")
    assert "the bench broke" in lines[2] and lines[-1].startswith("3 seeds from 7 on: 2 violate something [8, 9]")
    assert main(seeds=1, first_seed=7, jobs=1) == 0
