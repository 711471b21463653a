"""Where commands are named: the strings of Python files, documents, data files; and which parts of them are commands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from shedbench.places import REPOSITORY

ROOT: Final = REPOSITORY
HOST: Final = ("host_tools",)
_FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_QUOTED: Final = re.compile(r"`([^`\n]+)`")
# "shed" after one of these is the building, not the tool.
_HOUSE: Final = re.compile(
    r"(?:\b(?:a|an|the|this|each|every|whole|other|another|new|one|small|bare|own|installed|your|no|which|per|of)|in|keep the) $",
    re.IGNORECASE,
)
_PLAIN: Final = re.compile(r"(?<![\w`/.-])(?:\S*bin/)?shed ([a-z][a-z-]*[^;,()\u3000-\u303f\uff00-\uffef\"'`\n]*)")


class Named(NamedTuple):
    """``whole``: it can be typed as it is, with all its arguments."""

    where: str
    line: str
    whole: bool = False


def documents() -> list[Path]:
    """Everything that a reader of the repository reads."""
    return [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def host_files() -> list[Path]:
    """Python files whose strings a user of the tools sees."""
    return [path for name in HOST for path in sorted((ROOT / name).rglob("*.py"))]


@cache
def strings(path: Path) -> list[tuple[int, str, bool]]:
    """(line, text, whether it is a docstring) of every string of a Python file; inserted values are X."""
    return list(_strings(ast.parse(path.read_text(encoding="utf-8"))))


def _strings(tree: ast.Module) -> Iterator[tuple[int, str, bool]]:
    seen: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            first = node.body[0]
            assert isinstance(first, ast.Expr)
            seen.add(id(first.value))
            yield first.lineno, ast.get_docstring(node) or "", True
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            seen.update(id(part) for part in node.values)
            words = (str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
            yield node.lineno, "".join(words), False
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in seen:
            yield node.lineno, node.value, False


def quoted(text: str) -> Iterator[tuple[int, str]]:
    """(line, text between backticks), code blocks left out."""
    bare = _FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), text)
    for match in _QUOTED.finditer(bare):
        yield bare.count("\n", 0, match.start()) + 1, match[1]


def blocks(text: str, language: str = "sh") -> Iterator[tuple[int, str]]:
    """(line, command) of code blocks, without comments, pipes and redirections."""
    for fence in _FENCE.finditer(text):
        if fence[1] == language:
            first = text.count("\n", 0, fence.start()) + 2
            for number, line in enumerate(fence[2].splitlines()):
                yield first + number, re.sub(r"\s*(#|>|\|).*", "", line).strip()


def _variants(line: str) -> Iterator[str]:
    """`shed log|sessions` is two commands."""
    words = line.split(" ")
    for place, word in enumerate(words):
        if re.fullmatch(r"[a-z]+(\|[a-z]+)+", word):
            for one in word.split("|"):
                yield from _variants(" ".join([*words[:place], one, *words[place + 1 :]]))
            return
    yield line


def named_in_document(path: Path) -> Iterator[Named]:
    """`shed ...` in code blocks and between backticks."""
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT).as_posix()
    for number, line in blocks(text):
        command = re.sub(r"^\.venv/bin/", "", line)
        if command.startswith("shed "):
            yield Named(f"{name}:{number}", command, True)
        for quote in _QUOTED.findall(text.splitlines()[number - 1]):
            yield from (Named(f"{name}:{number}", line) for line in _variants(quote) if quote.startswith("shed "))
    for number, quote in quoted(text):
        command = re.sub(r"^(\.venv/bin/|cd [^;]+; )", "", quote)
        if command.startswith("shed "):
            yield from (Named(f"{name}:{number}", re.sub(r"\s*[>|] .*", "", line)) for line in _variants(command))


def named_in_python(path: Path) -> Iterator[Named]:
    """`shed ...` between backticks and in examples; outside docstrings also without: "then shed clear"."""
    name = path.relative_to(ROOT).as_posix()
    for number, text, is_docstring in strings(path):
        where = f"{name}:{number}"
        for _, quote in quoted(text):
            if quote.startswith("shed "):
                yield from (Named(where, re.sub(r"\s*[>|] .*", "", line)) for line in _variants(quote))
        for example in re.findall(r"Example: (shed [^\n]+)", text):
            yield Named(where, re.sub(r"\s*[>|] .*", "", example), True)
        if not is_docstring and "Example: " not in text:
            bare = _QUOTED.sub("", text)
            for match in _PLAIN.finditer(bare):
                if not _HOUSE.search(bare[: match.start()]):
                    yield Named(where, f"shed {match[1].rstrip('. ')}")


def named_in_data(path: Path) -> Iterator[Named]:
    """`shed ...` between backticks."""
    name = path.relative_to(ROOT).as_posix()
    for number, quote in quoted(path.read_text(encoding="utf-8")):
        if quote.startswith("shed "):
            yield Named(f"{name}:{number}", quote)


def everything_named() -> list[Named]:
    """In documents, tools, firmware, boards and sites."""
    firmware = sorted((ROOT / "firmware").rglob("*.py"))
    data = [*sorted((ROOT / "boards").glob("*.toml")), *sorted((ROOT / "hil_tests/sites").rglob("*.toml"))]
    found = [named for path in documents() for named in named_in_document(path)]
    found += [named for path in (*host_files(), *firmware) for named in named_in_python(path)]
    return found + [named for path in data for named in named_in_data(path)]
