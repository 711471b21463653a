"""The boards of this tool and of one's own, by name, and any board file: reads it, checks it against its chip, reports every error with its
line.

Hazard: two files of one name. `boot.py`, image and report name the board only, and outputs of one board would be switched by the pins of
another: a second file of a name is refused, whatever it says.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from ..errors import INVALID, ShedError
from ..files.characters import control_characters, read_text
from ..files.positions import Positions
from ..files.problems import FileProblems, did_you_mean, syntax_problem
from ..files.schema_errors import problems_of
from ..paths import boards_dir
from . import check
from .model import Board

OWN_BOARDS: Final = "SHEDGUARD_BOARDS"  # the folder of `shed --boards`; in the environment, so that every process of a verb has it
_BRING: Final = "put its board file beside the site file, or name its folder: shed --boards DIR"


def files() -> dict[str, Path]:
    """The file of each board by name: this tool's, and those of `shed --boards`. ShedError when two have one name."""
    found = {path.stem: path for path in sorted(boards_dir().glob("*.toml"))}
    folder = os.environ.get(OWN_BOARDS)
    for path in sorted(Path(folder).glob("*.toml")) if folder else ():
        if _is_board(path):
            _refuse_second(path, found)
            found[path.stem] = path
    return dict(sorted(found.items()))


def names() -> list[str]:
    """The boards this tool knows."""
    return list(files())


def own_file(name: str) -> Path | None:
    """Where the board called ``name`` is from; None for one of this tool's, or for none."""
    path = files().get(name)
    return path if path is not None and path.parent.resolve() != boards_dir().resolve() else None


def find(name: str, beside: Path | None = None) -> Path:
    """The file of the board called ``name``; ``beside`` is the folder of the site file that names it. ShedError: none, or two."""
    found = files()
    near = None if beside is None else beside / f"{name}.toml"
    if near is not None and near.is_file() and _is_board(near):
        _refuse_second(near, found)
        return near
    if name not in found:
        hint = did_you_mean(name, list(found), _BRING)
        raise ShedError(f'no board is called "{name}"', f"known boards: {', '.join(found)}", hint, INVALID)
    return found[name]


def load(name: str, beside: Path | None = None) -> Board:
    """The board called ``name``, found as `find` does; ShedError as well when its file contradicts the chip."""
    return _called_as_its_file(find(name, beside))


def load_any(name: str) -> Board:
    """The board called ``name``, or the one in the file of that path (`is_path`)."""
    if not is_path(name):
        return load(name)
    board = _called_as_its_file(Path(name))
    _refuse_second(Path(name), files())
    return board


def reference(name: str, beside: Path) -> str:
    """What `load_any` takes for the board that a site file in the folder ``beside`` calls ``name``."""
    path = find(name, beside)
    return name if files().get(name) == path else str(path)


def is_path(name: str) -> bool:
    """Whether ``name`` is a path to a board file: a board's name has no slash and no ``.toml``."""
    path = Path(name)
    return path.suffix == ".toml" or path.name != name


def _called_as_its_file(path: Path) -> Board:
    board = load_file(path)
    if board.board.name != path.stem:
        cause = "a board is called as its file is: site files and boards have its name only"
        raise ShedError(f'{path} says name = "{board.board.name}"', cause, f'write name = "{path.stem}", or rename the file', INVALID)
    return board


def _is_board(path: Path) -> bool:
    """Whether a file is a board's: site files may stand in the same folder. One that is no TOML is taken for one, to be told so."""
    try:
        return isinstance(tomllib.loads(path.read_bytes().decode()).get("board"), dict)
    except ValueError:
        return True


def _refuse_second(path: Path, found: dict[str, Path]) -> None:
    there = found.get(path.stem)
    if there is not None and there.resolve() != path.resolve():
        whose = "a board of this tool" if there.parent == boards_dir() else f"the board in {there}"
        what = f"{path} has the name of {whose}, {path.stem}"
        raise ShedError(
            what, "site file, boot.py and reports name the board only: it must be one", "give file and board another name", INVALID
        )


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
