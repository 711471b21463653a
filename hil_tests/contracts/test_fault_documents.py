"""The Chinese document of the fault codes has each fault once, with the words of `shed faults --lang zh`, and says of the board what the
English one says.

Hazard: a crew that does not read English stands before a code that may mean a live socket.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest
from shedbench.places import REPOSITORY
from shedguard.formats import lists, texts

ENGLISH = (REPOSITORY / "docs/fault-codes.md").read_text(encoding="utf-8")
CHINESE = (REPOSITORY / "docs/fault-codes.zh.md").read_text(encoding="utf-8")
ZH = texts.LANGUAGES["zh"]
ABOUT = {**ZH["subject"], "outlet": "插座", "meter": "电表"}
# Arguments that are no index of anything.
OF_NOTHING = {"task_exception": "任务", "boot_loop": "失败次数", "self_test": "1 看门狗不可用，2 缺分区"}
HAN = re.compile("[\u4e00-\u9fff]")


class Row(NamedTuple):
    """The cells of a fault."""

    code: int
    name: str
    about: str
    what: str
    board: str
    do: str


def rows(text: str) -> list[Row]:
    """The table's rows, in its order; a row with more or fewer cells is no row of it."""
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if re.match(r"\| *\d", line)]
    return [Row(int(cells[0]), cells[1].strip("`"), *cells[2:]) for cells in found if len(cells) == len(Row._fields)]


def marks(cell: str) -> tuple[set[str], set[str]]:
    """What stands the same in every language: numbers, and names in backticks."""
    return set(re.findall(r"\d+", cell)), set(re.findall(r"`[^`]+`", cell))


def wrong_in(text: str) -> list[str]:
    """What differs from the closed list, from the tools' Chinese texts and from the English document, by the fault's name."""
    told, english = rows(text), {row.name: row for row in rows(ENGLISH)}
    if [(row.code, row.name) for row in told] != list(lists.FAULTS.items()):
        return sorted({row.name for row in told} ^ set(lists.FAULTS.values())) or ["codes or order"]
    found = []
    for row in told:
        subject = lists.FAULT_ARGUMENTS.get(row.name)
        about_right = row.about == (ABOUT[subject] if subject else OF_NOTHING.get(row.name, ""))
        about_right = about_right and bool(row.about) == bool(english[row.name].about)
        texts_right = row.what == ZH["fault"][row.name] and row.do == ZH["first"][row.name]
        if not about_right or not texts_right or not HAN.search(row.board) or marks(row.board) != marks(english[row.name].board):
            found.append(row.name)
    return found


def test_every_fault_is_told_in_chinese_as_the_tools_tell_it() -> None:
    assert wrong_in(CHINESE) == []


@pytest.mark.parametrize("row", rows(CHINESE), ids=lambda row: row.name)
def test_an_entry_that_is_changed_missing_or_new_is_found(row: Row) -> None:
    (line,) = [line for line in CHINESE.splitlines(keepends=True) if line.startswith(f"| {row.code} |")]
    for instead in ("", line * 2, line + line.replace(f"`{row.name}`", "`other`").replace(f"| {row.code} |", "| 99 |")):
        assert wrong_in(CHINESE.replace(line, instead))
    for old, new in (
        (f"| {row.code} |", f"| {row.code + 90} |"), (f"`{row.name}`", "`other`"), (row.what, f"{row.what}。"), (row.do, "换板；"),
        (f"| {row.board} |", "| opens all, resets |"), (f"| {row.board} |", f"| {row.board} `stop` |"), (f"| {row.board} |", "| |"),
        (f"| {row.about} |" if row.about else "| |", "| 门锁 |"),
    ):  # fmt: skip
        changed = line.replace(old, new, 1)
        assert changed != line and wrong_in(CHINESE.replace(line, changed)), (old, new)


def test_both_documents_and_the_chinese_guide_lead_to_it() -> None:
    guide = (REPOSITORY / "docs/installer/zh.md").read_text(encoding="utf-8")
    assert "](../fault-codes.zh.md)" in guide and "](fault-codes.zh.md)" in ENGLISH and "](fault-codes.md)" in CHINESE
