"""Every number of a closed list is written by some room of the firmware, or its document says that it is reserved."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from shedbench.places import REPOSITORY
from shedguard.cards import cells
from shedguard.formats import lists

RECORDS = (REPOSITORY / "docs/protocols/records.md").read_text(encoding="utf-8")
# Module, and the first and last name of its list.
LISTS = {
    "stop causes": ("shed.charging.stop_causes", "FULL", "WAITED"),
    "holders": ("shed.safety.holders", "BOOT_LOCK", "LIVE"),
    "fault codes": ("shed.safety.faults", "SCAN_EXCEPTION", "METER_JUMP"),
    "access reasons": ("shed.access.cards", "OK", "TRIP"),
    "gate events": ("shed.access.gate", "GRANTED", "LOCKED_AGAIN"),
    "journal kinds": ("shed.storage.journal", "BOOT", "PRESS_REFUSED"),
    "point states": ("shed.safety.points", "NORMAL", "SUSPECT"),
    "outlet states": ("shed.charging.session", "IDLE", "DONE"),
    "gate states": ("shed.access.gate", "LOCKED", "FREE"),
    "press reasons": ("shed.charging.grants", "_SEVERAL_CARDS", "_BLOCKED"),
}


# A list, and the module that has constants of its own for some of its numbers: no look-up in another module while it scans.
COPIES = {"shed.safety.points": "shed.safety.loop_judge"}


def numbers(module: str, first: str, last: str) -> dict[str, int]:
    """{name: number} of the constants from one name to another."""
    source = (REPOSITORY / "firmware" / module.replace(".", "/")).with_suffix(".py").read_text(encoding="utf-8")
    rows = [(name, int(number)) for name, number in re.findall(r"^(_?[A-Z][A-Z_]*) = const\((\d+)\)", source, re.MULTILINE)]
    names = [name for name, _ in rows]
    return dict(rows[names.index(first) : names.index(last) + 1])


def named_in(source: str, own: str) -> Iterator[tuple[str, str]]:
    """(module, name) of what a file of module ``own`` reads, by whatever name it imported the module."""
    tree = ast.parse(source)
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                modules[name.asname or name.name] = f"{node.module}.{name.name}"
                yield node.module, name.name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield modules[node.value.id], node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and own != "shed.storage.journal":  # it only sorts its kinds
            yield own, node.id


def written() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for path in (REPOSITORY / "firmware").rglob("*.py"):
        own = ".".join(path.relative_to(REPOSITORY / "firmware").with_suffix("").parts)
        found.update(named_in(path.read_text(encoding="utf-8"), own))
    return found


def copied(module: str, used: set[tuple[str, str]]) -> set[int]:
    """Numbers of a list that a module beside it writes under names of its own, with a low line in front."""
    own = COPIES.get(module)
    rows = numbers(own, "_NORMAL", "_STALE") if own else {}
    return {number for name, number in rows.items() if (own, name) in used and numbers(module, name[1:], name[1:]) == {name[1:]: number}}


def reserved(what: str) -> set[int]:
    """Reserved, as the document says."""
    line = next(line for line in RECORDS.splitlines() if line.startswith("Reserved:"))
    told = re.search(rf"{what} ([\d, ]+)", line)
    return {int(number) for number in told[1].split(", ") if number.strip()} if told else set()


@pytest.mark.parametrize("what", LISTS)
def test_a_number_that_nothing_writes_is_reserved_in_the_document_and_no_other(what: str) -> None:
    module, first, last = LISTS[what]
    names, used = numbers(module, first, last), written()
    assert len(names) >= 4
    idle = {number for name, number in names.items() if (module, name) not in used} - copied(module, used)
    gaps = set(range(min(names.values()), max(names.values()))) - set(names.values())
    assert idle | gaps == reserved(what)


def test_every_event_of_a_trial_is_written() -> None:
    rooms = {"_BEGUN": "shed.boot.start", "_CONFIRMED": "shed.boot.trial", "_REJECTED": "shed.boot.start"}
    assert {f"_{name.upper()}" for name in lists.TRIALS.values()} == set(rooms)
    assert {(room, name) for name, room in rooms.items()} <= written() and not reserved("trials")


def test_every_reset_cause_is_one_that_the_chip_can_report() -> None:
    """The board passes on MicroPython's numbers. The emulated chip's own table stands for the ESP32's."""
    port = REPOSITORY / "boards/emulated/port"
    reported = re.findall(r"MP_QSTR_\w+_RESET\), MP_ROM_INT\((CAUSE_\w+)\)", (port / "modmachine_port.c").read_text(encoding="utf-8"))
    listed = re.search(r"enum \{ (CAUSE_\w+) = 1, (.*?) \}", (port / "chip.h").read_text(encoding="utf-8"))
    assert listed
    of = {name: number for number, name in enumerate([listed[1], *listed[2].split(", ")], 1)}
    assert {of[name] for name in reported} == set(lists.RESET_CAUSES) and not reserved("resets")


def test_every_role_can_be_given_to_a_card_by_the_tools() -> None:
    """The board only reads them."""
    assert [cells.role(name) for name in lists.ROLES.values()] == list(lists.ROLES.values()) and not reserved("roles")


def test_the_gate_s_faults_are_raised() -> None:
    assert {("shed.safety.faults", "GATE_FORCED"), ("shed.safety.faults", "GATE_HELD")} <= written()


def test_a_name_counts_by_whatever_name_its_module_was_imported_and_not_where_it_is_only_set() -> None:
    source = "from shed.safety import faults as codes\nfrom shed.safety.holders import TRIP as HELD\nX = codes.BLIND\nUNUSED = 3\n"
    found = set(named_in(source, "shed.own"))
    assert {("shed.safety.faults", "BLIND"), ("shed.safety.holders", "TRIP")} <= found and ("shed.own", "UNUSED") not in found
