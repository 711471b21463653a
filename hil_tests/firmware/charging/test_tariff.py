"""Prices, to the fen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shed.charging import stop_causes, tariff
from shedbench.audit.sessions import OF_THE_SHED
from shedguard.formats.lists import STOP_CAUSES

YUAN_FOR_FIVE_HOURS = (tariff.TIME, 100, 300)


@pytest.mark.parametrize(
    ("seconds", "fen"),
    [(0, 0), (1, 100), (5 * 3600, 100), (5 * 3600 + 1, 200), (9 * 3600, 200), (10 * 3600, 200), (24 * 3600, 500)],
)
def test_one_yuan_buys_five_hours_and_a_started_block_counts(seconds, fen):
    assert tariff.charged_fen(YUAN_FOR_FIVE_HOURS, 0, seconds) == fen


@given(st.integers(0, 21), st.integers(0, 86400), st.integers(0, 5000), st.integers(0, 1440))
def test_longer_is_never_cheaper(cause, seconds, fen, block_min):
    assert tariff.charged_fen((1, fen, block_min), cause, seconds) <= tariff.charged_fen((1, fen, block_min), cause, seconds + 1)


@pytest.mark.parametrize("name", [name for name in dir(stop_causes) if name.isupper()])
def test_who_was_stopped_for_want_of_supply_or_of_a_detector_pays_for_the_time_he_had_and_everybody_else_for_begun_blocks(name):
    """Board, tools and auditor have the same list."""
    cause = getattr(stop_causes, name)
    assert STOP_CAUSES[cause] == name.lower()
    ours = name.lower() in OF_THE_SHED
    assert tariff._BY_TIME >> cause & 1 == ours
    for seconds, blocks_fen, used_fen in ((0, 0, 0), (111, 100, 0), (540, 100, 3), (17999, 100, 99), (18000, 100, 100), (40000, 300, 222)):
        assert tariff.charged_fen(YUAN_FOR_FIVE_HOURS, cause, seconds) == (used_fen if ours else blocks_fen)
