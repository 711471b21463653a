"""A stock-like board behind a SerialPort, for tests: it is served while a command or a condition is waited for."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from shedbench.bench.bench import Bench
from shedbench.bench.branch import Fork
from shedbench.bench.flash_image import Flash
from shedbench.bench.serial_port import SerialPort
from shedbench.places import REPOSITORY

from hil_tests.host import inside

BIN: Final = Path(sys.executable).parent
SITE: Final = REPOSITORY / "hil_tests" / "sites" / "small.toml"
PROMPT: Final = ">>> "


class Rig:
    """``bench`` and its ``port``."""

    def __init__(self, bench: Bench, pacing: float, speed: float) -> None:
        self.bench = bench
        self.port = SerialPort(bench, speed=speed, pacing=pacing)

    @property
    def resets(self) -> int:
        """How often the chip has been reset, soft resets not counted."""
        return sum(cause != "soft" for _at, cause in self.bench.board.resets)

    def until(self, condition: Callable[[], bool], within_s: float = 20.0) -> None:
        """Serve until it holds; AssertionError when it does not."""
        end = time.monotonic() + within_s
        self.port.serve(until=lambda: condition() or time.monotonic() > end)
        assert condition(), "not in time; the board said: " + self.bench.serial.text()[-500:]

    def for_seconds(self, seconds: float) -> None:
        """Serve that long."""
        end = time.monotonic() + seconds
        self.port.serve(until=lambda: time.monotonic() > end)

    def runs(self, *command: str, within_s: float = 60.0, code: int = 0) -> str:
        """Serve while a command of the virtual environment runs; its output. AssertionError when it ends with another exit code."""
        with subprocess.Popen(
            [str(BIN / command[0]), *command[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                self.until(lambda: process.poll() is not None, within_s)
            finally:
                process.kill()
            assert process.stdout is not None
            output = process.stdout.read()
        assert process.returncode == code, f"{command}: {process.returncode}\n{output[-3000:]}"
        return output

    def tells(self, *arguments: str, within_s: float = 60.0, code: int = 0) -> str:
        """As `runs` of `shed`, but in a fork of this process, which saves half a second: the tool need not be loaded."""
        fork = Fork(lambda: inside.shed(*arguments))
        self.until(lambda: fork.has_answer, within_s)
        done = fork.result()
        output = done.stdout + done.stderr
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{output[-3000:]}"
        return output

    def enter_loader(self) -> None:
        """What a person does with the two buttons: EN with BOOT held. Again, if a client that leaves has released them."""
        for _ in range(5):
            self.port.set_lines(dtr=False, rts=True)
            self.for_seconds(0.01)
            self.port.set_lines(dtr=True, rts=False)
            self.for_seconds(0.05)
            self.port.set_lines(dtr=False, rts=False)
            if self.port.rom.loader is not None:
                return
        raise AssertionError("the board does not go into its loader")

    def press_boot_and_reset(self) -> None:
        """BOOT held, RESET tapped, BOOT released: the only way into the loader if DTR and RTS are not connected."""
        self.port.tap(boot=True)
        self.for_seconds(0.15)

    def press_reset(self) -> None:
        """The EN button alone."""
        self.port.set_lines(dtr=False, rts=True)
        self.for_seconds(0.01)
        self.port.set_lines(dtr=False, rts=False)
        self.until(lambda: self.port.circuit.running)

    def until_prompt(self, position: int) -> None:
        """Serve until the board has printed a prompt after ``position`` of its output."""
        self.until(lambda: self.bench.serial.since(position).endswith(PROMPT.encode()))


@contextmanager
def served(
    flash: Flash = "blank",
    pacing: float = 0.0,
    speed: float = 1.0,
    board: Path | None = None,
    circuit: str | None = None,
    site: Path = SITE,
) -> Iterator[Rig]:
    """A board that has booted to its prompt: the site's, or of the file ``board``, or with another reset ``circuit``."""
    with Bench(site, flash=flash, board=board) as bench:
        if circuit is not None:
            bench.kind = replace(bench.kind, circuit=circuit)
        assert bench.wait(lambda: bench.serial.text().endswith(PROMPT), 5_000_000_000)
        rig = Rig(bench, pacing, speed)
        try:
            yield rig
        finally:
            rig.port.close()


def field(output: str, pattern: str) -> str:
    """The one group of ``pattern`` in ``output``."""
    match = re.search(pattern, output)
    assert match is not None, f"no {pattern!r} in:\n{output[-2000:]}"
    return match[1]
