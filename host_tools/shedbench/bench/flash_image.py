"""The flash file a bench starts with: a copy of a given one, a blank board, or a board in service built from the site.

Built images are cached in build/flash-cache, by a digest of all their inputs, so that a test session builds each once.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from shedguard.boards.known import load_file as load_board
from shedguard.flash.image import build_blank, build_flash, write_partition
from shedguard.formats import file_system
from shedguard.formats.cards import Card, canonical
from shedguard.formats.partition_table import SHEDGUARD, find
from shedguard.paths import PACKAGE, boards_dir, firmware_dir
from shedguard.site.load import load

from shedbench.places import BUILD
from shedbench.plant.people import CardData
from shedbench.plant.sitefile import Wiring

BLANK: Final = "blank"
ERASED: Final = "erased"
_CACHE: Final = BUILD / "flash-cache"
_KEPT: Final = 24  # images of 4 MB
_ROLES: Final = {"volunteer": "fire_volunteer"}


Flash = str | Path | Mapping[str, str] | None


def flash_file(
    directory: Path,
    flash: Flash,
    wiring: Wiring,
    cards: tuple[CardData, ...],
    cpu_mhz: int | None = None,
    size: int = 0,
    frozen: bool = False,
) -> Path:
    """A private flash file in ``directory``: copied from ``flash``, erased, blank, a blank board with the files of a mapping (path
    to source), or, for None, built from the site and ``cards`` with a role, for a board whose file says ``cpu_mhz`` (None: as is); without
    the program's bytecode when that is ``frozen`` into the board's image.

    At least ``size`` bytes long, the rest erased; a copy is as long as what it was copied from.
    """
    path = directory / "flash.bin"
    if flash == ERASED:
        path.write_bytes(b"")
    elif flash == BLANK:
        build_blank(path)
    elif isinstance(flash, Mapping):
        build_blank(path, SHEDGUARD)
        size = find(SHEDGUARD, "vfs").size
        write_partition(path, "vfs", file_system.build({name: source.encode() for name, source in flash.items()}, size))
    elif flash is not None:
        shutil.copyfile(flash, path)
        return path
    else:
        shutil.copyfile(_built(wiring, cards, cpu_mhz, frozen), path)
    _extend(path, size)
    return path


def _extend(path: Path, size: int) -> None:
    missing = size - path.stat().st_size
    if missing > 0:
        with path.open("ab") as file:
            file.write(b"\xff" * missing)


def _built(wiring: Wiring, cards: tuple[CardData, ...], cpu_mhz: int | None, frozen: bool) -> Path:
    digest = _digest(wiring, cards, cpu_mhz, frozen)
    cached = _CACHE / f"{digest}.bin"
    if not cached.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        loaded = load(wiring.path, load_board(wiring.board_path))
        fresh = cached.with_suffix(f".{os.getpid()}")
        table = [
            Card(number=canonical(card.uid), role=_ROLES.get(card.role, card.role), valid_until=card.valid_until)
            for card in cards
            if card.role
        ]
        board = loaded.board
        if cpu_mhz is not None:
            about = {**board.board.model_dump(), "cpu_mhz": cpu_mhz}
            board = board.model_copy(update={"board": type(board.board).model_validate(about)})
        build_flash(fresh, loaded.site, board, table, frozen=frozen)
        fresh.replace(cached)
        _forget_old()
    os.utime(cached)
    return cached


def _forget_old() -> None:
    """Keep the most recently used images; another process may do the same."""
    ages: list[tuple[float, Path]] = []
    for path in _CACHE.glob("*.bin"):
        with suppress(FileNotFoundError):
            ages.append((path.stat().st_mtime, path))
    for _, path in sorted(ages)[:-_KEPT]:
        path.unlink(missing_ok=True)


def _digest(wiring: Wiring, cards: tuple[CardData, ...], cpu_mhz: int | None, frozen: bool) -> str:
    """The digest of site, board, firmware, build tools and cards."""
    digest = hashlib.sha256(repr((cards, cpu_mhz, frozen)).encode())
    files = [wiring.path, wiring.board_path, *boards_dir().glob("*.toml"), *firmware_dir().rglob("*.py"), *PACKAGE.rglob("*.py")]
    for path in sorted(files):
        digest.update(str(path.name).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:24]
