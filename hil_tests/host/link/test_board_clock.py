"""The board's clock, set by any tool connected with the site's key; and left alone if it is not known to be wrong."""

from __future__ import annotations

import json
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from shedbench.bench.bench import Bench
from shedguard.errors import ShedError
from shedguard.link.board_clock import Hand, board_time, keep
from shedguard.link.console import Answer, Console
from shedguard.link.ports import open_quietly
from shedguard.site.load import load

from hil_tests.host.flash.test_board import emulated, shed
from hil_tests.simulator.rom_loader.rig import SITE, Rig

LOADED = load(SITE)
KEY = bytes.fromhex(LOADED.site.safety.maintenance_key)
HAND = Hand(KEY, LOADED.site.site.id, 480)
NOON = 1_790_000_000.0  # some day of 2026


class Played:
    """A board of site 1001 whose clock shows ``t`` with quality ``clk``."""

    def __init__(self, t: int, clk: int, refuses: str = "") -> None:
        self.t, self.clk, self._refuses = t, clk, refuses

    def hello(self) -> dict[str, Any]:
        return {"site": 1001}

    def request(self, _verb: str) -> Answer:
        return Answer([{"ok": True, "t": self.t, "clk": self.clk}])

    def write(self, verb: str, _key: bytes, t: int) -> None:
        assert verb == "time"
        if self._refuses:
            raise ShedError(f"time: {self._refuses}")
        self.t, self.clk = t, 1


def kept(board: Played, hand: Hand | None = HAND, now: float = NOON) -> str:
    """The message of `keep`."""
    said: list[str] = []
    keep(cast(Console, board), hand, said.append, lambda: now)
    assert len(said) <= 1
    return "".join(said)


RIGHT = board_time(NOON, 480)


@pytest.mark.parametrize(
    ("t", "clk", "said"),
    [
        (0, 0, "was not set: set to"),
        (RIGHT - 61, 1, "0:01:01 behind: set to"),
        (RIGHT - 86_400, 2, "1 day, 0:00:00 behind: set to"),
        (RIGHT + 7200, 1, "2:00:00 ahead: set BACK to"),
        (RIGHT + 60, 1, ""),
        (RIGHT - 60, 2, ""),
    ],
)
def test_a_clock_that_is_not_set_or_off_by_more_than_a_minute_shows_the_sites_time_afterwards_and_it_is_said(t: int, clk: int, said: str):
    board = Played(t, clk)
    assert said in kept(board) and (board.t == RIGHT) == bool(said)


def test_the_sites_zone_counts_and_not_the_laptops(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        board = Played(0, 0)
        assert "UTC+08:00, the site's zone" in kept(board) and board.t == RIGHT
        assert board_time(NOON, None) - RIGHT == -12 * 3600
        board = Played(RIGHT, 1)
        assert "another time zone" in kept(board, Hand(KEY)) and board.t == RIGHT, "without the site it is not known which one is right"
        assert "set BACK" in kept(board := Played(RIGHT + 120, 1)) and board.t == RIGHT
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("hand", "now", "refuses", "why"),
    [
        (HAND, 1_000_000.0, "", "set its own clock first"),
        (Hand(KEY, 7, 480), NOON, "", "belongs to site 1001, the key to site 7"),
        (HAND, NOON, "the board does not take this maintenance key", "does not take this maintenance key"),
    ],
)
def test_a_clock_is_left_as_it_is_with_the_reason_where_the_laptop_cannot_know_better(hand: Hand, now: float, refuses: str, why: str):
    board = Played(0, 0, refuses)
    assert why in kept(board, hand, now) and board.clk == 0


def test_nothing_is_asked_or_said_without_a_key():
    assert kept(Played(0, 0), None) == ""


def clock_of(url: str) -> tuple[int, int]:
    head = json.loads(shed("status", "--port", url, "--json").stdout)["board"]
    return head["t"], head["clk"]


def test_status_sets_the_clock_of_a_board_with_the_sites_key_and_says_how_without_one():
    with emulated("--site", str(SITE)) as url:
        without = shed("status", "--port", url)
        assert "clock NOT SET: shed status --site SITE.toml" in without.stdout and without.stderr == "" and clock_of(url) == (0, 0)
        doctor = json.loads(shed("doctor", "--port", url, "--json").stdout)["findings"]
        assert any(found["check"] == "clock" and "not set" in found["what"] for found in doctor)
        first = shed("status", "--port", url, "--site", str(SITE))
        assert "the board's clock was not set: set to 20" in first.stderr and len(first.stderr.splitlines()) == 1
        assert "NOT SET" not in first.stdout
        there, quality = clock_of(url)
        assert quality == 1 and abs(there - board_time(time.time(), 480)) < 10
        assert shed("status", "--port", url, "--site", str(SITE)).stderr == "", "it is right: nothing to say, no record in the journal"
        with open_quietly(url) as wire:
            Console(wire).write("time", KEY, t=there + 3600)
        assert "ahead: set BACK to" in shed("cards", "list", "--port", url, "--site", str(SITE)).stderr
        assert abs(clock_of(url)[0] - board_time(time.time(), 480)) < 10
        set_kinds = [row["kind"] for row in json.loads(shed("log", "--port", url, "--json").stdout)]
        assert set_kinds.count("clock_set") == 3


@pytest.mark.parametrize("with_key", [True, pytest.param(False, marks=pytest.mark.long)])
def test_a_card_that_is_over_opens_nothing_after_an_import_by_a_laptop_with_the_key(with_key: bool, tmp_path: Path):
    """The import restarts the board, which stops its clock; the laptop that did it sets it again."""
    sheet = tmp_path / "cards.csv"
    sheet.write_text(f"card,role,valid_until\n04A1B2C3,resident,{date.today() - timedelta(days=3)}\n04000007,resident,\n", encoding="utf-8")
    with Bench(SITE, seed=3) as bench:
        bench.run("15 s")
        rig = Rig(bench, 0.0, 10.0)
        try:
            at = ("--port", rig.port.url, "--yes", *(("--site", str(SITE)) if with_key else ()))
            said = rig.tells("cards", "import", str(sheet), *at, within_s=120)
        finally:
            rig.port.close()
        assert ("clock was not set: set to" in said) == with_key
        assert ("shed status --site SITE.toml" in said) != with_key
        bench.run("5 s")
        bench.card("resident").tap()
        bench.run("2 s")
        assert bench.gate("main").is_free != with_key
