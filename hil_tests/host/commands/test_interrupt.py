"""Ctrl-C at any moment: the tool ends at once with exit code 130, and shows no traceback; started in the background it ignores it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from shedbench.places import REPOSITORY
from shedguard.errors import INTERRUPTED, OK

from hil_tests.simulator.rom_loader.rig import BIN

SITE = REPOSITORY / "hil_tests" / "sites" / "small.toml"


def _computed_ms(pid: int) -> int:
    """CPU time of a process: on a busy computer it takes long to get its first 50 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 // os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("after_ms", [60, 120, 200, 300, 450, 700])
def test_ctrl_c_while_the_tool_loads_is_no_traceback(after_ms: int) -> None:
    """The interpreter's own first 50 ms are not tested."""
    with subprocess.Popen([BIN / "shed", "demo", "--script"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        late = time.monotonic() + 3
        while _computed_ms(process.pid) < after_ms and time.monotonic() < late:
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert "Traceback" not in said and process.returncode == INTERRUPTED, said


def test_a_background_job_that_ignores_the_signal_goes_on() -> None:
    def ignore() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    with subprocess.Popen(
        [BIN / "shed", "config", "check", str(SITE)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=ignore
    ) as process:
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=30)
    assert process.returncode == OK and "ok." in out, said
