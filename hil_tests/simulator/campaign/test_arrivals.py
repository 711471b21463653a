"""A minute around a trip in which interrupts arrive late by a delay that the seed draws: no law is violated (docs/emulated-board.md)."""

from __future__ import annotations

import pytest
from shedbench.campaign.arrivals import arrivals, summary

SHARE = 50


def check(first_seed: int, seeds: int) -> None:
    outcomes = arrivals(first_seed, seeds)
    print(summary(outcomes))
    assert [(outcome.seed, outcome.violations) for outcome in outcomes if outcome.violations] == []


def test_10_seeds_of_interrupt_arrival_around_a_trip_violate_no_law():
    check(1, 10)


@pytest.mark.long
@pytest.mark.parametrize("first_seed", range(1, 1001, SHARE))
def test_1000_seeds_of_interrupt_arrival_around_a_trip_violate_no_law(first_seed: int):
    check(first_seed, SHARE)
