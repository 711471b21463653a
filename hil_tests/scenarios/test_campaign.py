"""Random people, random faults, the auditor as judge."""

from __future__ import annotations

import pytest

from hil_tests.campaign import campaign


def test_a_random_hour_is_settled_to_the_fen(seed: int):
    assert campaign(seed, 1.0) == []


@pytest.mark.long
@pytest.mark.parametrize("place", range(20))
def test_a_random_day_is_settled_to_the_fen(seed: int, place: int):
    assert campaign(seed + place, 12.0) == []
