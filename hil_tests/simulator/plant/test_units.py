"""Durations as tests write them."""

from __future__ import annotations

from typing import Any

import pytest
from shedbench.plant import units


@pytest.mark.parametrize(("written", "ns"), [("40 ms", 40 * units.MS), ("1.5 h", 5400 * units.S), (" 2min ", 120 * units.S), (7, 7)])
def test_a_duration_is_a_number_with_its_unit_or_whole_nanoseconds(written: str | int, ns: int):
    assert units.ns(written) == ns


@pytest.mark.parametrize("written", [0.5, "5", "5 sec", "-1 s", -1, None])
def test_anything_else_is_refused_with_what_to_write(written: Any):
    with pytest.raises(ValueError, match="duration"):
        units.ns(written)
