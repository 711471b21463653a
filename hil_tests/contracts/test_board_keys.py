"""Each key of a board file changes what the board gets (image, boot.py), or the output of a tool.

Hazard: a line about a board that somebody wrote and nothing looks at.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from shedguard.boards import known
from shedguard.boards.boot_file import generate
from shedguard.boards.check import problems as board_problems
from shedguard.boards.model import Board
from shedguard.commands import boards
from shedguard.flash.board_flash import BEFORE
from shedguard.site import check
from shedguard.site.model import SiteFile
from shedguard.site.wiring import wiring

from hil_tests.contracts import key_files
from hil_tests.contracts.key_files import Files, leaves

BOARD: dict[str, Any] = {
    "board.name": "other", "board.chip": "esp32s3", "board.cpu_mhz": 160,
    "terminal.gpio": 23, "terminal.expander": "U2", "terminal.bit": 9, "terminal.active": "low", "terminal.pull": None,
    "port.uart": 2, "port.tx": 25, "port.rx": 35, "port.direction": 27,
    "bus.kind": "i2c", "bus.sda": 18, "bus.scl": 18, "bus.khz": 100, "bus.data": 18, "bus.clock": 18, "bus.latch": 18, "bus.enable": 18,
    "expander.part": "PCF8574", "expander.bus": "I2C-2", "expander.address": 0x27,
}  # fmt: skip
# The same of a board file: key, row, another value, and the page of `board_pages` that changes with it.
BOARD_PAGES: Mapping[str, tuple[str, Any, str]] = {
    "board.id": ("", 7, "list"),
    "board.title": ("", "another", "boards show"),
    "board.flash_mb": ("", 8, "boards show"),
    "board.psram": ("", True, "check of a site"),
    "board.source": ("", "nowhere", "check"),
    "terminal.use": ("K1", "input", "check of a site"),
    "terminal.what": ("KM1", "another", "wiring"),
    "terminal.load": ("KM1", "relay", "wiring"),
    "terminal.rating": ("K1", "5 A", "boards show"),
    "terminal.strapping_note": ("KM1", None, "check of a site"),
    "terminal.source": ("K1", "nowhere", "check"),
    "port.kind": ("P1", "uart", "check of a site"),
    "port.strapping_note": ("P1", None, "check"),
    "port.source": ("P1", "nowhere", "check"),
    "bus.strapping_note": ("I2C-1", None, "check"),
    "bus.source": ("I2C-1", "nowhere", "check"),
    "expander.source": ("U1", "nowhere", "check"),
    "reset.circuit": ("", "manual", "way into the loader"),
    "reset.note": ("", "hold BOOT", "boards show"),
    "reset.source": ("", "nowhere", "check"),
    "trap.terminals": ("", ["K2"], "boards show"),
    "trap.what": ("", "another", "boards show"),
    "trap.do": ("", "another", "boards show"),
    "trap.source": ("", "nowhere", "check"),
    "sources": ("", {"tests": "another"}, "boards show"),
}


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return key_files.files(tmp_path)


def board_pages(site: dict[str, Any], board: dict[str, Any]) -> dict[str, object]:
    """The tools' output for a board file, besides image and boot file."""
    on = Board.model_validate(board)
    model = SiteFile.model_validate(site)
    with redirect_stdout(StringIO()) as shown, pytest.MonkeyPatch.context() as patch:
        patch.setattr(known, "load", lambda _name: on)
        boards.show(on.board.name)
    return {
        "list": boards.summary(on.board.name, on),
        "boards show": shown.getvalue(),
        "check": [problem.what for problem in board_problems(on)],
        "check of a site": [problem.what for problem in check.problems(model, on)],
        "wiring": wiring(on, model),
        "way into the loader": BEFORE[on.reset.circuit],
    }


def test_every_other_key_of_a_board_file_changes_what_a_tool_makes_of_it(files: Files):
    site, board = copy.deepcopy(files)
    board["reset"] = {"circuit": "auto", "note": "press nothing", "source": "tests"}
    board["trap"] = [{"terminals": ["K1"], "what": "a trap", "do": "look", "source": "tests"}]
    for table, row, pins in (("port", "P1", {"tx": 2}), ("bus", "I2C-1", {"sda": 12})):  # strapping pins
        board[table][row] |= pins | {"strapping_note": "held right at reset"}
    said = board_pages(site, board)
    for path, (row, value, page) in BOARD_PAGES.items():
        *tables, key = path.split(".")
        changed = copy.deepcopy(board)
        at: Any = changed
        for name in (*tables, *([row] if row else [])):
            at = at.setdefault(name, {})
            at = at[0] if isinstance(at, list) else at
        at[key] = value
        assert board_pages(site, changed)[page] != said[page], f"{path} = {value!r} changes nothing in {page}"


def test_every_key_of_a_board_file_changes_image_or_boot_file_or_what_a_tool_says(
    files: Files,
):
    site, board = copy.deepcopy(files)
    board["bus"]["I2C-2"] = {"kind": "i2c", "sda": 33, "scl": 34}
    board["bus"]["SHIFT"] = {"kind": "shift", "data": 33, "clock": 34, "latch": 35, "enable": 36}

    def given(changed: dict[str, Any]) -> tuple[bytes, str]:
        model = Board.model_validate(changed)
        return key_files.image(site, changed), generate(model)

    rows = {
        "terminal.gpio": "KM1", "terminal.active": "KM1", "terminal.expander": "K1", "terminal.bit": "K1",
        "terminal.pull": "GPIO", "bus.data": "SHIFT", "bus.clock": "SHIFT", "bus.latch": "SHIFT", "bus.enable": "SHIFT",
        "expander.part": "U7",
    }  # fmt: skip
    board["expander"]["U7"] = {"part": "PCF8575", "bus": "I2C-1", "address": 0x26}
    board["terminal"]["GPIO"] = {"gpio": 4, "use": "input", "pull": "up", "what": "an input on the chip"}
    site["point"][-1]["terminal"] = "GPIO"
    before = given(board)
    for path, value in BOARD.items():
        table, key = path.split(".")
        changed = copy.deepcopy(board)
        at = changed[table] if table == "board" else changed[table][rows.get(path, next(iter(board[table])))]
        if path == "bus.kind":
            at |= {"data": 1, "clock": 2, "latch": 3}
            value = "shift"
        at[key] = value
        assert given(changed) != before, f"{path} = {value!r} changes nothing"
    told = {*BOARD, *BOARD_PAGES}
    assert {path for path, _kind in leaves(Board)} == told


@pytest.mark.parametrize(
    ("table", "row", "key", "value", "said"),
    [
        ("terminal", "S1", "active", "high", "has active"),
        ("terminal", "AI1", "rating", "5 A", "has rating"),
        ("terminal", "X1", "pull", "down", "pulled down"),
    ],
)
def test_keys_of_an_input_that_nobody_reads_are_refused_in_a_board_file(
    files: Files, table: str, row: str, key: str, value: str, said: str
):
    board = copy.deepcopy(files[1])
    assert not [problem for problem in board_problems(Board.model_validate(board)) if problem.severity == "error"]
    board[table][row][key] = value
    assert [problem.what for problem in board_problems(Board.model_validate(board)) if said in problem.what]
