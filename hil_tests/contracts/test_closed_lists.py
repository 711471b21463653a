"""The closed lists: firmware, board words, tools' names and texts, and both documents count the same things with the same numbers."""

from __future__ import annotations

import ast
import re
from struct import calcsize
from types import MappingProxyType

import pytest
from shed.access import cards, gate
from shed.boot.wired import Wired
from shed.charging import grants, session, stop_causes
from shed.console import auth, commands, talk, words
from shed.safety import faults, holders, points
from shed.storage import journal
from shedbench.places import REPOSITORY
from shedguard.formats import lists, texts
from shedguard.formats.records import JOURNAL_KINDS
from shedguard.link import console
from shedguard.site import narrate
from shedguard.site.limits import BLIND_GRACE_MIN
from shedguard.site.sections import RESERVED, Section, layouts

RECORDS = (REPOSITORY / "docs/protocols/records.md").read_text(encoding="utf-8")
CONSOLE = (REPOSITORY / "docs/protocols/console.md").read_text(encoding="utf-8")
SITE_FILE = (REPOSITORY / "docs/protocols/site-file.md").read_text(encoding="utf-8")
WIRING = (REPOSITORY / "firmware/shed/boot/wiring.py").read_text(encoding="utf-8")  # beside hardware
FAULT_CODES = (REPOSITORY / "docs/fault-codes.md").read_text(encoding="utf-8")
NAMED = re.compile(r"(\d+) `(\w+)`(?: \((\w+)\))?")


def constants(module, *but):
    """{number: name} of a module's public integer constants, names as the tools have them. No number twice."""
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
BOOT = "".join((REPOSITORY / f"firmware/shed/boot/{name}.py").read_text(encoding="utf-8") for name in ("start", "trial"))  # beside hardware
_EVENTS = re.findall(r"^_(BEGUN|CONFIRMED|REJECTED) = const\((\d)\)", BOOT, re.MULTILINE)
TRIAL_EVENTS = {int(number): name.lower() for name, number in _EVENTS}
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
    (TRIAL_EVENTS, lists.TRIALS),
]


@pytest.mark.parametrize(("firmware", "host"), FIRMWARE, ids=lambda table: next(iter(table.values())))
def test_the_firmware_counts_as_the_tools_do(firmware, host):
    assert firmware == dict(host)


def test_the_sections_of_an_image_are_one_list_for_board_tools_and_document():
    own = re.findall(r"^([A-Z]+) = const\((\d+)\)", WIRING, re.MULTILINE)
    of_pins = {"NO_PIN", "KEY_SWITCH", "EXPANDED"}
    assert {int(number): name for name, number in own if name not in of_pins} == {section.value: section.name for section in Section}
    table = SITE_FILE[SITE_FILE.index("| id | section |") :]
    rows = re.findall(r"^\| (\d+) \| (\w+) \| `(<\w+)` \|", table, re.MULTILINE)
    assert {int(number): name for number, name, _ in rows} == {section.value: section.name.lower() for section in Section}
    told = {int(number): calcsize(layout) for number, _, layout in rows}
    assert told == {number: calcsize(layout) for number, layout in layouts(1).items()}
    assert not RESERVED & set(Section)
    assert all(str(number) in SITE_FILE[SITE_FILE.index("Reserved") :][:120] for number in RESERVED)


def test_at_the_same_faults_board_and_tools_say_the_breaker_first():
    assert {lists.FAULTS[code] for code in talk.BREAKER} == lists.BREAKER_FIRST


def test_the_board_counts_the_argument_of_a_fault_as_the_tools_do():
    of = {code: lists.FAULT_ARGUMENTS[name] for code, name in lists.FAULTS.items() if name in lists.FAULT_ARGUMENTS}
    assert set(talk._OF_OUTLETS) == {code for code, thing in of.items() if thing in ("outlet", "meter")}
    assert set(talk._OF_OTHERS) == {code for code, thing in of.items() if thing not in ("outlet", "meter")}


def test_each_refusal_of_the_console_has_its_words_in_the_tools_and_in_the_document():
    assert set(commands._HINTS) == set(console._REFUSALS)
    errors = CONSOLE.split("\n## Errors\n")[1].split("\n## ")[0]
    assert set(re.findall(r"`(\w+)`", errors)) - {"hint"} == set(commands._HINTS) | {"crc"}
    assert "no session" in commands._HINTS["busy"] and "no session" in console._REFUSALS["busy"][0]


