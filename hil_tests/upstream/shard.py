"""One board and one run of the suite's own runner at its serial port, in one process and without threads."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from shedbench.bench.pty import FreePtyServer

from .board import BareBoard, board_files

PASS: Final = "pass"
SKIP: Final = "skip"
FAIL: Final = "fail"
BROKEN: Final = "broken"  # the runner ended at this test without a verdict

_VERDICT: Final = re.compile(r"^(pass|skip|FAIL)  (\S+\.py)", re.MULTILINE)
_PROMPT: Final = b">>> "
_WITHOUT_VERDICT: Final = 240  # wall seconds after which the runner counts as hung


@dataclass
class ShardResult:
    """``verdicts`` by test; for what did not pass, ``evidence``: what the runner left (expected and actual output) or its last words."""

    verdicts: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, str] = field(default_factory=dict)
    second: list[str] = field(default_factory=list)  # passed when tried again
    virtual_s: float = 0.0
    boards: int = 0


def parse(output: str) -> dict[str, str]:
    """The verdicts in the runner's output."""
    return {test: verdict.lower() for verdict, test in _VERDICT.findall(output)}


def run_shard(tests_dir: Path, tests: list[str]) -> ShardResult:
    """Run ``tests`` (paths relative to the suite's folder). A test that ends the runner is marked; the rest goes on with a new board.

    What failed is tried once more at the end: a few tests compare with CPython's behaviour in wall time, which a busy host delays.
    """
    result = ShardResult()
    _run_all(tests_dir, tests, result)
    again = [test for test in tests if result.verdicts[test] == FAIL]
    for test in again:
        del result.verdicts[test]
    _run_all(tests_dir, again, result)
    result.second = [test for test in again if result.verdicts[test] == PASS]
    for test in result.second:
        result.evidence[test] = "passes the second time; the first time:\n" + result.evidence[test]
    return result


def _run_all(tests_dir: Path, tests: list[str], result: ShardResult) -> None:
    left = list(tests)
    while left:
        words = _run(tests_dir, left, result)
        left = [test for test in left if test not in result.verdicts]
        if left:
            result.verdicts[left[0]] = BROKEN
            result.evidence[left[0]] = words
            left = left[1:]


def _run(tests_dir: Path, tests: list[str], result: ShardResult) -> str:
    """One board, one runner; the last words of the runner."""
    board = BareBoard(board_files(tests_dir))
    result.boards += 1
    with tempfile.TemporaryDirectory(prefix="shedguard-upstream-") as name:
        server = FreePtyServer(board)
        output, left = Path(name) / "output.txt", Path(name) / "left"
        try:
            if not board.wait(_PROMPT):
                return f"no prompt after power-on: {board.serial.text()[-500:]!r}"
            reason = _serve(server, tests_dir, tests, output, left)
        finally:
            server.close()
            board.close()
        result.virtual_s += board.world.now_ns / 1e9
        text = output.read_text(encoding="utf-8", errors="replace")
        result.verdicts |= parse(text)
        for test, verdict in parse(text).items():
            if verdict == FAIL:
                result.evidence[test] = _evidence(left, test)
    return f"{reason}; the runner's last words:\n{text[-1500:]}\n" + "\n".join(board.notes[-5:])


def _serve(server: FreePtyServer, tests_dir: Path, tests: list[str], output: Path, left: Path) -> str:
    command = [sys.executable, "run-tests.py", "-t", f"port:{server.path}", "-r", str(left), *tests]
    environment = os.environ | {"MICROPY_CPYTHON3": sys.executable, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("GITHUB_ACTIONS", None)
    with output.open("wb") as file:
        runner = subprocess.Popen(command, cwd=tests_dir, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
    watch = _Watch(runner, output)
    try:
        reason = server.serve(until=watch.is_over)
    finally:
        runner.kill()
        runner.wait()
    return watch.reason or reason


class _Watch:
    """Checks now and then whether the runner has ended or is silent."""

    def __init__(self, runner: subprocess.Popen[bytes], output: Path) -> None:
        self.reason = ""
        self._runner = runner
        self._output = output
        self._next_look = 0.0
        self._size = 0
        self._changed = time.monotonic()

    def is_over(self) -> bool:
        now = time.monotonic()
        if now < self._next_look:
            return False
        self._next_look = now + 0.05
        code = self._runner.poll()
        if code is not None:
            self.reason = f"the runner ended with {code}"
            return True
        size = self._output.stat().st_size
        if size != self._size:
            self._size, self._changed = size, now
        elif now - self._changed > _WITHOUT_VERDICT:
            self.reason = f"no verdict for {_WITHOUT_VERDICT} s"
            return True
        return False


def _evidence(left: Path, test: str) -> str:
    """What the runner left of a failed test: the expected output and the board's."""
    stem = test.replace("..", "_").replace("./", "").replace("/", "_")
    texts: list[str] = []
    for suffix in ("exp", "out"):
        path = left / f"{stem}.{suffix}"
        if path.exists():
            texts.append(f"--- {suffix}\n{path.read_text(encoding='utf-8', errors='replace')[-2000:]}")
    return "\n".join(texts)
