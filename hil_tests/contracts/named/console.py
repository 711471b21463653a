"""Words of the board's console, as its own `help` lists them, and where texts name one: "type `stop N` at the console"."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from .texts import ROOT, Named, documents, host_files, strings

_TYPED: Final = ROOT / "firmware/shed/console/typed.py"
_BEFORE: Final = re.compile(r"(?:console(?:'s)?|typed|(?<!, and )type|控制台输入|再输入|：输入|后输入) ?$")
_BEHIND: Final = re.compile(r" (?:at|on) (?:the console|a terminal\b)")
_DATE: Final = "YYYY-MM-DD HH:MM:SS"
_QUOTED: Final = re.compile(r"`([^`\n]+)`")


def _constant(name: str) -> str:
    for node in ast.parse(_TYPED.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"{_TYPED.name} has no {name}")


@cache
def forms() -> dict[str, str]:
    """{word: its arguments}, `why`: `N`, `log`: `[N]`."""
    found = {"help": ""}
    for line in _constant("_HELP").splitlines():
        word, _, rest = re.split(r"\s{2,}", line)[0].partition(" ")
        if word in _constant("_VERBS").split():
            found[word] = rest
    return found


def wrong(line: str) -> str | None:
    """None when the board accepts ``line``, in which N stands for any number; else why not."""
    word, _, rest = line.partition(" ")
    form = forms().get(word)
    if form is None:
        return f"the console has no word {word!r}"
    shape = {"": "", "N": r"(N|\d+)?", "[N]": r"(\[N\]|N|\d+)?", _DATE: rf"({_DATE}|\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d)?"}[form]
    return None if re.fullmatch(shape, rest) else f"{word} takes {form or 'nothing'}, not {rest!r}"


def named() -> Iterator[Named]:
    """What documents and tools tell a person to type there, and every word that the board itself names."""
    for path in documents():
        yield from _found(path, 0, path.read_text(encoding="utf-8"), everything=False)
    for path in host_files():
        for number, text, _ in strings(path):
            yield from _found(path, number, text, everything=False)
    for path in sorted((ROOT / "firmware").rglob("*.py")):
        for number, text, is_docstring in strings(path):
            if not is_docstring:
                yield from _found(path, number, text, everything=True)


def _found(path: Path, number: int, text: str, everything: bool) -> Iterator[Named]:
    for match in _QUOTED.finditer(text):
        before, behind = text[max(0, match.start() - 30) : match.start()], text[match.end() : match.end() + 30]
        if everything or _BEFORE.search(before) or _BEHIND.match(behind):
            line = number or text.count("\n", 0, match.start()) + 1
            yield Named(f"{path.relative_to(ROOT).as_posix()}:{line}", match[1])


def listed_in_protocol() -> list[str]:
    """What docs/protocols/console.md gives as the typed lines."""
    text = (ROOT / "docs/protocols/console.md").read_text(encoding="utf-8")
    paragraph = text[text.index("## Typed lines") :].split("\n\n")[1]
    return _QUOTED.findall(paragraph[: paragraph.index(". ")])
