"""Set-up of a clone: system packages, .venv, MicroPython's source, the emulated board. `make setup` runs this.

Standard library only. Safe to run again and again: what is there already is left alone, in a second or two.
"""

from __future__ import annotations

import fcntl
import sys
import time
from pathlib import Path

from shedbench.setup import board_build, micropython, python_env, system_packages
from shedbench.setup.report import SetupError, say

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Exit code 0 when everything is in place, 1 with cause and remedy on stderr when not."""
    if sys.version_info < (3, 11):  # noqa: UP036  (the package is not installed yet: nobody else checks)
        say(f"error: this is Python {sys.version.split()[0]}\n  to fix: make setup PYTHON=python3.11   (or any later version)")
        return 1
    started = time.monotonic()
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    log = build / "setup.log"
    with (build / ".setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # `make demo` and `make test` at once: one sets up, the other waits
        try:
            system_packages.ensure(log)
            source = micropython.ensure(build, log)  # first: without a network this says what else would do
            python_env.ensure(ROOT, log)
            board_build.ensure(ROOT, source, log)
        except SetupError as error:
            say(str(error))
            return 1
    say(f"set-up complete ({time.monotonic() - started:.1f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
