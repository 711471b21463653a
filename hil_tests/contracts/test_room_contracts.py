"""What a room of the firmware expects of others stands in its contracts.pyi: it asks for nothing else, and who implements it has all of it.

Hazard: a record, a hold or a fault that a room asks for and nobody hears, found when a socket burns.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from shedbench.places import REPOSITORY
from shedguard.boards import known
from shedguard.flash import program

FIRMWARE: Final = REPOSITORY / "firmware" / "shed"
CONFIG: Final = "host_tools/pyright-firmware.json"


class Expects(NamedTuple):
    """A protocol, who asks for it, and under which names it has it."""

    room: str
    protocol: str
    users: str
    names: tuple[str, ...]


PROTOCOLS: Final = (
    Expects("charging", "Sink", "charging/*.py", ("sink",)),
    Expects("console", "Shed", "console/*.py", ("shed", "_shed")),
    Expects("console", "Stdio", "console/*.py", ("stdio", "_stdio")),
    Expects("access", "Reader", "service/entrance.py", ("reader",)),
)


def members(expects: Expects) -> set[str]:
    tree = ast.parse((FIRMWARE / expects.room / "contracts.pyi").read_text(encoding="utf-8"))
    (protocol,) = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == expects.protocol]
    fields = {node.target.id for node in protocol.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}
    return fields | {node.name for node in protocol.body if isinstance(node, ast.FunctionDef)}


def asked(expects: Expects) -> set[str]:
    """What is asked of an object that goes by one of the names, as a variable or as an attribute."""
    found: set[str] = set()
    for path in FIRMWARE.glob(expects.users):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                of = node.value
                name = of.id if isinstance(of, ast.Name) else of.attr if isinstance(of, ast.Attribute) else ""
                if name in expects.names:
                    found.add(node.attr)
    return found


@pytest.mark.parametrize("expects", PROTOCOLS, ids=lambda expects: expects.protocol)
def test_a_room_asks_for_what_its_contract_says_and_for_nothing_else(expects: Expects):
    assert asked(expects) == members(expects)


ARCHITECTURE: Final = REPOSITORY / "docs" / "architecture.md"


def told(architecture: str) -> Iterator[tuple[str, str, str]]:
    """Room, protocol and who implements it (`Class` or `Class.method`), by the table of the document and by the docstrings."""
    for room, protocol, cell in re.findall(r"^\| `(\w+)/contracts\.pyi`: `(\w+)` \| (.*) \|$", architecture, re.MULTILINE):
        yield room, protocol, re.findall(r"`([\w./]+)`", cell)[-1]
    for path in FIRMWARE.glob("*/contracts.pyi"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and (named := re.search(r"`([\w.]+)` is one", ast.get_docstring(node) or "")):
                yield path.parent.name, node.name, re.sub(r"^[a-z_.0-9]+\.(?=[A-Z])", "", named[1])


def methods() -> dict[str, set[str]]:
    """{class: its methods} of the firmware."""
    nodes = [node for path in FIRMWARE.rglob("*.py") for node in ast.parse(path.read_text(encoding="utf-8")).body]
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    return {node.name: {part.name for part in node.body if isinstance(part, ast.FunctionDef)} for node in classes}


def wrong(architecture: str) -> list[str]:
    """A contract that is called is kept by a method, another by a class; both exist."""
    found: list[str] = []
    known = methods()
    for room, protocol, who in told(architecture):
        is_called = members(Expects(room, protocol, "", ())) == {"__call__"}
        of, _, method = who.partition(".")
        if is_called != bool(method) or (method or "__init__") not in known.get(of, ()):
            found.append(f"{protocol}: {who}")
    return found


def test_who_is_said_to_keep_a_contract_can_keep_it():
    text = ARCHITECTURE.read_text(encoding="utf-8")
    assert len(list(told(text))) > 6 and wrong(text) == []
    assert wrong(text.replace("| `Books._fault_changed` |", "| `Books`, for its `faults` |")) == ["FaultSink: faults"]
    assert wrong(text.replace("`Books.gate`", "`Books.gates`")) == ["GateSink: Books.gates"]


@pytest.mark.slow(5)
def test_no_board_has_a_trace_of_the_contracts():
    files = program.files(known.load("devkitc-shed4"))
    assert "/shed/service/books.mpy" in files
    traces = (b"contracts", b"_TYPES", b"Sink", b"_is_a_reader")
    assert not [name for name, code in files.items() if "contracts" in name or any(trace in code for trace in traces)]


# File: what is written otherwise, and what pyright then says.
BROKEN: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "service/books.py": (
        ("def hold(self, holder, i)", "def holds(self, holder, i)", '"hold" is not present'),
        ("def gate(self, event, reason, card):", "def gate(self, event, reason):\n        card = 0", '"GateSink"'),
        ("def _fault_changed(self, change, code, arg):", "def _fault_changed(self, change, code):\n        arg = 0", '"FaultSink"'),
    ),
    "service/desk.py": (("def outlet_number(", "def outlet_numbers(", '"outlet_number" is not present'),),
    "board/stdio.py": (("def read_into(", "def read(", '"read_into" is not present'),),
    "access/pn532.py": (("self.silent", "self.silence", '"silent" is not present'),),
}


@pytest.mark.long
@pytest.mark.slow(10)
def test_who_lacks_what_a_contract_asks_for_is_refused_by_pyright(tmp_path: Path):
    shutil.copytree(REPOSITORY / "firmware", tmp_path / "firmware", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "host_tools").mkdir()
    shutil.copy2(REPOSITORY / CONFIG, tmp_path / CONFIG)
    (tmp_path / "typings").symlink_to(REPOSITORY / "typings")
    for name, changes in BROKEN.items():
        path = tmp_path / "firmware" / "shed" / name
        text = path.read_text(encoding="utf-8")
        for old, new, _said in changes:
            assert old in text, f"{name}: {old}"
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
    command = [str(Path(sys.executable).parent / "pyright"), "--project", str(tmp_path / CONFIG)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    for changes in BROKEN.values():
        for _old, _new, said in changes:
            assert said in ran.stdout, f"{said}\n{ran.stdout}"
