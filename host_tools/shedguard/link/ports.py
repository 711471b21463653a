"""Opening a board's serial port so that the board does not notice.

A DevKit's two transistors pull EN low while RTS is asserted and DTR is not. The kernel asserts both when a port opens, so both are cleared
in one step (TIOCMSET): a moment with RTS alone would be a reset, and a shed in service would drop its outlets. HUPCL is off for the same
reason: no hang-up on close. Other programs do not take this care: the documents name the jumper that disconnects the circuit.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct
import termios
from pathlib import Path
from types import TracebackType
from typing import Protocol

from ..errors import PORT, ShedError
from .network_port import SCHEME, NetworkPort
from .port_users import who


class Wire(Protocol):
    """What the console client needs of a port."""

    def read(self, timeout_s: float) -> bytes:
        """The bytes received, waiting at most ``timeout_s`` for the first one; empty when there are none. OSError when the port is lost."""
        ...

    def write(self, data: bytes) -> None:
        """Send all of ``data``."""
        ...


class QuietPort:
    """A terminal device in raw mode, opened by `open_quietly`."""

    def __init__(self, fd: int, name: str) -> None:
        self._fd, self.name = fd, name

    def read(self, timeout_s: float) -> bytes:
        """See `Wire`."""
        ready, _, _ = select.select([self._fd], [], [], max(0.0, timeout_s))
        if not ready:
            return b""
        try:
            data = os.read(self._fd, 4096)
        except BlockingIOError:
            return b""
        if not data:
            raise OSError(errno.EIO, "the port hung up", self.name)
        return data

    def write(self, data: bytes) -> None:
        """See `Wire`."""
        rest = memoryview(data)
        while rest:
            _, ready, _ = select.select([], [self._fd], [], 2.0)
            if not ready:
                raise OSError(errno.ETIMEDOUT, "the port takes no more bytes", self.name)
            rest = rest[os.write(self._fd, rest) :]

    def close(self) -> None:
        """Close the port, lines unchanged."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> QuietPort:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_quietly(name: str) -> QuietPort | NetworkPort:
    """The port at 115200 8N1, ours alone; the board keeps running. ShedError (exit code 3) when it is missing, busy or forbidden.

    ``name`` is a device or rfc2217://HOST:PORT.
    """
    if name.startswith(SCHEME):
        return NetworkPort(name)
    try:
        fd = os.open(name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError as error:
        raise refusal(name, error) from error
    try:
        _claim(fd, name)
        _raw(fd)
        _clear_lines(fd)
    except (OSError, termios.error) as error:
        os.close(fd)
        raise refusal(name, error) from error
    return QuietPort(fd, name)


def candidates() -> list[str]:
    """Serial ports of this machine that may be a board."""
    return sorted(str(path) for pattern in ("ttyUSB*", "ttyACM*") for path in Path("/dev").glob(pattern))


def _claim(fd: int, name: str) -> None:
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)  # what pyserial, mpremote and esptool respect
    if not os.path.realpath(name).startswith("/dev/pts/"):  # a pseudo-terminal would keep the flag after this process ends
        fcntl.ioctl(fd, termios.TIOCEXCL)


def _raw(fd: int) -> None:
    _iflag, _oflag, cflag, _lflag, _ispeed, _ospeed, special = termios.tcgetattr(fd)
    cflag &= ~(termios.HUPCL | termios.PARENB | termios.CSTOPB | termios.CSIZE | termios.CRTSCTS)
    cflag |= termios.CS8 | termios.CREAD | termios.CLOCAL
    special[termios.VMIN], special[termios.VTIME] = 0, 0
    termios.tcsetattr(fd, termios.TCSANOW, [0, 0, cflag, 0, termios.B115200, termios.B115200, special])


def _clear_lines(fd: int) -> None:
    """DTR and RTS off in one system call; a pseudo-terminal has no such lines."""
    try:
        fcntl.ioctl(fd, termios.TIOCMSET, struct.pack("i", 0))
    except OSError as error:
        if error.errno not in (errno.ENOTTY, errno.EINVAL):
            raise


def refusal(name: str, error: OSError | termios.error) -> ShedError:
    """The error for a failed open, exit code 3."""
    number = error.errno if isinstance(error, OSError) else error.args[0]
    found = ", ".join(candidates()) or "none"
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        return ShedError(f"there is no port {name}", f"the cable is unplugged, or another port; ports now: {found}", "shed ports", PORT)
    if number in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK):
        return ShedError(f"port {name} is in use", who(name), "end that program, then the same command again", PORT)
    if number in (errno.EACCES, errno.EPERM):
        return ShedError(
            f"no permission for {name}", "serial ports belong to a group", "sudo usermod -aG dialout $USER, then log in again", PORT
        )
    if number == errno.ENOTTY:
        return ShedError(f"{name} is no serial port", str(error), f"ports now: {found}", PORT)
    return ShedError(f"cannot open {name}", str(error), f"ports now: {found}", PORT)
