"""Every key and table of a good file misspelt, of a wrong type, out of range, removed: an error on its line, or a default that is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import BaseModel
from shedbench.places import REPOSITORY
from shedguard.errors import INVALID
from shedguard.files.problems import FileProblems, Problem
from shedguard.files.schema_errors import _plain
from shedguard.site.load import LoadedSite, loads
from shedguard.site.model import SiteFile
from shedguard.site.show import as_json, lines

HERE = Path(__file__).parent
FULL = (HERE / "bad_sites" / "full.toml").read_text(encoding="utf-8")
DOCS = (REPOSITORY / "docs" / "protocols" / "site-file.md").read_text(encoding="utf-8")
_PAIR = re.compile(r'(?P<key>[a-z_]+) = (?P<value>"[^"]*"|\[[^\]]*\]|\{[^}]*\}|[^,}\s]+)')


@dataclass(frozen=True)
class Key:
    """A ``key = value`` of the text: its position and length."""

    start: int
    key: str
    value: str

    @property
    def line(self) -> int:
        return FULL.count("\n", 0, self.start) + 1

    def changed(self, new: str) -> str:
        return FULL[: self.start] + new + FULL[self.start + len(f"{self.key} = {self.value}") :]


def keys() -> list[Key]:
    found = []
    for match in _PAIR.finditer(FULL):
        found.append(Key(match.start(), match["key"], match["value"]))
        if match["value"].startswith("{"):
            inside = match.start("value") + 1
            found += [Key(inner.start() + inside, inner["key"], inner["value"]) for inner in _PAIR.finditer(match["value"][1:])]
    return found


KEYS = keys()
TABLES = [(match.start(), match.group()) for match in re.finditer(r"^\[.*\]$", FULL, re.MULTILINE)]


def refusal(text: str) -> list[Problem]:
    """The errors of a text that must be refused, and in no other way."""
    with pytest.raises(FileProblems) as caught:
        loads(text)
    assert caught.value.code == INVALID
    found = [problem for problem in caught.value.problems if problem.severity == "error"]
    assert all(problem.what and problem.cause and problem.hint for problem in found)
    return found


def verdict(text: str) -> LoadedSite | list[Problem]:
    """The site, or its errors."""
    try:
        return loads(text)
    except FileProblems as error:
        return [problem for problem in error.problems if problem.severity == "error"]


def wrong_types(value: str) -> list[str]:
    kinds = {'"text"': '"', "17": "0", "1.5": ".", "true": "t", '["text"]': "[", "{ a = 1 }": "{", "1979-05-27": "d"}
    own = "0" if value[0] in "-0123456789" else "t" if value in ("true", "false") else value[0]
    return [new for new, kind in kinds.items() if kind != own]


def out_of_range(value: str) -> list[str]:
    if value[0] in "-0123456789":
        return ["-100000", "1099511627776"]
    if value[0] == '"':
        return ['""', f'"{"x" * 200}"']
    return ["[]", "[" + ", ".join(['"x"'] * 31) + "]"] if value[0] == "[" else []


def name(key: Key) -> str:
    return f"{key.line}-{key.key}"


def test_the_good_file_says_every_key_there_is() -> None:
    def names(model: type[BaseModel]) -> set[str]:
        found = set(model.model_fields)
        for field in model.model_fields.values():
            inner = _plain(field.annotation)
            inner = _plain(inner.__args__[0]) if getattr(inner, "__origin__", None) is list else inner
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                found |= names(inner)
        return found

    said = {key.key for key in KEYS} | {table.strip("[]") for _, table in TABLES}
    assert names(SiteFile) == said


@pytest.mark.parametrize("key", KEYS, ids=name)
def test_a_misspelt_key_is_named_on_its_line(key: Key) -> None:
    found = refusal(key.changed(f"{key.key}x = {key.value}"))
    assert any(problem.line == key.line and f'unknown key "{key.key}x"' in problem.what and key.key in problem.hint for problem in found)


@pytest.mark.parametrize("key", KEYS, ids=name)
def test_a_value_of_another_type_is_refused_on_its_line(key: Key) -> None:
    for new in wrong_types(key.value):
        assert any(problem.line == key.line for problem in refusal(key.changed(f"{key.key} = {new}"))), new


@pytest.mark.parametrize("key", KEYS, ids=name)
def test_a_value_out_of_range_is_refused_on_its_line(key: Key) -> None:
    for new in out_of_range(key.value):
        assert any(problem.line == key.line for problem in refusal(key.changed(f"{key.key} = {new}"))), new


@pytest.mark.parametrize("key", KEYS, ids=name)
def test_a_removed_key_is_an_error_in_its_table_or_a_default_that_is_shown_and_documented(key: Key) -> None:
    text = re.sub(r"\{ *, |, *,|, *\}", lambda m: "{ " if m.group()[0] == "{" else " }" if m.group()[-1] == "}" else ",", key.changed(""))
    found = verdict(text)
    if isinstance(found, list):
        header = max(FULL.count("\n", 0, start) + 1 for start, _ in TABLES if start < key.start)
        assert any(header <= problem.line <= key.line or "fire point" in problem.what for problem in found), found
        assert all(problem.what and problem.cause and problem.hint for problem in found)
        return
    shown = as_json(found)["defaults"]
    mine = [path for path in shown if path.split(".")[-1] == key.key]
    assert mine, f"{key.key} has a default that is not shown: {shown}"
    page = "\n".join(lines(found))
    assert all(re.search(rf"{re.escape(path)} +{re.escape(shown[path])}", page) for path in mine)
    assert re.search(rf"\| `{key.key}` \| {re.escape(shown[mine[0]])} \|", DOCS), f"no documented default of {key.key}"


@pytest.mark.parametrize(("start", "table"), TABLES, ids=[f"{FULL.count(chr(10), 0, start) + 1}-{table}" for start, table in TABLES])
def test_a_table_misspelt_or_removed_is_an_error_or_a_default_that_is_shown(start: int, table: str) -> None:
    wrong = table.replace("]", "x]", 1)
    line = FULL.count("\n", 0, start) + 1
    found = refusal(FULL[:start] + wrong + FULL[start + len(table) :])
    assert any(problem.line == line and "unknown key" in problem.what and table.strip("[]") in problem.hint for problem in found)
    end = FULL.find("\n[", start)
    left = verdict(FULL[:start] + (FULL[end + 1 :] if end > 0 else ""))
    if isinstance(left, list):
        assert all(problem.what and problem.cause and problem.hint and problem.line >= 1 for problem in left)
        return
    what = table.strip("[]")
    shown = as_json(left)["defaults"]
    assert table.startswith("[[") or any(path.split(".")[0] == what for path in shown), shown


def test_a_change_of_any_character_never_ends_in_a_traceback() -> None:
    """Every line cut off in its middle, and every character replaced by a quote or a bracket, one at a time in steps."""
    for at in range(0, len(FULL), 11):
        for new in ('"', "[", "]", "=", "\x00", "é", ""):
            found = verdict(FULL[:at] + new + FULL[at + 1 :])
            if isinstance(found, list):
                assert found and all(problem.line >= 1 and problem.cause and problem.hint for problem in found)
