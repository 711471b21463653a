"""What a test run keeps of its benches until it knows whether the test has failed (pytest_plugin.py).

Without a keeper a bench removes its files as soon as it is closed. With one, the files of those that closed last stay until the test is
over; nothing is copied unless it fails.
"""

from __future__ import annotations

import contextlib
import os
import weakref
from pathlib import Path
from typing import Any, Final, Protocol

CLOSED: Final = 4  # a flash file each
BRANCH: Final = "branch-"  # folders in a bench's directory: the artefacts of its branches that raised


class Witness(Protocol):
    """What is asked of a bench (bench.py)."""

    directory: Path

    @property
    def events(self) -> Any:
        """The event log."""
        ...

    def save_artifacts(self, directory: str | Path) -> Path:
        """Seed, events, waveform, serial and flash."""
        ...


class Keeper:
    """``benches``: those that are open and the last that were closed, in the order in which they were made."""

    def __init__(self) -> None:
        self.benches: list[Witness] = []
        self._removals: dict[Witness, weakref.finalize] = {}
        self._process = os.getpid()

    def made(self, bench: Witness) -> None:
        """A bench exists."""
        self.benches.append(bench)

    def closed(self, bench: Witness, remove: weakref.finalize) -> None:
        """``remove`` removes its files, now or later."""
        if os.getpid() != self._process:  # a branch: nobody comes back for what it made
            remove()
        elif remove.alive:
            if bench not in self.benches:  # made for an earlier test
                self.benches.append(bench)
            self._removals[bench] = remove
            if len(self._removals) > CLOSED:
                self._let_go(next(iter(self._removals)))

    def let_go(self) -> None:
        """The test is over: the files of closed benches go, and nothing is kept of open ones."""
        for bench in list(self._removals):
            self._let_go(bench)
        self.benches.clear()

    def _let_go(self, bench: Witness) -> None:
        self.benches.remove(bench)
        self._removals.pop(bench)()


_installed: list[Keeper] = []


@contextlib.contextmanager
def keeping(keeper: Keeper):
    """Benches made or closed meanwhile are the keeper's."""
    _installed.append(keeper)
    try:
        yield
    finally:
        _installed.remove(keeper)


def made(bench: Witness) -> None:
    """Tells the keeper, if there is one."""
    if _installed:
        _installed[-1].made(bench)


def closed(bench: Witness, remove: weakref.finalize) -> None:
    """Tells the keeper, or removes the files."""
    if _installed:
        _installed[-1].closed(bench, remove)
    else:
        remove()


def branch_failed(branch: Witness) -> None:
    """In a branch that raises: its artefacts go into the bench's directory, as nothing else of it stays."""
    if _installed:
        with contextlib.suppress(Exception):  # no error here may hide why it raised
            branch.save_artifacts(branch.directory / f"{BRANCH}{os.getpid()}")


def branches(bench: Witness) -> list[Path]:
    """The artefacts of its branches that raised, in the order in which they did."""
    return sorted(bench.directory.glob(f"{BRANCH}*"), key=lambda folder: folder.stat().st_mtime_ns)
