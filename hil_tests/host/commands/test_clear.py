"""`shed clear` names what it could not clear: a number sends nobody to the breaker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from shedbench.places import SMALL_SITE as SITE
from shedguard.commands import board, cli
from shedguard.errors import OK, SAFETY_FAULT, ShedError
from shedguard.link.console import Answer

POINT, SILENT_METER, READER = (10, 0), (8, 1), (16, 0)


class PlayedBoard:
    """With these faults, and latches, after its `clear`. ``restarts``: as after five starts that failed."""

    def __init__(self, *faults: tuple[int, int], trips: int = 0, restarts: bool = False) -> None:
        self._faults, self._trips, self._restarts = faults, trips, restarts
        self.asked: list[str] = []

    def write(self, verb: str, _key: bytes | None) -> Answer:
        self.asked.append(verb)
        return Answer([{"ok": True, "trips": self._trips, "faults": len(self._faults)}])

    def request(self, verb: str) -> Answer:
        self.asked.append(verb)
        if self._restarts:
            raise ShedError("the board does not answer")
        if verb == "faults":
            return Answer([{"ok": True}, *({"f": code, "a": about, "n": 1, "live": 1} for code, about in self._faults)])
        return Answer([{"ok": True}, *({"o": number} for number in (1, 2)), *({"m": meter, "o": meter + 1} for meter in (0, 1))])


def cleared(played: PlayedBoard, monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    @contextmanager
    def board_at(*_: object) -> Iterator[PlayedBoard]:
        yield played

    monkeypatch.setattr(board, "board_at", board_at)
    return cli.run(["clear", "--site", str(SITE), *options])


def test_each_fault_that_is_left_is_named_and_the_breaker_comes_first(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    assert cleared(PlayedBoard(READER, SILENT_METER, trips=1), monkeypatch) == SAFETY_FAULT
    first, meter, reader = capsys.readouterr().out.splitlines()
    assert first.startswith("still latched: ") and first.endswith("Faults left: 2")
    assert meter.startswith("  8 meter of outlet 2") and "switch the breaker off" in meter
    assert reader.startswith("  16 reader ")
    assert cleared(PlayedBoard(POINT), monkeypatch) == SAFETY_FAULT
    first, point = capsys.readouterr().out.splitlines()
    assert first == "all trips are reset. Faults left: 1" and point.startswith('  10 point "smoke bay": ')


def test_json_lists_them_with_their_texts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    assert cleared(PlayedBoard(READER, SILENT_METER), monkeypatch, "--json") == SAFETY_FAULT
    told = json.loads(capsys.readouterr().out)
    assert (told["trips"], told["faults"]) == (0, 2) and [row["f"] for row in told["left"]] == [8, 16]
    assert told["left"][0]["text"].startswith("meter of outlet 2")


def test_with_nothing_left_nothing_more_is_asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    played = PlayedBoard()
    assert cleared(played, monkeypatch) == OK and played.asked == ["clear"]
    assert capsys.readouterr().out == "all trips are reset. Faults left: 0\n"
    assert cleared(PlayedBoard(), monkeypatch, "--json") == OK
    assert json.loads(capsys.readouterr().out) == {"trips": 0, "faults": 0, "left": []}


def test_a_board_that_restarts_at_clear_has_cleared(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    assert cleared(PlayedBoard(READER, restarts=True), monkeypatch) == SAFETY_FAULT
    out, err = capsys.readouterr()
    assert out == "all trips are reset. Faults left: 1\n" and "`shed faults` names them" in err
