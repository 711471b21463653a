"""What the flashing tests share: flash files of boards in several states, and the plan for the small board."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from shedbench.places import REPOSITORY
from shedbench.plant.people import DEFAULT_CARDS
from shedguard import __version__
from shedguard.boards import known
from shedguard.flash import image, plan
from shedguard.flash.plan import Plan
from shedguard.formats import micropython_image
from shedguard.formats.cards import Card, canonical
from shedguard.formats.partition_table import FLASH_SIZE, SHEDGUARD, find
from shedguard.site.load import load

BOARD: Final = "devkitc-shed4"
SITE: Final = REPOSITORY / "hil_tests" / "sites" / "small.toml"
VFS: Final = find(SHEDGUARD, "vfs")


@cache
def wanted() -> Plan:
    """What `shed flash --board devkitc-shed4 --image stand-in` writes."""
    download = micropython_image.parse(micropython_image.stand_in("esp32"), "stand-in")
    return plan.build(known.load(BOARD), download)


def bare(path: Path) -> Path:
    """A chip from the factory."""
    path.write_bytes(b"\xff" * FLASH_SIZE)
    return path


def stock(path: Path) -> Path:
    """A board that was used with MicroPython: its file system covers all our partitions, and is full."""
    image.build_blank(path)
    flash = bytearray(path.read_bytes())
    flash[VFS.offset :] = bytes(range(1, 256)) * ((FLASH_SIZE - VFS.offset) // 255) + b"\x01" * ((FLASH_SIZE - VFS.offset) % 255)
    path.write_bytes(flash)
    return path


def in_service(path: Path, older: bool = False) -> Path:
    """A commissioned board with the residents' cards; ``older`` has another program."""
    loaded = load(SITE)
    cards = [Card(number=canonical(card.uid), role=card.role) for card in DEFAULT_CARDS if card.role == "resident"]
    image.build_flash(path, loaded.site, loaded.board, cards)
    if older:
        flash = bytearray(path.read_bytes())
        at = flash.index(__version__.encode(), VFS.offset)  # in a module; the next byte that reads `shed` may be a name in a directory
        flash[at] ^= 1
        path.write_bytes(flash)
    return path
