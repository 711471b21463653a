"""How a set-up step shows progress, runs a program, and fails: one line for each step, the full output in a log file."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_BEAT_S = 15


class SetupError(Exception):
    """A step cannot go on. ``what`` happened, ``cause`` in likelihood, ``fix``: the command or setting that clears it."""

    def __init__(self, what: str, cause: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what, self.cause, self.fix = what, cause, fix

    def __str__(self) -> str:
        parts = [f"error: {self.what}"]
        if self.cause:
            parts.append(f"  cause: {self.cause}")
        if self.fix:
            parts.append(f"  to fix: {self.fix}")
        return "\n".join(parts)


def say(text: str) -> None:
    """Progress goes to stderr, at once."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print ``title`` when work begins and the seconds it took when it is done."""
    say(f"  {title} ...")
    started = time.monotonic()
    yield
    say(f"  {title}: done in {time.monotonic() - started:.0f} s")


def run(command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
    """Run ``command`` with its output in ``log``; a sign of life every 15 s; SetupError with the last lines when it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as out:
        out.write(f"$ {' '.join(command)}\n")
        out.flush()
        try:
            code = _wait(command, out, env)
        except FileNotFoundError as error:
            raise SetupError(f"{command[0]} is not installed", str(error)) from error
    if code:
        with log.open(encoding="utf-8", errors="replace") as lines:
            tail = "".join(deque(lines, maxlen=15))
        raise SetupError(f"{command[0]} ended with code {code}; its last lines were:\n{tail}", f"the whole output is in {log}")


def _wait(command: Sequence[str], out: IO[str], env: Mapping[str, str] | None) -> int:
    started = time.monotonic()
    # A lock that its holder made inheritable stays locked until what it started has ended, should the holder be killed.
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=env, close_fds=False) as process:
        while True:
            try:
                return process.wait(timeout=_BEAT_S)
            except subprocess.TimeoutExpired:
                say(f"    still working, {time.monotonic() - started:.0f} s")
