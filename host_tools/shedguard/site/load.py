"""Reads a site file into a checked model, with the line of every problem."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from ..boards import known as boards
from ..boards.model import Board
from ..errors import ShedError
from ..files.characters import control_characters, read_text
from ..files.positions import Positions
from ..files.problems import FileProblems, Problem, syntax_problem
from ..files.schema_errors import problems_of
from . import check
from .model import SiteFile
from .not_yet import NOT_YET


@dataclass(frozen=True, slots=True)
class LoadedSite:
    """A site file that holds together, its board, and warnings about it."""

    site: SiteFile
    board: Board
    warnings: tuple[Problem, ...] = ()


def load(path: Path, board: Board | None = None, in_force: bool = False) -> LoadedSite:
    """The site in ``path``. FileProblems with all errors; ``board`` replaces the one that the file names (tests). ``in_force``: the file
    only gives names and key of an existing shed, so a table that only an earlier version accepted is ignored."""
    return loads(read_text(path, "name a site file; shed config new writes a first one"), str(path), board, in_force, path.parent)


def loads(text: str, file: str = "site.toml", board: Board | None = None, in_force: bool = False, beside: Path | None = None) -> LoadedSite:
    """The same from text; the board's file may be in the folder ``beside``."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileProblems(file, [syntax_problem(error, text)]) from error
    positions = Positions(text)
    if odd := list(control_characters(data)):
        raise FileProblems(file, _located(odd, positions))
    if in_force:
        data = {name: table for name, table in data.items() if name not in NOT_YET}
    try:
        site = SiteFile.model_validate(data)
    except ValidationError as error:
        raise FileProblems(file, _located(problems_of(error, SiteFile, NOT_YET), positions)) from error
    if board is None:
        try:
            boards.find(site.site.board, beside)
        except ShedError as error:
            problem = Problem(("site", "board"), error.what, error.cause, error.hint)
            raise FileProblems(file, _located([problem], positions)) from error
        board = boards.load(site.site.board, beside)
    found = _located(check.problems(site, board), positions)
    if any(problem.severity == "error" for problem in found):
        raise FileProblems(file, found)
    return LoadedSite(site, board, tuple(found))


def _located(found: list[Problem], positions: Positions) -> list[Problem]:
    return [replace(problem, line=positions.line(problem.path)) for problem in found]
