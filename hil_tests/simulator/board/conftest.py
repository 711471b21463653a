"""Fixtures for the tests of the emulated board."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil_tests.simulator.board.driver import BINARY, ROOT, Board

create_flash = runpy.run_path(str(ROOT / "boards/emulated/flash_file.py"))["create"]  # boards/ is not a package


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    """A blank flash file with a partition table."""
    if not BINARY.exists():
        pytest.fail(f"{BINARY} is not built: make -C boards/emulated/port MICROPY_DIR=... BUILD={ROOT}/build/board")
    path = tmp_path / "flash.bin"
    create_flash(path)
    return path


@pytest.fixture
def board(flash: Path) -> Iterator[Board]:
    """A board at its prompt."""
    with Board(flash) as b:
        b.boot()
        yield b
