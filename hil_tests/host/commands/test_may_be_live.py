"""Reports on outlets that may be live: a proof at once, a doubt when it lasts; an outlet not seen off is never reported as off."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest
from shedguard.commands import board as verbs
from shedguard.deploy.self_test import bad, look
from shedguard.doctor import board
from shedguard.doctor.finding import Finding, is_bad
from shedguard.errors import OK, SAFETY_FAULT
from shedguard.link import live
from shedguard.link.console import Answer, Console
from typer import Exit

WELDED, IDLE = 13, 9


class PlayedBoard:
    """Outlets 1 and 2. Each request advances to the next row of (``on``, holders) of the two, up to the last; waiting advances the time."""

    def __init__(
        self, *rows: tuple[tuple[int, list[int]], tuple[int, list[int]]], faults: tuple[int, ...] = (), over: tuple[int, ...] = ()
    ) -> None:
        self._rows = list(rows)
        self._faults = [{"f": fault, "a": 1, "n": 1, "live": live} for some, live in ((faults, 1), (over, 0)) for fault in some]
        self.now = 0.0

    def _next(self) -> list[dict[str, Any]]:
        row = self._rows.pop(0) if len(self._rows) > 1 else self._rows[0]
        return [{"o": number, "st": 0, "on": on, "hold": holders} for number, (on, holders) in enumerate(row, 1)]

    def request(self, verb: str, **asked: Any) -> Answer:
        if verb == "faults":
            return Answer([{"ok": True}, *self._faults])
        outlets = self._next()
        if verb == "why":
            return Answer([outlets[asked["o"] - 1]])
        return Answer([{"ok": True, "mode": "service", "hb": 1, "group": [2], "faults": len(self._faults)}, *outlets])

    def hello(self) -> dict[str, Any]:
        return {"mode": "service"}

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def clock(self) -> float:
        return self.now


def code(verb: Callable[..., None], *words: Any, **options: Any) -> int:
    """The exit code of a verb."""
    try:
        verb(*words, **options)
    except Exit as left:
        return left.exit_code
    return OK


OFF, UNSEEN, PROVEN = (0, [IDLE]), (2, [IDLE]), (2, [IDLE, WELDED])


def diagnosed(played: PlayedBoard) -> list[Finding]:
    found = board._status(cast(Console, played), played.wait, played.clock)
    return [finding for finding in found if finding.check in ("live outlets", "unseen outlets")]


def test_a_board_in_its_first_seconds_is_asked_again_and_is_fine():
    played = PlayedBoard((UNSEEN, UNSEEN), (UNSEEN, UNSEEN), (OFF, UNSEEN), (OFF, OFF))
    assert diagnosed(played) == [] and played.now <= 6


def test_a_doubt_that_stays_for_twenty_seconds_is_told_and_the_neighbours_moment_is_not():
    played = PlayedBoard((UNSEEN, OFF), (UNSEEN, UNSEEN))
    told, unseen = diagnosed(played)
    assert told.level == "bad" and told.what == "outlet 1 may be live although commanded off" and "breaker" in told.clear
    assert unseen.level == "warn" and "outlet 2" in unseen.what and "breaker" not in unseen.clear
    assert live.SEEN_WITHIN_S <= played.now <= live.SEEN_WITHIN_S + 2


def test_a_contactor_that_closes_again_and_again_for_neighbours_makes_no_doubt_that_stays():
    played = PlayedBoard((UNSEEN, OFF), (OFF, UNSEEN), (UNSEEN, OFF))
    (found,) = diagnosed(played)
    assert found.level == "warn" and not is_bad([found]) and played.now < live.SEEN_WITHIN_S


def test_a_proven_weld_is_told_at_once_and_the_outlet_beside_it_is_not_called_off():
    played = PlayedBoard((UNSEEN, PROVEN))
    told, unseen = diagnosed(played)
    assert told.level == "bad" and "outlet 2 may be live" in told.what and played.now == 0
    assert unseen.level == "warn" and "outlet 1" in unseen.what


def test_a_fault_at_which_the_breaker_comes_first_leaves_no_time_for_questions():
    played = PlayedBoard((UNSEEN, OFF), faults=(11,))
    (told,) = diagnosed(played)
    assert told.level == "bad" and "outlet 1 may be live" in told.what and played.now == 0


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[PlayedBoard]:
    """The board behind `shed status` and `shed why`, whose time is the tools'."""
    here: list[PlayedBoard] = []

    @contextmanager
    def board_at(*_: object) -> Iterator[PlayedBoard]:
        yield here[0]

    monkeypatch.setattr(verbs, "board_at", board_at)
    monkeypatch.setattr(verbs, "seen", lambda console, at_once=False: live.seen(console, at_once, here[0].wait, here[0].clock))
    monkeypatch.setattr("time.sleep", lambda seconds: here[0].wait(seconds))
    monkeypatch.setattr("time.monotonic", lambda: here[0].clock())
    return here


def test_status_speaks_of_the_breaker_only_when_it_stays(at: list[PlayedBoard], capsys: pytest.CaptureFixture[str]):
    at[:] = [PlayedBoard((UNSEEN, UNSEEN), (OFF, OFF))]
    verbs.status()
    assert "breaker" not in capsys.readouterr().out.lower()
    at[:] = [PlayedBoard((UNSEEN, OFF), (OFF, UNSEEN))]
    verbs.status()
    said = capsys.readouterr().out
    assert "breaker" not in said and said.startswith("not seen off yet: outlet 2;") and "contactor open" not in said
    at[:] = [PlayedBoard((UNSEEN, OFF))]
    assert code(verbs.status) == SAFETY_FAULT
    assert capsys.readouterr().out.startswith("switch the breaker off: outlet 1 may be live")
    at[:] = [PlayedBoard((OFF, PROVEN))]
    assert code(verbs.status) == SAFETY_FAULT
    assert capsys.readouterr().out.startswith("switch the breaker off: outlet 2 may be live") and at[0].now == 0


