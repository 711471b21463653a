"""`shed flash`, `verify`, `ports` and `doctor` against the emulated board, through the real esptool and its reset circuit."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedguard.errors import FAILED, OK, REFUSED
from shedguard.flash.channel import SECTOR
from shedguard.flash.open_channel import open_channel

from hil_tests.host import inside
from hil_tests.simulator.rom_loader.rig import BIN, Rig

from .boards_in_states import BOARD, SITE


@contextmanager
def emulated(*arguments: str) -> Iterator[str]:
    """The URL of a `shed emulate`."""
    with subprocess.Popen(
        [str(BIN / "shed"), "emulate", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["rfc2217"]
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)


def shed(*arguments: str, expected: int = OK) -> subprocess.CompletedProcess[str]:
    """As in a script."""
    done = inside.shed(*arguments)
    assert done.returncode == expected, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.mark.slow(25)
def test_a_stock_board_comes_into_service_and_the_second_time_nothing_is_written() -> None:
    """One board for all of it: a command takes some seconds of waiting over a network."""
    with emulated() as url:
        at = ("--board", BOARD, "--image", "stand-in", "--port", url)
        told = shed("verify", *at, "--json", expected=FAILED)
        differing = [row["name"] for row in json.loads(told.stdout)["regions"] if not row["same"]]
        assert differing == ["table", "program", "start"] and f"shed flash --board {BOARD}" in told.stderr
        assert "not confirmed" in shed("flash", *at, expected=REFUSED).stderr
        first = shed("flash", *at, "--yes", "--json")
        report = json.loads(first.stdout)
        assert report["outcome"]["written"] == differing and report["facts"]["chip"] == "esp32"
        assert report["running"]["kind"] == "shedguard" and 0 < report["rate"]["wire_share"] <= 1.0
        lines = [line for line in first.stderr.splitlines() if line.startswith("writing")]
        assert lines and "kB/s" in lines[-1] and "\r" not in first.stderr
        again = json.loads(shed("flash", *at, "--yes", "--json").stdout)
        assert again["outcome"]["written"] == [] and again["outcome"]["bytes_written"] == 0


@pytest.mark.long
def test_ports_and_doctor_know_a_stock_board_and_look_into_one_in_service() -> None:
    with emulated() as url:
        [port] = json.loads(shed("ports", "--port", url, "--json").stdout)
        assert port["kind"] == "repl"
        findings = json.loads(shed("doctor", "--port", url, "--json", expected=FAILED).stdout)["findings"]
        assert [row["level"] for row in findings if row["check"] == "what runs"] == ["bad"]
    with emulated("--site", str(SITE)) as url:
        [port] = json.loads(shed("ports", "--port", url, "--probe", "--json").stdout)
        assert port["kind"] == "shedguard" and port["chip"] == "esp32" and port["site"] == 1001
        findings = json.loads(shed("doctor", "--port", url, "--probe", "--board", BOARD, "--json").stdout)["findings"]
        found = {row["check"]: row["level"] for row in findings}
        assert {found[name] for name in ("what runs", "protection", "partition table", "program", "configuration")} == {"ok"}


def test_a_board_that_charges_is_neither_reset_nor_written() -> None:
    with Bench(SITE) as bench:
        bench.run("15 s")
        start_charging(bench, 1)
        rig = Rig(bench, pacing=0.0, speed=1.0)
        try:
            command = [str(BIN / "shed"), "flash", "--yes", "--board", BOARD, "--image", "stand-in", "--port", rig.port.url]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
                end = time.monotonic() + 60
                rig.port.serve(until=lambda: process.poll() is not None or time.monotonic() > end)
                process.kill()
                _, errors = process.communicate()
            assert process.returncode == REFUSED, errors
            assert "1 session is live" in errors and "outlet 1 (charging)" in errors and "shed status" in errors
            assert rig.resets == 1 and bench.outlet(1).is_charging  # power-on only
        finally:
            rig.port.close()


@pytest.mark.long
def test_a_client_that_dies_while_it_writes_is_no_harm(tmp_path: Path) -> None:
    """The client is killed while it writes; no session can start on the board, and the same command goes on."""
    flash = tmp_path / "flash.bin"
    with emulated("--flash", str(flash)) as url:
        command = [str(BIN / "shed"), "flash", "--yes", "--board", BOARD, "--image", "stand-in", "--port", url, "--baud", "115200"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if line.startswith("writing: 3"):
                    break
            process.kill()
        report = json.loads(shed(*command[1:], "--json").stdout)
        assert "start" in report["outcome"]["written"] and report["running"]["kind"] == "shedguard"


@pytest.mark.long
def test_one_process_opens_the_channel_again_and_again() -> None:
    """An installation opens it several times; what is written in one stays for the next."""
    content = bytes(range(256)) * 40
    with emulated() as url:
        for turn in range(3):
            with open_channel(url) as channel:
                at = 0x300000 + turn * 0x10000
                channel.write(at, content)
                assert channel.read(0x300000, len(content)) == content
                assert channel.md5(at, len(content)) == hashlib.md5(content).hexdigest()
                channel.erase(at + SECTOR, SECTOR)
                assert channel.read(at + SECTOR, SECTOR) == b"\xff" * SECTOR
                channel.write(0x300000, content)
