"""The board refuses any input on the link, ends or goes on: it never crashes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from shedbench.bench.board_process import BINARY_VARIABLE

from hil_tests.fuzz.budget import seeds
from hil_tests.fuzz.link import record, replay


def fuzz(directory: Path, first: int, count: int | None) -> None:
    packets, flash = record(directory)
    ends = Counter(replay(packets, flash, seed) for seed in seeds(first, count))
    print(f"{ends.total()} runs of {len(packets)} packets: ended, refused or ran on: {dict(ends)}")


def test_mutated_packets_crash_no_board(tmp_path: Path):
    fuzz(tmp_path, 1, 12)


@pytest.mark.long
def test_a_minute_of_mutated_packets_crashes_no_board(tmp_path: Path, seed: int):
    print(f"from seed {seed} on")
    fuzz(tmp_path, seed, None)


def test_a_board_that_crashes_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    board = tmp_path / "board"
    board.write_text("#!/bin/sh\nkill -SEGV $$\n")
    board.chmod(0o755)
    monkeypatch.setenv(BINARY_VARIABLE, str(board))
    with pytest.raises(RuntimeError, match="ended with -11"):
        replay([b"packet"], board, 1)
