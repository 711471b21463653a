"""`shed why` and `shed faults` in Chinese: by --lang or by the locale, the whole answer, and JSON as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from shedbench.places import SMALL_SITE as SITE
from shedguard.commands import board, cli, common
from shedguard.errors import INVALID, OK, SAFETY_FAULT
from shedguard.link.console import Answer

FAULTS = [{"ok": True}, {"f": 9, "a": 1, "n": 2, "live": 1}, {"f": 10, "a": 0, "n": 1, "live": 0}, {"f": 23, "a": 0, "n": 1, "live": 1}]


class PlayedConsole:
    def request(self, verb: str, **_: Any) -> Answer:
        answers = {"why": [{"ok": True, "on": 2, "hold": [9, 13]}], "status": [{"ok": True}, {"o": 1}, {"o": 2}], "faults": FAULTS}
        return Answer(answers[verb])


@pytest.fixture(autouse=True)
def played(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def board_at(*_: object) -> Iterator[PlayedConsole]:
        yield PlayedConsole()

    monkeypatch.setattr(board, "board_at", board_at)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = SAFETY_FAULT) -> str:
    assert cli.run(list(words)) == code
    return capsys.readouterr().out


def test_faults_in_chinese_say_of_what_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "faults", "--site", str(SITE), "--lang", "zh").splitlines()
    assert lines[0].split() == ["状态", "代码", "故障", "次数"]
    assert "2 号插座: 继电器粘连：先拉断路器" in lines[1] and '点位 "smoke bay"' in lines[2] and "没有心跳电路" in lines[3]
    assert lines[1].startswith("有效") and lines[2].startswith("已过")


def test_why_in_chinese_puts_the_breaker_first(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "why", "3", "--lang", "zh", code=OK).splitlines()
    assert lines[0] == "3 号插座可能带电，先拉断路器！已下令断开，原因："
    assert "继电器粘连" in lines[1] and lines[2].startswith("  no_session: 没有付费的充电")
    lines = said(capsys, "why", "3", "--lang", "en", code=OK).splitlines()
    assert lines[1].startswith("  welded: switch the breaker off") and lines[2].startswith("  no_session: ")


@pytest.mark.parametrize(
    ("environment", "chinese"),
    [({"LANG": "zh_CN.UTF-8"}, True), ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, False), ({"LANG": "de_DE"}, False), ({}, False)],
)
def test_the_locale_says_the_language_where_nobody_names_one(
    environment: dict[str, str], chinese: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ("继电器粘连" in said(capsys, "faults")) == chinese
    assert "relay welded" in said(capsys, "faults", "--lang", "en") and "继电器粘连" in said(capsys, "faults", "--lang", "zh-CN")
    assert "outlet 3 may be live" in said(capsys, "why", "3", "--lang", "en", code=OK)


@pytest.mark.parametrize("tongue", ["en", "zh"])
def test_a_table_folds_at_words_where_a_terminal_is_narrow(
    tongue: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = said(capsys, "faults", "--lang", tongue)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    folded = said(capsys, "faults", "--lang", tongue)
    assert max(common._columns(line) for line in folded.splitlines()) <= 60 and len(folded.splitlines()) > len(whole.splitlines())
    assert tongue == "zh" or set(folded.split()) == set(whole.split()), "no word is broken"


def test_json_stays_english_for_programs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert json.loads(said(capsys, "faults", "--json"))[0]["text"] == "outlet 2: relay welded"


def test_a_language_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["why", "3", "--lang", "fr"]) == INVALID
    assert "en, zh" in capsys.readouterr().err
