"""A cut at any flash operation or byte leaves a board that is safe and that the same command finishes. (`make long`: all of them.)"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from shedguard.flash.image import read_partition
from shedguard.flash.plan import KEPT

from . import cuts
from .boards_in_states import bare, in_service, stock

STARTS = {"bare": bare, "stock": stock, "older": lambda path: in_service(path, older=True)}
SEED = 4


@pytest.fixture(params=list(STARTS))
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return STARTS[request.param](tmp_path / f"{request.param}.bin")


def kept_of(start: Path) -> dict[str, bytes]:
    """The data that an upgrade has to keep."""
    return {label: read_partition(start, label) for label in KEPT} if start.stem == "older" else {}


def test_a_sample_of_cuts_is_finished_by_the_same_call(start: Path, tmp_path: Path) -> None:
    size, chance, kept = cuts.whole(start), random.Random(SEED), kept_of(start)
    print(f"seed {SEED}; {size}")
    for operation in [0, 1, 2, size.operations - 1, *chance.sample(range(size.operations), 12)]:
        cuts.repeat(cuts.cut(start, tmp_path, operation=operation, seed=operation), kept)
    for after in [1, size.programmed - 1, *chance.sample(range(size.programmed), 6)]:
        cuts.repeat(cuts.cut(start, tmp_path, after_bytes=after), kept)


def test_a_board_cut_off_in_an_upgrade_sells_nothing_and_then_sells_again(tmp_path: Path) -> None:
    start = in_service(tmp_path / "older.bin", older=True)
    cuts.serves(start)  # the same board before: people are the same below
    size = cuts.whole(start)
    flash = start
    for operation in (1, 2, size.operations // 3, size.operations - 3):
        flash = cuts.cut(start, tmp_path, operation=operation)
        cuts.sells_nothing(flash, start)
    cuts.repeat(flash, kept_of(start))
    cuts.serves(flash)


@pytest.mark.long
def test_every_operation_and_every_tenth_kilobyte(start: Path, tmp_path: Path) -> None:
    """Each is finished by the same call; each tenth kilobyte and every eighth operation is booted too, before."""
    size, kept, flash = cuts.whole(start), kept_of(start), start
    for operation in range(size.operations):
        flash = cuts.cut(start, tmp_path, operation=operation, seed=operation)
        if operation % 8 == 0:
            cuts.sells_nothing(flash, start)
        cuts.repeat(flash, kept)
    for after in range(1, size.programmed, 10_000):
        flash = cuts.cut(start, tmp_path, after_bytes=after)
        cuts.sells_nothing(flash, start)
        cuts.repeat(flash, kept)
    if kept:
        cuts.serves(flash)
