"""The boards this tool knows, by name, and any board file: reads it, checks it against its chip, reports every error with its line."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from ..errors import INVALID, ShedError
from ..files.characters import control_characters, read_text
from ..files.positions import Positions
from ..files.problems import FileProblems, did_you_mean, syntax_problem
from ..files.schema_errors import problems_of
from ..paths import boards_dir
from . import check
from .model import Board


def names() -> list[str]:
    """The boards this tool knows."""
    return sorted(path.stem for path in boards_dir().glob("*.toml"))


def load(name: str) -> Board:
    """The board called ``name``; ShedError when there is none or its file contradicts the chip."""
    path = boards_dir() / f"{name}.toml"
    if name not in names():
        hint = did_you_mean(name, names(), "list them: shed boards")
        raise ShedError(f'no board is called "{name}"', f"known boards: {', '.join(names())}", hint, INVALID)
    return load_file(path)


def load_any(name: str) -> Board:
    """The board called ``name``, or the one in the file of that path: a name has no slash and no ``.toml``."""
    path = Path(name)
    return load_file(path) if path.suffix == ".toml" or path.name != name else load(name)


def load_file(path: Path) -> Board:
    """A board from a file; FileProblems with every error, each on its line."""
    return loads(read_text(path, "name a board file, as they are in boards/"), str(path))


def loads(text: str, file: str) -> Board:
    """The same from text; ``file`` is what the errors call it."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileProblems(file, [syntax_problem(error, text)]) from error
    positions = Positions(text)
    if odd := list(control_characters(data, allowed="\n")):  # prose may have several lines
        raise FileProblems(file, [replace(problem, line=positions.line(problem.path)) for problem in odd])
    try:
        board = Board.model_validate(data)
    except ValidationError as error:
        found = problems_of(error, Board)
    else:
        found = check.problems(board)
        if not any(problem.severity == "error" for problem in found):
            return board
    raise FileProblems(file, [replace(problem, line=positions.line(problem.path)) for problem in found])
