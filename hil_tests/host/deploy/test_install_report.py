"""The installer's self-test and report: every defect of a shed is on the report, and nothing untested is called good."""

from __future__ import annotations

from typing import Any, cast

import pytest
from shedbench.places import REPOSITORY
from shedguard.deploy.install import STEPS, Job
from shedguard.deploy.report import BY_HAND, Report, StepResult, signature
from shedguard.deploy.self_test import Check, bad, look, require, self_test
from shedguard.errors import TEST_FAILED, ShedError
from shedguard.flash.board_flash import Request
from shedguard.link.console import Answer, Console
from shedguard.site.load import load

SMALL = load(REPOSITORY / "hil_tests" / "sites" / "small.toml")
KEY = bytes(range(32))


class PlayedConsole:
    """A board that answers what a healthy small shed would, with ``changes`` to the answers."""

    def __init__(self, hello: dict[str, Any] | None = None, head: dict[str, Any] | None = None, **rows: Any) -> None:
        self._hello = {"proto": 1, "fw": "0.1.0", "site": 1001, "cfg": 0xABC, "mpy": "1.25.0", "mode": "service"} | (hello or {})
        self._head = {"ok": True, "mode": "service", "up_s": 60, "hb": 1, "trips": 0, "faults": 0, "heap": 60000} | (head or {})
        self._rows = rows

    def hello(self) -> dict[str, Any]:
        return self._hello

    def request(self, verb: str) -> Answer:
        if verb == "faults":
            return Answer([{"ok": True}, *self._rows.get("faults", [])])
        points = self._rows.get("points", [0, 0, 0])
        ages = self._rows.get("ages", [100, 200, 300, 400])
        return Answer(
            [self._head, *({"p": i, "st": state} for i, state in enumerate(points)), *({"m": i, "age": age} for i, age in enumerate(ages))]
        )


def looked(**changes: Any) -> list[Check]:
    return look(cast(Console, PlayedConsole(**changes)), SMALL.site, 0xABC)


def test_a_healthy_shed_has_nothing_bad_and_every_point_and_meter_on_its_list():
    checks = looked()
    assert bad(checks) == []
    assert {'point "smoke bay"', "meter of outlet 4 (address 14)", "protection"} <= {check.name for check in checks}


@pytest.mark.parametrize(
    ("changes", "name", "said", "clears"),
    [
        ({"hello": {"cfg": 0xDEF}}, "configuration", "not that of the site file", "shed config push"),
        ({"hello": {"site": 7}}, "configuration", "site 7", "shed config push"),
        ({"head": {"mode": "safe"}}, "service", "safe mode", "shed faults"),
        ({"head": {"hb": 0}}, "protection", "unprotected", "heartbeat circuit"),
        ({"head": {"trips": 1}}, "trips", 'cause "smoke bay"', "shed clear"),
        ({"points": [2, 0, 0]}, 'point "smoke bay"', "open circuit", "end-of-line resistor"),
        ({"ages": [100, -1, 300, 400]}, "meter of outlet 2 (address 12)", "silent", "A and B"),
        ({"ages": [100, 90_000, 300, 400]}, "meter of outlet 2 (address 12)", "silent", "A and B"),
        ({"faults": [{"f": 9, "a": 2, "n": 1, "live": 1}]}, "fault", "outlet 3", "shed faults"),
    ],
)
def test_each_thing_that_keeps_a_shed_from_service_is_named_with_what_clears_it(changes: dict[str, Any], name: str, said: str, clears: str):
    (check,) = bad(looked(**changes))
    assert check.name == name and said in check.said and clears in check.clears
    with pytest.raises(ShedError) as refused:
        require([check])
    assert refused.value.code == TEST_FAILED


def test_a_missing_card_table_and_a_fault_that_is_over_keep_nobody_from_service():
    checks = looked(faults=[{"f": 14, "a": 0, "n": 1, "live": 1}, {"f": 20, "a": 0, "n": 1, "live": 0}])
    assert bad(checks) == []
    assert [check.clears for check in checks if check.state == "warn"] == ["shed cards import FILE.csv"]


