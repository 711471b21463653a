"""A wrong site file: exit code 2, the line, the cause, a hint. One through the command, the others by a call in this process."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from shedbench.places import REPOSITORY

from hil_tests.host.inside import shed

SMALL = (REPOSITORY / "hil_tests" / "sites" / "small.toml").read_text(encoding="utf-8")

# What is wrong, how the good file becomes wrong (old, new, which occurrence), the words of the offending line, cause and hint to be found.
WRONG = {
    "unknown key": ('max_power_w = 1000', 'max_power = 1000', 2, "max_power = 1000", "misspelt", 'did you mean "max_power_w"?'),
    "unknown table": ('[tariff]', '[tarif]', 0, "[tarif]", "only known keys", 'did you mean "tariff"?'),
    "pin used twice": ('relay = "K2"', 'relay = "K1"', 0, 'relay = "K1"', "one pin cannot serve two purposes", "free output terminals: K2"),
    "duplicate meter address": ("address = 13", "address = 11", 0, "address = 11", "both meters would answer", "another address"),
    "outlet without a meter": (
        'button = "S3"\nmeter = { bus = "rs485-1", address = 13, profile = "pzem-016" }\n', 'button = "S3"\n', 0,
        "[[outlet]]", "no money without measurement", "add meter = {",
    ),
    "input-only pin as output": ('relay = "K3"', 'relay = "DI3"', 0, 'relay = "DI3"', "input only", "output terminals of devkitc-shed4"),
    "unknown terminal": ('relay = "K4"', 'relay = "K5"', 0, 'relay = "K5"', "its output terminals are", 'did you mean "K'),
    "unknown group": ('group = "row A"', 'group = "row B"', 1, 'group = "row B"', "no [[group]] table", 'did you mean "row A"?'),
    "unknown bus": ('bus = "rs485-1"', 'bus = "rs485"', 3, 'bus = "rs485"', "no [[bus]] table", 'did you mean "rs485-1"?'),
    "unknown profile": ('"pzem-016"', '"pzem016"', 1, '"pzem016"', "allowed", 'did you mean "pzem-016"?'),
    "unknown board": (
        'board = "devkitc-shed4"', 'board = "devkit-shed4"', 0, "devkit-shed4", "known boards: ", 'did you mean "devkitc-shed4"?',
    ),
    "unknown effect": ('"cut row A"', '"cut rowA"', 0, '"cut rowA"', "effects are", 'did you mean "cut row A"?'),
    "unknown gate": ('gate = "main"', 'gate = "mian"', 0, 'gate = "mian"', "no [[gate]] table", 'did you mean "main"?'),
    "out of range": ("max_power_w = 1000", "max_power_w = 2500", 0, "max_power_w = 2500", "at most 2000", "at most 2000"),
    "wrong type": ("breaker_w = 4000", 'breaker_w = "4000"', 0, 'breaker_w = "4000"', "a whole number", "as a whole number"),
    "fire point without a cause": (
        'points = ["smoke bay"]', 'points = ["call point door"]', 0, "[[point]]", "one detector alone", "add an armed [[cause]]",
    ),
    "fire point in shadow": ("armed = true", "armed = false", 0, "[[point]]", "not armed", "add an armed [[cause]]"),
    "bands do not rise": ("alarm = 1300", "alarm = 2400", 0, "bands_mv", "short < alarm < normal", "upper limit"),
    "UART used twice": ('port = "READER1"', 'port = "RS485-1"', 0, 'port = "RS485-1"', "three UARTs", "use another port"),
    "two outlets of one number": ("number = 2", "number = 1", 0, "number = 1", "found by its number", "its own number"),
    "session limits cross": (
        "max_session_min = 600", "max_session_min = 700", 0, "max_session_min = 700", "hard limit", "raise hard_session_min",
    ),
    "not TOML": ("hold_off_s = 10", "hold_off_s = = 10", 0, "hold_off_s = = 10", "grammar", "quotes, brackets"),
    "a point with two votes": (
        'points = ["call point door"]', 'points = ["call point door", "call point door"]', 0,
        "points = [", "a point has one vote", "take it out",
    ),
    "short key": ('00112233445566778899aabbccddeeff"', '"', 0, "maintenance_key", "64 hex digits", "openssl rand -hex 32"),
}  # fmt: skip


def broken(name: str, tmp_path: Path) -> Path:
    old, new, occurrence, *_ = WRONG[name]
    parts = SMALL.split(old)
    assert len(parts) > occurrence + 1, f"small.toml has no occurrence {occurrence} of {old!r}"
    text = old.join(parts[: occurrence + 1]) + new + old.join(parts[occurrence + 1 :])
    file = tmp_path / "wrong.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("name", WRONG)
def test_exit_code_line_cause_and_hint(name: str, tmp_path: Path) -> None:
    file = broken(name, tmp_path)
    result = shed("config", "check", str(file))
    assert result.returncode == 2, result
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    _old, _new, _occurrence, words, cause, hint = WRONG[name]
    lines = file.read_text(encoding="utf-8").splitlines()
    shown = re.findall(rf"{re.escape(str(file))}:(\d+): error: (.+)\n  cause: (.+)\n  hint: (.+)", result.stderr)
    fitting = [item for item in shown if words in lines[int(item[0]) - 1] and cause in item[2] and hint in item[3]]
    assert fitting, result.stderr


def test_the_command_itself_says_the_same(tmp_path: Path) -> None:
    arguments = ("config", "check", str(broken("unknown key", tmp_path)))
    command = [str(Path(sys.executable).parent / "shed"), *arguments]
    done, inside = subprocess.run(command, capture_output=True, text=True, check=False), shed(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (inside.returncode, inside.stdout, inside.stderr)


def test_the_line_of_a_missing_meter_is_that_outlet(tmp_path: Path) -> None:
    file = broken("outlet without a meter", tmp_path)
    shown = shed("config", "check", str(file)).stderr
    line = int(re.search(r":(\d+): error", shown)[1])  # type: ignore[index]
    after = file.read_text(encoding="utf-8").splitlines()[line : line + 2]
    assert after[0] == "number = 3"


def test_every_error_is_reported_at_once(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(SMALL.replace('relay = "K2"', 'relay = "K1"').replace("address = 13", "address = 11"), encoding="utf-8")
    shown = shed("config", "check", str(file)).stderr
    assert "used twice" in shown and "meter address 11" in shown and "2 errors" in shown


def test_as_json(tmp_path: Path) -> None:
    file = broken("input-only pin as output", tmp_path)
    result = shed("config", "check", "--json", str(file))
    assert result.returncode == 2
    problems = json.loads(result.stdout)["problems"]
    assert problems[0]["key"] == "outlet.2.relay" and problems[0]["line"] > 1 and problems[0]["severity"] == "error"


def test_build_refuses_what_check_refuses(tmp_path: Path) -> None:
    file = broken("duplicate meter address", tmp_path)
    result = shed("config", "build", str(file), "-o", str(tmp_path / "out.bin"))
    assert result.returncode == 2 and not (tmp_path / "out.bin").exists()


def test_the_good_file_passes_silently() -> None:
    result = shed("config", "check", str(REPOSITORY / "hil_tests" / "sites" / "small.toml"))
    assert result.returncode == 0 and result.stderr == "" and "ok" in result.stdout


def test_warnings_do_not_stop(tmp_path: Path) -> None:
    file = tmp_path / "warned.toml"
    file.write_text(SMALL.replace('heartbeat = "HB"\n', "").replace("breaker_w = 4000", "breaker_w = 3500"), encoding="utf-8")
    result = shed("config", "check", str(file))
    assert result.returncode == 0
    assert "unprotected" in result.stderr and "3500 W" in result.stderr


def test_a_missing_file(tmp_path: Path) -> None:
    result = shed("config", "check", str(tmp_path / "none.toml"))
    assert result.returncode == 2 and "cannot read" in result.stderr and "Traceback" not in result.stderr


def test_a_shed_without_a_fire_point_is_warned_about(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    text = re.sub(r"\[\[cause\]\].*?(?=\[\[gate\]\])", "", SMALL.replace("fire = true\n", ""), flags=re.DOTALL)
    site.write_text(text, encoding="utf-8")
    done = shed("config", "check", str(site))
    assert done.returncode == 0 and "warning: no point is a fire point" in done.stdout + done.stderr


def test_a_key_of_zeros_and_a_zone_in_hours_are_warned_about(tmp_path: Path) -> None:
    text = SMALL
    key = "00112233445566778899aabbccddeeff" * 2
    assert key in text
    file = tmp_path / "shed.toml"
    file.write_text(text.replace(key, "0" * 64).replace("time_zone_min = 480", "time_zone_min = 8"), encoding="utf-8")
    done = shed("config", "check", str(file))
    said = done.stdout + done.stderr
    assert done.returncode == 0 and "warning: every digit of maintenance_key is the same" in said and "8 hours are 480 minutes" in said


KEY = "ebc931ced1f49c371de727e732844734ba83e7b4713b957de6fbd54a2fe1c25"
OLD_KEY = f'"{"00112233445566778899aabbccddeeff" * 2}"'


@pytest.mark.parametrize(
    "text",
    [
        SMALL.replace(OLD_KEY, f'"{KEY}"'),
        SMALL.replace(OLD_KEY, f'"{KEY}zz"'),
        SMALL.replace(OLD_KEY, f'["{KEY}"]'),
        SMALL.replace(OLD_KEY, f'{{ key = "{KEY}" }}'),
        SMALL.replace(OLD_KEY, f'"{KEY}a"').replace('heartbeat = "HB"', f'heartbeat = "{KEY}a"'),
        SMALL.replace(f"maintenance_key = {OLD_KEY}", f'maintenence_key = "{KEY}a"'),
        SMALL.replace('name = "row A"', f'name = "{KEY}"', 1),
        SMALL.replace('contactor = "KM1"', f'contactor = "{KEY[:40]}"', 1),
        SMALL.replace(OLD_KEY, '"' + "7" * 64 + '"'),
    ],
)
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_no_problem_shows_the_maintenance_key(text: str, options: tuple[str, ...], tmp_path: Path) -> None:
    assert text != SMALL
    file = tmp_path / "shed.toml"
    file.write_text(text, encoding="utf-8")
    done = shed("config", "check", *options, str(file))
    said = done.stdout + done.stderr
    assert "maintenance_key" in said or "is not valid" in said or "..." in said
    assert KEY[:16] not in said and "is 7" not in said
