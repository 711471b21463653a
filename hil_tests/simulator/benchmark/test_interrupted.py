"""Ctrl-C, or a signal to the process alone as a supervisor sends it, ends what runs many benches side by side within seconds."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from shedguard.errors import INTERRUPTED

from hil_tests.simulator.rom_loader.rig import BIN

WITHIN_S = 20  # on a busy computer; the samples that are not yet taken would need minutes
STARTS_WITHIN_S = 60
COMMANDS = [["benchmark", "--json", "--only", "trip_latency_us"], ["campaign", "--seeds", "100"]]


def children(pid: int) -> list[int]:
    """All below a process, boards too."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text(encoding="ascii").split()):
            found += [child, *children(child)]
    return found


def name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def is_board(pid: int) -> bool:
    return name(pid).startswith("emulated-")


def waited_for(what: Callable[[], bool], seconds: float) -> bool:
    """Whether ``what`` comes true."""
    late = time.monotonic() + seconds
    while not what():
        if time.monotonic() > late:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.parametrize("to_all", [False, True], ids=["to the process alone", "Ctrl-C of a terminal"])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda row: row[0])
def test_it_ends_within_seconds_with_its_boards_and_without_a_traceback(command: list[str], to_all: bool, tmp_path: Path) -> None:
    with (tmp_path / "said").open("w+", encoding="utf-8") as said:
        process = subprocess.Popen([BIN / "shed", *command], stdout=said, stderr=said, start_new_session=True)
        try:
            assert waited_for(lambda: sum(map(is_board, children(process.pid))) >= 2, STARTS_WITHIN_S), "two boards run"
            family = children(process.pid)
            at = time.monotonic()
            for pid in [process.pid, *(family if to_all else [])]:
                if not is_board(pid):  # a board is in a session of its own
                    _signal(pid)
            assert process.wait(WITHIN_S) == INTERRUPTED
            assert waited_for(lambda: not [pid for pid in family if name(pid)], WITHIN_S), "no worker and no board is left"
            assert time.monotonic() - at < WITHIN_S
        finally:
            process.kill()
            process.wait()
        said.seek(0)
        assert "Traceback" not in said.read()


def _signal(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # the branch of a bench has ended meanwhile
        os.kill(pid, signal.SIGINT)
