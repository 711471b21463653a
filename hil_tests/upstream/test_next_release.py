"""The firmware on the next release of MicroPython: fetched, built beside the pinned one, put through the board's tests and scenarios."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from shedbench.bench.board_process import BINARY_VARIABLE
from shedbench.places import REPOSITORY


@pytest.mark.long
def test_the_next_release_builds_and_runs_the_firmware(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(REPOSITORY / "host_tools"))
    from shedbench.setup import micropython, other_release

    build = REPOSITORY / "build"
    log = build / "setup.log"
    try:
        micropython.ensure(build, log, micropython.NEXT)
    except micropython.SourceUnavailable as error:
        pytest.skip(f"Debian's {micropython.NEXT.suite} is not in this machine's apt mirror, so there is no other release to try: {error}")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment[BINARY_VARIABLE] = str(other_release.ensure(REPOSITORY, log))
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider"]
    command += ["hil_tests/simulator/board", "hil_tests/scenarios", "hil_tests/contracts/test_goldens.py"]
    run = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
