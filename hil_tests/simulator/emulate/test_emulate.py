"""`shed emulate` as a process: the first line, real mpremote on a stock-like board, a clean end."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shedbench.places import SITES
from shedguard.flash.image import read_partition

from hil_tests.host import inside

BIN = Path(sys.executable).parent
SITE = SITES / "small.toml"


@contextmanager
def emulated(*arguments: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """A running `shed emulate` and its first line."""
    command = [str(BIN / "shed"), "emulate", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline()), process
    finally:
        process.kill()
        process.communicate()


def test_a_stock_like_board_answers_mpremote_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    kept = tmp_path / "flash.bin"
    with emulated("--flash", str(kept)) as (places, process):
        assert set(places) == {"pty", "rfc2217", "flash"} and Path(places["flash"]).is_file()
        probe = "import sys, os; print(sys.implementation.name, sys.maxsize, sys.platform, os.listdir())"
        command = [str(BIN / "mpremote"), "connect", places["pty"], "exec", probe]
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert answer.stdout.split(" ", 3)[:3] == ["micropython", "2147483647", "esp32"], answer
        assert "boot.py" in answer.stdout
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors
    assert read_partition(kept, "vfs").strip(b"\xff")  # the file system that the first boot made


def test_a_wrong_site_file_is_refused_before_anything_starts(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[site]\nid = 1\n")
    result = subprocess.run([str(BIN / "shed"), "emulate", "--site", str(wrong)], capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 2 and result.stdout == "" and "wrong.toml:1: error" in result.stderr


def test_the_verbs_on_a_board_in_service() -> None:
    """The tool, the real firmware, a pseudo-terminal between them; the first through the real command."""
    with emulated("--site", str(SITE)) as (places, _process):

        def shed(*arguments: str) -> subprocess.CompletedProcess[str]:
            return inside.shed(*arguments, "--port", places["pty"])

        command = [str(BIN / "shed"), "status", "--site", str(SITE), "--port", places["pty"]]
        status = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert status.returncode == 0, status
        assert 'point "smoke bay"' in status.stdout and 'gate "main"' in status.stdout and "Traceback" not in status.stderr
        data = json.loads(shed("status", "--json").stdout)
        assert [outlet["o"] for outlet in data["outlets"]] == [1, 2, 3, 4] and data["board"]["mode"] == "service"
        why = json.loads(shed("why", "3", "--json").stdout)
        assert why["outlet"] == 3 and why["on"] is False and "no_session" in why["holders"]
        assert shed("why", "9").returncode == 7
        log = json.loads(shed("log", "--json").stdout)
        assert log[0]["kind"] == "boot" and log[0]["boots"] == 1
        assert json.loads(shed("sessions", "--json").stdout) == []
        assert shed("faults").returncode == 0
        assert shed("clear").returncode == 7  # nobody authorised it
        cleared = shed("clear", "--site", str(SITE), "--json")
        assert cleared.returncode == 0 and json.loads(cleared.stdout) == {"trips": 0, "faults": 0, "left": []}, cleared
        refused = shed("clear", "--key", "00" * 32)
        assert refused.returncode == 7 and "--key" in refused.stderr


def esptool(port: str, *arguments: str) -> str:
    """Its output; AssertionError when it fails."""
    command = [str(BIN / "esptool"), "--port", port, "--before", "no-reset", "--after", "no-reset", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result
    return result.stdout


def test_somebody_at_the_terminal_raises_smoke_and_the_board_at_the_port_says_trip(tmp_path: Path) -> None:
    master, slave = os.openpty()

    def own_terminal() -> None:  # in the child: the terminal is its own, as in a shell's foreground
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    said = (tmp_path / "said").open("w+", encoding="utf-8")
    command = [str(BIN / "shed"), "emulate", "--site", str(SITE)]
    process = subprocess.Popen(
        command, stdin=slave, stdout=subprocess.PIPE, stderr=said, text=True, start_new_session=True, preexec_fn=own_terminal
    )
    try:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["pty"]

        def status() -> int:
            return subprocess.run([str(BIN / "shed"), "status", "--port", port], capture_output=True, check=False, timeout=60).returncode

        assert status() == 0
        os.write(master, b"smoke attic\nwait -1\nsmoke bay\nwait 0.3\nlook\n")
        wait_until(lambda: "gate" in (tmp_path / "said").read_text(encoding="utf-8"))
        assert status() == 5
        words = (tmp_path / "said").read_text(encoding="utf-8")
        assert "refused: no point 'attic'" in words and "refused: '-1' is no number of seconds" in words
        assert '"smoke bay": alarm' in words and 'gate "main" free' in words
    finally:
        process.kill()
        process.communicate()
        said.close()
        os.close(master)
        os.close(slave)


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the expected result did not come"
        time.sleep(0.05)


def test_a_board_without_a_reset_circuit_is_brought_into_its_loader_and_back_by_its_buttons() -> None:
    with emulated("--board", "kc868-a16") as (places, process):
        process.send_signal(signal.SIGUSR1)
        assert "ESP32-D0WD-V3" in esptool(places["pty"], "--connect-attempts", "20", "flash-id")
        process.send_signal(signal.SIGUSR2)
        command = [str(BIN / "mpremote"), "connect", places["pty"], "sleep", "1", "exec", "print(6*7)"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert answer.stdout == "42\n", answer


def test_an_erased_board_of_a_kind_has_its_chip_and_flash_and_nothing_in_it() -> None:
    with emulated("--board", "waveshare-s3-relay-6ch", "--erased") as (places, process):
        flash = Path(places["flash"]).read_bytes()
        assert len(flash) == 8 << 20 and not flash.strip(b"\xff")
        process.send_signal(signal.SIGUSR1)
        output = esptool(places["pty"], "--connect-attempts", "20", "flash-id")
        assert "ESP32-S3" in output and "8MB" in output


def test_an_unknown_board_is_refused_with_the_known_ones() -> None:
    command = [str(BIN / "shed"), "emulate", "--board", "kc868-a17"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 2 and "kc868-a16" in result.stderr
