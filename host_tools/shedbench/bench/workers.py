"""Processes that each run a bench, side by side. When their caller stops, by Ctrl-C or a failure, they stop within seconds, and so do their
boards: a pool alone would first wait for all that was begun, which can be minutes."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context


@contextmanager
def workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of ``jobs`` forks of this process."""
    others = active_children()
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork"), initializer=_begin) as pool:
        try:
            yield pool
        except BaseException:
            for process in active_children():
                if process not in others:
                    process.terminate()
            pool.shutdown(cancel_futures=True)  # waits for its own thread, which would write to a closed pipe at the end of the process
            raise


def _begin() -> None:
    """In the worker: Ctrl-C of a terminal reaches it too, but when to stop is its parent's word."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)


def _stop(_number: int, _frame: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once: the bench is being closed
    sys.exit(1)
