"""The model of the CPU against published figures, and that every price names its source."""

from __future__ import annotations

import re

import pytest

from hil_tests.simulator.board import calibration
from hil_tests.simulator.board.driver import ROOT


def test_pystone_and_a_task_switch_are_fitted_and_a_third_figure_follows() -> None:
    pystone, rate, third = calibration.measure(calibration.FIGURES)
    for result in (pystone, rate, third):
        print(result)
    assert pystone.figure.fitted
    assert rate.figure.fitted
    assert not third.figure.fitted
    assert abs(pystone.off_percent) <= 5
    assert abs(rate.off_percent) <= 5
    assert abs(third.off_percent) <= 25


@pytest.mark.long
def test_the_rest_of_the_published_table_is_printed() -> None:
    """No promise: it shows where the model is too slow and must not be relied on."""
    results = calibration.measure(calibration.FURTHER)
    for result in results:
        print(result)
    assert sum(abs(result.off_percent) <= 30 for result in results) >= 3


def test_every_price_names_its_source() -> None:
    table = (ROOT / "boards/emulated/port/costs.h").read_text()
    prices = re.findall(r"^#define (?:COST|PRICE)_.*$", table, re.MULTILINE)
    assert len(prices) > 45
    assert [row for row in prices if not re.search(r"// \[(fit|est|ds|doc|src|ref|img)\]", row)] == []


def test_no_price_stands_elsewhere() -> None:
    port = ROOT / "boards/emulated/port"
    elsewhere = [p.name for p in port.glob("*.[ch]") if p.name != "costs.h" and re.search(r"#define (COST|PRICE)_", p.read_text())]
    assert elsewhere == []
