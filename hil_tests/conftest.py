"""For every test: Ctrl-C and `kill -INT` act as at a terminal, on the tests and on the programs that they start.

The tools answer in English, in any locale; esptool waits longer. Several workers begin with the longest tests.

A job that a script starts in the background ignores the signal, and so would every program that a test starts and ends with it.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from hil_tests.order import dealt

os.environ["LC_ALL"] = "C.UTF-8"
os.environ["ESPTOOL_CFGFILE"] = str(Path(__file__).with_name("esptool.cfg"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    worker = getattr(config, "workerinput", None)  # of pytest-xdist
    if worker is not None:
        items[:] = dealt(items, worker["workercount"], _seconds)


def _seconds(item: pytest.Item) -> float:
    mark = item.get_closest_marker("slow")
    return mark.args[0] if mark is not None else 0
