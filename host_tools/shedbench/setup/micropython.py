"""MicroPython's source: Debian's own source package at a pinned version, or the tree that MICROPYTHON_SRC names.

`make setup` uses PINNED; `make long` also builds NEXT (host_tools/shedbench/setup/other_release.py). A tarball is
checked against a pinned SHA-256 and kept by that hash under the user's cache, so that another clone needs no network.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

from . import apt_source
from .report import SetupError, step

PACKAGE = "micropython"


class SourceUnavailable(SetupError):
    """The source package is neither kept here nor to be had from this machine's apt mirror."""


@dataclass(frozen=True)
class Release:
    """One version of the source package: where it is, what its tarball is called and hashes to, the folder in it."""

    suite: str
    version: str
    orig: str
    sha256: str
    tree: str


PINNED = Release(
    suite="trixie",
    version="1.25.0+ds-1",
    orig="micropython_1.25.0+ds.orig.tar.xz",
    sha256="7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea",
    tree="micropython-1.25.0",
)
NEXT = Release(
    suite="forky",
    version="1.26.1+ds-1",
    orig="micropython_1.26.1+ds.orig.tar.xz",
    sha256="f5ad2ec89d3e921f753d448955af98b6005655f84ba26087dde6ba0e8d062f34",
    tree="micropython-1.26.1",
)
OLDEST = (1, 25)
_OVERRIDE = "set MICROPYTHON_SRC=/a/source/tree to a MicroPython 1.25 source tree that you have"


def cache_dir() -> Path:
    """Where downloads are kept between clones, and where an installed tool builds. A relative XDG_CACHE_HOME counts as none."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        base = Path(given) if given.startswith("/") else Path.home() / ".cache"
    except RuntimeError as error:
        raise SetupError("no place for a cache", "HOME is not set, and this user has no home folder", "set XDG_CACHE_HOME") from error
    return base / "shedguard"


def identity() -> str:
    """Of the source that `ensure` would take: what is built of another has to be built anew."""
    given = os.environ.get("MICROPYTHON_SRC")
    return str(Path(given).expanduser().resolve()) if given else PINNED.sha256


def ensure(build: Path, log: Path, release: Release = PINNED) -> Path:
    """The absolute path of a usable source tree. SetupError names what is missing and MICROPYTHON_SRC, which stands in for PINNED."""
    given = os.environ.get("MICROPYTHON_SRC")
    if given and release is PINNED:
        return _checked_override(Path(given).expanduser().resolve())
    tree = (build / release.tree).resolve()
    stamp = build / f".{release.tree}.sha256"
    if tree.is_dir() and stamp.is_file() and stamp.read_text(encoding="utf-8").strip() == release.sha256:
        return tree
    tarball = _cached_tarball(build, log, release)
    with step(f"unpacking {release.tree}"):
        _unpack(tarball, tree)
    stamp.write_text(release.sha256 + "\n", encoding="utf-8")
    return tree


def _checked_override(tree: Path) -> Path:
    header = tree / "py" / "mpconfig.h"
    if not header.is_file():
        raise SetupError(f"MICROPYTHON_SRC={tree} is no MicroPython source tree", "it has no py/mpconfig.h", _OVERRIDE)
    text = header.read_text(encoding="utf-8", errors="replace")
    found = [re.search(rf"define MICROPY_VERSION_{part} (\d+)", text) for part in ("MAJOR", "MINOR")]
    version = tuple(int(match[1]) for match in found if match)
    if version < OLDEST:
        raise SetupError(f"MICROPYTHON_SRC={tree} is version {'.'.join(map(str, version))}", "1.25 or later is needed", _OVERRIDE)
    return tree


def _cached_tarball(build: Path, log: Path, release: Release) -> Path:
    kept = cache_dir() / f"{release.sha256}.tar.xz"
    if kept.is_file() and _sha256(kept) == release.sha256:
        return kept
    name = f"Debian's source package {PACKAGE} {release.version}"
    with step(f"fetching {name} ({release.suite})"):
        try:
            fetched = apt_source.download(PACKAGE, release.version, release.suite, release.orig, build / "apt", log)
        except SetupError as error:
            raise SourceUnavailable(
                f"cannot fetch MicroPython's source ({name}, suite {release.suite})",
                f"no network, or this machine's apt mirror does not carry it in {release.suite}: {error.what.strip()}",
                f"connect to the network and run again, or {_OVERRIDE}",
            ) from error
    actual = _sha256(fetched)
    if actual != release.sha256:
        raise SetupError(
            f"{release.orig} has SHA-256 {actual}", f"expected {release.sha256}: damaged, or another file under the same name", _OVERRIDE
        )
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(f".{os.getpid()}")
        shutil.copyfile(fetched, partial)
        partial.replace(kept)
    except OSError:
        return fetched  # no place to keep it: this clone goes on with its own copy
    return kept


def _unpack(tarball: Path, tree: Path) -> None:
    fresh = tree.with_name(tree.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    with tarfile.open(tarball, "r:xz") as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extractall(fresh, filter="data")
        else:  # Python before 3.11.4; the archive's hash has been checked
            archive.extractall(fresh)
    shutil.rmtree(tree, ignore_errors=True)
    (fresh / tree.name).rename(tree)
    shutil.rmtree(fresh)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
