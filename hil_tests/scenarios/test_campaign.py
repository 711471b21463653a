"""Random people, random faults, the auditor as judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil_tests.campaign import SMALL_SITE, campaign

EXPANDERS = SMALL_SITE.parent / "expanders"
BUSES = pytest.mark.parametrize("site", [EXPANDERS / "pcf.toml", EXPANDERS / "mixed.toml"], ids=lambda path: path.stem)


def test_a_random_hour_is_settled_to_the_fen(seed: int):
    assert campaign(seed, 1.0) == []


@pytest.mark.long
@pytest.mark.parametrize("place", range(20))
def test_a_random_day_is_settled_to_the_fen(seed: int, place: int):
    assert campaign(seed + place, 12.0) == []


@BUSES
def test_a_random_quarter_of_an_hour_with_failing_expander_buses_is_settled_to_the_fen(seed: int, site: Path):
    assert campaign(seed, 0.25, site) == []


@pytest.mark.long
@BUSES
@pytest.mark.parametrize("place", range(4))
def test_random_hours_with_failing_expander_buses_are_settled_to_the_fen(seed: int, place: int, site: Path):
    """Three hours: every transfer on a bus goes to the plant, which costs five times a day on GPIOs."""
    assert campaign(seed + place, 3.0, site) == []