def test_the_table_of_holders_has_a_place_for_each():
    assert max(lists.HOLDERS) + 1 == holders.COUNT


def test_no_other_room_has_numbers_of_its_own_for_faults_and_holders():
    for path in (REPOSITORY / "firmware").rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and path.name != "journal.py":
                assert not node.targets[0].id.startswith(("FAULT_", "HOLD_")), f"{path.name}: {node.targets[0].id} belongs in the list"


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
    (words.TRIALS, lists.TRIALS),
    (words._SENTENCES, {n - 1: name for n, name in KINDS.items()}),
]


@pytest.mark.parametrize(("table", "host"), WORDS, ids=lambda table: table.strip("|")[:12] if isinstance(table, str) else "")
def test_the_board_has_a_word_for_each_and_none_for_nothing(table, host):
    assert {number for number, text in enumerate(table.split("|")) if text} == set(host)


# Names that differ between board and tools on purpose.
OTHER_WORDS = {("user", "customer"), ("idle", "free"), ("starting", "waits for its meter"), ("done", "settled"),
               ("locked_out", "too many tries")}  # fmt: skip
NUMBERS = {
    "fault": lists.FAULTS, "holder": lists.HOLDERS, "stop": lists.STOP_CAUSES, "point": lists.POINT_STATES, "gate_state": lists.GATE_STATES,
    "outlet": lists.OUTLET_STATES, "gate": lists.GATE_EVENTS, "access": lists.ACCESS_REASONS, "authority": lists.AUTHORITIES,
    "press": lists.PRESS_REASONS, "reset": lists.RESET_CAUSES, "trial": lists.TRIALS,
}  # fmt: skip
TOLD = {table: next(board for board, its in WORDS if its is numbers) for table, numbers in NUMBERS.items()}


EMPTY = {
    "the", "a", "an", "of", "or", "is", "was", "its", "it", "to", "over", "no", "not", "be", "in", "and", "by", "for", "on", "at", "see",
    "another",
}  # fmt: skip


def stems(said):
    return {word[:4] for word in re.findall(r"[a-z0-9]+", said.lower()) if word not in EMPTY}


def strange(table, board):
    """Names whose word on the board has more in common with the name and text of another one, or nothing with their own."""
    known = {name: stems(f"{name.replace('_', ' ')} {texts.text(table, name)}") for name in NUMBERS[table].values()}
    found = []
    for number, name in NUMBERS[table].items():
        alike = {other: len(stems(board[number]) & words) for other, words in known.items()}
        if (name, board[number]) not in OTHER_WORDS and (not alike[name] or alike[name] < max(alike.values())):
            found.append(name)
    return found


@pytest.mark.parametrize("table", TOLD)
def test_the_board_s_word_for_a_number_means_what_the_tools_text_means(table):
    assert strange(table, TOLD[table].split("|")) == []


@pytest.mark.parametrize("table", TOLD)
def test_two_words_of_the_board_that_changed_places_are_found(table):
    board, numbers = TOLD[table].split("|"), list(NUMBERS[table])
    for one, other in zip(numbers, numbers[1:] + numbers[:1], strict=True):
        swapped = list(board)
        swapped[one], swapped[other] = board[other], board[one]
        assert strange(table, swapped), (board[one], board[other])


def test_the_console_s_document_has_the_words_of_the_states():
    console = (REPOSITORY / "docs/protocols/console.md").read_text(encoding="utf-8").replace("\n", " ")
    told = re.search(r"States: outlets (.*?); points as in records.md", console)[1]
    assert told == ", ".join(f"{number} {word}" for number, word in enumerate(words.OUTLET_STATES.split("|")))


def test_the_board_says_of_what_a_fault_tells_as_the_tools_do():
    for number, text in enumerate(words.FAULTS.split("|")):
        about = text.rpartition(", ")[2] if ", " in text else None
        assert about == {"expander bus": "bus", "meter": "meter of outlet"}.get(
            of := lists.FAULT_ARGUMENTS.get(lists.FAULTS.get(number, "")), of
        ), text


def test_the_tools_tell_every_kind_of_record():
    assert set(narrate._TELLERS) == set(KINDS.values())


