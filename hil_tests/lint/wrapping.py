"""Docstrings and comments with lines that break off in mid-sentence: the text was changed and not wrapped again."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

WIDTH = 140
_EARLY = 28  # columns: a smaller gap is a choice, or a long word
_LAID_OUT = re.compile(r"\S {2,}\S|--|\||^[-*\d.>]|::$|[-=]>")  # a table, a diagram, a list


def broken_lines(source: str) -> Iterator[int]:
    """Numbers of the lines, from 1. SyntaxError from a file that is no Python."""
    lines = source.split("\n")
    for block in [*_docstrings(ast.parse(source)), *_comments(lines)]:
        for first, last in _paragraphs(lines, block):
            texts = [lines[number - 1].strip().removeprefix("# ") for number in range(first, last + 1)]
            if not any(_LAID_OUT.search(text) for text in texts):
                yield from (first + at for at in range(len(texts) - 1) if _breaks_early(lines[first + at - 1], texts[at + 1]))


def _breaks_early(line: str, following: str) -> bool:
    return len(line.rstrip()) + 1 + len(following.split(" ")[0]) <= WIDTH - _EARLY and not re.search(r"[.:;!?]$", line.rstrip())


def _docstrings(tree: ast.Module) -> Iterator[range]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and ast.get_docstring(node, clean=False):
            text = node.body[0]
            yield range(text.lineno, (text.end_lineno or text.lineno) + 1)


def _comments(lines: list[str]) -> Iterator[range]:
    """Comments with a line of their own, neighbours together."""
    own = [number for number, line in enumerate(lines, 1) if line.lstrip().startswith("# ")]
    while own:
        count = next((n for n in range(1, len(own)) if own[n] != own[0] + n), len(own))
        yield range(own[0], own[0] + count)
        own = own[count:]


def _paragraphs(lines: list[str], block: range) -> Iterator[tuple[int, int]]:
    """First and last line of each part with one indentation."""
    first = block.start
    for number in block:
        line, after = lines[number - 1], lines[number] if number + 1 in block else ""
        if not line.strip() or not after.strip() or _indent(after) != _indent(line) or after.strip() in ('"""', "#"):
            if line.strip() and number > first:
                yield first, number
            first = number + 1


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
