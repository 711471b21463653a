"""Where the MicroPython image comes from: a file, a URL the user names, the cache of what was fetched or bundled before, or a stand-in.

A file that came through a network or a USB stick is compared with its SHA-256, from --sha256 or from a .sha256 file beside it. A download
without one is refused; the message has its hash, so that a person can compare.
"""

from __future__ import annotations

import hashlib
import os
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final

from ..errors import INVALID, ShedError
from ..files.whole_file import write_whole
from ..formats import micropython_image
from ..formats.micropython_image import STAND_IN, MicroPythonImage

_TIMEOUT_S: Final = 30
_MAX_BYTES: Final = 16 << 20
_SHA256: Final = re.compile(r"\b[0-9a-fA-F]{64}\b")


def cache_dir() -> Path:
    """``$XDG_CACHE_HOME/shedguard/images``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shedguard" / "images"


def cached() -> list[Path]:
    """Images in the cache, most recently used first."""
    return sorted(cache_dir().glob("*.bin"), key=lambda path: path.stat().st_mtime, reverse=True)


def get(source: str | None, chip: str, sha256: str | None = None) -> MicroPythonImage | None:
    """The image that ``source`` names: a path, a URL, a name in the cache, or ``stand-in``; None for the only cached one of ``chip``.

    None when nothing was named and the cache has none. ShedError (exit code 2): missing, ambiguous, damaged or wrong image.
    """
    if sha256 is not None and not _SHA256.fullmatch(sha256.strip()):
        raise ShedError("--sha256 is not 64 hex digits", code=INVALID)
    if source == STAND_IN:
        return micropython_image.parse(micropython_image.stand_in(chip), STAND_IN)
    if source is None:
        return _only_cached(chip)
    if re.match(r"https?://|file://", source):
        return _from_url(source, sha256)
    path = Path(source)
    if not path.is_file() and (cache_dir() / source).is_file():
        path = cache_dir() / source
    return _from_file(path, sha256)


def keep(data: bytes, name: str) -> Path:
    """Put an image into the cache, with its .sha256 beside it."""
    folder = cache_dir()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    write_whole(_hash_file(path), f"{hashlib.sha256(data).hexdigest()}  {name}\n".encode())
    write_whole(path, data)
    return path


def _from_file(path: Path, sha256: str | None) -> MicroPythonImage:
    try:
        data = path.read_bytes()
    except OSError as error:
        hint = f"images in the cache: {', '.join(file.name for file in cached()) or 'none'}"
        raise ShedError(f"cannot read the image {path}", error.strerror or str(error), hint, INVALID) from error
    beside = _hash_file(path)
    if sha256 is None and beside.is_file():
        match = _SHA256.search(beside.read_text(encoding="utf-8", errors="replace"))
        sha256 = match[0] if match else None
    _compare(data, sha256, str(path))
    return micropython_image.parse(data, path.name)


def _from_url(url: str, sha256: str | None) -> MicroPythonImage:
    name = url.rpartition("/")[2].partition("?")[0] or "image.bin"
    kept = cache_dir() / name
    if sha256 is not None and kept.is_file() and hashlib.sha256(kept.read_bytes()).hexdigest() == sha256.lower():
        return _from_file(kept, sha256)
    data = _fetch(url)
    if sha256 is None:
        try:
            match = _SHA256.search(_fetch(f"{url}.sha256").decode("utf-8", "replace"))
        except ShedError:
            match = None
        if match is None:
            raise ShedError(
                f"there is no SHA-256 to check {name} against",
                f"the server has no {name}.sha256; the download has {hashlib.sha256(data).hexdigest()}",
                "compare that with a source you trust, and repeat the command with --sha256 HASH",
                INVALID,
            )
        sha256 = match[0]
    _compare(data, sha256, url)
    image = micropython_image.parse(data, name)
    keep(data, name if name.endswith(".bin") else f"{name}.bin")
    return image


def _fetch(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:
            data = answer.read(_MAX_BYTES + 1)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise ShedError(
            f"cannot fetch {url}",
            str(error),
            "fetch it on a machine with internet and name the file: --image FILE (or shed bundle)",
            INVALID,
        ) from error
    if len(data) > _MAX_BYTES:
        raise ShedError(f"{url} is longer than any MicroPython image", code=INVALID)
    return data


def _compare(data: bytes, sha256: str | None, name: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if sha256 is not None and found != sha256.strip().lower():
        raise ShedError(
            f"{name} is not the file it should be", f"its SHA-256 is {found}, expected {sha256}", "copy or fetch it again", INVALID
        )


def _only_cached(chip: str) -> MicroPythonImage | None:
    fitting: dict[str, MicroPythonImage] = {}
    for path in cached():
        image = _from_file(path, None)
        if image.chip == chip:
            fitting.setdefault(image.sha256, image)
    if len(fitting) > 1:
        names = ", ".join(image.name for image in fitting.values())
        raise ShedError("which MicroPython image? The cache has several", names, "name one: --image NAME", INVALID)
    return next(iter(fitting.values()), None)


def _hash_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")
