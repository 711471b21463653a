"""Test files of `make test` in a separate pytest, on another board: `make long` runs them file by file, so that all workers have a share of
them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from shedbench.places import REPOSITORY

# The longest files of hil_tests/scenarios: seconds of one core.
SECONDS: Final = {
    "test_supply": 30,
    "test_power_cuts": 30,
    "test_sessions": 20,
    "test_money": 18,
    "test_live_over_cuts": 18,
    "test_expanders": 18,
    "test_near_wrap": 17,
    "test_live_outlets": 16,
    "test_counted_times": 16,
    "test_stock_program": 15,
    "test_blind": 15,
    "test_campaign": 15,
    "test_bad_starts": 13,
    "test_journal_room": 12,
}
_SHORT: Final = 5


def files(*folders: str, times: float = 1.0) -> list[Any]:
    """For parametrize: every test file of these folders of hil_tests, by its path; it takes ``times`` as long as usual."""
    paths: list[Path] = []
    for folder in folders:
        found = sorted((REPOSITORY / "hil_tests" / folder).glob("test_*.py"))
        if not found:
            raise FileNotFoundError(f"no tests in hil_tests/{folder}: has it moved?")
        paths += found
    return [
        pytest.param(path.relative_to(REPOSITORY).as_posix(), id=path.stem, marks=pytest.mark.slow(times * SECONDS.get(path.stem, _SHORT)))
        for path in paths
    ]


def passes(file: str, *options: str, variables: Mapping[str, str] | None = None) -> None:
    """Run a file with more ``options`` of pytest and ``variables`` of the environment; AssertionError with its output if it fails.

    A file of which every test is marked `long` has none to run.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", *options, file],
        cwd=REPOSITORY,
        env=environment | dict(variables or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    none = run.returncode == pytest.ExitCode.NO_TESTS_COLLECTED and "deselected" in run.stdout
    assert none or run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
