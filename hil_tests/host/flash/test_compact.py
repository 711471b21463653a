"""The program with fewer names: it behaves the same, on the same lines, and names used from outside stay."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from shedbench.places import REPOSITORY
from shedguard.errors import ShedError
from shedguard.flash.compact import SEEN_FROM_OUTSIDE, compact
from shedguard.paths import firmware_dir

SOURCES = {
    ".".join(path.relative_to(firmware_dir()).with_suffix("").parts).removesuffix(".__init__"): path.read_bytes()
    for path in sorted((firmware_dir() / "shed").rglob("*.py"))
}
SHORT = re.compile(r"_[a-zA-Z]\d*")

CODES = b"""
from micropython import const
RED = const(1)
BLUE = const(RED << 4)
COLD = const(-3)
_TOP = const(BLUE + 1)
NAMES = ("red", "blue")
def name(code): return NAMES[0 if code == RED else 1]
def top(): return _TOP
"""
PLAIN = b"""
import lamps.codes
from lamps import codes as c
from lamps.codes import (
    BLUE,
    COLD, name,
)
class Lamp:
    def __init__(self, colour, level=BLUE - COLD):
        self.colour = colour
        self._level = level
        self._kept = 0
    def _dim(self, steps):
        down = lambda level, more=steps: level - steps - more
        self._level = down(self._level)
        return [self._level + steps for _ in range(2)]
    def dim(self, steps=2 - COLD):
        for i in self._dim(steps): pass
        return i
    def told(self, *, times): return times
"""
CHILD = b"""
from lamps import codes
from lamps.plain import Lamp
class Child(Lamp):
    def __init__(self, colour):
        super().__init__(colour)
        self._own = 7
    def look(self, other):
        return self._level, self._own, other._far, getattr(self, "_kept"), codes.RED - codes.COLD
class Far:
    def __init__(self, distance): self._far = distance
def go(first, second):
    child = Child(first)
    try:
        child.dim(steps=second), 1 // 0
    except ZeroDivisionError as error:
        where = error.__traceback__.tb_lineno
    return child.dim(), child.look(Far(9)), child.told(times=2), where, child.colour
"""
PROGRAM = {"lamps": b"", "lamps.codes": CODES, "lamps.plain": PLAIN, "lamps.child": CHILD}
RUN = "from lamps import child, codes\nprint(child.go(codes.top(), 3), codes.name(1), codes.name(0), sorted(vars(codes)))"


@cache
def _compact_firmware() -> dict[str, bytes]:
    return compact(SOURCES)


def _run(folder: Path, sources: dict[str, bytes]) -> str:
    folder.mkdir()
    (folder / "micropython.py").write_text("def const(value): return value\n")
    for name, text in sources.items():
        path = folder / name.replace(".", "/") / "__init__.py" if name == "lamps" else folder / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text)
    found = subprocess.run([sys.executable, "-c", RUN], cwd=folder, capture_output=True, text=True, check=False)
    assert not found.returncode, found.stderr
    return found.stdout


def test_a_program_does_the_same_with_fewer_names(tmp_path: Path) -> None:
    short = compact(PROGRAM)
    before, after = _run(tmp_path / "before", PROGRAM), _run(tmp_path / "after", short)
    assert after.split("[")[0] == before.split("[")[0]
    assert "'BLUE'" in before
    assert not {"'RED'", "'BLUE'", "'COLD'", "'_TOP'"} & set(re.findall(r"'\w+'", after))
    plain, child = short["lamps.plain"].decode(), short["lamps.child"].decode()
    assert "_level" not in plain + child
    assert "_dim" not in plain
    assert "colour" in plain  # an attribute, public
    assert all(name in child for name in ("_kept", "steps=", "(a, b):"))
    assert "_kept" in plain
    assert "times" in plain


def test_a_private_name_of_one_class_is_not_given_to_another_that_inherits_from_it() -> None:
    short = compact(PROGRAM)
    stored = re.findall(r"self\.(_\w+) = ", (short["lamps.plain"] + short["lamps.child"].split(b"class Far")[0]).decode())
    own = set(re.findall(r"self\.(_\w+) = 7", short["lamps.child"].decode()))
    assert len(own) == 1
    assert stored.count(own.pop()) == 1


def test_an_f_string_is_refused_and_text_that_is_no_python_left_to_the_compiler() -> None:
    with pytest.raises(ShedError, match="f-string"):
        compact({"a": b"x = f'{y}'"})
    assert compact({"a": b"def", "b": b"_long = 1"}) == {"a": b"def", "b": b"_long = 1"}


def _defined(text: bytes) -> list[tuple[str, int]]:
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return [(node.name, node.lineno) for node in nodes]


@pytest.mark.parametrize("module", SOURCES)
def test_every_function_of_the_firmware_stays_on_its_line_and_public_ones_keep_their_names(module: str) -> None:
    before, after = SOURCES[module], _compact_firmware()[module]
    assert before.count(b"\n") == after.count(b"\n")
    for (old, line), (new, line_now) in zip(_defined(before), _defined(after), strict=True):
        assert line == line_now
        assert new == old or (old.startswith("_") and SHORT.fullmatch(new))


def _attributes(sources: dict[str, bytes]) -> set[str]:
    return {node.attr for text in sources.values() for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}


def test_no_public_attribute_of_the_firmware_gets_another_name() -> None:
    gone = _attributes(SOURCES) - _attributes(_compact_firmware())
    assert not {name for name in gone if not name.startswith("_") and not name.isupper()}


def _names(sources: dict[str, bytes]) -> set[str]:
    arguments = {node.arg for text in sources.values() for node in ast.walk(ast.parse(text)) if isinstance(node, ast.arg)}
    return arguments | _attributes(sources) | {name for text in sources.values() for name, _ in _defined(text)}


def test_the_firmware_has_a_third_fewer_names() -> None:
    assert len(_names(_compact_firmware())) < len(_names(SOURCES)) * 2 / 3


def test_names_of_micropython_stay() -> None:
    assert b"sys.implementation._machine" in _compact_firmware()["shed.service.desk"]


def _probed() -> set[str]:
    """Private attributes in the texts of the tests that run on a board."""
    found: set[str] = set()
    for path in sorted((REPOSITORY / "hil_tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.update(re.findall(r"\b[a-z][\w.]*\.(_[a-z]\w*)\b", node.value))
    return found


def test_what_probes_look_at_keeps_its_name() -> None:
    probed = _probed()
    assert not (_names(SOURCES) - _names(_compact_firmware())) & probed
    assert _names(SOURCES) & probed >= SEEN_FROM_OUTSIDE, "no test uses it any more"
