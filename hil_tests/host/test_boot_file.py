"""The generated boot.py, run on CPython against a machine that notes every call."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from shedguard.boards import boot_file, model
from shedguard.boards.model import Board

SG = b"SG\x01"


class Chip:
    """What boot.py does to a chip, in order."""

    def __init__(self, memory: bytes = b"", cause: int = 1, refuses: bool = False) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.memory, self.cause, self.refuses = memory, cause, refuses
        self.hz = 160_000_000

    def modules(self) -> dict[str, ModuleType]:
        chip = self

        class Pin:
            OUT = 3

            def __init__(self, gpio: int, mode: int, value: int) -> None:
                assert mode == Pin.OUT
                chip.calls.append(("pin", gpio, value))

        class RTC:
            def memory(self, data: bytes | None = None) -> bytes:
                if data is not None:
                    chip.memory = bytes(data)
                return chip.memory

        def freq(hz: int | None = None) -> int:
            if hz is not None:
                chip.calls.append(("freq", hz))
                if chip.refuses:
                    raise ValueError(hz)
                chip.hz = hz
            return chip.hz

        def watchdog(timeout: int) -> str:
            chip.calls.append(("wdt", timeout))
            if chip.refuses:
                raise OSError(22)
            return "the watchdog"

        machine: Any = ModuleType("machine")
        machine.Pin, machine.RTC, machine.freq, machine.WDT = Pin, RTC, freq, watchdog
        machine.SOFT_RESET = 5
        machine.reset_cause = lambda: chip.cause
        micropython: Any = ModuleType("micropython")
        micropython.kbd_intr = lambda char: chip.calls.append(("kbd_intr", char))
        return {"machine": machine, "micropython": micropython}

    def boot(self, monkeypatch: pytest.MonkeyPatch, board: Board) -> dict[str, Any]:
        """Run boot.py; returns the namespace that main.py shares."""
        for name, module in self.modules().items():
            monkeypatch.setitem(sys.modules, name, module)
        names: dict[str, Any] = {}
        exec(compile(boot_file.generate(board), "boot.py", "exec"), names)
        return names


@pytest.fixture(scope="module")
def board() -> Board:
    return model.load("devkitc-shed4")


def test_every_output_is_safe_before_anything_else(monkeypatch: pytest.MonkeyPatch, board: Board) -> None:
    chip = Chip()
    names = chip.boot(monkeypatch, board)
    outputs = [("pin", terminal.gpio, terminal.safe_level) for terminal in board.outputs().values()]
    assert len(outputs) == 7
    assert chip.calls == [("kbd_intr", -1), *outputs, ("freq", 240_000_000), ("wdt", 5000)]
    assert names["wdt"] == "the watchdog" and names["maintenance"] is False and names["cpu_hz"] == 240_000_000


def test_an_active_low_output_is_safe_high(monkeypatch: pytest.MonkeyPatch, board: Board) -> None:
    low = board.model_copy(update={"terminal": {"K1": board.terminal["K1"].model_copy(update={"active": "low"})}})
    chip = Chip()
    chip.boot(monkeypatch, low)
    assert ("pin", 16, 1) in chip.calls


def test_maintenance_is_asked_for_once_and_lasts_over_soft_resets(monkeypatch: pytest.MonkeyPatch, board: Board) -> None:
    rest = bytes(range(4, 16))
    chip = Chip(memory=SG + b"\x01" + rest, cause=2)
    names = chip.boot(monkeypatch, board)
    assert names["maintenance"] is True and names["wdt"] is None and ("wdt", 5000) not in chip.calls
    assert chip.memory == SG + b"\x02" + rest
    chip.cause = 5
    assert chip.boot(monkeypatch, board)["maintenance"] is True
    chip.cause = 2
    assert chip.boot(monkeypatch, board)["maintenance"] is False
    assert chip.memory == SG + b"\x00" + rest
    assert chip.boot(monkeypatch, board)["wdt"] == "the watchdog"


def test_a_soft_reset_in_service_stays_in_service(monkeypatch: pytest.MonkeyPatch, board: Board) -> None:
    assert Chip(memory=SG + b"\x00" + bytes(12), cause=5).boot(monkeypatch, board)["maintenance"] is False


@pytest.mark.parametrize("memory", [b"", b"S", b"SG", b"\xff" * 16, b"SG\x02\x01" + bytes(12), b"XG\x01\x01" + bytes(12)])
def test_other_contents_of_rtc_memory_are_no_flag_and_stay(monkeypatch: pytest.MonkeyPatch, board: Board, memory: bytes) -> None:
    chip = Chip(memory=memory)
    assert chip.boot(monkeypatch, board)["maintenance"] is False
    assert chip.memory == memory


def test_a_chip_that_refuses_does_not_stop_it(monkeypatch: pytest.MonkeyPatch, board: Board) -> None:
    names = Chip(refuses=True).boot(monkeypatch, board)
    assert names["wdt"] is None and names["cpu_hz"] == 160_000_000
