"""The installer's guide: every command it prints exists with the options it is given, and both languages print the same ones."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from shedguard.cli import app

DOCS = Path(__file__).parents[2] / "docs" / "installer"


def commands(language: str) -> list[str]:
    """Every `shed ...` of the page, in code blocks and in the text, without comments and redirections."""
    text = (DOCS / f"{language}.md").read_text(encoding="utf-8")
    blocks = "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    inline = re.findall(r"`(shed [a-z][^`]*)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    lines = [line for line in blocks.splitlines() if line.startswith("shed ")] + inline
    return [re.sub(r"\s*(#|>|;).*", "", line).strip() for line in lines]


@cache
def tool() -> Any:
    """Click's own class, or the one that later versions of Typer carry."""
    return typer.main.get_command(app)


def parse(line: str) -> None:
    """Walk to the verb; AssertionError for a word or an option that it does not know."""
    command = tool()
    words = shlex.split(line)[1:]
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts + parameter.secondary_opts} | {"--help"}
    assert not hasattr(command, "commands") or not words, f"{line}: no verb {words[0]}"
    unknown = [word for word in words if word.startswith("-") and word not in known]
    assert not unknown, f"{line}: no option {unknown[0]}"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_command_of_the_guide_exists_with_its_options(language: str) -> None:
    found = commands(language)
    assert len(found) > 30
    for line in found:
        parse(line)


def test_both_languages_print_the_same_commands() -> None:
    blocks = [re.findall(r"^shed .*?(?=\s+#|$)", (DOCS / f"{name}.md").read_text(encoding="utf-8"), re.MULTILINE) for name in ("en", "zh")]
    assert blocks[0] == blocks[1]


def test_a_misspelt_option_would_be_found() -> None:
    with pytest.raises(AssertionError, match="no option --prot"):
        parse("shed flash --board x --prot y")
    with pytest.raises(AssertionError, match="no verb buckup"):
        parse("shed buckup")
