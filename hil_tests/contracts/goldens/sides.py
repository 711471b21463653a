"""Puts questions to the firmware: on CPython, and on MicroPython on an emulated board that has nothing else to do."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from shedguard.paths import firmware_dir

from hil_tests.upstream.board import BareBoard

from . import device

Question = tuple[Any, ...]  # the name of a function of device.py, and its arguments
_ROOMS: Final = ("storage", "access")
_MAIN: Final = b'import device\ndevice.main("questions.txt")\n'


def on_cpython(questions: Sequence[Question]) -> list[Any]:
    """The answers, in order."""
    return [device.answer(question) for question in questions]


def on_micropython(questions: Sequence[Question]) -> list[Any]:
    """The answers of one emulated board. AssertionError with what it printed when it does not answer all."""
    board = BareBoard(_files(questions))
    try:
        board.wait(device.END.encode(), within="600 s")
        lines = board.serial.text().splitlines()
    finally:
        board.close()
    answers = [ast.literal_eval(line.removeprefix(device.ANSWER)) for line in lines if line.startswith(device.ANSWER)]
    assert len(answers) == len(questions), "\n".join(lines[-20:])
    return answers


SIDES: Final[dict[str, Callable[[Sequence[Question]], list[Any]]]] = {"cpython": on_cpython, "micropython": on_micropython}


def firmware(side: str, questions: Sequence[Question]) -> Callable[[Question], Any]:
    """The answers to all of them, asked at once: one start of a board. AssertionError at a question that raised."""
    said = dict(zip(map(repr, questions), SIDES[side](questions), strict=True))

    def answer(question: Question) -> Any:
        found = said[repr(question)]
        assert not isinstance(found, str), f"{question[0]} raised {found}"
        return found

    return answer


def _files(questions: Sequence[Question]) -> dict[str, bytes]:
    root = firmware_dir()
    sources = [root / "shed" / "__init__.py", *(path for room in _ROOMS for path in sorted((root / "shed" / room).glob("*.py")))]
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in sources}
    lines = "".join(f"{question!r}\n" for question in questions).encode("ascii")
    return files | {"device.py": Path(device.__file__).read_bytes(), "questions.txt": lines, "main.py": _MAIN}
