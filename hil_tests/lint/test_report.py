"""The summary of a long run gives the number of tests, the failed and the longest ones."""

from __future__ import annotations

from pathlib import Path

from hil_tests.lint.long_report import summary

XML = """<testsuites><testsuite name="pytest" tests="3" time="120.0">
<testcase classname="hil_tests.scenarios.test_a" name="test_one" time="50.0">
<properties><property name="power_cuts" value="{'lost': 0}"/></properties></testcase>
<testcase classname="hil_tests.fuzz.test_b" name="test_two" time="90.5"><failure message="no">trace</failure></testcase>
<testcase classname="hil_tests.upstream.test_c" name="test_three" time="0.1"><skipped message="no network"/></testcase>
</testsuite></testsuites>"""


def test_counts_failures_measurements_and_the_slowest(tmp_path: Path):
    report = tmp_path / "report.xml"
    report.write_text(XML, encoding="utf-8")
    assert summary(report) == [
        "3 tests: 1 passed, 1 failed, 1 not run; 2.0 min (2.3 min of tests)",
        "FAILED   test_b::test_two",
        "not run  test_c::test_three: no network",
        "measured test_a::test_one: power_cuts: {'lost': 0}",
        "   90.5 s  test_b::test_two",
        "   50.0 s  test_a::test_one",
        "    0.1 s  test_c::test_three",
    ]
