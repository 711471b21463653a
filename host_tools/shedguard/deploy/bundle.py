"""`shed bundle`: everything for a shed without internet in one tar: wheels of this tool and what it needs, MicroPython images, a script.

The firmware and the board files are inside the tool's own wheel. Wheels with compiled parts fit one Python version on one kind of computer:
the script checks both before it installs.
"""

from __future__ import annotations

import hashlib
import io
import platform
import subprocess
import sys
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from .. import __version__
from ..errors import FAILED, ShedError
from ..files.whole_file import whole_file
from ..formats import micropython_image
from ..formats.micropython_image import MicroPythonImage
from ..paths import repository

FOLDER: Final = "shedguard-bundle"
_MODE: Final = {True: 0o755, False: 0o644}

_INSTALL: Final = """#!/bin/sh
# Installs ShedGuard {version} without internet. ./install.sh [FOLDER]   (default: ~/shedguard)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${{1:-$HOME/shedguard}}
python=${{PYTHON:-python3}}
found=$("$python" -c 'import platform, sys; print("%d.%d %s %s" % (*sys.version_info[:2], platform.system(), platform.machine()))') || {{
    echo "error: no $python" >&2; echo "  hint: install Python {python}, or name it: PYTHON=python{python} $0" >&2; exit 1; }}
if [ "$found" != "{python} {system} {machine}" ]; then
    echo "error: this bundle is for Python {python} on {system} {machine}, here is $found" >&2
    echo "  hint: PYTHON=python{python} $0, or make a bundle on a computer like this one: shed bundle" >&2
    exit 1
fi
"$python" -m venv "$target" || {{ echo "  hint: apt install python3-venv (it is on the Debian DVD)" >&2; exit 1; }}
"$target/bin/python" -m pip install --quiet --no-index --find-links "$here/wheels" shedguard
cache=${{XDG_CACHE_HOME:-$HOME/.cache}}/shedguard/images
mkdir -p "$cache"
for image in "$here"/images/*; do [ -e "$image" ] && cp "$image" "$cache/"; done
"$target/bin/shed" --version
echo "next: $target/bin/shed doctor, then $target/bin/shed flash --board NAME"
"""


@dataclass(frozen=True, slots=True)
class BundleReport:
    """The contents of the bundle."""

    path: str
    bytes: int
    sha256: str
    wheels: tuple[str, ...]
    images: tuple[str, ...]
    python: str
    system: str
    machine: str


def make(out: Path, images: Sequence[Path], say: Callable[[str], None] = lambda _text: None) -> BundleReport:
    """Write the tar. ShedError: 1 when wheels are not available (needs a clone, and the package index once), 2 when an image is not
    usable."""
    root = repository()
    if root is None:
        raise ShedError(
            "a bundle is made in a clone of the repository",
            "the tool is installed without its source",
            "git clone the project, then make setup",
        )
    contents: dict[str, bytes] = {}
    for path in images:
        image = _image(path)
        data = path.read_bytes()
        contents[f"images/{path.name}"] = data
        contents[f"images/{path.name}.sha256"] = f"{image.sha256}  {path.name}\n".encode()
    if not images:
        say("warning: the bundle gets no MicroPython image; name one with --image FILE")
    with TemporaryDirectory(prefix="shed-bundle-") as folder:
        say("collecting wheels (a minute or two)")
        _wheels(root, Path(folder))
        wheels = sorted(Path(folder).glob("*.whl"))
        contents |= {f"wheels/{path.name}": path.read_bytes() for path in wheels}
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    words = {"version": __version__, "python": python, "system": platform.system(), "machine": platform.machine()}
    contents["install.sh"] = _INSTALL.format(**words).encode()
    contents["SHA256SUMS"] = "".join(f"{hashlib.sha256(contents[name]).hexdigest()}  {name}\n" for name in sorted(contents)).encode()
    _pack(out, contents)
    total = hashlib.sha256(out.read_bytes()).hexdigest()
    names = tuple(path.name for path in images)
    return BundleReport(
        str(out), out.stat().st_size, total, tuple(w.name for w in wheels), names, python, words["system"], words["machine"]
    )


def _image(path: Path) -> MicroPythonImage:
    try:
        return micropython_image.parse(path.read_bytes(), path.name)
    except OSError as error:
        raise ShedError(f"cannot read the image {path}", error.strerror or str(error), "name a file that is there") from error


def _wheels(root: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--wheel-dir", str(folder), str(root)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode:
        last = (process.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise ShedError("the wheels could not be collected", last, "make the bundle where there is internet", FAILED)


def _pack(out: Path, contents: dict[str, bytes]) -> None:
    """Makes the same tar for the same contents: no times, no user names."""
    with whole_file(out) as file, tarfile.open(fileobj=file, mode="w") as tar:
        for name in sorted(contents):
            entry = tarfile.TarInfo(f"{FOLDER}/{name}")
            entry.size, entry.mode = len(contents[name]), _MODE[name.endswith(".sh")]
            tar.addfile(entry, io.BytesIO(contents[name]))
