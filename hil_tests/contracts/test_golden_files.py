"""Goldens that are whole files, site images and backups: the firmware finds in them what the tools find, on CPython and on MicroPython."""

from __future__ import annotations

import ast
import functools
import re
from binascii import crc32
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from shedbench.places import SITES
from shedguard.backup import archive
from shedguard.backup.secrets import keyless, with_key
from shedguard.boards.known import load_file
from shedguard.formats.lists import ROLES
from shedguard.formats.records import JOURNAL_KINDS, JOURNAL_MAGIC, LIVE_KINDS, LIVE_MAGIC, SECTOR, Log, encode_payload
from shedguard.formats.slots import current
from shedguard.paths import firmware_dir
from shedguard.site.image import compile_site, image_crc, read_sections
from shedguard.site.load import loads
from shedguard.site.sections import WIDE, Section, layouts, widened

from .goldens import sides
from .goldens.sides import Question
from .goldens.text import FOLDER, SUFFIX

IMAGES = sorted(FOLDER.glob("site-*.bin"))
BACKUPS = sorted(FOLDER.glob("backup-*.zip"))
KEY = bytes.fromhex("00112233445566778899aabbccddeeff" * 2)  # of the shed that was saved; backups without secrets have zeros there
START = firmware_dir() / "shed" / "boot"


def _forms(version: int = 1) -> dict[int, str]:
    """By section: how the firmware unpacks it, out of its own source; it cannot be imported without pins."""
    trees = [ast.parse((START / name).read_text(encoding="utf-8")) for name in ("wiring.py", "start.py")]
    forms = {}
    for call in [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]:
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("rows", "one"):
            name = ast.unparse(call.args[0]).removeprefix("wiring.")
            forms[Section[name].value] = eval(ast.unparse(call.args[1]), {"image": SimpleNamespace(wide=version > 1)})
    return forms


def _as_letters(form: str) -> str:
    """`<17H` as seventeen letters."""
    return re.sub(r"(\d+)([^s\d])", lambda found: int(found[1]) * found[2], form)


def _head(data: bytes) -> tuple[tuple[int, bytes], ...]:
    """The first sector of a partition, and the second: all that a golden backup uses of each."""
    assert not data[2 * SECTOR :].strip(b"\xff")
    return tuple((at, data[at : at + SECTOR].rstrip(b"\xff")) for at in (0, SECTOR))


def _image_question(path: Path) -> Question:
    return ("site_image", path.read_bytes(), _forms())


def _with_key(partition: bytes) -> bytes:
    """The first slot as it stood on the board."""
    found = keyless(partition)
    assert found is not None
    return partition[:24] + with_key(found[1], KEY)


def _backup_questions(path: Path) -> dict[str, Question]:
    found, _manifest = archive.load(path)
    assert found.table is not None
    return {
        "journal": ("ring_records", JOURNAL_MAGIC, _head(found.raw["shed_journal"])),
        "live": ("ring_records", LIVE_MAGIC, _head(found.raw["shed_live"])),
        "slot without its key": ("slot", found.raw["shed_cfg"].rstrip(b"\xff")),
        "slot": ("slot", _with_key(found.raw["shed_cfg"])),
        "cards": ("cards", _head(found.raw["shed_cards"]), tuple((card.number, 0) for card in found.table.cards)),
    }


@functools.cache
def _firmware(side: str) -> Callable[[Question], Any]:
    asked = [_image_question(path) for path in IMAGES]
    asked += [question for path in BACKUPS for question in _backup_questions(path).values()]
    return sides.firmware(side, asked)


@pytest.fixture(params=sides.SIDES)
def firmware(request: pytest.FixtureRequest):
    """What the firmware answers to a question, here and on a board."""
    return _firmware(request.param)


def test_every_section_is_in_a_golden_image_and_every_file_is_looked_at():
    assert {number for path in IMAGES for number in read_sections(path.read_bytes())} == set(layouts(1))
    others = {path for path in FOLDER.iterdir() if path.suffix != SUFFIX}
    assert others == {*IMAGES, *BACKUPS}, "a golden that nothing reads"


@pytest.mark.parametrize("version", [1, WIDE])
def test_both_sides_have_the_same_layout_of_every_section(version):
    own = {number: _as_letters(form) for number, form in _forms(version).items()}
    assert own == {number: _as_letters(form) for number, form in layouts(version).items()}


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.stem)
def test_the_firmware_reads_a_site_image_as_the_tools_do(path, firmware):
    image = path.read_bytes()
    crc, sections = firmware(_image_question(path))
    assert crc == image_crc(image)
    assert {number: [widened(number, row) for row in rows] for number, rows in sections.items()} == read_sections(image)


def test_zones_and_another_grace_compile_to_their_golden():
    """The sections that a plain site has not."""
    text = (SITES / "loops" / "eight.toml").read_text(encoding="utf-8").replace("[safety]\n", "[safety]\nblind_grace_min = 25\n")
    for terminal, zone in {"AI2": "hall", "AI3": "bay", "AI4": "hall", "AI8": "bay"}.items():
        text = text.replace(f'terminal = "{terminal}"\n', f'terminal = "{terminal}"\nzone = "{zone}"\n')
    found = loads(text, "site.toml", load_file(SITES / "loops" / "loops8.toml"))
    golden = (FOLDER / "site-zones.bin").read_bytes()
    assert compile_site(found.site, found.board, only=read_sections(golden)) == golden
    assert read_sections(golden)[16] == [(25,)]
    assert read_sections(golden)[21] == [(number,) for number in (0, 1, 2, 1, 0, 0, 0, 2, 0, 0)]


@pytest.mark.parametrize("path", BACKUPS, ids=lambda path: path.stem)
def test_the_firmware_finds_in_a_backup_what_the_tools_find(path, firmware):
    found, manifest = archive.load(path)
    asked = _backup_questions(path)
    assert not found.journal.problems and not found.live.problems
    assert len(found.journal.records) > 10 and len(found.live.records) > 2
    assert firmware(asked["journal"]) == _rows(found.journal, JOURNAL_KINDS)
    assert firmware(asked["live"]) == _rows(found.live, LIVE_KINDS)
    assert found.slot is None and firmware(asked["slot without its key"])[0][0] is None
    slot = current(_with_key(found.raw["shed_cfg"]))
    assert slot is not None and image_crc(slot.image) == manifest["configuration_crc"]
    assert firmware(asked["slot"])[0][:3] == (slot.image, slot.sequence, crc32(slot.image))
    assert found.table is not None
    count, _records, cards = firmware(asked["cards"])
    assert count == len(found.table.cards)
    roles = {name: number for number, name in ROLES.items()}
    assert cards == [((roles[card.role], 1 if card.valid else 3), card.price_list) for card in found.table.cards]


def _rows(log: Log, kinds: Any) -> list[tuple[int, int, bytes]]:
    return [(record.sequence, *encode_payload(kinds, record)) for record in log.records]