# How its paragraph in records.md begins, and the numbers that are repeated in a record's layout.
PARAGRAPHS = {
    "Holders (": lists.HOLDERS,
    "Fault codes:": lists.FAULTS,
    "Reasons of `press_refused`": lists.PRESS_REASONS,
    "Access reasons:": lists.ACCESS_REASONS,
    "Point states:": lists.POINT_STATES,
    "Gate events:": lists.GATE_EVENTS,
    "Gate states:": lists.GATE_STATES,
    "Outlet states:": lists.OUTLET_STATES,
    "Authorities:": lists.AUTHORITIES,
    "Events of `trial`:": lists.TRIALS,
    "Reset causes (": lists.RESET_CAUSES,
    "Roles of a card:": lists.ROLES,
}
AGAIN = {
    r"`<BB11s` event \((.*?)\), reason": lists.GATE_EVENTS,
    r"point index, state \((.*?)\)": lists.POINT_STATES,
    r"authorised by \((1 .*?)\), mask": lists.AUTHORITIES,
    r"image sequence, event \((.*?)\), authorised": lists.TRIALS,
    r"card number, role \((.*?)\), flags": lists.ROLES,
}
BESIDE = {"closed_again": "closed", "locked_again": "locked", "freed_by_trip": "freed"}  # how a layout calls them


def listed(beginning, text=RECORDS):
    """{number: (name, the one word in brackets)} of a paragraph of records.md."""
    paragraph = next(line for line in text.replace("\n15 `boot_loop`", " 15 `boot_loop`").splitlines() if line.startswith(beginning))
    found = NAMED.findall(paragraph)
    assert len({number for number, _, _ in found}) == len(found), f"{beginning} has a number twice"
    return {int(number): (name, about) for number, name, about in found}


def numbered(words):
    """{number: name} of `1 begun, 2 confirmed: by whom` or of `0 normal 1 alarm`."""
    found = re.findall(r"(\d+) ([A-Za-z_]+(?: (?!nobody)[a-z]+)*)", words)
    names = ((int(number), name.lower().replace(" ", "_")) for number, name in found)
    return {number: BESIDE.get(name, name) for number, name in names}


def wrong_in(text):
    """Numbers in a text of records.md that differ from the tools'."""
    found = [start for start, numbers in PARAGRAPHS.items() if {n: name for n, (name, _) in listed(start, text).items()} != dict(numbers)]
    for pattern, numbers in AGAIN.items():
        written = re.search(pattern, text)
        if written is None or numbered(written[1]) != dict(numbers):
            found.append(pattern)
    if rows(text, "Stop causes (a session's end)") != dict(lists.STOP_CAUSES):
        found.append("Stop causes")
    return found


def rows(text, after=""):
    """{number: name} of the table rows `| 3 | `name` | ...` behind a heading."""
    found = re.findall(r"^\| (\d+) \| `(\w+)` \|", text[text.index(after) :], re.MULTILINE)
    return {int(number): name for number, name in found}


def test_the_document_of_the_records_counts_as_the_tools_do():
    assert wrong_in(RECORDS) == []
    tables = {name: value for name, value in vars(lists).items() if isinstance(value, MappingProxyType)}
    closed = {id(value) for name, value in tables.items() if name != "FAULT_ARGUMENTS"}
    assert closed == {id(numbers) for numbers in (*PARAGRAPHS.values(), lists.STOP_CAUSES)}, "a list without a paragraph"


@pytest.mark.parametrize("start", PARAGRAPHS)
def test_an_entry_of_the_document_that_is_changed_missing_or_new_is_found(start):
    line = next(line for line in RECORDS.splitlines() if line.startswith(start))
    entry = re.search(r"(\d+) `(\w+)`", line[len(start) :])
    for instead in (f"{int(entry[1]) + 90} `{entry[2]}`", f"{entry[1]} `other`", "", f"{entry[0]}, 99 `other`"):
        changed = start + line[len(start) :].replace(entry[0], instead, 1)
        assert wrong_in(RECORDS.replace(line, changed, 1)) == [start]


@pytest.mark.parametrize("pattern", AGAIN)
def test_a_layout_that_counts_otherwise_is_found(pattern):
    words = re.search(pattern, RECORDS)[1]
    number = re.search(r"\d", words)[0]
    assert wrong_in(RECORDS.replace(words, words.replace(number, "9", 1), 1)) == [pattern]


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
    """The image leaves the default out: the board has its own."""
    assert Wired().blind_grace_min == BLIND_GRACE_MIN