@pytest.mark.parametrize(("tongue", "first"), [("en", "switch the breaker off: outlet 2 may be live"), ("zh", "先拉断路器：2 号插座")])
def test_status_names_the_breaker_of_a_weld_also_behind_an_open_contactor(
    tongue: str, first: str, at: list[PlayedBoard], capsys: pytest.CaptureFixture[str]
):
    """The contactor has the socket off (`on` 0), until it closes for a neighbour or welds too."""
    at[:] = [PlayedBoard((((0, [18, IDLE])), (0, [WELDED, 18, IDLE])), faults=(9,))]
    with pytest.raises(Exit) as left:
        verbs.status(lang=tongue)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(first) and left.value.exit_code == 5
    assert "switch the breaker off, replace" in lines[1] or "先拉断路器，换继电器" in lines[1], (
        "the fault and what to do, before anything else"
    )
    row = next(line for line in lines if line.startswith("2 "))
    assert "idle" not in row and "空闲" not in row and ("MAY BE LIVE, switch the breaker off" in row or "先拉断路器" in row)
    assert all(word not in "\n".join(lines[2:]) for word in ("no_session", ": welded", "  live, ")), "words, not keys"


def test_a_row_that_is_held_for_a_live_outlet_nobody_knows_is_named_whole(at: list[PlayedBoard], capsys: pytest.CaptureFixture[str]):
    at[:] = [PlayedBoard(((0, [18, IDLE]), (0, [18, IDLE])))]
    assert code(verbs.status, lang="en") == SAFETY_FAULT
    assert capsys.readouterr().out.startswith("switch the breaker off: outlets 1, 2 may be live")


def test_faults_that_are_over_are_counted_and_are_no_exit_code(at: list[PlayedBoard], capsys: pytest.CaptureFixture[str]):
    at[:] = [PlayedBoard((OFF, OFF), over=(9, 8))]
    verbs.status(lang="en")
    assert "faults: 0 active, 2 over" in capsys.readouterr().out
    at[:] = [PlayedBoard((OFF, OFF), faults=(16,), over=(9,))]
    with pytest.raises(Exit):
        verbs.status(lang="en")
    said = capsys.readouterr().out
    assert "faults: 1 active, 1 over" in said and "breaker" not in said


def test_why_speaks_of_the_breaker_only_when_it_stays(at: list[PlayedBoard], capsys: pytest.CaptureFixture[str]):
    at[:] = [PlayedBoard((UNSEEN, OFF), (UNSEEN, OFF), (OFF, OFF))]
    verbs.why(1, lang="en")
    assert capsys.readouterr().out.startswith("outlet 1 is off")
    at[:] = [PlayedBoard((UNSEEN, OFF))]
    assert code(verbs.why, 1, lang="en") == SAFETY_FAULT
    assert capsys.readouterr().out.startswith("switch the breaker off: outlet 1 may be live") and at[0].now >= live.SEEN_WITHIN_S
    at[:] = [PlayedBoard((PROVEN, OFF))]
    assert code(verbs.why, 1, lang="en") == SAFETY_FAULT
    assert capsys.readouterr().out.startswith("switch the breaker off: outlet 1 may be live") and at[0].now == 0


@pytest.mark.parametrize(
    "row",
    [
        (UNSEEN, OFF),  # and no fault: the meter is dead since the board started
        (PROVEN, OFF),
        ((0, [WELDED, 18, IDLE]), (0, [18, IDLE])),  # a weld behind an open contactor
        ((0, [18, IDLE]), (0, [18, IDLE])),  # a live outlet, nobody knows which
    ],
)
def test_a_script_learns_by_the_exit_code_that_an_outlet_may_be_live(
    row: tuple[tuple[int, list[int]], tuple[int, list[int]]], at: list[PlayedBoard], capsys: pytest.CaptureFixture[str]
):
    """Trips: none. Faults: none, or none that is active."""
    for as_json in (False, True):
        at[:] = [PlayedBoard(row, over=(8,))]
        assert code(verbs.status, lang="en", as_json=as_json) == SAFETY_FAULT
        said = capsys.readouterr().out
        assert 1 in json.loads(said)["may_be_live"] if as_json else "outlet 1 may be live" in said or "outlets 1, 2 may be live" in said
        at[:] = [PlayedBoard(row, over=(8,))]
        assert code(verbs.why, 1, lang="en", as_json=as_json) == SAFETY_FAULT
        said = capsys.readouterr().out
        assert json.loads(said)["may_be_live"] is True if as_json else "switch the breaker off" in said


def test_an_outlet_that_was_seen_off_or_is_on_is_no_exit_code(at: list[PlayedBoard], capsys: pytest.CaptureFixture[str]):
    for as_json in (False, True):
        for row in ((OFF, OFF), ((1, []), OFF)):
            at[:] = [PlayedBoard(row)]
            assert code(verbs.status, as_json=as_json) == code(verbs.why, 1, as_json=as_json) == OK
    assert "breaker" not in capsys.readouterr().out


def test_an_installation_with_an_outlet_that_may_be_live_does_not_pass():
    (check,) = [check for check in bad(look(cast(Console, PlayedBoard((OFF, UNSEEN))), None)) if check.name == "live outlets"]
    assert "outlet 2 may be live" in check.said and check.clears.startswith("switch the breaker off")
    assert not [check for check in look(cast(Console, PlayedBoard((OFF, OFF))), None) if check.name == "live outlets"]
