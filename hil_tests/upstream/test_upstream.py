"""MicroPython's own suite on two emulated boards. One test, so that the suite runs once with any number of pytest's workers."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Final

import pytest
from shedbench.places import REPOSITORY

from hil_tests.upstream import page, suite
from hil_tests.upstream.outcome import Outcome

# Tests that have to pass, whatever the table of exclusions says.
_NAMED: Final = (
    "extmod/vfs_lfs_ilistdir_del.py",
    "extmod/vfs_lfs_mtime.py",
    "extmod/vfs_lfs_superblock.py",
    "extmod/vfs_blockdev.py",
    "extmod/vfs_fat_ramdisk.py",
    "extmod/machine1.py",
    "extmod/machine_disable_irq.py",
    "extmod/machine_rtc.py",
    "extmod/machine_spi_rate.py",
    "extmod/machine_uart_tx.py",
    "extmod/time_ms_us.py",
    "extmod/asyncio_basic.py",
    "extmod_hardware/machine_uart_irq_break.py",
    "extmod_hardware/machine_uart_irq_rx.py",
    "extmod_hardware/machine_uart_irq_rxidle.py",
    "micropython/schedule.py",
    "ports/esp32/check_err_str.py",
    "ports/esp32/esp32_nvs.py",
)
# What may be missing from `float` and `micropython`: double precision, native code, and what the ESP32 port has switched off.
_MAY_MISS: Final = {
    "float": ("*doubleprec*", "float/float_divmod.py"),
    "micropython": ("*/native_*", "*/viper_*", "*_native*", "*/heap_locked.py", "*/heapalloc_bytesio2.py", "*/mem*.py"),
}


def missed(outcome: Outcome, directory: str) -> list[str]:
    """Tests of ``directory`` that should have passed and did not."""
    left = {test for test in outcome.verdicts if test.startswith(f"{directory}/")} - outcome.passes()
    return sorted(test for test in left if not any(fnmatchcase(test, pattern) for pattern in _MAY_MISS[directory]))


@pytest.mark.long
def test_micropythons_own_suite() -> None:
    outcome = suite.run(jobs=2)
    print(outcome.table())
    assert outcome.complaints() == [], "\n".join(f"{test}\n{text}" for test, text in outcome.evidence.items())
    basics = outcome.counts()["basics"]
    assert basics["pass"] >= 528 and basics["fail"] == 0
    assert missed(outcome, "float") == [] and missed(outcome, "micropython") == []
    assert [test for test in _NAMED if test not in outcome.passes()] == []
    kept = (REPOSITORY / page.PAGE).read_text(encoding="utf-8")
    assert page.render(outcome) == kept, f"{page.PAGE} is out of date: {page.COMMAND}"
