"""The firmware keeps its rules: every file, and the generated boot.py of every board."""

from __future__ import annotations

from functools import cache

import pytest
from shedbench.places import REPOSITORY
from shedguard.boards import boot_file, known
from shedguard.paths import firmware_dir

from hil_tests.lint import rules


@cache
def firmware_sources() -> list[rules.Source]:
    paths = sorted(firmware_dir().rglob("*.py"))
    return [rules.parse(path.relative_to(REPOSITORY).as_posix(), path.read_text(encoding="utf-8")) for path in paths]


@cache
def boot_sources() -> list[rules.Source]:
    return [rules.parse(rules.BOOT, boot_file.generate(known.load(name))) for name in known.names()]


def test_there_is_firmware_to_look_at() -> None:
    paths = {source.path for source in firmware_sources()}
    assert {"firmware/main.py", "firmware/shed/safety/scan.py"} <= paths
    assert boot_sources()


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_firmware_keeps_the_rule(rule: rules.Rule) -> None:
    findings = [str(finding) for source in (*firmware_sources(), *boot_sources()) for finding in rule(source)]
    assert not findings, "\n".join(findings)


def test_the_program_constructs_exactly_one_timer() -> None:
    found = [str(finding) for source in firmware_sources() for finding in rules.timer_constructions(source)]
    assert len(found) == 1, found


def test_each_boot_file_constructs_exactly_one_watchdog() -> None:
    for source in boot_sources():
        assert len(list(rules.calls(source.tree, "WDT"))) == 1
