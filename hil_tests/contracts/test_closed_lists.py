"""The closed lists: firmware, board words, tools' names and texts, and both documents count the same things with the same numbers."""

from __future__ import annotations

import ast
import re
from typing import get_args

import pytest
from shed.access import cards, gate
from shed.boot.wired import Wired
from shed.charging import grants, session, stop_causes
from shed.console import auth, words
from shed.metering import profiles
from shed.safety import faults, holders, points
from shed.storage import journal
from shedbench.places import REPOSITORY
from shedbench.plant.meters import METERS as PLANT_METERS
from shedguard.formats import lists, texts
from shedguard.formats.records import JOURNAL_KINDS
from shedguard.site import meters, narrate
from shedguard.site.limits import BLIND_GRACE_MIN
from shedguard.site.model import Meter

RECORDS = (REPOSITORY / "docs/protocols/records.md").read_text(encoding="utf-8")
FAULT_CODES = (REPOSITORY / "docs/fault-codes.md").read_text(encoding="utf-8")
NAMED = re.compile(r"(\d+) `(\w+)`(?: \((\w+)\))?")


def constants(module, *but):
    """{number: name} of a module's public integer constants, names as the tools have them. Two of one number would be one too few."""
    found = [(value, name.lower()) for name, value in vars(module).items() if name.isupper() and type(value) is int and name not in but]
    found = [row for row in found if not row[1].startswith("_")]
    assert len(dict(found)) == len(found), f"{module.__name__} has two names for one number"
    return dict(found)


def between(first, last, module):
    """The constants from one name to another, in the order of the file."""
    names = [name for name in vars(module) if name.isupper()]
    return {getattr(module, name): name.lower() for name in names[names.index(first) : names.index(last) + 1]}


KINDS = {number: kind.name for number, kind in JOURNAL_KINDS.items()}
GATE_NAMES = {"held": "held_open", "closed_again": "closed", "locked_again": "locked"}
PRESS = {
    value: name[1:].lower()
    for name, value in vars(grants).items()
    if name in ("_SEVERAL_CARDS", "_SEVERAL_OUTLETS", "_ANOTHERS", "_BLOCKED")
}
FIRMWARE = [
    (constants(faults), lists.FAULTS),
    (constants(holders, "COUNT"), lists.HOLDERS),
    (constants(stop_causes), lists.STOP_CAUSES),
    (between("BOOT", "PRESS_REFUSED", journal), KINDS),
    (between("NORMAL", "SUSPECT", points), lists.POINT_STATES),
    (between("IDLE", "DONE", session), lists.OUTLET_STATES),
    (between("LOCKED", "FREE", gate), lists.GATE_STATES),
    ({n: GATE_NAMES.get(name, name) for n, name in between("GRANTED", "LOCKED_AGAIN", gate).items()}, lists.GATE_EVENTS),
    (PRESS, lists.PRESS_REASONS),
    (between("RESIDENT", "MAINTENANCE", cards), lists.ROLES),
    (between("OK", "TRIP", cards), lists.ACCESS_REASONS),
    (between("CARD", "HMAC", auth), lists.AUTHORITIES),
]


@pytest.mark.parametrize(("firmware", "host"), FIRMWARE, ids=lambda table: next(iter(table.values())))
def test_the_firmware_counts_as_the_tools_do(firmware, host):
    assert firmware == dict(host)


def test_each_kind_of_meter_is_known_to_board_tools_and_plant():
    assert set(profiles.PROFILES) == set(meters.NAMES) and len(meters.NAMES) == len(meters.METERS)
    assert set(meters.METERS) == set(get_args(Meter.model_fields["profile"].annotation)) == set(PLANT_METERS)


def test_the_table_of_holders_has_a_place_for_each():
    assert max(lists.HOLDERS) + 1 == holders.COUNT


def test_no_other_room_has_numbers_of_its_own_for_faults_and_holders():
    for path in (REPOSITORY / "firmware").rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and path.name != "journal.py":
                assert not node.targets[0].id.startswith(("FAULT_", "HOLD_")), f"{path.name}: {node.targets[0].id} belongs into the list"


WORDS = [
    (words.FAULTS, lists.FAULTS),
    (words.HOLDERS, lists.HOLDERS),
    (words.STOP_CAUSES, lists.STOP_CAUSES),
    (words.POINT_STATES, lists.POINT_STATES),
    (words.GATE_STATES, lists.GATE_STATES),
    (words.OUTLET_STATES, lists.OUTLET_STATES),
    (words.GATE_EVENTS, lists.GATE_EVENTS),
    (words.ACCESS, lists.ACCESS_REASONS),
    (words.AUTHORITIES, lists.AUTHORITIES),
    (words.PRESSES, lists.PRESS_REASONS),
    (words.RESETS, lists.RESET_CAUSES),
    (words._SENTENCES, {n - 1: name for n, name in KINDS.items()}),
]


