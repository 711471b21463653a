"""The emulated board under the address and the undefined-behaviour sanitizer: its own tests, every scenario and the link's fuzzing.

Hazard: a board that only seems to be right because what it wrote past its end did no harm this time.
"""

from __future__ import annotations

import fcntl
import subprocess

import pytest
from shedbench.bench.board_process import BINARY_VARIABLE
from shedbench.places import REPOSITORY

from hil_tests import again
from hil_tests.simulator.board.driver import MICROPYTHON

SLOWER = 7.0  # than the board as it is


@pytest.fixture(scope="module")
def sanitized() -> str:
    """The board's binary. Several workers want it; one builds it, and the others find it built."""
    folder = REPOSITORY / "build" / "board-sanitized"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = ["make", "-s", "-C", "boards/emulated/port", "SANITIZE=address", f"BUILD={folder}", f"MICROPY_DIR={MICROPYTHON}"]
        build = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        assert build.returncode == 0, build.stderr[-3000:]
    return str(folder / "emulated-board")


@pytest.mark.long
@pytest.mark.parametrize("file", again.files("simulator/board", "scenarios", "fuzz", times=SLOWER))
def test_nothing_is_done_to_memory_that_is_not_there(file: str, sanitized: str):
    """Without those marked `slow`: they run the same code for longer, and a sanitized board is several times slower."""
    again.passes(file, "-m", "not long and not slow", variables={BINARY_VARIABLE: sanitized})
