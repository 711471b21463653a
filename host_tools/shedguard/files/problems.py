"""A problem of a file: where, what, why, and what to do. Shown to people as three lines, to tools as one object."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from ..errors import INVALID, ShedError
from .signs import odd_sign

Path = tuple[str | int, ...]
_KEY_LIKE = re.compile(r"[0-9a-fA-F]{32,}")


@dataclass(frozen=True, slots=True)
class Problem:
    """``path`` is the key it is about; ``line`` is filled in by the loader. A warning does not stop anything."""

    path: Path
    what: str
    cause: str
    hint: str
    severity: Literal["error", "warning"] = "error"
    line: int = 1

    def show(self, file: str) -> str:
        """For a terminal; editors can jump to the first line."""
        return f"{file}:{self.line}: {self.severity}: " + _without_key(f"{self.what}\n  cause: {self.cause}\n  hint: {self.hint}")

    def as_json(self, file: str) -> dict[str, str | int]:
        """For tools."""
        key = _without_key(".".join(map(str, self.path)))
        return {
            "file": file,
            "line": self.line,
            "severity": self.severity,
            "key": key,
            "what": _without_key(self.what),
            "cause": _without_key(self.cause),
            "hint": _without_key(self.hint),
        }


def _without_key(text: str) -> str:
    """A long run of hex digits may be the maintenance key at a wrong place of the file. Problems get into messages, tickets and chats, and
    whoever has the key may clear trips and stop sessions."""
    return _KEY_LIKE.sub("...", text)


class FileProblems(ShedError):
    """A file that cannot be used, with every problem found in it, in the order of lines."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems = sorted(problems, key=lambda problem: problem.line)
        errors = sum(problem.severity == "error" for problem in self.problems)
        super().__init__(f"{file}: {errors} error{'s' if errors != 1 else ''}", code=INVALID)

    def __str__(self) -> str:
        return "\n".join([*(problem.show(self.file) for problem in self.problems), f"error: {self.what}"])


def syntax_problem(error: tomllib.TOMLDecodeError, text: str) -> Problem:
    """What tomllib says, at its line."""
    message = str(error)
    match = re.search(r"\(at line (\d+), column \d+\)", message)
    line = int(match[1]) if match else max(1, len(text.splitlines()))
    what = re.sub(r"\s*\(at .*\)$", "", message)
    cause, hint = "the file breaks TOML's grammar here", "check quotes, brackets and commas on this line and the one before"
    lines = text.splitlines()
    if line <= len(lines) and (odd := odd_sign(lines[line - 1])):
        letter, meant = odd
        what = f"{letter} (U+{ord(letter):04X}) on this line"
        cause, hint = (
            "a Chinese keyboard or a word processor wrote it; TOML has its own signs only",
            f"write {meant} for it, in an editor for plain text",
        )
    if "twice" in what or "overwrite" in what:
        cause, hint = (
            "this table or key is in the file already, above",
            "keep one of the two; tables of a list have two brackets: [[outlet]]",
        )
    return Problem((), f"not TOML: {what}", cause, hint, line=line)


def did_you_mean(word: str, known: Sequence[str], otherwise: str = "") -> str:
    """``did you mean "x"?`` for an unknown word, or the list of known ones."""
    meant = nearest(word, known)
    if meant is not None:
        return f'did you mean "{meant}"?'
    return otherwise or (f"known: {', '.join(known)}" if known else "none is defined yet")


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The known word that is meant, if one is near. Capital or small makes no difference, except between words that differ in nothing else;
    of equally near ones that with the same beginning, then the first: a wrong one can be another load's terminal."""
    cutoff = 0.5 if len(word) < 4 else 0.6  # K5 and K1 share one letter of two
    small = word.lower()
    near = set(difflib.get_close_matches(small, {name.lower() for name in known}, n=len(known) or 1, cutoff=cutoff))
    found = [name for name in known if name.lower() in near]
    if not found:
        return None

    def alike(name: str) -> tuple[float, int, float]:
        beginning = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(small, name.lower(), strict=False)))
        return _alike(name.lower(), small), beginning, _alike(name, word)

    return max(found, key=alike)


def _alike(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other).ratio()
