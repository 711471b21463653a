"""A program that does not start: a module missing, damaged, or that raises while it is imported. The board may not end at a prompt, where
nothing feeds a watchdog: outputs off, gate free, and a reset, again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from littlefs import LittleFS, UserContext
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.places import SMALL_SITE as SITE
from shedguard.flash import program
from shedguard.flash.image import read_partition, write_partition
from shedguard.formats.file_system import BLOCK

APP, MAIN = "/shed/app.mpy", "/main.py"


def replace(bench: Bench, path: str, content: bytes | None) -> None:
    """With the board killed: another content for a file of its program; None removes the file."""
    vfs = read_partition(bench.process.flash, "vfs")
    context = UserContext(len(vfs))
    context.buffer = bytearray(vfs)
    blocks = len(vfs) // BLOCK
    system = LittleFS(context, block_size=BLOCK, block_count=blocks, read_size=32, prog_size=32, cache_size=128, lookahead_size=32)
    system.remove(path)
    if content is not None:
        with system.open(path, "wb") as file:
            file.write(content)
    system.unmount()
    write_partition(bench.process.flash, "vfs", bytes(context.buffer))


def module(source: str) -> bytes:
    return program._compile(source.encode(), "shed/app.py")


BROKEN = {
    "its first module is missing": None,
    "its first module is no bytecode": b"\xff" * 600,
    "Ctrl-C while it is imported": module("raise KeyboardInterrupt\n"),
    "SystemExit while it is imported": module("raise SystemExit\n"),
    "no memory": module("x = bytearray(400000)\n"),
    "it comes back": module("def run(wdt, boot):\n    pass\n"),
    "it closes a relay and fails": module("import machine\nfor n in (16, 21):\n    machine.Pin(n, machine.Pin.OUT, value=1)\n1 // 0\n"),
}


@pytest.fixture
def bench(seed: int) -> Iterator[Bench]:
    """With the program in its file system, where it can break."""
    with Bench(site=SITE, seed=seed, program="stock") as bench:
        bench.run("15 s")
        yield bench


@pytest.mark.parametrize("what", BROKEN)
def test_a_program_that_does_not_start_resets_the_board_with_everything_open(bench: Bench, what: str):
    start_charging(bench, 1)
    bench.board.kill()
    replace(bench, APP, BROKEN[what])
    bench.run("2 s")
    before, printed = len(bench.board.boots), bench.serial.position
    bench.board.start()
    bench.run("8 s")
    assert len(bench.board.boots) - before >= 5, "it tries again and again, and does not wait for a watchdog"
    text = bench.serial.since(printed).decode("utf-8", "replace")
    assert ">>> " not in text
    if what != "it comes back":
        assert "Traceback" in text, "the crew can read why"
    assert all(bench.outlet(n).contact_is_open for n in (1, 2, 3, 4)) and bench.gate("main").is_free
    assert not any(bench.port.energises(pin) for pin in (16, 21)), "outlet 1 and its contactor"


def test_a_boot_file_that_finds_no_memory_resets_the_board_and_opens_its_outputs(bench: Bench):
    """After a hang the relay still has its level; any line of boot.py before the watchdog and the outputs may run out of memory."""
    start_charging(bench, 1)
    bench.board.fault("stall", "8 s")
    resets, boots = len(bench.board.resets), len(bench.board.boots)
    bench.until(lambda: len(bench.board.resets) > resets, within="8 s")
    bench.until(lambda: len(bench.board.boots) > boots, within="1 s")

    def ns_until_open(bench: Bench) -> int:
        return bench.until(lambda: not bench.port.energises(16), within="1 s")

    def starve(before_opening_us: int) -> Callable[[Bench], tuple[bool, str, int]]:
        def body(bench: Bench) -> tuple[bool, str, int]:
            boots, printed = len(bench.board.boots), bench.serial.position
            bench.run(opens_ns - before_opening_us * 1000)
            bench.board.fault("allocation", 2)  # the second: the reset needs none
            ns_until_open(bench)
            bench.run("8 s")
            text = bench.serial.since(printed).decode("utf-8", "replace")
            return ">>> " not in text, bench.console.ask({"do": "hello"})[0]["mode"], len(bench.board.boots) - boots

        return body

    opens_ns = bench.branch(ns_until_open)
    answers = bench.branches([starve(us) for us in range(100, 2100, 200)])
    assert {answer[:2] for answer in answers} == {(True, "service")}, answers
    assert any(answer[2] for answer in answers), "some of these moments were lines of boot.py that need memory"


def test_a_prompt_is_what_maintenance_gets(bench: Bench):
    bench.console.ask({"do": "repl"}, key=True)
    printed = bench.serial.position
    bench.run("30 s")
    bench.console.send(b"\x03\r")
    bench.run("1 s")
    assert ">>> " in bench.serial.since(printed).decode("utf-8", "replace")
    assert len(bench.board.boots) == 2, "and no watchdog ends it"
