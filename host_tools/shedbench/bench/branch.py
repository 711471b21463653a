"""``bench.branch``: runs one possible future in a fork of plant and board and returns its result."""

from __future__ import annotations

import os
import pickle
import select
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any


class BranchFailed(Exception):
    """A branch ended without an answer, or raised something that cannot be pickled; the text is its traceback."""


class Fork:
    """A fork that runs ``body``; ``result`` waits for it. What ``body`` returns or raises comes back pickled."""

    def __init__(self, body: Callable[[], Any]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self._reader, writer = os.pipe()
        self._child = os.fork()
        if self._child == 0:
            os.close(self._reader)
            _child(body, writer)
        os.close(writer)

    @property
    def has_answer(self) -> bool:
        """Whether ``result`` returns without a long wait."""
        return bool(select.select([self._reader], [], [], 0)[0])

    def result(self) -> Any:
        """What ``body`` returned; what it raised is raised here, with its traceback as a note. BranchFailed without either."""
        with os.fdopen(self._reader, "rb") as pipe:
            answer = pipe.read()
        _pid, status = os.waitpid(self._child, 0)
        if not answer:
            raise BranchFailed(f"the branch ended with status {status} and no answer")
        good, value, words = pickle.loads(answer)
        if good:
            return value
        if isinstance(value, BaseException):
            value.add_note(f"in a branch:\n{words}")
            raise value
        raise BranchFailed(words)


def _child(body: Callable[[], Any], writer: int) -> None:
    """Never returns."""
    try:
        try:
            answer = pickle.dumps((True, body(), ""))
        except BaseException as error:  # noqa: BLE001 - handed to the parent whole
            words = traceback.format_exc()
            try:
                answer = pickle.dumps((False, error, words))
                pickle.loads(answer)
            except Exception:  # noqa: BLE001 - whatever pickling an unknown exception raises
                answer = pickle.dumps((False, None, words))
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(answer)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(0)


def link_pair() -> tuple[socket.socket, socket.socket]:
    """A socket pair for a forked board: the plant's end, the board's end."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    return ours, theirs


def flash_copy_path(flash: Path) -> Path:
    """A name for a branch's private flash, unique in this process tree."""
    flash_copy_path.count += 1  # type: ignore[attr-defined]
    return flash.with_name(f"{flash.stem}-{os.getpid()}-{flash_copy_path.count}.bin")  # type: ignore[attr-defined]


flash_copy_path.count = 0  # type: ignore[attr-defined]


def remove(flash: Path | None) -> None:
    """Remove a branch's flash, if there is one."""
    if flash is not None:
        flash.unlink(missing_ok=True)