@pytest.mark.parametrize(("table", "host"), WORDS, ids=lambda table: table.strip("|")[:12] if isinstance(table, str) else "")
def test_the_board_has_a_word_for_each_and_none_for_nothing(table, host):
    assert {number for number, text in enumerate(table.split("|")) if text} == set(host)


def test_the_board_says_of_what_a_fault_tells_as_the_tools_do():
    for number, text in enumerate(words.FAULTS.split("|")):
        about = text.rpartition(", ")[2] if ", " in text else None
        assert about == {"expander bus": "bus", "meter": "meter of outlet"}.get(
            of := lists.FAULT_ARGUMENTS.get(lists.FAULTS.get(number, "")), of
        ), text


TEXTS = {
    "stop": lists.STOP_CAUSES, "holder": lists.HOLDERS, "fault": lists.FAULTS, "access": lists.ACCESS_REASONS, "press": lists.PRESS_REASONS,
    "authority": lists.AUTHORITIES, "reset": lists.RESET_CAUSES, "gate": lists.GATE_EVENTS,
}  # fmt: skip


@pytest.mark.parametrize("table", TEXTS)
def test_the_tools_have_a_text_for_each_and_none_for_nothing(table):
    assert set(texts.LANGUAGES["en"][table]) == set(TEXTS[table].values())


def test_every_fault_and_every_holder_has_a_chinese_text_too():
    chinese = texts.LANGUAGES["zh"]
    assert set(chinese) == {"fault", "holder", "subject"}
    assert set(chinese["fault"]) == set(lists.FAULTS.values()) and set(chinese["holder"]) == set(lists.HOLDERS.values())
    assert set(chinese["subject"]) == set(lists.FAULT_ARGUMENTS.values()) - {"outlet", "meter"}, "these two have a number in front"
    assert all(re.search("[\u4e00-\u9fff]", words) for table in chinese.values() for words in table.values())


def test_the_tools_tell_every_kind_of_record():
    assert set(narrate._TELLERS) == set(KINDS.values())


def listed(beginning):
    """{number: (name, what in brackets is one word)} of a paragraph of records.md."""
    paragraph = next(line for line in RECORDS.replace("\n15 `boot_loop`", " 15 `boot_loop`").splitlines() if line.startswith(beginning))
    return {int(number): (name, about) for number, name, about in NAMED.findall(paragraph)}


def rows(text, after=""):
    """{number: name} of the table rows `| 3 | `name` | ...` behind a heading."""
    found = re.findall(r"^\| (\d+) \| `(\w+)` \|", text[text.index(after) :], re.MULTILINE)
    return {int(number): name for number, name in found}


def test_the_document_of_the_records_counts_as_the_tools_do():
    names = {n: name for n, (name, _) in listed("Holders (").items()}
    assert names == dict(lists.HOLDERS)
    assert {n: name for n, (name, _) in listed("Fault codes:").items()} == dict(lists.FAULTS)
    assert rows(RECORDS, "Stop causes (a session's end)") == dict(lists.STOP_CAUSES)
    assert {n: name for n, (name, _) in listed("Reasons of `press_refused`").items()} == dict(lists.PRESS_REASONS)
    assert {n: name for n, (name, _) in listed("Access reasons:").items()} == dict(lists.ACCESS_REASONS)
    for about in (lists.POINT_STATES, lists.GATE_EVENTS):
        for number, name in about.items():
            assert re.search(rf"\b{number} {name.replace('_', ' ')}", RECORDS), (number, name)


def test_the_document_of_the_records_has_every_kind_with_the_layout_that_the_board_writes():
    start = RECORDS.index("Journal records")
    table = re.findall(r"^\| (\d+) \| `(\w+)` \| `(<\w+)`", RECORDS[start : RECORDS.index("## Live ring records")], re.MULTILINE)
    assert {int(number): name for number, name, _ in table} == KINDS
    for number, name, layout in table:
        assert journal.FORMATS[int(number) - 1] == layout, name
    assert {n for n, layout in enumerate(journal.FORMATS, 1) if len(layout) > 1} == set(KINDS)


def test_the_document_of_the_faults_counts_as_the_tools_do():
    assert rows(FAULT_CODES) == dict(lists.FAULTS)
    arguments = dict(re.findall(r"^\| \d+ \| `(\w+)` \| ([\w ]*?) ?\|", FAULT_CODES, re.MULTILINE))
    for name, about in lists.FAULT_ARGUMENTS.items():
        assert arguments[name] == {"expander bus": "bus"}.get(about, about), name
    told = {name: about for name, about in listed("Fault codes:").values() if about}
    assert told == {name: {"expander bus": "bus"}.get(about, about) for name, about in lists.FAULT_ARGUMENTS.items()}


def test_a_site_without_a_grace_has_the_same_on_the_board_as_the_tools_say():
    """The image leaves the default out: the board's own stands in for it."""
    assert Wired().blind_grace_min == BLIND_GRACE_MIN
