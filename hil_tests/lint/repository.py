"""Rules for everything that is committed: length of files, and nothing that names the machine it was written on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

LONG: Final = 300
TOO_LONG: Final = 400
_CODE: Final = {".py", ".c", ".h"}
# Spelt in pieces, so that this file does not contain what it forbids.
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
    """Every existing file that git tracks; in a source tarball, or without git, every file that git would not ignore."""
    if (root / ".git").exists() and shutil.which("git"):
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
        return [root / name for name in listing.split("\0") if name and (root / name).is_file()]
    return _unpacked(root)


def _unpacked(root: Path) -> list[Path]:
    """The files below ``root`` except those that the simple patterns of its .gitignore match (a folder, `*.end`)."""
    ignored = [line.strip("/") for line in (root / ".gitignore").read_text(encoding="utf-8").split()] + [".git"]
    found: list[Path] = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not any(fnmatch(name, pattern) for pattern in ignored))
        found += [Path(folder, name) for name in sorted(files) if not any(fnmatch(name, pattern) for pattern in ignored)]
    return found


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
