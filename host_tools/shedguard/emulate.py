"""`shed emulate`: an emulated board with its plant in real time, its serial port on a pseudo-terminal and on RFC 2217.

Needs a clone: the bench lives in hil_tests/ and is imported here, not at start-up, so that the other verbs work without it.
"""

from __future__ import annotations

import json
import shutil
import signal
import sys
from pathlib import Path

from .errors import FAILED, OK, ShedError
from .paths import repository
from .site import load as sites

_PROMPTS = (">>> ", "shed> ")
_BOOT_NS = 5_000_000_000


def run(site: Path | None, flash: Path | None, seed: int) -> int:
    """Serve until Ctrl-C or another ending signal (0), or until the board ends (ShedError). First stdout line: one JSON object.

    Without ``site``: a stock-like board with an empty file system. A ``flash`` that exists is what it starts from; it gets the final state.
    """
    from hil_tests.bench.bench import Bench
    from hil_tests.bench.flash_image import BLANK
    from hil_tests.bench.serial_port import SerialPort

    if site is not None:
        sites.load(site)  # a wrong site file is refused with its lines before anything starts
    start: str | Path | None = None if site is not None else BLANK
    if flash is not None and flash.exists():
        start = flash
    default = repository()
    assert default is not None  # the bench could not have been imported
    # Ctrl-C reaches every process of the terminal: the board ignores it, so that we end it in order.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Bench(site or default / "hil_tests" / "sites" / "small.toml", seed=seed, flash=start) as bench:
        signal.signal(signal.SIGINT, before)
        server = SerialPort(bench)
        used = bench.directory / "flash.bin"
        try:
            # In virtual time, so at once: who reads our line finds a board that has booted.
            bench.wait(lambda: bench.serial.text().endswith(_PROMPTS), _BOOT_NS)
            print(json.dumps({"pty": server.path, "rfc2217": server.url, "flash": str(used)}), flush=True)
            print(f"board on {server.path} and {server.url}; end with Ctrl-C", file=sys.stderr)
            reason = server.serve()
        finally:
            server.close()
            if flash is not None:
                shutil.copyfile(used, flash)
    if reason == "board ended":
        raise ShedError("the emulated board ended by itself", "its program crashed, or the host ran out of memory", "make setup", FAILED)
    return OK
