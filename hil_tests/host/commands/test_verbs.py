"""Rules for every verb of `shed`: help with an example that works, `--json` where it reads, a message and an exit code when something is
missing, and nothing but data on stdout.

Hazard: an installer in a shed without internet has the help text and the error's hint, and nothing else.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from shedbench.places import REPOSITORY
from shedguard.commands import cli
from shedguard.commands.status_view import show_status
from shedguard.errors import FAILED, INVALID, OK, PORT, REFUSED, TEST_FAILED
from shedguard.site.names import SiteNames

from hil_tests.contracts.named import commands
from hil_tests.contracts.named.texts import Named
from hil_tests.simulator.rom_loader.rig import BIN

SITE = REPOSITORY / "hil_tests" / "sites" / "small.toml"
# Verbs whose output is not for programs: they write a file or a picture, or show a demo.
WITHOUT_JSON = {"config new", "boards picture", "campaign", "demo", "emulate"}
NO_MORE_THAN_A_PORT = {"status", "why", "faults", "log", "sessions", "ports", "flash", "verify"}
# They need no board and take long: their own tests run them.
NOT_RUN = {"demo", "emulate", "benchmark", "campaign", "bundle"}


def walk(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every verb with its words; also groups that work without a verb."""
    if not hasattr(command, "commands"):
        yield path, command
        return
    if command.invoke_without_command and path:
        yield path, command
    for name, sub in command.commands.items():
        yield from walk(sub, f"{path} {name}".strip())


VERBS: dict[str, Any] = dict(walk(typer.main.get_command(cli.app)))
verbs = pytest.mark.parametrize("verb", VERBS)


