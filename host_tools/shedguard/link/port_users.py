"""Which programs hold a port, so that a person knows what to end."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def users(name: str, proc: Path = Path("/proc")) -> list[tuple[int, str]]:
    """Process number and name of each other process that has ``name`` open. Empty where /proc does not show it (another user's, no Linux).

    The process at the other end of a pseudo-terminal is the device (`shed emulate`), not a user of it."""
    wanted = os.path.realpath(name)
    found: list[tuple[int, str]] = []
    for folder in proc.glob("[0-9]*"):
        number = int(folder.name)
        if number == os.getpid():
            continue
        with suppress(OSError):
            if any(_target(link) == wanted for link in (folder / "fd").iterdir()) and not _is_other_end(folder, wanted):
                found.append((number, (folder / "comm").read_text(encoding="utf-8").strip()))
    return sorted(found)


def who(name: str) -> str:
    """For an error's cause: ``picocom (process 4711) holds it``."""
    found = users(name)
    if not found:
        return "another program holds it, perhaps another user's"
    return ", ".join(f"{program} (process {number})" for number, program in found) + (" holds it" if len(found) == 1 else " hold it")


def _is_other_end(process: Path, terminal: str) -> bool:
    number = terminal.removeprefix("/dev/pts/")
    if not number.isdecimal():
        return False
    for link in (process / "fd").iterdir():
        if _target(link) in ("/dev/ptmx", "/dev/pts/ptmx"):
            with suppress(OSError):
                lines = (process / "fdinfo" / link.name).read_text(encoding="utf-8").splitlines()
                if any(line.split() == ["tty-index:", number] for line in lines):
                    return True
    return False


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""
