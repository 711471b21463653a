"""The real tree of `shed` commands with their options, and what is wrong with a line that names one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import typer
from shedguard.commands.cli import app

from .texts import Named

_VALUE: Final = re.compile(r"[A-Z][A-Z_.:…-]*[a-z.]*|\d\S*|\S*[./]\S*|[\u4e00-\u9fff]+|X\S*|\.\.\.")  # what stands for a value in prose

_CHINESE_VALUES: Final = ("文件", "号", "名称")  # "file", "number", "name": any other Chinese behind an option is prose


@cache
def tree() -> Any:
    """Click's own group, or the one that later versions of Typer carry."""
    return typer.main.get_command(app)


def options(command: Any = None) -> set[str]:
    """Every option of a command and of those below it."""
    command = command or tree()
    found = {"--help"} | {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts) if option[0] == "-"
    }
    return found.union(*(options(below) for below in getattr(command, "commands", {}).values()))


def wrong(named: Named) -> str | None:
    """None when the line can be typed; else why not. In prose only the part that is the command counts."""
    try:
        words = shlex.split(named.line)[1:]
    except ValueError as error:
        return str(error)
    command, path = tree(), ["shed"]
    while words and words[0] in getattr(command, "commands", {}):
        path.append(words[0])
        command = command.commands[words.pop(0)]
    name = " ".join(path)
    if hasattr(command, "commands") and words and not words[0].startswith("-"):
        return f"{name} has no command {words[0]!r}"
    if named.whole:
        return _parsed(command, name, words)
    return next(_doubts(command, name, words), None)


def _parsed(command: Any, name: str, words: list[str]) -> str | None:
    """As click itself reads it: unknown options, missing arguments, values of the wrong kind."""
    try:
        command.make_context(name, [word.replace("...", "1") for word in words])
    except Exception as error:  # click's usage errors, of whichever click Typer carries
        message = getattr(error, "format_message", lambda: None)()
        if message is None:
            raise
        return f"{name}: {message}"
    return None


def _doubts(command: Any, name: str, words: list[str]) -> Iterator[str]:
    takes = {option: parameter for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    room = sum(9 if parameter.nargs < 0 else 1 for parameter in command.params if parameter.param_type_name == "argument")
    given = False  # an option with its value: then the required arguments must be there too
    missing = {parameter.opts[0] for parameter in command.params if parameter.required}
    while words:
        word = words.pop(0)
        if word.startswith("-") and word != "-":
            if word == "--help":
                continue
            if word not in takes:
                yield f"{name} has no option {word}"
            elif not takes[word].is_flag and words and not words[0].startswith("-"):
                value = words.pop(0)
                if not value.isascii() and not value.endswith(_CHINESE_VALUES):
                    yield f"{name}: {word} has no value"
                given = True
                missing.discard(takes[word].opts[0])
        elif _VALUE.fullmatch(word):
            room -= 1
            if room < 0 and not word.isascii():
                break
            if room < 0 and word != "...":
                yield f"{name} takes no {word!r}"
            missing -= {parameter.opts[0] for parameter in command.params if parameter.param_type_name == "argument"}
        else:
            break  # prose
    if given and missing:
        yield f"{name} needs {', '.join(sorted(missing))}"
