"""The whole run: which tests there are, sharded over boards, one process each."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from shedbench.places import REPOSITORY

from .exclusions import Exclusion, find, load
from .outcome import NOT_STARTED, Outcome
from .shard import run_shard

DIRECTORIES: Final = (
    "basics",
    "extmod",
    "extmod_hardware",
    "float",
    "import",
    "io",
    "micropython",
    "misc",
    "ports/esp32",
    "stress",
    "thread",
    "unicode",
)


class SuiteMissing(Exception):
    """There is no source tree with the suite."""


def source_tree() -> Path:
    """The MicroPython source that the board is built from: $MICROPYTHON_SRC, or the one that `make setup` unpacked."""
    given = os.environ.get("MICROPYTHON_SRC")
    trees = [Path(given)] if given else sorted((REPOSITORY / "build").glob("micropython-1.25*"))
    for tree in trees:
        if (tree / "tests" / "run-tests.py").is_file():
            return tree.resolve()
    raise SuiteMissing("no MicroPython source tree with a test suite in build/; run `make setup`, or set MICROPYTHON_SRC")


def tests_in(tests_dir: Path, directories: tuple[str, ...]) -> list[str]:
    """The test files, as the runner names them."""
    return [str(path.relative_to(tests_dir)) for directory in directories for path in sorted((tests_dir / directory).glob("*.py"))]


def shards(tests: list[str], jobs: int) -> list[list[str]]:
    """Distributed one by one, so that slow neighbours are spread."""
    return [tests[number::jobs] for number in range(jobs) if tests[number::jobs]]


def run(directories: tuple[str, ...] = DIRECTORIES, jobs: int = 2, tree: Path | None = None) -> Outcome:
    """Run the suite's tests in ``directories`` on ``jobs`` boards. SuiteMissing, BoardMissing."""
    tree = tree or source_tree()
    tests_dir = tree / "tests"
    exclusions = load()
    verdicts: dict[str, str] = {}
    started: list[str] = []
    for test in tests_in(tests_dir, directories):
        if _starts(exclusions, test):
            started.append(test)
        else:
            verdicts[test] = NOT_STARTED
    outcome = Outcome(tree.name.removeprefix("micropython-"), verdicts, exclusions)
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        dealt = shards(started, jobs)
        for result in pool.map(run_shard, [tests_dir] * len(dealt), dealt):
            verdicts |= result.verdicts
            outcome.evidence |= result.evidence
            outcome.second += result.second
    outcome.sort_known()
    return outcome


def _starts(exclusions: list[Exclusion], test: str) -> bool:
    row = find(exclusions, test)
    return row is None or row.run