def test_a_clock_that_nobody_set_is_a_warning_where_cards_have_a_last_day_and_keeps_nobody_from_service():
    unset = {"faults": [{"f": 33, "a": 0, "n": 1, "live": 1}], "head": {"t": 0, "clk": 0}}
    found = {check.name: check for check in looked(**unset)}
    assert not bad(list(found.values())) and found["clock"].state == "warn" and "shed status --site" in found["clock"].clears
    assert {check.name: check.state for check in looked(head={"t": 0, "clk": 0})}["clock"] == "ok"
    (clock,) = [check for check in looked(head={"t": 843_000_000, "clk": 1}) if check.name == "clock"]
    assert clock.said.startswith("2026-09-17")


def test_the_self_test_waits_for_meters_that_are_asked_in_turns_and_not_for_ever():
    waits: list[float] = []
    now = [0.0]

    def wait(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    board = PlayedConsole(ages=[100, -1, 300, 400])
    checks = self_test(cast(Console, board), SMALL.site, 0xABC, wait, lambda: now[0])
    assert bad(checks) and 40 < sum(waits) < 50


def report(*steps: StepResult, checks: tuple[Check, ...] = ()) -> Report:
    return Report(
        "2026-03-01T08:30:00+08:00", "shed 0.1.0", 1001, "Shed <2> & Co", "devkitc-shed4", steps, checks, [("Li", "manager", "110")]
    )


def test_a_report_passes_only_when_every_step_was_done_and_the_self_test_ran():
    done = [StepResult(name, "done", "well") for name in STEPS]
    good = (Check("service", "ok", "in service"),)
    assert report(*done, checks=good).passed
    assert not report(*done).passed, "no self-test, no pass"
    assert not report(*done[:-1], StepResult("self-test", "not run", "not asked for"), checks=good).passed
    assert not report(*done, checks=(*good, Check("protection", "bad", "no heartbeat"))).passed


def test_a_part_that_succeeded_is_called_a_part_and_one_that_failed_not_ready():
    asked = [StepResult("detect", "done", "well"), StepResult("flash", "not run", "not asked for"), StepResult("verify", "done", "well")]
    part = report(*asked)
    assert part.partial and not part.passed and part.as_json()["partial"] is True
    assert "A part of an installation, without a failure: detect, verify." in part.as_page() and "NOT ready" not in part.as_page()
    failed = report(*asked, StepResult("self-test", "failed", "no heartbeat"))
    assert not failed.partial and "NOT ready" in failed.as_page()
    assert not report(*asked, checks=(Check("protection", "bad", "no heartbeat"),)).partial


def test_the_page_says_what_failed_escapes_names_and_leaves_boxes_for_what_only_hands_can_check():
    page = report(StepResult("flash", "failed", "cable <gone>"), checks=(Check("trips", "bad", "latched", "shed clear"),)).as_page()
    assert "NOT ready" in page and "cable &lt;gone&gt;" in page and "Shed &lt;2&gt; &amp; Co" in page and "shed clear" in page
    assert page.count('class="box"') == len(BY_HAND) and "manager" in page
    assert "http" not in page, "it prints without a network"


def test_a_figure_changed_after_signing_is_found_out():
    body = report(StepResult("flash", "done", "well")).as_json(KEY)
    assert signature(body, KEY) == body["hmac_sha256"] and body["by_hand"] == list(BY_HAND)
    body["steps"][0]["outcome"] = "unchanged"
    assert signature(body, KEY) != body["hmac_sha256"]
    assert "hmac_sha256" not in report().as_json()


def test_after_a_failed_step_the_rest_is_not_run_and_the_report_says_so():
    said: list[str] = []
    job = Job(Request("/dev/none", "devkitc-shed4"), SMALL, lambda _request, _site: True, say=said.append)
    failure = job.run()
    assert failure is not None and failure.code == 3
    assert [step.outcome for step in job.report().steps] == ["failed", "not run", "not run", "not run", "not run"]
    assert not job.report().passed and "[1/5] detect" in said


def test_a_step_that_does_not_exist_is_refused_before_anything_is_touched():
    with pytest.raises(ShedError, match="no step is called"):
        Job(Request("/dev/none", "devkitc-shed4"), SMALL, lambda _request, _site: True, steps=("fly",)).run()
