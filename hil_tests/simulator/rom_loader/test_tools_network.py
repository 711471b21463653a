"""Stock esptool and mpremote on the RFC 2217 URL that `shed emulate` prints: connect, reset into the loader, work, reset into the program.

pyserial's client sleeps 0.1 s for every change of a time-out, and esptool changes it twice a request: a command takes 10 to 25 s of waiting
there with any server. So each has a board of its own and all run at once.

`make test` runs two of the commands; test_tools_terminal.py shows there that they all work on a board, on the pseudo-terminal.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from shedguard.flash.image import build_blank, write_partition
from shedguard.formats import file_system
from shedguard.formats.partition_table import STOCK, find

from .rig import BIN, field

VFS = find(STOCK, "vfs")
AT = VFS.offset + 0x100000
CONTENT = random.Random(2).randbytes(6000) + b"packed " * 500
PROGRAM = {"main.py": b"print('flashed over the network')\n", "mark.txt": b"new"}


@dataclass
class Case:
    """One esptool command on a board of its own, and what to find in its output and in the flash file."""

    name: str
    arguments: list[str]
    expected: str
    flash: Callable[[bytes], bool] = lambda _flash: True
    option: str = ""  # of the URL


class Emulated:
    """`shed emulate --flash`, with more ``options``."""

    def __init__(self, flash: Path, *options: str) -> None:
        self.flash = flash
        command = [str(BIN / "shed"), "emulate", "--flash", str(flash), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def places(self) -> dict[str, str]:
        """Its first line."""
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def end(self) -> bytes:
        """Ctrl-C; the flash as it leaves it."""
        self.process.send_signal(signal.SIGINT)
        _, errors = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, errors
        return self.flash.read_bytes()


def run_all(
    cases: list[Case],
    folder: Path,
    prepare: Callable[[Path], None],
    after: Callable[[str, dict[str, str]], None],
    options: tuple[str, ...] = (),
) -> None:
    """``options`` of `shed emulate`."""
    boards: dict[str, Emulated] = {}
    tools: dict[str, subprocess.Popen[str]] = {}
    try:
        for case in cases:
            flash = folder / f"{case.name}.bin"
            prepare(flash)
            boards[case.name] = Emulated(flash, *options)
        places = {name: board.places() for name, board in boards.items()}
        for case in cases:
            command = [str(BIN / "esptool"), "--port", places[case.name]["rfc2217"] + case.option, *case.arguments]
            tools[case.name] = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for case in cases:
            output, _ = tools[case.name].communicate(timeout=120)
            assert tools[case.name].returncode == 0 and case.expected in output, f"{case.name}:\n{output}"
            assert "Hard resetting via RTS pin" in output
            if "read-mac" in case.arguments:
                assert field(output, r"MAC: +(\S+)") == "24:0a:c4:00:00:01"
            after(case.name, places[case.name])
            assert case.flash(boards[case.name].end()), case.name
    finally:
        for process in [*tools.values(), *(board.process for board in boards.values())]:
            process.kill()
            process.communicate()


def test_the_terminal_shows_the_banner_and_then_the_prompt(tmp_path: Path) -> None:
    emulated = Emulated(tmp_path / "flash.bin")
    try:
        terminal = os.open(emulated.places()["pty"], os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        time.sleep(0.3)
        said = os.read(terminal, 4096)
        os.close(terminal)
        assert b"MicroPython v" in said and said.endswith(b">>> "), said
        emulated.end()
    finally:
        emulated.process.kill()
        emulated.process.communicate()


@pytest.mark.slow(20)
@pytest.mark.parametrize(
    "names",
    [
        ("mac-rom", "write"),
        pytest.param(("id", "mac", "write-rom", "verify", "read", "erase"), marks=pytest.mark.long),
    ],
    ids=" ".join,
)
def test_esptool_over_rfc2217(names: tuple[str, ...], tmp_path: Path) -> None:
    source, back, program = tmp_path / "source", tmp_path / "back", tmp_path / "program"
    source.write_bytes(CONTENT)
    program.write_bytes(file_system.build(PROGRAM, VFS.size).rstrip(b"\xff"))
    at, size, vfs = hex(AT), str(len(CONTENT)), hex(VFS.offset)

    def prepare(flash: Path) -> None:
        build_blank(flash)
        image = bytearray(file_system.build({}, VFS.size))
        image[0x100000 : 0x100000 + len(CONTENT)] = CONTENT
        write_partition(flash, "vfs", bytes(image))

    def mpremote(url: str, *arguments: str) -> str:
        command = [str(BIN / "mpremote"), "connect", url, *arguments]
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert result.returncode == 0, result
        return result.stdout

    def after(name: str, places: dict[str, str]) -> None:
        """The board runs what was flashed."""
        if name == "write":
            assert mpremote(places["rfc2217"], "exec", "print(open('mark.txt').read())").strip() == "new"
            assert "flashed over the network" in mpremote(places["rfc2217"], "exec", "import main")
            mpremote(places["rfc2217"], "cp", str(source), ":copy")
            assert hashlib.sha256(CONTENT).hexdigest() in mpremote(places["rfc2217"], "sha256sum", "copy")

    def is_program(flash: bytes) -> bool:
        return b"flashed over the network" in flash[VFS.offset :] and flash[AT : AT + len(CONTENT)] == CONTENT

    cases = [
        Case("id", ["flash-id"], "Detected flash size: 4MB"),
        Case("mac", ["read-mac"], "ESP32-D0WD-V3"),
        # What esp_rfc2217_server tells its users to add: it gives DTR and RTS another timing.
        Case("mac-rom", ["--no-stub", "read-mac"], "ESP32-D0WD-V3", option="?ign_set_control"),
        Case("write", ["write-flash", vfs, str(program)], "Hash of data verified", is_program),
        Case("write-rom", ["--no-stub", "write-flash", at, str(source)], "Hash of data verified", lambda f: f[AT:].startswith(CONTENT)),
        Case("verify", ["verify-flash", at, str(source)], "digest matched"),
        Case("read", ["read-flash", at, size, str(back)], "Read ", lambda _f: back.read_bytes() == CONTENT),
        Case("erase", ["erase-flash"], "erased successfully", lambda flash: not flash.strip(b"\xff")),
    ]
    run_all([case for case in cases if case.name in names], tmp_path, prepare, after)
