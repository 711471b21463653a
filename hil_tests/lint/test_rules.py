"""Each lint rule fires on what it forbids and is silent on similar code that is allowed."""

from __future__ import annotations

import pytest

from hil_tests.lint import rules

PURE = "firmware/shed/charging/example.py"
HARDWARE = "firmware/shed/board/example.py"

BAD = [
    (rules.hardware_only_in_board, PURE, "import machine"),
    (rules.hardware_only_in_board, PURE, "from machine import Pin"),
    (rules.hardware_only_in_board, PURE, "import umachine"),
    (rules.hardware_only_in_board, PURE, "def f():\n    from esp32 import Partition"),
    (rules.hardware_only_in_board, PURE, "m = __import__('machine')"),
    (rules.hardware_only_in_board, "firmware/main.py", "import esp32"),
    (rules.boot_imports_nothing_else, rules.BOOT, "import time"),
    (rules.timers_are_timer_1, HARDWARE, "t = Timer(0)"),
    (rules.timers_are_timer_1, HARDWARE, "t = machine.Timer(-1)"),
    (rules.timers_are_timer_1, HARDWARE, "t = Timer(number)"),
    (rules.timers_are_timer_1, HARDWARE, "t = Timer(1, mode=0)"),
    (rules.watchdog_only_in_boot, HARDWARE, "w = WDT(timeout=5000)"),
    (rules.watchdog_only_in_boot, HARDWARE, "w = machine.WDT()"),
    (rules.no_uart_idle_interrupt, HARDWARE, "u.irq(f, UART.IRQ_RXIDLE)"),
    (rules.no_uart_idle_interrupt, HARDWARE, "u.irq(f, IRQ_RXIDLE)"),
    (rules.integers_only, PURE, "x = 1.5"),
    (rules.integers_only, PURE, "x = a / b"),
    (rules.integers_only, PURE, "x /= 2"),
    (rules.integers_only, PURE, "x = float(y)"),
    (rules.no_concurrency, PURE, "import asyncio"),
    (rules.no_concurrency, PURE, "from uasyncio import sleep"),
    (rules.no_concurrency, PURE, "import _thread"),
    (rules.no_concurrency, PURE, "async def f():\n    pass"),
    (rules.no_late_import, PURE, "def f():\n    from shed import trial"),
    (rules.no_late_import, PURE, "def f():\n    return __import__(name)"),
    (rules.no_broad_except, PURE, "try:\n    f()\nexcept:\n    pass"),
    (rules.no_broad_except, PURE, "try:\n    f()\nexcept Exception:\n    pass"),
    (rules.no_broad_except, PURE, "try:\n    f()\nexcept (OSError, BaseException) as e:\n    pass"),
    (rules.no_hold, HARDWARE, "Pin(4, Pin.OUT, hold=True)"),
    (rules.no_hold, HARDWARE, "pin.init(hold=keep)"),
    (rules.no_emulator_branch, PURE, "if emulated:\n    pass"),
    (rules.no_emulator_branch, PURE, "if sys.platform == 'Emulated':\n    pass"),
    (rules.no_emulator_branch, PURE, "import emulator"),
    (rules.no_emulator_branch, PURE, "x = board.is_simulated"),
    (rules.one_value_a_constant, PURE, "KINDS = (1, 2)\nOTHER = 3\nKINDS = (4,)"),
]

GOOD = [
    (rules.hardware_only_in_board, HARDWARE, "from machine import Pin\nimport esp32"),
    (rules.hardware_only_in_board, PURE, "from micropython import const\nimport machinery"),
    (rules.hardware_only_in_board, rules.MAIN, "import machine"),
    (rules.boot_imports_nothing_else, rules.BOOT, "import machine\nimport micropython"),
    (rules.timers_are_timer_1, HARDWARE, "t = Timer(1)"),
    (rules.watchdog_only_in_boot, rules.BOOT, "wdt = machine.WDT(timeout=5000)"),
    (rules.integers_only, PURE, "x = a // b\ny = 15\nz = 'a/b'"),
    (rules.no_broad_except, PURE, "try:\n    f()\nexcept (OSError, ValueError):\n    pass"),
    (rules.no_broad_except, "firmware/shed/app.py", "try:\n    f()\nexcept BaseException:\n    pass"),
    (rules.no_hold, HARDWARE, "Pin(4, Pin.OUT, value=0)\nPin(4, hold=False)"),
    (rules.one_value_a_constant, PURE, "service = None\nservice = 1\nKINDS = (1,)"),
    (rules.no_emulator_branch, PURE, '"""Measured on the emulated board."""\nx = 1  # emulated'),
]


@pytest.mark.parametrize(("rule", "path", "text"), BAD)
def test_fires(rule: rules.Rule, path: str, text: str) -> None:
    assert list(rule(rules.parse(path, text)))


@pytest.mark.parametrize(("rule", "path", "text"), GOOD)
def test_is_silent(rule: rules.Rule, path: str, text: str) -> None:
    assert not list(rule(rules.parse(path, text)))


def test_every_rule_has_a_bad_example() -> None:
    assert {rule for rule, _, _ in BAD} == set(rules.RULES)


def test_timer_constructions_are_counted() -> None:
    assert len(list(rules.timer_constructions(rules.parse(HARDWARE, "a = Timer(1)\nb = machine.Timer(1)")))) == 2