def shed(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """As in a script: no terminal anywhere."""
    return subprocess.run(
        [str(BIN / "shed"), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
        env=os.environ | environment,
    )


def help_of(verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int) -> str:
    """The help page as a terminal of that width shows it."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", columns)
    assert cli.run([*verb.split(), "--help"]) == OK
    return capsys.readouterr().out


def example_of(verb: str) -> str:
    """The command behind "Example:", up to the end of its paragraph."""
    command = VERBS[verb]
    text = "\n\n".join(filter(None, (command.help, command.epilog)))
    found = re.search(r"Example: (shed .*?)(?:\n\n|\Z)", text, re.DOTALL)
    assert found, f"shed {verb} --help has no example"
    return " ".join(found[1].split())


@verbs
def test_every_verb_has_an_example_that_is_a_command_of_that_verb(verb: str) -> None:
    example = example_of(verb)
    assert example.startswith(f"shed {verb}"), example
    assert commands.wrong(Named(verb, re.sub(r"\s*[>|].*", "", example), whole=True)) is None
    given = shlex.split(example.split(" > ")[0])[1 + len(verb.split()) :]
    needed = [parameter for parameter in VERBS[verb].params if parameter.required]
    for parameter in needed:
        assert parameter.param_type_name == "argument" or any(option in given for option in parameter.opts), f"{example}: {parameter.name}"
    assert len(given) >= sum(parameter.param_type_name == "argument" for parameter in needed), example


@verbs
def test_help_shows_every_word_of_every_line_also_on_a_narrow_terminal(
    verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = help_of(verb, capsys, monkeypatch, 80)
    assert "…" not in page and max(map(len, page.splitlines())) <= 80
    shown = re.sub(r"[│╭╮╰╯─\s]+", "", page)
    for text in (VERBS[verb].help, VERBS[verb].epilog):
        assert re.sub(r"\s+", "", text or "") in shown, "a line is cut or missing"
    for parameter in VERBS[verb].params:
        assert parameter.help or parameter.name == "help", f"{parameter.name} is not explained"
        for option in parameter.opts if parameter.param_type_name == "option" else ():
            assert option in page


@verbs
def test_every_verb_that_reads_has_json(verb: str) -> None:
    options = {option for parameter in VERBS[verb].params for option in parameter.opts}
    assert ("--json" in options) != (verb in WITHOUT_JSON)


def test_no_help_has_colour_when_it_is_piped() -> None:
    assert "\x1b" not in shed("install", "--help").stdout


def is_told_in_words(error: str) -> bool:
    """Typer's usage message, or what, cause and hint."""
    return "Usage: shed" in error or ("error: " in error and "  cause: " in error and "  hint: " in error)


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in NOT_RUN])
@pytest.mark.parametrize("site_is_there", [False, True], ids=["nothing", "site"])
def test_a_verb_without_its_board_or_file_says_what_is_missing(
    verb: str, site_is_there: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its own example, in an empty folder, at a port that is not there."""
    monkeypatch.chdir(tmp_path)
    words = re.sub(r"\s*[>|].*", "", example_of(verb)).replace("/dev/ttyUSB0", str(tmp_path / "ttyUSB9"))
    arguments = shlex.split(words)[1:]
    options = {option for parameter in VERBS[verb].params for option in parameter.opts}
    arguments += [option for option in ("--yes", "--json") if option in options and option not in arguments]
    arguments += ["--port", str(tmp_path / "ttyUSB9")] if "--port" in options and "--port" not in arguments else []
    arguments = ["stand-in" if word.endswith(".bin") and "--image" in arguments else word for word in arguments]
    if site_is_there:
        for name in ("shed.toml", "shed2.toml"):
            (tmp_path / name).write_bytes(SITE.read_bytes())
    code = cli.run(arguments)
    data, error = capsys.readouterr()
    assert "Traceback" not in error and "a bug in this tool" not in error, error
    assert "\x1b" not in data and "writing:" not in data
    if code == OK:
        assert "--port" not in arguments, "it needs a board"
    else:
        assert code in (FAILED, INVALID, PORT, TEST_FAILED, REFUSED), error
        findings = json.loads(data)["findings"] if verb == "doctor" else []
        assert is_told_in_words(error) or any(row["level"] == "bad" and row["cause"] and row["clear"] for row in findings), error
        if verb in NO_MORE_THAN_A_PORT and site_is_there:
            assert code == PORT
    if data and "--json" in arguments:
        json.loads(data)


@verbs
def test_a_word_that_no_verb_knows_is_a_usage_error(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([*verb.split(), "--prot", "x"]) == INVALID
    data, error = capsys.readouterr()
    assert not data and "Usage: shed" in error and "--prot" in error and f"shed {verb} --help" in " ".join(error.split())


@pytest.mark.parametrize(
    "line",
    [
        "status --site MISSING --port nowhere", "config check MISSING", "config check BINARY", "config diff MISSING", "install MISSING",
        "cards import MISSING", "cards list --flash MISSING", "log --flash MISSING", "restore MISSING",
        "config check BINARY --board-file MISSING",
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_in_words_and_not_in_pythons(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00\x81")
    words = [{"MISSING": str(tmp_path / "missing"), "BINARY": str(binary)}.get(word, word) for word in line.split()]
    assert cli.run(words) in (FAILED, INVALID)
    said = capsys.readouterr().err
    assert "cause: " in said and "hint: " in said
    assert not re.search(r"Errno|codec|Traceback|0x[0-9a-f]{2} in position", said), said


@pytest.mark.parametrize("line", ["flash --board nix", "verify --board nix", "config new --board nix", "config pull --board nix"])
def test_a_board_that_nobody_knows_is_said_before_a_port_is_looked_for(line: str, capsys: pytest.CaptureFixture[str]):
    assert cli.run(line.split()) == INVALID
    assert 'no board is called "nix"' in capsys.readouterr().err


def test_what_may_be_live_is_the_first_line_of_a_status(capsys: pytest.CaptureFixture[str]):
    frames: list[dict[str, Any]] = [{"o": 3, "st": 0, "on": 2, "hold": [13]}, {"o": 4, "st": 0, "on": 0}, {"o": 9, "st": 0, "on": 2}]
    show_status({"mode": "service"}, frames, SiteNames())
    assert capsys.readouterr().out.startswith("switch the breaker off: outlets 3, 9 may be live although commanded off\n")
    show_status({"mode": "service"}, frames[1:2], SiteNames())
    assert "breaker" not in capsys.readouterr().out
