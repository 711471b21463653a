"""A site file of another shed is refused by every verb that asks a board, before a name or a number of it is printed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from shedbench.places import SMALL_SITE as SITE
from shedguard.commands import cards, common
from shedguard.commands.cli import run
from shedguard.errors import OK, REFUSED, SAFETY_FAULT
from shedguard.flash import open_channel
from shedguard.flash.image import build_flash
from shedguard.link.console import Answer
from shedguard.link.who import Running
from shedguard.site.load import load

OWN, OTHER = 1001, 1002
STATUS = [{"ok": True, "mode": "service", "hb": 1, "group": [0], "clk": 1, "t": 0}, {"o": 1, "st": 0, "on": 0, "hold": [9]}]


class PlayedBoard:
    """In service. ``asked``: the verbs that reached it."""

    def __init__(self, hello: dict[str, Any]) -> None:
        self._hello = hello
        self.asked: list[str] = []

    def hello(self) -> dict[str, Any]:
        return self._hello

    def request(self, verb: str, **_: Any) -> Answer:
        self.asked.append(verb)
        return Answer([{"ok": True, "on": 0, "hold": [9]}] if verb == "why" else STATUS if verb == "status" else [{"ok": True}])

    def write(self, verb: str, _key: bytes | None, **_: Any) -> Answer:
        self.asked.append(verb)
        return Answer([{"ok": True, "n": 0, "trips": 0, "faults": 0}])


def board(hello: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> PlayedBoard:
    played = PlayedBoard(hello)

    @contextmanager
    def open_quietly(port: str) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(name=port)

    for module in (common, cards):
        monkeypatch.setattr(module, "open_quietly", open_quietly)
        monkeypatch.setattr(module, "Console", lambda _wire: played)
        monkeypatch.setattr(module, "keep", lambda *_: False)
    return played


VERBS = ["status", "log", "faults", "sessions", "why 1", "clear", "cards list", "cards revoke 04A1B2C3", "config confirm"]


@pytest.mark.parametrize("verb", VERBS)
def test_the_board_of_another_site_is_refused_with_both_numbers(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    played = board({"site": OTHER}, monkeypatch)
    assert run([*verb.split(), "--site", str(SITE), "--port", "COM7"]) == REFUSED
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"error: the board at COM7 belongs to site {OTHER}, the site file is of site {OWN}\n")
    assert played.asked == []


@pytest.mark.parametrize("hello", [{"site": OWN}, {}, {"site": 0}])
@pytest.mark.parametrize("verb", ["status", "log", "faults", "sessions", "why 1"])
def test_the_own_board_and_one_without_a_site_answer(verb: str, hello: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    played = board(hello, monkeypatch)
    assert run([*verb.split(), "--site", str(SITE), "--port", "COM7"]) in (OK, SAFETY_FAULT)
    assert verb.split()[0] in played.asked


@pytest.mark.parametrize("verb", ["status", "why 1"])
def test_without_a_site_file_any_board_answers(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    board({"site": OTHER}, monkeypatch)
    assert run([*verb.split(), "--port", "COM7"]) in (OK, SAFETY_FAULT)


@pytest.mark.parametrize("verb", ["cards add 04A1B2C3", "cards import {sheet}", "config pull"])
def test_the_loader_of_another_sites_board_is_not_entered(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """These reset the board: it is asked before that."""
    sheet = tmp_path / "cards.csv"
    sheet.write_text("card\n04A1B2C3\n", encoding="ascii")
    monkeypatch.setattr(open_channel, "refuse_live", lambda _port: Running("shedguard", {"site": OTHER}))
    assert run([*verb.format(sheet=sheet).split(), "--site", str(SITE), "--port", "COM7", "--yes"]) == REFUSED
    assert f"belongs to site {OTHER}" in capsys.readouterr().err


def test_the_journal_of_another_sites_flash_gets_no_names_of_this_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flash, other = tmp_path / "board.bin", tmp_path / "other.toml"
    loaded = load(SITE)
    build_flash(flash, loaded.site, loaded.board, [])
    other.write_text(SITE.read_text(encoding="utf-8").replace(f"id = {OWN}", f"id = {OTHER}", 1), encoding="utf-8")
    assert run(["log", "--flash", str(flash), "--site", str(SITE)]) == OK
    assert run(["log", "--flash", str(flash), "--site", str(other)]) == REFUSED
    capsys.readouterr()
    assert run(["config", "pull", "--flash", str(flash), "--site", str(other)]) == OK
    out, err = capsys.readouterr()
    assert "its names are not used" in err and f"id = {OWN}" in out and '"smoke bay"' not in out
