"""Rules for everything that is committed: length of files, and nothing that names the machine it was written on."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

LONG: Final = 300
TOO_LONG: Final = 400
_CODE: Final = {".py", ".c", ".h"}
# Spelt in pieces, so that this file does not name what it forbids.
_HOSTS: Final = (
    "deb" + r"\.debian\.org",
    "pypi" + r"\.org",
    "files" + r"\.pythonhosted",
    "registry" + r"\.npmjs",
    "security" + r"\.debian\.org",
)
_PLACES: Final = ("/work/" + "main", "/work/" + "steering", "/" + "root/", r"/work/\.lib" + "rary", "/home/" + r"[a-z]+/")
_FORBIDDEN: Final = re.compile("|".join((*_HOSTS, *_PLACES)))


def committed(root: Path) -> list[Path]:
    """Every file that git tracks and that is there."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    return [root / name for name in listing.split("\0") if name and (root / name).is_file()]


def lines_over(path: Path, limit: int) -> int | None:
    """The number of lines of a code file that has more than ``limit``."""
    if path.suffix not in _CODE:
        return None
    count = len(path.read_text(encoding="utf-8").splitlines())
    return count if count > limit else None


def machine_names(text: str) -> Iterator[str]:
    """Names of package mirrors and of places on somebody's machine."""
    for number, line in enumerate(text.splitlines(), 1):
        for match in _FORBIDDEN.finditer(line):
            yield f"{number}: {match[0]}"
