"""No text cites a file, a document or a number of an issue that the repository does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from shedbench.places import REPOSITORY

from hil_tests.lint import repository

FOLDERS = "firmware|host_tools|hil_tests|boards|docs"
FILE = re.compile(rf"(?<![\w/.-])(?<!@[0-9a-f]{{7}} )(?:{FOLDERS})/[\w./-]+\.(?:py|md|toml|c|h|svg|txt|bin|zip)\b")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
# A document without a name, an issue of no tracker: "the design", "issue 3". One of a named project is named: "micropython issue 6565".
NOWHERE = re.compile(r"\b[Tt]he design(?:'s)?\b|(?<![\w.-] )\b[Ii]ssue #?\d+|\b(?:by|in|of|see|the|to) issue #?\d+")
PLACEHOLDER = re.compile(r"[A-Z]{4,}")  # NAME.toml
# Made-up names: a worked example, what a lint fires on, tests (with a test of their own) relative to hil_tests.
MADE_UP = ("docs/extending.md", "docs/laws.md", "hil_tests/lint/", "hil_tests/simulator/setup/test_installed.py", "CHANGELOG.md")


def cited(path: Path, text: str) -> Iterator[str]:
    """What the text of ``path`` names and that is not there."""
    yield from (name for name in FILE.findall(text) if not PLACEHOLDER.search(name) and not (REPOSITORY / name).exists())
    yield from NOWHERE.findall(text)
    if path.suffix == ".md":
        yield from (link for link in LINK.findall(text) if not (path.parent / link).exists())


def test_every_file_that_a_text_cites_is_there() -> None:
    found: list[str] = []
    for path in repository.committed(REPOSITORY):
        name = path.relative_to(REPOSITORY).as_posix()
        if path.suffix in (".py", ".pyi", ".md", ".toml", ".c", ".h") and not name.startswith(MADE_UP):
            found += [f"{name} cites {missing}" for missing in cited(path, path.read_text(encoding="utf-8"))]
    assert not found, "\n".join(found)


def test_the_numbers_of_decisions_that_were_never_used_are_named() -> None:
    there = {int(path.name[:4]) for path in (REPOSITORY / "docs" / "decisions").glob("[0-9]*.md")}
    told = re.search(r"\(the numbers ([\d, and]+) were never used\)", (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert told
    assert {int(number) for number in re.findall(r"\d{4}", told[1])} == set(range(1, max(there))) - there


def test_the_rule_fires() -> None:
    page = REPOSITORY / "docs" / "a.md"
    text = "see docs/gone.md, [this](gone.md), [that](laws.md), boards/NAME.toml, firmware/main.py, theirs @2908bac docs/wiring.md"
    assert list(cited(page, text)) == ["docs/gone.md", "gone.md"]
    assert list(cited(page.with_suffix(".py"), "# hil_tests/scenarios/test_gone.py")) == ["hil_tests/scenarios/test_gone.py"]
    for words in ("the goals of the design", "The design's 300", '"issue 3; micropython issue 6565"', "see issue 9", "Issue #3 asks"):
        assert len(list(cited(page, words))) == 1, words
    assert not list(cited(page, "micropython issue 6565, peterhinch/micropython-async issue 79, the designer"))
