"""Prices, to the fen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shed.charging import tariff

YUAN_FOR_FIVE_HOURS = (tariff.TIME, 100, 300)


@pytest.mark.parametrize(
    ("seconds", "fen"),
    [(0, 0), (1, 100), (5 * 3600, 100), (5 * 3600 + 1, 200), (9 * 3600, 200), (10 * 3600, 200), (24 * 3600, 500)],
)
def test_one_yuan_buys_five_hours_and_a_started_block_counts(seconds, fen):
    assert tariff.price_fen(YUAN_FOR_FIVE_HOURS, seconds) == fen


@given(st.integers(0, 86400), st.integers(0, 5000), st.integers(0, 1440))
def test_longer_is_never_cheaper(seconds, fen, block_min):
    assert tariff.price_fen((1, fen, block_min), seconds) <= tariff.price_fen((1, fen, block_min), seconds + 1)
