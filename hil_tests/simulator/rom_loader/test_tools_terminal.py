"""Stock mpremote and stock esptool on the pseudo-terminal. It has no DTR and RTS, so a person presses BOOT and EN for esptool."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from shedguard.formats import file_system
from shedguard.formats.partition_table import STOCK, find

from .rig import Rig, field, served

VFS = find(STOCK, "vfs")
SIZE = 24 * 1024


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with served() as rig:
        yield rig


@pytest.fixture(scope="module")
def content() -> bytes:
    return random.Random(1).randbytes(SIZE // 2) + b"text that can be packed " * (SIZE // 48)


def test_mpremote(rig: Rig, tmp_path: Path) -> None:
    def mpremote(*arguments: str) -> str:
        return rig.runs("mpremote", "connect", rig.port.path, *arguments)

    assert mpremote("exec", "print(6*7)") == "42\n"
    assert mpremote("exec", "import machine; print(machine.unique_id().hex())") == "240ac4000001\n"  # the MAC that esptool reads
    script = tmp_path / "part.py"
    script.write_text("print('from a file')\n" + "# and more\n" * 200)
    mpremote("cp", str(script), ":part.py")
    assert str(script.stat().st_size) in mpremote("ls") and "part.py" in mpremote("ls")
    assert hashlib.sha256(script.read_bytes()).hexdigest() in mpremote("sha256sum", "part.py")
    assert "from a file" in mpremote("mount", str(tmp_path), "exec", "import part; print(part.__file__)")
    before = rig.resets
    mpremote("reset")
    rig.until(lambda: rig.resets == before + 1 and rig.bench.board.mode == "running")
    assert mpremote("exec", "import machine; print(machine.reset_cause())").strip() == "5"  # mpremote's own soft reset


@pytest.mark.parametrize("mode", [["--no-stub"], []], ids=["rom", "stub"])
def test_esptool(rig: Rig, tmp_path: Path, content: bytes, mode: list[str]) -> None:
    source, back = tmp_path / "source.bin", tmp_path / "back.bin"
    source.write_bytes(content)
    at = VFS.offset + 0x40000
    rig.enter_loader()

    def esptool(*arguments: str) -> str:
        return rig.runs("esptool", "--port", rig.port.path, "--before", "no-reset", "--after", "no-reset", *mode, *arguments)

    output = esptool("flash-id")
    assert field(output, r"Detected flash size: (\S+)") == "4MB" and "ESP32-D0WD-V3 (revision v3.1)" in output and "40MHz" in output
    assert field(output, r"MAC: +(\S+)") == "24:0a:c4:00:00:01"
    esptool("write-flash", hex(at), str(source))
    assert rig.bench.process.flash.read_bytes()[at : at + SIZE] == content
    assert "successful" in esptool("verify-flash", hex(at), str(source))
    esptool("read-flash", hex(at), hex(SIZE), str(back))
    assert back.read_bytes() == content
    esptool("write-flash", "-u", hex(at + 0x10000), str(source))
    assert rig.bench.process.flash.read_bytes()[at + 0x10000 :][:SIZE] == content
    esptool("erase-region", hex(at), "0x1000")
    assert rig.bench.process.flash.read_bytes()[at : at + 0x1001] == b"\xff" * 4096 + content[4096:4097]


def test_another_speed(rig: Rig, tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "source.bin"
    source.write_bytes(content)
    for mode in ([], ["--no-stub"]):
        rig.enter_loader()
        output = rig.runs(
            "esptool",
            "--port",
            rig.port.path,
            "-b",
            "921600",
            "--before",
            "no-reset",
            "--after",
            "no-reset",
            *mode,
            "write-flash",
            "0x280000",
            str(source),
        )
        assert "Changing baud rate to 921600" in output and "Hash of data verified" in output
        assert rig.port.rom.loader is not None


def test_leaving_the_rom_runs_the_program(rig: Rig) -> None:
    rig.enter_loader()
    position = rig.bench.serial.position
    rig.runs("esptool", "--port", rig.port.path, "--before", "no-reset", "--after", "soft-reset", "--no-stub", "read-mac")
    rig.until_prompt(position)


def test_an_erased_chip_does_not_boot_and_a_flashed_one_does(rig: Rig, tmp_path: Path) -> None:
    """The board runs what was flashed: a file system with a program in it."""
    image = bytearray(rig.bench.process.flash.read_bytes())
    program = file_system.build({"main.py": b"print('the new image runs')\n"}, VFS.size)
    image[VFS.offset : VFS.offset + VFS.size] = program
    whole = tmp_path / "whole.bin"
    whole.write_bytes(image)
    rig.enter_loader()
    esptool = ("esptool", "--port", rig.port.path, "--before", "no-reset", "--after", "no-reset")
    rig.runs(*esptool, "erase-flash")
    assert not rig.bench.process.flash.read_bytes().strip(b"\xff")
    boots = len(rig.bench.board.boots)
    rig.press_reset()
    rig.for_seconds(0.5)
    assert len(rig.bench.board.boots) == boots and rig.bench.board.mode == "reset"
    rig.enter_loader()
    rig.runs(*esptool, "write-flash", "0", str(whole))
    position = rig.bench.serial.position
    rig.press_reset()
    rig.until_prompt(position)
    assert b"the new image runs" in rig.bench.serial.since(position)
