"""A board's answers in Chinese: by --lang or by the locale, the whole answer, and JSON unchanged."""

from __future__ import annotations

import io
import json
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from shedbench.places import SMALL_SITE as SITE
from shedguard.commands import board, cli, common, journal
from shedguard.errors import INVALID, OK, SAFETY_FAULT
from shedguard.link.console import Answer

FAULTS = [{"ok": True}, {"f": 9, "a": 1, "n": 2, "live": 1}, {"f": 10, "a": 0, "n": 1, "live": 0}, {"f": 23, "a": 0, "n": 1, "live": 1}]


CARD = bytes.fromhex("0404A1B2C3") + bytes(6)
TIMES = struct.pack("<IIB", 60, 0, 1)
SESSION = TIMES + struct.pack("<IB11sIIQIIHBI", 65537, 0, CARD, 0, 5400, 812_345, 0, 812, 100, 15, 100)
TAP = TIMES + struct.pack("<BB11s", 2, 2, CARD)
TRIP = TIMES + struct.pack("<BBIIiI", 0, 0, 1, 1, 12_300, 1)
WELDED = TIMES + struct.pack("<BH", 9, 1)
KEPT = [(6, TAP), (5, SESSION), (2, TRIP), (7, WELDED)]
RECORDS = [{"ok": True}, *({"q": q, "k": k, "d": data.hex()} for q, (k, data) in enumerate(KEPT))]
STATUS = [
    {"ok": True, "mode": "service", "up_s": 90, "t": 0, "trips": 1, "faults": 1, "group": [2], "hb": 1, "heap": 60 << 10},
    {"o": 1, "st": 3, "on": 1}, {"o": 2, "st": 0, "hold": [9, 13], "on": 2},
    {"p": 0, "st": 6}, {"g": 0, "st": 4}, {"m": 0, "age": -1, "ok": 0, "to": 9, "crc": 0},
]  # fmt: skip


class PlayedConsole:
    def request(self, verb: str, **_: Any) -> Answer:
        answers = {"why": [{"ok": True, "on": 2, "hold": [9, 13]}], "faults": FAULTS, "status": STATUS, "log": RECORDS}
        return Answer(answers[verb] if verb != "sessions" else [RECORDS[0], RECORDS[2]])


@pytest.fixture(autouse=True)
def played(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def board_at(*_: object) -> Iterator[PlayedConsole]:
        yield PlayedConsole()

    monkeypatch.setattr(board, "board_at", board_at)
    monkeypatch.setattr(journal, "board_at", board_at)
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
    lines = said(capsys, "why", "3", "--lang", "zh").splitlines()
    assert lines[0] == "3 号插座可能带电，先拉断路器！已下令断开，原因："
    assert "继电器粘连" in lines[1] and lines[2].startswith("  no_session: 没有付费的充电")
    lines = said(capsys, "why", "3", "--lang", "en").splitlines()
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
    assert "outlet 3 may be live" in said(capsys, "why", "3", "--lang", "en")


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


def english(lines: str) -> set[str]:
    """Words of the Latin alphabet, except units, names of the site and commands."""
    known = {"shed", "faults", "status", "why", "cards", "add", "clear", "import", "A", "B", "W", "Wh", "V", "kWh", "CRC", "KB", "site"}
    plain = re.sub(r'"[^"]*"|\b0x\w+|\b[0-9A-F]{8}\b', "", lines)
    return set(re.findall(r"[A-Za-z]+", plain)) - known


def test_the_journal_in_chinese_says_what_happened_and_beside_it_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["log", "--site", str(SITE), "--lang", "zh"]) == OK
    out, err = capsys.readouterr()
    tap, session, trip, weld = out.splitlines()
    assert "门拒绝开门：卡不在卡表里，卡 04A1B2C3" in tap and "1 号插座：充电结束，继电器吸合但没有电" in session and "1:30:00" in session
    assert '联动动作，联动 "' in trip and '断开分组 "' in trip and "12.3 毫秒" in trip and weld.endswith("故障 2 号插座: 继电器粘连")
    assert english(out) == set()
    assert "卡不在卡表里：是本棚的卡就录入：shed cards add 卡号" in err and "查继电器触点和保险" in err
    assert cli.run(["log", "--lang", "en"]) == OK
    out, err = capsys.readouterr()
    assert "gate refused: card is not in the list, card 04A1B2C3" in out and "look at the relay's contact and the fuse" in err


def test_sessions_in_chinese_say_why_each_ended(capsys: pytest.CaptureFixture[str]) -> None:
    heads, row = said(capsys, "sessions", "--lang", "zh", code=OK).splitlines()
    assert heads.split() == ["充电", "插座", "分钟", "kWh", "元", "结束原因"] and row.split()[1] == "1" and "继电器吸合但没有电" in row
    heads, row = said(capsys, "sessions", "--lang", "en", code=OK).splitlines()
    assert row.split() == ["0x10001", "1", "90", "0.812", "1.00", "dead_contact"], "the name, as in --json and the documents"


def test_the_status_in_chinese_begins_with_what_may_be_live(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "status", "--lang", "zh")
    assert out.splitlines()[0] == "先拉断路器：2 号插座已下令断开，但可能带电"
    for words in ("运行中", "没有校时", "锁定的联动：联动 1", "心跳正常", "充电中", "未刷卡", "可疑", "因联动放开", "从未"):
        assert words in out, words
    assert english(out) == set()


@pytest.mark.parametrize("verb", ["log", "sessions", "status"])
def test_json_of_the_journal_and_of_the_state_is_the_same_in_every_language(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = SAFETY_FAULT if verb == "status" else OK
    assert said(capsys, verb, "--json", "--lang", "zh", code=code) == said(capsys, verb, "--json", "--lang", "en", code=code)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_output_that_has_no_chinese_is_told_in_words(encoding: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    out = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(out, encoding=encoding, write_through=True))
    assert cli.run(["why", "3", "--lang", "zh"]) == INVALID and out.getvalue() == b""
    said = capsys.readouterr().err
    assert "has no Chinese" in said and "PYTHONUTF8=1" in said and "bug" not in said
    monkeypatch.setenv("LANG", "zh_CN")
    assert cli.run(["why", "3"]) == SAFETY_FAULT and out.getvalue().startswith(b"switch the breaker off: outlet 3 may be live")


def test_a_name_that_the_output_cannot_show_does_not_end_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    site, out = tmp_path / "site.toml", io.BytesIO()
    site.write_text(SITE.read_text(encoding="utf-8").replace("smoke bay", "\u70df\u611f"), encoding="utf-8")
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(out, encoding="ascii", write_through=True))
    assert cli.run(["faults", "--site", str(site), "--json"]) == SAFETY_FAULT
    assert json.loads(out.getvalue())[1]["text"].startswith('point "\u70df\u611f": ')
