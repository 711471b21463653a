"""Stock esptool on an ESP32-S3 with 8 MB: found by its chip id, flashed at offset 0, reset by transistors, by its own USB, or by hand.

Hazard: a tool that was only ever run against an ESP32 writes the S3's bootloader to the wrong offset or waits for a reset that cannot come.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from shedbench.places import REPOSITORY
from shedguard.flash.image import build_blank

from .rig import Rig, field, served
from .test_tools_network import Case, run_all

BOARD = REPOSITORY / "hil_tests" / "sites" / "esp32s3" / "s3-shed4.toml"
SIZE = 24 * 1024
AT = 0x600000  # beyond 4 MB
CONTENT = random.Random(3).randbytes(SIZE // 2) + b"text that can be packed " * (SIZE // 48)


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with served(board=BOARD, circuit="auto") as rig:
        yield rig


@pytest.mark.parametrize("mode", [["--no-stub"], []], ids=["rom", "stub"])
def test_esptool_on_the_terminal(rig: Rig, tmp_path: Path, mode: list[str]) -> None:
    source, back = tmp_path / "source.bin", tmp_path / "back.bin"
    source.write_bytes(CONTENT)
    rig.enter_loader()

    def esptool(*arguments: str) -> str:
        return rig.runs("esptool", "--port", rig.port.path, "--before", "no-reset", "--after", "no-reset", *mode, *arguments)

    def flash() -> bytes:
        return rig.bench.process.flash.read_bytes()

    output = esptool("flash-id")
    assert "ESP32-S3 (QFN56) (revision v0.2)" in output and "40MHz" in output and "GET_SECURITY" not in output
    assert field(output, r"Detected flash size: (\S+)") == "8MB"
    assert field(esptool("read-mac"), r"MAC: +(\S+)") == "24:0a:c4:00:00:01"
    esptool("write-flash", hex(AT), str(source))
    assert flash()[AT : AT + SIZE] == CONTENT
    assert "successful" in esptool("verify-flash", hex(AT), str(source))
    esptool("read-flash", hex(AT), hex(SIZE), str(back))
    assert back.read_bytes() == CONTENT
    esptool("erase-region", hex(AT), "0x1000")
    assert flash()[AT : AT + 0x1001] == b"\xff" * 4096 + CONTENT[4096:4097]


def test_esptool_says_when_it_is_told_the_wrong_chip(rig: Rig) -> None:
    rig.enter_loader()
    with pytest.raises(AssertionError, match="This chip is ESP32-S3, not ESP32"):
        rig.runs("esptool", "--chip", "esp32", "--port", rig.port.path, "--before", "no-reset", "--after", "no-reset", "flash-id")


def test_an_erased_chip_does_not_boot(rig: Rig) -> None:
    before = rig.bench.process.flash.read_bytes()
    rig.enter_loader()
    rig.runs("esptool", "--port", rig.port.path, "--before", "no-reset", "--after", "no-reset", "erase-flash")
    assert not rig.bench.process.flash.read_bytes().strip(b"\xff")
    boots = len(rig.bench.board.boots)
    rig.press_reset()
    rig.for_seconds(0.5)
    assert len(rig.bench.board.boots) == boots
    rig.bench.process.flash.write_bytes(before)


@pytest.mark.parametrize(("circuit", "before"), [("auto", "default-reset"), ("usb", "usb-reset")])
def test_esptool_resets_it_over_the_network_and_the_program_runs_again(circuit: str, before: str) -> None:
    with served(board=BOARD, circuit=circuit) as rig:
        position = rig.bench.serial.position
        output = rig.runs("esptool", "--port", rig.port.url, "--before", before, "--no-stub", "read-mac")
        assert "ESP32-S3" in output
        rig.until_prompt(position)


def test_the_devkits_sequence_does_not_bring_a_usb_board_into_its_loader() -> None:
    with served(board=BOARD, circuit="usb") as rig:
        for dtr, rts in ((False, True), (True, True), (True, False), (False, False)):
            rig.port.set_lines(dtr=dtr, rts=rts)
            rig.for_seconds(0.05)
        assert rig.port.rom.loader is None
        for dtr, rts in ((False, False), (True, False), (True, True), (False, True)):
            rig.port.set_lines(dtr=dtr, rts=rts)
        assert rig.port.rom.loader is not None


def test_only_fingers_reset_a_board_without_a_circuit() -> None:
    with served(board=BOARD, circuit="manual") as rig:
        resets = rig.resets
        for dtr, rts in ((False, True), (True, True), (True, False), (False, False), (True, False), (True, True), (False, True)):
            rig.port.set_lines(dtr=dtr, rts=rts)
            rig.for_seconds(0.02)
        assert rig.resets == resets and rig.port.rom.loader is None
        rig.press_boot_and_reset()
        assert rig.port.rom.loader is not None
        rig.runs("esptool", "--port", rig.port.path, "--before", "no-reset", "--after", "no-reset", "flash-id")
        position = rig.bench.serial.position
        rig.port.tap(boot=False)
        rig.until_prompt(position)


@pytest.mark.long
def test_esptool_does_all_of_it_over_the_network_through_the_chips_own_usb(tmp_path: Path) -> None:
    source, back = tmp_path / "source.bin", tmp_path / "back.bin"
    source.write_bytes(CONTENT)
    at, size = hex(AT), hex(SIZE)

    def prepare(flash: Path) -> None:
        build_blank(flash)
        image = bytearray(flash.read_bytes().ljust(8 << 20, b"\xff"))
        image[AT : AT + SIZE] = CONTENT
        flash.write_bytes(image)

    usb = ["--before", "usb-reset"]
    cases = [
        Case("id", [*usb, "flash-id"], "Detected flash size: 8MB"),
        Case("write", [*usb, "write-flash", hex(AT + 0x10000), str(source)], "verified", lambda f: f[AT + 0x10000 :].startswith(CONTENT)),
        Case("bootloader", [*usb, "--no-stub", "write-flash", "0x0", str(source)], "verified", lambda f: f.startswith(CONTENT)),
        Case("verify", [*usb, "verify-flash", at, str(source)], "digest matched"),
        Case("read", [*usb, "read-flash", at, size, str(back)], "Read ", lambda _flash: back.read_bytes() == CONTENT),
        Case("erase", [*usb, "erase-flash"], "erased successfully", lambda flash: not flash.strip(b"\xff")),
    ]
    run_all(cases, tmp_path, prepare, lambda _name, _places: None, ("--board", str(BOARD)))
