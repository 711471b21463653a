"""The summary of a long test run, in one place: counts, what failed, what was measured, what took longest. Reads pytest's JUnit file.

python -m hil_tests.lint.long_report build/long-report.xml
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

SLOWEST: Final = 15


def summary(report: Path) -> list[str]:
    """Lines for people. FileNotFoundError, ParseError: the run left no report."""
    suites = list(ElementTree.parse(report).iter("testsuite"))
    cases = [case for suite in suites for case in suite.iter("testcase")]
    seconds = {_name(case): float(case.get("time", 0)) for case in cases}
    bad = [_name(case) for case in cases if case.find("failure") is not None or case.find("error") is not None]
    skipped = [_name(case) for case in cases if case.find("skipped") is not None]
    wall_s = max((float(suite.get("time", 0)) for suite in suites), default=0.0)
    passed = len(cases) - len(bad) - len(skipped)
    tests_min = sum(seconds.values()) / 60
    counts = f"{len(cases)} tests: {passed} passed, {len(bad)} failed, {len(skipped)} not run"
    lines = [f"{counts}; {wall_s / 60:.1f} min ({tests_min:.1f} min of tests)"]
    lines += [f"FAILED   {name}" for name in bad]
    lines += [f"not run  {_name(case)}: {_reason(case)}" for case in cases if case.find("skipped") is not None]
    for case in cases:
        measured = [f"{one.get('name')}: {one.get('value')}" for one in case.iter("property")]
        lines += [f"measured {_name(case)}: {'; '.join(measured)}"] if measured else []
    slowest = sorted(seconds.items(), key=lambda item: -item[1])[:SLOWEST]
    return lines + [f"{took_s:7.1f} s  {name}" for name, took_s in slowest]


def _name(case: ElementTree.Element) -> str:
    return f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"


def _reason(case: ElementTree.Element) -> str:
    skipped = case.find("skipped")
    return "" if skipped is None else str(skipped.get("message", ""))[:100]


if __name__ == "__main__":
    print("\n".join(summary(Path(sys.argv[1]))))
