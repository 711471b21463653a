"""Only for these scenarios: the table of law 1. Options and fixtures come from shedbench/pytest_plugin.py."""

from __future__ import annotations

import pytest
from shedbench.bench.residents import RESIDENTS, start_charging
from shedbench.places import SMALL_SITE as SITE
from shedbench.pytest_plugin import SEED

__all__ = ["RESIDENTS", "SEED", "SITE", "start_charging"]  # their old place, for one release


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    for name, value in report.user_properties:
        if name == "law 1":
            report.law_1 = value
    return report


def pytest_terminal_summary(terminalreporter) -> None:
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    rows = [report.law_1 for report in reports if hasattr(report, "law_1") and report.when == "call"]
    if rows:
        terminalreporter.section("law 1: time until no outlet is fed (virtual)")
        for what, ms, limit_ms in sorted(rows):
            terminalreporter.write_line(f"{what:<48} {ms:8.1f} ms  (limit {limit_ms:.0f} ms)")
