"""All that hints, fault texts, documents and reports tell people to type exists: commands with options, console words, lines, keys."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.typed_hands import TypedHands
from shedbench.demo.hands import Hands
from shedguard.formats import lists
from shedguard.site.model import Charging, Point

from hil_tests.contracts.named import commands, console, texts
from hil_tests.contracts.named.texts import ROOT, Named

NAMED = texts.everything_named()
PYTESTS = {"--durations"}
# Options of other programs that hints and scripts of the tools name.
OTHERS = {"--wsl": "usbipd", "--busid": "usbipd", "--now": "systemctl", "--quiet": "pip", "--no-index": "pip", "--find-links": "pip"}


def test_every_command_that_is_named_can_be_typed() -> None:
    wrong = [f"{named.where}: `{named.line}`: {why}" for named in NAMED if (why := commands.wrong(named))]
    assert not wrong, "\n".join(wrong)


def test_commands_are_found_in_every_kind_of_text() -> None:
    folders = ("README.md", "CONTRIBUTING.md", "docs/installer/en.md", "docs/installer/zh.md", "docs/decisions")
    folders = (*folders, "docs/fault-codes.md", "docs/fault-codes.zh.md")
    texts = ("formats/texts_en.py", "formats/texts_zh.py")
    modules = (*texts, "doctor/board.py", "deploy/self_test.py", "flash/writer.py", "deploy/bundle.py")
    for place in (*folders, *(f"host_tools/shedguard/{name}" for name in modules), "host_tools/shedbench/campaign"):
        assert any(named.where.startswith(place) for named in NAMED), place
    assert len(NAMED) > 400 and sum(named.whole for named in NAMED) > 80


@pytest.mark.parametrize(
    ("line", "whole", "said"),
    [
        ("shed buckup", False, "no command 'buckup'"),
        ("shed cards delete", False, "shed cards has no command 'delete'"),
        ("shed boards lists what fits", False, "no command 'lists'"),
        ("shed flash --board x --prot y", False, "no option --prot"),
        ("shed status 3", False, "takes no '3'"),
        ("shed verify --image FILE", False, "needs --board"),
        ("shed config push --port PORT, then wait", False, "needs FILE"),
        ("shed status --site 校时", False, "--site has no value"),
        ("shed status --site", True, "requires an argument"),
        ("shed why three --port x", True, "valid integer"),
        ("shed flash --port x", True, "--board"),
        ("shed why 3 'and", False, "quotation"),
    ],
)
def test_what_cannot_be_typed_is_found(line: str, whole: bool, said: str) -> None:
    assert said.lower() in (commands.wrong(Named("here", line, whole)) or "").lower()


@pytest.mark.parametrize(
    "line",
    ["shed", "shed cards", "shed flash first", "shed log shows its number", "shed emulate --flash", "shed install FILE --only verify"],
)
def test_what_can_be_typed_and_prose_behind_it_is_not_found(line: str) -> None:
    assert commands.wrong(Named("here", line)) is None


def test_a_command_is_told_from_the_house_in_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "hints.py"
    path.write_text(
        '"""The shed is open, `shed status`."""\nA = "leave the shed idle"\nB = f"then shed clear --site {path}; or shed repl"\n'
        'C = "`shed log|sessions`"\nD = "执行 shed faults，再看"\nE = "$target/bin/shed doctor"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(texts, "ROOT", tmp_path)
    found = {named.line for named in texts.named_in_python(path)}
    assert found == {
        "shed status", "shed clear --site X", "shed repl", "shed log", "shed sessions", "shed faults", "shed doctor",
    }  # fmt: skip


def test_every_option_that_a_hint_names_is_one_of_some_command() -> None:
    known = commands.options() | set(OTHERS)
    wrong: list[str] = []
    for path in (ROOT / "host_tools/shedguard").rglob("*.py"):
        for number, text, _ in texts.strings(path):
            if " " in text:
                named = re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", text)
                wrong += [f"{path.name}:{number}: {option}" for option in named if option not in known]
    assert not wrong and "--port" in known and "--prot" not in known


def test_every_option_that_a_document_names_is_one_of_some_program_here() -> None:
    known = commands.options() | PYTESTS
    sources = (
        *(ROOT / "hil_tests").rglob("*.py"),
        ROOT / "host_tools/shedbench/pytest_plugin.py",
        *(ROOT / "boards/emulated").rglob("*.[ch]"),
    )
    for path in sources:
        known.update(re.findall(r"\"(--[a-z][a-z0-9-]*)\"", path.read_text(encoding="utf-8")))
    wrong: list[str] = []
    for path in texts.documents():
        text = path.read_text(encoding="utf-8")
        for number, line in (*texts.quoted(text), *texts.blocks(text)):
            named = re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", line)
            wrong += [f"{path.name}:{number}: {option}" for option in named if option not in known]
    assert not wrong


# --- the board's console ----------------------------------------------------------------------------------------------


def test_every_console_word_that_is_named_is_one() -> None:
    found = [named for named in console.named() if not named.line.startswith(("shed", "%s"))]
    wrong = [f"{named.where}: `{named.line}`: {why}" for named in found if (why := console.wrong(named.line))]
    assert not wrong, "\n".join(wrong)
    for place in (
        "firmware/shed/console/words.py",
        "docs/installer/en.md",
        "docs/installer/zh.md",
        "host_tools/shedguard/flash/live_check.py",
    ):
        assert any(named.where.startswith(place) for named in found), place


@pytest.mark.parametrize("line", ["halt 3", "stop three", "why 3 4", "clear 1", "time tomorrow", "log all"])
def test_what_the_console_does_not_follow_is_found(line: str) -> None:
    assert console.wrong(line)


def test_the_protocol_lists_the_words_that_the_board_has() -> None:
    assert sorted(console.listed_in_protocol()) == sorted(f"{word} {rest}".strip() for word, rest in console.forms().items())


def test_what_the_table_of_faults_tells_the_crew_to_do_exists() -> None:
    others = {*lists.FAULTS.values(), *lists.POINT_STATES.values(), *Charging.model_fields, *Point.model_fields, "blind_grace_min"}
    rows = [line.split("|") for line in (ROOT / "docs/fault-codes.md").read_text(encoding="utf-8").splitlines() if re.match(r"\| \d", line)]
    assert len(rows) == len(lists.FAULTS)
    for row in rows:
        for line in re.findall(r"`([^`]+)`", " ".join(row[5:7])):
            command = line if line.startswith("shed ") else f"shed {line}"
            assert line in others or not console.wrong(line) or not commands.wrong(Named("", command)), f"fault {row[1]}: `{line}`"


# --- the emulated shed, the demo, the repository ----------------------------------------------------------------------


def typed_lists() -> dict[str, list[str]]:
    """Paragraphs on what can be typed where `shed emulate` runs: the lines in them."""
    found: dict[str, list[str]] = {}
    places = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in texts.documents() if "CHANGELOG" not in path.name
    }
    places["emulate --help"] = (ROOT / "host_tools/shedguard/commands/bench.py").read_text(encoding="utf-8")
    for place, text in places.items():
        for paragraph in re.split(r"\n\n|\n- ", text):
            if "`look`" in paragraph:
                lines = re.findall(r"`([^`\n]+)`", paragraph)
                found[place] = [line for line in lines if not re.match(r"shed |rfc2217|--|\.venv|make |kill |\{", line)]
    return found


@pytest.mark.parametrize("place", ["README.md", "docs/installer/en.md", "docs/installer/zh.md", "docs/extending.md", "emulate --help"])
def test_every_line_that_is_said_to_act_on_the_emulated_shed_does(place: str) -> None:
    lines = typed_lists()[place]
    assert len(lines) > 2
    with Bench(power=False) as bench:
        hands = TypedHands(bench)
        for line in lines:
            assert hands.do(line), line


def test_every_key_that_is_said_to_act_on_the_demo_does() -> None:
    (line,) = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("On a terminal: ")]
    with Bench(power=False) as bench:
        assert set(re.findall(r"`(.)`", line)) <= {*Hands(bench)._acts, "+", "-", "q"}


def test_every_target_module_and_test_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    wrong: list[str] = []
    for path in texts.documents():
        text = path.read_text(encoding="utf-8")
        for number, line in (*texts.quoted(text), *texts.blocks(text)):
            where = f"{path.name}:{number}: {line}"
            wrong += [where for target in re.findall(r"^make ([a-z]+)", line) if target not in targets]
            wrong += [where for module in re.findall(r"python -m ([a-z_.]+)", line) if importlib.util.find_spec(module) is None]
            if "pytest" in line:
                made = re.findall(r"^# (\S+), new$", text, re.MULTILINE)  # by the document's own steps (test_extending_document.py)
                named = [test for test in re.findall(r"hil_tests/[\w/.]+", line) if "FILE" not in test and test not in made]
                wrong += [where for test in named if not (ROOT / test).exists()]
    for path in texts.host_files():
        for number, text, _ in texts.strings(path):
            named = re.findall(r"(?:^|`|then )make ([a-z]+)(?:$|`)", text)
            wrong += [f"{path.name}:{number}: make {target}" for target in named if target not in targets]
    assert not wrong and {"setup", "test", "long"} <= targets
