"""The emulated board as a process: start, kill, and start again on the same flash file."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Final

from shedguard.errors import ShedError

from shedbench.places import BOARD, BOARD_VARIABLE, ensure_board
from shedbench.setup.report import SetupError

from . import frozen

DEFAULT_BINARY: Final = BOARD
BINARY_VARIABLE: Final = BOARD_VARIABLE
STOCK: Final = "stock"  # the program, if any, is files in the flash
FROZEN: Final = "frozen"  # the program is in the binary


class BoardMissing(ShedError):
    """The emulated board is not there and cannot be built."""


def find_binary(program: str = STOCK) -> Path:
    """The board's binary: ``$SHEDGUARD_EMULATED_BOARD`` or ours, which an installed tool builds at first use; raises BoardMissing.

    ``frozen``: its second binary, with the program in it. The one of set-up is rebuilt when the firmware has changed; the caller keeps one
    named by the environment up to date.
    """
    try:
        ensure_board()
    except SetupError as error:
        raise BoardMissing(error.what, error.cause, error.fix) from None  # it says all of it
    given = os.environ.get(BINARY_VARIABLE) or None
    path = Path(given or DEFAULT_BINARY)
    if not path.exists():
        raise BoardMissing(f"no emulated board at {path}, which {BINARY_VARIABLE} names")
    if program == STOCK:
        return path
    if given is None:
        return frozen.ensure(path)
    path = frozen.beside(path)
    if not path.exists():
        raise BoardMissing(f"no emulated board with the program frozen in at {path}; make builds both, or run with --program stock")
    return path


class BoardProcess:
    """One board with its flash file. ``socket`` is the plant's end of the link while it runs.

    ``program``: which binary, see find_binary. ``command`` replaces the binary (the tests' fake board). The board's environment has only
    what the dynamic loader needs, and its process has a session of its own, so that a terminal's Ctrl-C does not reach it.
    """

    def __init__(
        self,
        flash: Path,
        seed: int,
        ticks_offset_ms: int = 0,
        command: list[str] | None = None,
        arguments: tuple[str, ...] = (),
        program: str = STOCK,
    ) -> None:
        self.flash = flash
        self.seed = seed
        self.ticks_offset_ms = ticks_offset_ms
        self.program = program
        self.stderr_path = flash.with_suffix(".stderr")
        self.socket: socket.socket | None = None
        self._command = command
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """A link to a board exists."""
        return self.socket is not None

    def start(self, start_ns: int) -> socket.socket:
        """Start the process; the board is powered off at ``start_ns``. Returns the link's socket. RuntimeError when one runs already."""
        if self.socket is not None:
            raise RuntimeError("the board runs already")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        number = str(theirs.fileno())
        command = list(self._command) if self._command is not None else [str(find_binary(self.program))]
        command += ["--flash", str(self.flash), "--link-fd", number, "--seed", str(self.seed), "--start-ns", str(start_ns)]
        if self.ticks_offset_ms:
            command += ["--ticks-offset-ms", str(self.ticks_offset_ms)]
        command += self._arguments
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
        with self.stderr_path.open("ab") as errors:
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                close_fds=True,
                start_new_session=True,
            )
        theirs.close()
        self.socket = ours
        return ours

    def adopt(self, link: socket.socket, flash: Path) -> None:
        """For a forked plant.

        The board is the forked one at the other end of ``link``, with its own ``flash``; the parent's is not touched.
        """
        if self.socket is not None:
            self.socket.close()
        self.socket = link
        self._process = None
        self.flash = flash

    def kill(self) -> None:
        """A power cut without warning. The flash file stays as it is. Nothing happens when none runs."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None
        process = self._process
        self._process = None
        if process is not None:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()

    def exit_status(self) -> str:
        """For people: how the process ended, and the end of its stderr."""
        code = "unknown"
        if self._process is not None:
            try:
                code = str(self._process.wait(timeout=5))
            except subprocess.TimeoutExpired:
                code = "still running"
        said = self.stderr_path.read_bytes()[-2000:].decode("utf-8", "replace") if self.stderr_path.exists() else ""
        return f"exit status {code}; stderr: {said.strip() or '(nothing)'}"

    def copy_flash(self, path: Path) -> None:
        """Copy the present flash file."""
        shutil.copyfile(self.flash, path)
