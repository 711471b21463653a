"""Opening a port quietly: the calls to the kernel, sharing, and the messages of refusals."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator

import pytest
from shedguard.errors import PORT, ShedError
from shedguard.link import ports


@pytest.fixture
def terminal() -> Iterator[tuple[int, str]]:
    master, slave = os.openpty()
    name = os.ttyname(slave)
    os.close(slave)
    yield master, name
    os.close(master)


def test_bytes_pass_unchanged_both_ways(terminal: tuple[int, str]) -> None:
    master, name = terminal
    every = bytes(range(256))
    with ports.open_quietly(name) as port:
        port.write(every)
        assert os.read(master, 1000) == every
        os.write(master, every)
        got = b""
        while len(got) < 256:
            got += port.read(1.0)
        assert got == every
        assert port.read(0.01) == b""


def test_no_hang_up_on_close(terminal: tuple[int, str]) -> None:
    _master, name = terminal
    with ports.open_quietly(name) as port:
        assert isinstance(port, ports.QuietPort)
        cflag = termios.tcgetattr(port._fd)[2]
        assert not cflag & termios.HUPCL and cflag & termios.CLOCAL


def test_both_lines_are_cleared_in_one_call_and_none_alone(terminal: tuple[int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """RTS asserted without DTR is a DevKit's reset: the only call on the lines clears both."""
    calls: list[tuple[int, object]] = []
    real = fcntl.ioctl

    def noted(fd: int, request: int, argument: object = 0) -> object:
        calls.append((request, argument))
        return 0 if request == termios.TIOCMSET else real(fd, request, argument)  # type: ignore[call-overload]

    monkeypatch.setattr(fcntl, "ioctl", noted)
    ports.open_quietly(terminal[1]).close()
    lines = [call for call in calls if call[0] in (termios.TIOCMSET, termios.TIOCMBIS, termios.TIOCMBIC)]
    assert lines == [(termios.TIOCMSET, struct.pack("i", 0))]


def test_a_port_in_use_is_refused_with_exit_code_3(terminal: tuple[int, str]) -> None:
    with ports.open_quietly(terminal[1]), pytest.raises(ShedError, match="in use") as caught:
        ports.open_quietly(terminal[1])
    assert caught.value.code == PORT
    ports.open_quietly(terminal[1]).close()


def test_pyserial_and_with_it_mpremote_and_esptool_keep_out(terminal: tuple[int, str]) -> None:
    code = f"import serial; serial.Serial({terminal[1]!r}, exclusive=True)"
    with ports.open_quietly(terminal[1]):
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode != 0 and "exclusively lock" in result.stderr


@pytest.mark.parametrize("name", ["/dev/ttyNONE", "/dev/null"])
def test_no_port(name: str) -> None:
    with pytest.raises(ShedError) as caught:
        ports.open_quietly(name)
    assert caught.value.code == PORT


def test_a_hang_up_is_an_error_and_no_silence() -> None:
    master, slave = os.openpty()
    port = ports.open_quietly(os.ttyname(slave))
    os.close(slave)
    os.close(master)
    with port, pytest.raises(OSError, match=r"Input/output|hung up"):
        port.read(1.0)
