"""A board with a past, its backup, and the verb that puts it onto another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from shedguard.commands.cli import run
from shedguard.formats.cards import Card

from .past import CARD_1, CARD_2, ITEMS, board_file


@pytest.fixture(scope="module")
def old_board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 boots, 5 sessions of which one is open, two cards of which one is revoked."""
    cards = (Card(CARD_1), Card(CARD_2, "staff", valid=False))
    return board_file(tmp_path_factory.mktemp("old") / "old.bin", 12, 5, cards)


@pytest.fixture
def saved(old_board: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "saved.zip"
    assert run(["backup", "--flash", str(old_board), "--out", str(path)]) == 0
    capsys.readouterr()
    return path


@pytest.fixture
def put_back(saved: Path, capsys: pytest.CaptureFixture[str]):
    """Restore onto a flash file: exit code, and item to (state, why)."""

    def put(flash: Path, *options: str, backup: Path | None = None) -> tuple[int, dict[str, tuple[str, str]]]:
        capsys.readouterr()
        code = run(["restore", str(backup or saved), "--flash", str(flash), "--json", *options])
        items: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["items"]
        assert [item["item"] for item in items] == ITEMS
        return code, {item["item"]: (item["state"], item["why"]) for item in items}

    return put
