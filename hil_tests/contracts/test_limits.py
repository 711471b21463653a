"""Limits are defined once (site/limits.py): the firmware's own figures agree, and values at a bound pass through the image unchanged.

Hazard: a site that passes the check and that the board cuts short: a mask one bit too narrow, a number that does not fit its field.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from shed.charging import outlets
from shed.metering import poller
from shed.safety import matrix, outputs
from shed.storage import live
from shed.storage.image import Image
from shedbench.places import REPOSITORY
from shedguard.boards import model as board_model
from shedguard.boards.chips import CHIPS
from shedguard.boards.model import Board
from shedguard.files.schema_errors import problems_of
from shedguard.formats import slots
from shedguard.site import check, limits
from shedguard.site.from_image import site_of
from shedguard.site.image import compile_site
from shedguard.site.model import SiteFile

from hil_tests.contracts.key_files import put
from hil_tests.scenarios import limit_site

Files = tuple[dict[str, Any], dict[str, Any]]
TABLES = {
    "group": limits.GROUPS, "bus": limits.BUSES, "outlet": limits.OUTLETS, "point": limits.POINTS, "cause": limits.CAUSES,
    "gate": limits.GATES, "reader": limits.READERS, "contact": limits.CONTACTS,
}  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> Files:
    site = tomllib.loads(limit_site.write(tmp_path).read_text(encoding="utf-8"))
    site["contact"] = [{"name": f"person {n}", "phone": "0571 8888 0000", "role": "property"} for n in range(limits.CONTACTS)]
    return site, tomllib.loads((tmp_path / "bench-limit.toml").read_text(encoding="utf-8"))


def const(file: str, pattern: str) -> int:
    """A number in a firmware file that only a board can import."""
    (number,) = re.findall(pattern, (REPOSITORY / "firmware" / "shed" / file).read_text(encoding="utf-8"), re.MULTILINE)
    return int(number, 0)


def test_the_firmware_has_room_for_as_many():
    rooms = ("boot/wiring.py", "charging/off_watch.py", "service/books.py", "service/tasks.py")
    assert {const(room, r"^_WORD = const\((\d+)\)") for room in rooms} == {limits.MASK}
    assert outlets._WORD == poller._WORD == outputs._WORD == limits.MASK, "a word of a mask is a small integer"
    assert limits.OUTLETS <= 64, "masks of 8 bytes in flash"
    assert matrix._ALL == (1 << limits.CAUSES) - 1 and matrix.UNKNOWN == 1 << limits.CAUSES
    assert const("console/words.py", r"for i in range\((\d+)\) if mask >> i") == limits.CAUSES
    assert const("charging/off_watch.py", r"self\.ahead = bytearray\((\d+)\)") == limits.GROUPS
    assert live.WATCHED_SIZE == 4 * 8 + limits.GROUPS + 2, "minutes of each row, over a power cut"
    assert {len(chip.uarts) for chip in CHIPS.values()} == {limits.BUSES}
    assert const("boot/wiring.py", r"^NO_PIN = const\((\d+)\)") == board_model.NO_PIN
    assert const("boot/wiring.py", r"^EXPANDED = const\((\d+)\)") == board_model.EXPANDED
    assert const("storage/slots.py", r"^_SLOT = const\((\w+)\)") == slots.SLOT_SIZE


def test_the_largest_site_is_at_every_count_passes_the_check_and_fits_its_slot(files: Files):
    site, board = files
    model, on = SiteFile.model_validate(site), Board.model_validate(board)
    fewer = {"bus", "reader"}  # they share the two UARTs: hil_tests/scenarios/test_limits.py has both ways
    assert {name: len(site[name]) for name in TABLES if name not in fewer} == {n: most for n, most in TABLES.items() if n not in fewer}
    assert len(site["bus"]) + len(site["reader"]) == limits.BUSES
    assert max(len(cause.effects) for cause in model.cause) == limits.EFFECTS
    assert [problem.what for problem in check.problems(model, on) if problem.severity == "error"] == []
    slots.build_slot(compile_site(model, on), 1, confirmed=True)


@pytest.mark.parametrize("table", TABLES)
def test_one_more_is_refused(table: str, files: Files):
    site, _board = files
    rows = (site[table] * (TABLES[table] + 1))[: TABLES[table] + 1]
    with pytest.raises(ValidationError) as caught:
        SiteFile.model_validate(site | {table: rows})
    assert f"at most {TABLES[table]}" in problems_of(caught.value, SiteFile)[0].what


def bounds(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, int]]:
    """(key, value) for the least and the greatest value of each number."""
    for name, field in model.model_fields.items():
        for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from bounds(inner, f"{before}{name}.")
        for rule in field.metadata:
            bound = getattr(rule, "ge", getattr(rule, "le", None))
            if bound is not None:
                yield before + name, bound


@pytest.mark.parametrize(("path", "value"), [*bounds(SiteFile)], ids=lambda part: str(part))
def test_a_value_at_its_bound_comes_back_from_the_image_the_same(path: str, value: int, files: Files):
    site, board = files
    model, on = SiteFile.model_validate(put(site, path, value)), Board.model_validate(board)
    image = compile_site(model, on)
    assert Image(image).crc, "the board reads it"
    assert site_of(image, on, model) == model


def test_the_model_writes_no_count_of_its_own():
    text = (REPOSITORY / "host_tools" / "shedguard" / "site" / "model.py").read_text(encoding="utf-8")
    assert re.findall(r"max_length=\d+", text) == []
    assert len([*bounds(SiteFile)]) > 60
