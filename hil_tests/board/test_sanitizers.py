"""The emulated board under the address and the undefined-behaviour sanitizer: its own tests, every scenario and the link's fuzzing.

Hazard: a board that only seems to be right because what it wrote past its end did no harm this time.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hil_tests.bench.board_process import BINARY_VARIABLE, REPOSITORY
from hil_tests.board.driver import MICROPYTHON


@pytest.mark.long
@pytest.mark.parametrize("tests", ["hil_tests/board", "hil_tests/scenarios", "hil_tests/fuzz"])
def test_nothing_is_done_to_memory_that_is_not_there(tests: str):
    command = ["make", "-s", "-C", "boards/emulated/port", "SANITIZE=address", f"BUILD={REPOSITORY}/build/board-sanitized"]
    build = subprocess.run([*command, f"MICROPY_DIR={MICROPYTHON}"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert build.returncode == 0, build.stderr[-3000:]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment[BINARY_VARIABLE] = f"{REPOSITORY}/build/board-sanitized/emulated-board"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", tests],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
