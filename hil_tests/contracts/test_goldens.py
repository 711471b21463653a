"""Every golden is read and written by both sides to the byte: by the tools, and by the firmware on CPython and on MicroPython.

What is asserted is what the golden itself states, field by field. How a new one is made: goldens/write.py.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from struct import iter_unpack
from typing import Any

import pytest
from shed.storage import journal as firmware_journal
from shed.storage import live
from shedguard.backup.log_region import sectors_in_use, with_wear_of
from shedguard.formats import cards, slots
from shedguard.formats.records import SECTOR, Record, build_log, decode_payload, encode_payload, read_log

from .goldens import sides, write
from .goldens.layouts import KINDS, MAGICS, Layout, layouts
from .goldens.sides import Question
from .goldens.text import FOLDER, SUFFIX, Case, Field, read, render

LAYOUTS = {layout.file: layout for layout in layouts()}
SECTORS = {f"{ring}-sector-16{SUFFIX}": magic for ring, magic in MAGICS.items()}
TABLES = {"cards-1.txt", "cards-2.txt"}
RECORDS = [(name, case) for name in LAYOUTS if (FOLDER / name).exists() for case in read(FOLDER / name)]
HEADERS = [(magic, case) for name, magic in SECTORS.items() for case in read(FOLDER / name)]
CARDS = [(name, case) for name in sorted(TABLES) for case in read(FOLDER / name)]
SLOTS = {case.title: case for case in read(FOLDER / "slot-1.txt")}
PARTITION = 4 * SECTOR
EVER = 0xFFFFFFFF
TIME = ("uptime_s", "epoch_s", "boot")
TAILS = [(name, case) for name, case in RECORDS if any(field.name == "counted_trips" for field in case.fields)]
TAKEN_FROM = {"session_end": "price_fen"}  # what the firmware takes for a field that an older version did not write; 0 in all others


def _payload(case: Case) -> list[Field]:
    return case.between("sequence", "crc")


def _sector(layout: Layout, case: Case) -> bytes:
    """A sector with this record as the tools write it."""
    payload = b"".join(field.data for field in _payload(case))
    return build_log(SECTOR, MAGICS[layout.ring], [(layout.kind.number, payload)], case.number("sequence"))


def _partition(case: Case) -> bytes:
    return case.data.ljust(PARTITION, b"\xff")


def _pieces(case: Case) -> tuple[tuple[int, bytes], ...]:
    """What stands in it, for a region that is erased otherwise."""
    found, at = [], 0
    for field in case.fields:
        found += [(at, field.data)] if field.name != "erased" else []
        at += len(field.data)
    return tuple(found)


def _cards(case: Case) -> list[tuple[Any, ...]]:
    """(card, role, flags, valid until, price list) as stated."""
    start = next(i for i, field in enumerate(case.fields) if field.name == "card")
    values = [field.value for field in case.fields[start : start + 5 * case.number("count")]]
    return list(zip(*[iter(values)] * 5, strict=True))


def _record_question(name: str, case: Case) -> Question:
    layout = LAYOUTS[name]
    values = tuple(field.value for field in _payload(case)) if layout.newest else None
    sector = _sector(layout, case)[: 16 + len(case.data)]
    row = (layout.kind.number, sector, case.number("sequence"), values)
    return ("live_record", *row) if layout.ring == "live" else ("journal_record", layout.ring, *row)


def _card_question(case: Case) -> Question:
    """Each card with the clock not set, at its last second, and a second later."""
    moments = [(row[0], at) for row in _cards(case) for at in {0, row[3], min(row[3] + 1, EVER)}]
    return ("cards", _pieces(case), tuple(moments))


def _questions() -> list[Question]:
    asked = [_record_question(name, case) for name, case in RECORDS]
    asked += [("counted_trips", _payload(case)[-1].data) for _name, case in TAILS]
    asked += [("sector_header", magic, case.data, case.number("order"), case.number("erases")) for magic, case in HEADERS]
    asked += [_card_question(case) for _name, case in CARDS]
    asked += [("revoke", _pieces(case), _cards(case)[1][0]) for _name, case in CARDS[:2]]
    asked += [("slot", case.data) for case in SLOTS.values()]
    return asked


@functools.cache
def _firmware(side: str) -> Callable[[Question], Any]:
    return sides.firmware(side, _questions())


@pytest.fixture(params=sides.SIDES)
def firmware(request: pytest.FixtureRequest):
    """What the firmware answers to a question, here and on a board."""
    return _firmware(request.param)


def _named(row: tuple[str, Case]) -> str:
    return f"{row[0].removesuffix(SUFFIX)}-{row[1].title.replace(' ', '_')}"


records = pytest.mark.parametrize(("name", "case"), [pytest.param(*row, id=_named(row)) for row in RECORDS])
headers = pytest.mark.parametrize(("magic", "case"), [pytest.param(*row, id=f"{row[0].decode()}-{row[1].title}") for row in HEADERS])
tables = pytest.mark.parametrize("case", [pytest.param(row[1], id=_named(row)) for row in CARDS])


def test_every_format_has_its_goldens_and_no_golden_is_left_unread():
    numbers = {i for i, form in enumerate(firmware_journal.FORMATS, 1) if form != "-"}
    assert {layout.kind.number for layout in LAYOUTS.values() if layout.ring != "live"} == numbers
    own = re.findall(r"^([A-Z]+) = const\((\d+)\)", Path(live.__file__).read_text(encoding="utf-8"), re.MULTILINE)
    kinds = {layout.kind.name.upper(): layout.kind.number for layout in LAYOUTS.values() if layout.ring == "live"}
    assert {name: int(number) for name, number in own if name != "SIZE"} == kinds
    here = {path.name for path in FOLDER.iterdir() if path.suffix == SUFFIX}
    known = {*LAYOUTS, *SECTORS, *TABLES, "slot-1.txt"}
    assert known <= here, f"no golden of {sorted(known - here)}: python -m hil_tests.contracts.goldens.write"
    assert here <= known, f"nothing reads {sorted(here - known)}: a format was changed that may only be appended to"


def test_the_tool_writes_what_is_missing_and_nothing_else(tmp_path, monkeypatch):
    """Of a format that nobody has changed it writes the golden that is there."""
    assert not write.missing(FOLDER)
    monkeypatch.setattr(write, "FOLDER", tmp_path)
    (tmp_path / "slot-1.txt").write_text("mine")
    write.main()
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert made.pop("slot-1.txt") == "mine"
    assert made == {name: (FOLDER / name).read_text() for name in made}
    assert {name for name, layout in LAYOUTS.items() if layout.newest} <= set(made)


def test_a_golden_whose_value_and_bytes_differ_is_refused(tmp_path):
    good = FOLDER / "live-done-4.txt"
    assert render(good.read_text().splitlines()[0][2:], read(good)) == good.read_text()
    bad = tmp_path / good.name
    bad.write_text(good.read_text().replace("4294967295", "4294967294"))
    with pytest.raises(ValueError, match="differ"):
        read(bad)


@records
def test_the_tools_read_and_write_a_record(name, case):
    layout = LAYOUTS[name]
    stated = {field.name: field.value for field in _payload(case)}
    if "wide_fen" in stated:
        stated["price_fen"] = stated["wide_fen"]
    time = [case.number(field) for field in TIME if stated.pop(field, None) is not None]
    sector = _sector(layout, case)
    assert sector.rstrip(b"\xff") == sector[:16] + case.data.rstrip(b"\xff")
    log = read_log(sector, MAGICS[layout.ring], KINDS[layout.ring])
    assert not log.problems
    assert log.records == [Record(case.number("sequence"), layout.kind.name, stated, *time)]
    payload = b"".join(field.data for field in _payload(case))
    assert encode_payload(KINDS[layout.ring], log.records[0]) == (layout.kind.number, payload)
    assert decode_payload(KINDS[layout.ring], layout.kind.number, payload + b"\x5a").fields.items() >= stated.items() or layout.kind.rest


@records
def test_the_firmware_reads_and_writes_a_record(name, case, firmware):
    layout = LAYOUTS[name]
    written, sequence, kind, fields = firmware(_record_question(name, case))
    assert (sequence, kind) == (case.number("sequence"), layout.kind.number)
    stated = [field.value for field in _payload(case)]
    assert list(fields[: len(stated)]) == stated
    nothing = case.number(TAKEN_FROM[layout.kind.name]) if layout.kind.name in TAKEN_FROM else 0
    assert all(said in (nothing, b"", bytes(8)) for said in fields[len(stated) :]), "a field that was appended since"
    if layout.newest:
        data = case.data
        assert written == {"journal": (data, b""), "events": (b"", data), "live": data}[layout.ring]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.title) for _name, case in TAILS])
def test_the_firmware_finds_trips_that_were_only_counted_behind_a_going_record(case, firmware):
    tail = _payload(case)[-1].data
    if tail[-7:-6] != b"\xff":  # else that row is none of a cause (decision 0037)
        assert firmware(("counted_trips", tail)) == [row for row in iter_unpack("<BIH", tail[4:]) if row[1]]


@headers
def test_both_sides_read_and_write_the_header_of_a_sector(magic, case, firmware):
    order, erases = case.number("order"), case.number("erases")
    assert firmware(("sector_header", magic, case.data, order, erases)) == (case.data, order)
    region = case.data.ljust(SECTOR, b"\xff")
    assert sectors_in_use(region, magic) == {0: (order, erases)}
    if erases:
        worn = with_wear_of(region, with_wear_of(region, b"", magic), magic)
        assert sectors_in_use(worn, magic) == {0: (order, 2)}
    else:
        assert build_log(SECTOR, magic, [(0, b"")])[:16] == case.data


@tables
def test_the_tools_read_and_write_a_card_table(case):
    table = cards.find_table(_partition(case))
    assert table is not None
    rows = _cards(case)
    roles = {name: number for number, name in cards.ROLES.items()}
    assert [(c.number, roles[c.role], 0xFFFE + c.valid, c.valid_until, c.price_list) for c in table.cards] == rows
    assert (table.sequence, table.sector) == (case.number("table"), case.number("sector") or 1)
    made, count = cards._records(table.cards, PARTITION)
    assert count == case.number("count")
    assert _partition(case)[table.sector * SECTOR :].startswith(made)
    if case.number("version") == cards.VERSION:
        assert _partition(case)[table.header_at :].startswith(cards._header(made, count, table.sequence, table.sector))


@tables
def test_the_firmware_reads_a_card_table(case, firmware):
    count, raw, found = firmware(_card_question(case))
    rows = _cards(case)
    assert count == len(rows) == len(raw)
    assert [row for data in raw for row in iter_unpack("<11sBHIH", data)] == rows
    stated = {row[0]: row for row in rows}
    for (number, epoch_s), said in zip(_card_question(case)[2], found, strict=True):
        _number, role, flags, until, price_list = stated[number]
        reason = 3 if not flags & 1 else 4 if until != EVER and epoch_s > until else 1
        assert said == ((role, reason), price_list)


@pytest.mark.parametrize("case", [pytest.param(row[1], id=row[0]) for row in CARDS[:2]])
def test_the_firmware_revokes_a_card_as_the_tools_write_it_revoked(case, firmware):
    partition = bytearray(_partition(case))
    for at, data in firmware(("revoke", _pieces(case), _cards(case)[1][0])):
        partition[at : at + len(data)] = data
    table = cards.find_table(bytes(partition))
    assert table is not None and [card.valid for card in table.cards] == [True, False, True, True]
    assert partition == _partition(CARDS[2][1]) or case.number("version") == 1


def test_the_tools_read_and_write_a_slot():
    image = SLOTS["written"].fields[-1].data
    for title, words in {
        "written": "not yet tried",
        "on trial": "on trial",
        "trial confirmed": "confirmed",
        "trial rejected": "rejected",
        "flashed confirmed": "confirmed",
    }.items():
        case = SLOTS[title]
        slot = slots.read_slot(case.data)
        assert slot == slots.Slot(case.number("slot"), case.number("state"), image)
        assert slot.words == words and slot.confirmed == (words == "confirmed")
    sequence = SLOTS["written"].number("slot")
    assert slots.build_slot(image, sequence, confirmed=False) == SLOTS["written"].data
    assert slots.build_slot(image, sequence, confirmed=True) == SLOTS["flashed confirmed"].data


@pytest.mark.parametrize(
    ("title", "runs", "started", "confirmed"),
    [
        ("written", True, "on trial", "trial confirmed"),
        ("on trial", False, "trial rejected", None),
        ("trial confirmed", True, None, None),
        ("trial rejected", False, None, None),
        ("flashed confirmed", True, None, None),
    ],
)
def test_the_firmware_reads_a_slot_and_writes_its_states(title, runs, started, confirmed, firmware):
    case = SLOTS[title]
    sequence, image = case.number("slot"), case.fields[-1].data
    told, *programs = firmware(("slot", case.data))
    rejected = sequence if started == "trial rejected" else 0
    assert told == ((image, sequence, case.number("image_crc"), confirmed is not None, 0) if runs else (None, 0, 0, False, rejected))
    for wanted, made in zip((started, confirmed), programs, strict=True):
        after = bytearray(case.data)
        for at, data in made:
            after[at : at + len(data)] = data
        assert after == (case if wanted is None else SLOTS[wanted]).data
        assert bool(made) == (wanted is not None)
