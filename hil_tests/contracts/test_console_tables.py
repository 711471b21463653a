"""Both guides list the words of the board's console with what they do and show; the Chinese one has reasons and states too."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable

import pytest
from shed.console import talk, typed, words
from shedbench.places import REPOSITORY
from shedguard.formats import lists, texts

from hil_tests.firmware.console.console_desk import Desk

INSTALLER = REPOSITORY / "docs" / "installer"
CHINESE = re.compile("[\u4e00-\u9fff]")
LANGUAGES = {"en": "| word | does | shows |", "zh": "| 命令 | 作用 | 显示什么 |"}


def guide(language: str) -> str:
    """Its section 10."""
    text = (INSTALLER / f"{language}.md").read_text(encoding="utf-8")
    return text[text.index("\n## 10. ") : text.index("\n## 11. ")]


def table(text: str, head: str) -> list[list[str]]:
    """The rows of the table below ``head``, as cells."""
    lines = text[text.index(head) :].splitlines()[2:]
    rows = lines[: next((number for number, line in enumerate(lines) if not line.startswith("|")), len(lines))]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def firmware_words() -> dict[str, bool]:
    """{what is typed: whether it needs an authority}, as the board's own `help` lists them."""
    asked, _, granted = typed._HELP.partition("With a maintenance card")
    found = {"help": False}
    for text, wants in ((asked, False), (granted, True)):
        for line in text.splitlines():
            form = re.split(r"\s{2,}", line)[0]
            if form.split(" ")[0] in typed._VERBS.split():
                found[form] = wants
    return found


def disagreements(rows: Iterable[list[str]], known: dict[str, bool]) -> list[str]:
    """Rows for words that the firmware does not have, words without a row, and empty rows."""
    told = {re.sub(r" ?\\\*$", "", word).strip("`"): (word.endswith("\\*"), does, shows) for word, does, shows in rows}
    found = [f"{word}: the board has no such word" for word in told.keys() - known]
    found += [f"{word}: not in the table" for word in known.keys() - told]
    for word in known.keys() & told:
        starred, does, shows = told[word]
        if starred != known[word] or bool(does) != known[word]:
            found.append(f"{word}: whether it does something, and wants an authority")
        if not shows:
            found.append(f"{word}: what it shows")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_has_the_words_that_the_board_has(language: str) -> None:
    rows = table(guide(language), LANGUAGES[language])
    assert not disagreements(rows, firmware_words())
    assert len(rows) == len(firmware_words()), "each word once"
    assert language == "en" or all(CHINESE.search(does + shows) for _, does, shows in rows)


def test_a_row_more_a_row_less_and_another_name_are_found() -> None:
    rows, known = table(guide("zh"), LANGUAGES["zh"]), firmware_words()
    assert disagreements(rows[1:], known) == ["help: not in the table"]
    assert disagreements([*rows, ["`reboot`", "", "x"]], known) == ["reboot: the board has no such word"]
    renamed = [["`halt N` \\*", *row[1:]] if row[0].startswith("`stop") else row for row in rows]
    assert sorted(disagreements(renamed, known)) == ["halt N: the board has no such word", "stop N: not in the table"]
    assert disagreements([[row[0].replace(" \\*", ""), *row[1:]] for row in rows], {"x": False}), "a star"
    assert disagreements(rows, {word: wants for word, wants in known.items() if word != "faults"}) == ["faults: the board has no such word"]


def test_the_board_s_help_has_every_word_that_it_follows_and_no_other() -> None:
    verbs = set(typed._VERBS.split())
    assert {form.split(" ")[0] for form in firmware_words()} == verbs
    compared = {
        node.comparators[0].value
        for node in ast.walk(ast.parse(inspect.getsource(typed)))
        if isinstance(node, ast.Compare)
        and isinstance(node.left, ast.Name)
        and node.left.id == "verb"
        and isinstance(node.comparators[0], ast.Constant)
    }
    assert compared | set(talk.WRITES) == verbs
    listed = re.findall(r"[a-z]+", talk._NUMBERS.splitlines()[1])
    assert set(listed) == (verbs - {"help", "time"}) | {"tasks"}, "the words that are answered in numbers while the texts are not loaded"


@pytest.mark.parametrize("form", firmware_words())
def test_every_word_is_followed_at_the_terminal(form: str) -> None:
    line = form.replace("[N]", "3").replace("N", "3").replace("YYYY-MM-DD HH:MM:SS", "2026-03-01 08:30:00")
    said = Desk().type(f"{line}\r", 3000)
    assert "no command" not in said and said.endswith("shed> ")
    assert ("not authorised" in said) == firmware_words()[form]


def test_each_reason_that_why_gives_stands_in_the_chinese_guide() -> None:
    rows = table(guide("zh"), "| 显示 | 意思，怎么办 |")
    assert [shown for shown, _ in rows] == [text for text in words.HOLDERS.split("|") if text]
    assert all(CHINESE.search(meant) for _, meant in rows)
    assert [shown for shown, meant in rows if "先拉断路器" in meant] == [shown for shown, _ in rows if "breaker off" in shown]


@pytest.mark.parametrize(
    ("thing", "states"),
    [("outlet", words.OUTLET_STATES), ("point", words.POINT_STATES), ("gate", words.GATE_STATES)],
    ids=lambda value: value[:6],
)
def test_each_state_stands_in_the_chinese_guide(thing: str, states: str) -> None:
    (told,) = [row[1] for row in table(guide("zh"), "| | 显示和意思 |") if f"（{thing}）" in row[0]]
    shown = [text for text in re.findall(r"\*([^*]+)\* ", told.replace("**", "")) if "MAY BE LIVE" not in text]
    assert shown == states.split("|")
    meanings = [meant for meant in re.findall(r"\* ([^*]+?)(?=[，；]\*|$)", told.replace("**", "")) if "断路器" not in meant]
    names = {"outlet": lists.OUTLET_STATES, "point": lists.POINT_STATES, "gate": lists.GATE_STATES}[thing]
    of = "gate_state" if thing == "gate" else thing
    assert meanings == [texts.text(of, name, "zh") for name in names.values()], "as the tools say it"
