"""A golden that a person can read: a line a field with its name, its struct code, its bytes and its value, in cases of one title each.

The value is what both sides must say for these bytes, and what both must write these bytes from: it stands nowhere else. `ff*40` are 40
such bytes. A field of bytes has no value beside them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shedbench.places import TESTS

FOLDER: Final = TESTS / "golden"
SUFFIX: Final = ".txt"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``code`` is of `struct`, little-endian."""

    name: str
    code: str
    value: int | bytes

    @property
    def data(self) -> bytes:
        """As it stands in flash."""
        return struct.pack("<" + self.code, self.value)

    def line(self) -> str:
        """As it stands in a golden."""
        data = self.data
        text = f"{data[:1].hex()}*{len(data)}" if len(data) > 40 and len(set(data)) == 1 else data.hex()
        return f"{self.name:16} {self.code:5} {text} {self.value if isinstance(self.value, int) else ''}".rstrip()


@dataclass(frozen=True, slots=True)
class Case:
    """Fields that stand one behind the other."""

    title: str
    fields: tuple[Field, ...]

    @property
    def data(self) -> bytes:
        """All of it."""
        return b"".join(field.data for field in self.fields)

    def number(self, name: str) -> int:
        """The value of the first field of this name."""
        value = next(field.value for field in self.fields if field.name == name)
        assert isinstance(value, int), name
        return value

    def between(self, first: str, end: str) -> list[Field]:
        """The fields behind ``first`` and before ``end``."""
        names = [field.name for field in self.fields]
        return list(self.fields[names.index(first) + 1 : names.index(end)])


def render(head: str, cases: Iterable[Case]) -> str:
    """The text of a golden."""
    blocks = ["\n".join([f"[{case.title}]", *(field.line() for field in case.fields)]) for case in cases]
    return "\n\n".join([f"# {head}", *blocks]) + "\n"


def read(path: Path) -> list[Case]:
    """The cases of a golden. ValueError when a line's bytes and value do not say the same."""
    cases: list[Case] = []
    title, fields = "", []
    for line in [*path.read_text(encoding="ascii").splitlines(), "[]"]:
        if line.startswith("["):
            cases += [Case(title, tuple(fields))] if fields else []
            title, fields = line[1:-1], []
        elif line and not line.startswith("#"):
            fields.append(_field(path, line))
    return cases


def _field(path: Path, line: str) -> Field:
    name, code, text, *value = line.split()
    one, _, times = text.partition("*")
    data = bytes.fromhex(one) * int(times or 1)
    field = Field(name, code, int(value[0]) if value else data)
    if field.data != data:
        raise ValueError(f"{path.name}: {line}: bytes and value differ")
    return field
