"""Board files: the properties of each real board, and what the check refuses, with line, cause, hint and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest
from shedbench.places import REPOSITORY
from shedguard.boards import check, known
from shedguard.boards.model import Board
from shedguard.commands.cli import run
from shedguard.errors import INVALID, ShedError
from shedguard.files.problems import FileProblems
from shedguard.site import load as sites

SITES = REPOSITORY / "hil_tests" / "sites"
GOOD: str = """\
[board]
id = 60001
name = "good"
title = "made up"
chip = "esp32"
flash_mb = 4
psram = false
cpu_mhz = 240
source = "maker"
[sources]
maker = "made up for the tests"
[bus.I2C-1]
kind = "i2c"
sda = 18
scl = 19
[bus.SHIFT-1]
kind = "shift"
data = 25
clock = 32
latch = 33
enable = 17
[expander.U1]
part = "PCF8574"
bus = "I2C-1"
address = 0x20
[expander.U2]
part = "74HC595"
bus = "SHIFT-1"
[terminal.KM1]
gpio = 21
use = "output"
pull = "down"
what = "contactor"
[terminal.Y1]
gpio = 23
use = "output"
active = "low"
pull = "up"
what = "lock"
[terminal.AI1]
gpio = 34
use = "analog"
what = "loop"
[terminal.K1]
expander = "U1"
bit = 0
use = "output"
active = "low"
pull = "up"
what = "relay 1"
[terminal.K2]
expander = "U1"
bit = 1
use = "output"
active = "low"
pull = "up"
what = "relay 2"
[terminal.K3]
expander = "U2"
bit = 0
use = "output"
pull = "down"
what = "relay 3"
[port.RS485-1]
kind = "rs485"
uart = 1
tx = 26
rx = 27
direction = 22
[port.READER1]
kind = "uart"
uart = 2
tx = 13
rx = 14
[[trap]]
terminals = ["K1", "RS485-1"]
what = "a trap"
do = "nothing"
"""

# Name: old text, new text, the words of the line that is blamed, what, cause, hint.
BAD = {
    "pulled to its live level": (
        'pull = "down"\nwhat = "contactor"', 'pull = "up"\nwhat = "contactor"', 'pull = "up"',
        "KM1 would be on at power-on", "it energises at a high level", 'write pull = "down"'),
    "floats at reset": (
        'active = "low"\npull = "up"\nwhat = "lock"', 'active = "low"\nwhat = "lock"', "[terminal.Y1]",
        "Y1 would float at power-on", "it energises at a low level", 'write pull = "up"'),
    "high output of a PCF8574": (
        'active = "low"\npull = "up"\nwhat = "relay 1"', 'active = "high"\npull = "down"\nwhat = "relay 1"', 'active = "high"',
        "K1 would be on at power-on", "a PCF8574 is high at power-on", 'active = "low"'),
    "no place": ('gpio = 21\nuse', "use", "[terminal.KM1]", "KM1 has no place", "on a GPIO or on an expander's bit", "write gpio"),
    "two places": ('gpio = 21\nuse', 'gpio = 21\nexpander = "U1"\nuse', "[terminal.KM1]", "no place", "or on an expander", "write gpio"),
    "bit without expander": ('gpio = 21\nuse', "gpio = 21\nbit = 3\nuse", "bit = 3", "a bit and no expander", "no bits", "remove bit"),
    "unknown expander": (
        'expander = "U1"\nbit = 1', 'expander = "U3"\nbit = 1', 'expander = "U3"',
        'on expander "U3"', "no [expander] table", 'did you mean "U'),
    "bit that the part has not": ("bit = 1\n", "bit = 8\n", "bit = 8", "K2 is on no bit of U1", "bits 0 to 7", "write its bit"),
    "bit used twice": ("bit = 1\n", "bit = 0\n", "bit = 0", "bit 0 of U1 is used twice: by K1 and by K2", "one bit", "correct one"),
    "analog on an expander": (
        'bit = 0\nuse = "output"\nactive', 'bit = 0\nuse = "analog"\nactive', 'use = "analog"', "cannot measure", "levels only", "ADC1"),
    "input on a shift register": (
        'bit = 0\nuse = "output"\npull', 'bit = 0\nuse = "input"\npull', 'use = "input"',
        "K3 cannot be an input", "outputs only", "put it on a GPIO"),
    "input where an MCP23017 has outputs only": (
        'part = "PCF8574"', 'part = "MCP23017"', "bit = 15",
        "X7 cannot be an input", "outputs only at bits 7 and 15", "another bit"),
    "input of an MCP23017 without a resistor": (
        'part = "PCF8574"', 'part = "MCP23017"', "[terminal.X3]", "X3 floats", "pull-ups of a MCP23017 are off", 'pull = "up"'),
    "ADC2": ('gpio = 34', "gpio = 4", "gpio = 4", "AI1 cannot measure a voltage on GPIO 4", "ADC2 fails", "ADC1 is on GPIO 32 to 39"),
    "no converter": ('gpio = 34', "gpio = 5", "gpio = 5", "AI1 is on GPIO 5, a strapping pin", "how the chip starts", "strapping_note"),
    "size with a point": (
        "flash_mb = 4", "flash_mb = 4.0", "flash_mb = 4.0",
        "flash_mb = 4.0 in [board]", "a whole number", "write flash_mb"),
    "GPIO used twice": ("gpio = 21", "gpio = 26", "tx = 26", "GPIO 26 is used twice: by KM1 and by RS485-1", "one purpose", "correct"),
    "input-only output": ("gpio = 21", "gpio = 36", "gpio = 36", "KM1 cannot be on GPIO 36", "input only", "maker's drawing"),
    "flash pin": ("gpio = 21", "gpio = 9", "gpio = 9", "KM1 cannot be on GPIO 9", "flash chip", "maker's drawing"),
    "console pin": ("tx = 13", "tx = 1", "tx = 1", "READER1 cannot be on GPIO 1", "console", "maker's drawing"),
    "no such pin": ("gpio = 21", "gpio = 24", "gpio = 24", "KM1 cannot be on GPIO 24", "no GPIO 24", "maker's drawing"),
    "PSRAM pin": (
        'psram = false', "psram = true\n# gpio", "sda = 16", "I2C-1 cannot be on GPIO 16", "belongs to the PSRAM", "maker's drawing"),
    "strapping bus": ("sda = 18", "sda = 15", "sda = 15", "I2C-1 is on GPIO 15, a strapping pin", "decides how", "strapping_note"),
    "strapping port": ("rx = 14", "rx = 12", "rx = 12", "READER1 is on GPIO 12, a strapping pin", "decides how", "strapping_note"),
    "UART of the console": ("uart = 1", "uart = 0", "uart = 0", "RS485-1 cannot use UART 0", "UART 0 is the console", "1 or 2"),
    "direction of a UART": ('tx = 13', "tx = 13\ndirection = 4", "direction = 4", "READER1 has a direction", "only RS-485", "rs485"),
    "direction in words": ("direction = 22", 'direction = "left"', "direction", "direction = 'left'", 'either "auto"', "see docs/"),
    "i2c without scl": ("scl = 19\n", "", "[bus.I2C-1]", "bus I2C-1 has no scl", "i2c needs sda, scl", "add scl"),
    "shift without latch": ("latch = 33\n", "", "[bus.SHIFT-1]", "SHIFT-1 has no latch", "shift needs data, clock, latch", "add latch"),
    "wire of the other kind": ("scl = 19\n", "scl = 19\nenable = 4\n", "enable = 4", "I2C-1 has enable", "kind shift", "remove it"),
    "bus without expander": ('bus = "SHIFT-1"', 'bus = "I2C-1"', "[bus.SHIFT-1]", "SHIFT-1 has no expander", "for nothing", "add one"),
    "wrong kind of bus": (
        'bus = "I2C-1"', 'bus = "SHIFT-1"', 'bus = "SHIFT-1"',
        "U1 is on the wrong kind of bus", "a PCF8574 needs a bus of kind i2c", "i2c buses: I2C-1"),
    "unknown bus": ('bus = "I2C-1"', 'bus = "I2C-2"', 'bus = "I2C-2"', 'on bus "I2C-2"', "no [bus] table", 'did you mean "I2C-1"?'),
    "no address": ("address = 0x20\n", "", "[expander.U1]", "U1 has no address", "I2C finds a part by it", "0x20 to 0x27"),
    "address of another part": (
        "address = 0x20\n", "address = 0x3d\n", "address = 0x3d",
        "U1 cannot be at address 0x3d", "0x20 to 0x27", "PCF8574A"),
    "address of the part without an A": (
        'part = "PCF8574"', 'part = "PCF8574A"', "address = 0x20", "U1 cannot be at address 0x20", "0x38 to 0x3f", "a PCF8574:"),
    "address of a shift register": (
        'part = "74HC595"', 'part = "74HC595"\naddress = 0x21', "address = 0x21", "U2 has an address", "by its wires", "remove it"),
    "two parts at one address": (
        "[expander.U2]", '[expander.U9]\npart = "TCA9554"\nbus = "I2C-1"\naddress = 0x20\n[expander.U2]', "address = 0x20",
        "U1 and U9 are both at address 0x20 of I2C-1", "both would answer", "correct one address"),
    "unknown part": ('part = "PCF8574"', 'part = "TCA9555"', "TCA9555", "part = 'TCA9555'", "allowed", 'did you mean "TCA9554"?'),
    "unknown source": ('source = "maker"', 'source = "makr"', 'source = "makr"', '"makr" is not in', "where it is from", '"maker"?'),
    "unknown source of a terminal": (
        'what = "loop"', 'what = "loop"\nsource = "drawing"', 'source = "drawing"', '"drawing" is not in', "every fact", "add drawing"),
    "unknown terminal in a trap": ('"K1", "RS', '"K9", "RS', "terminals", 'about "K9"', "terminals and ports", 'did you mean "K'),
    "long name": ("[terminal.K3]", "[terminal.RELAY-NUMBER-3]", "[terminal.RELAY-NUMBER-3]", "too long", "12 letters", "shorten it"),
    "unknown key": (
        'pull = "down"\nwhat = "contactor"', 'pul = "down"\nwhat = "contactor"', "pul =", 'unknown key "pul"', "known keys", '"pull"?'),
    "missing key": ('use = "analog"\n', "", "[terminal.AI1]", '"use" is missing in [terminal.AI1]', "no default", "add use"),
    "wrong type": ("uart = 2", 'uart = "2"', 'uart = "2"', "uart = '2'", "a whole number", "as a whole number"),
    "out of range": ("flash_mb = 4", "flash_mb = 5", "flash_mb = 5", "flash_mb = 5", "allowed", "write one of"),
    "unknown chip": ('chip = "esp32"', 'chip = "esp32-s3"', "esp32-s3", "chip = 'esp32-s3'", "allowed", 'did you mean "esp32s3"?'),
    "not TOML": ("id = 60001", "id = = 60001", "id = = 60001", "not TOML", "grammar", "quotes, brackets"),
}  # fmt: skip


def broken(name: str, tmp_path: Path) -> Path:
    old, new, *_ = BAD[name]
    assert old in GOOD, name
    text = GOOD.replace(old, new, 1)
    if "MCP23017" in new:
        for terminal, bit, pull in (("X7", 15, 'pull = "up"\n'), ("X3", 14, "")):
            text += f'[terminal.{terminal}]\nexpander = "U1"\nbit = {bit}\nuse = "input"\n{pull}what = "contact"\n'
    if name == "PSRAM pin":
        text = text.replace("sda = 18", "sda = 16")
    file = tmp_path / "bad.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("name", BAD)
def test_a_bad_board_file_is_refused_with_line_cause_and_hint(name: str, tmp_path: Path) -> None:
    file = broken(name, tmp_path)
    with pytest.raises(FileProblems) as caught:
        known.load_file(file)
    assert caught.value.code == INVALID
    _, _, words, what, cause, hint = BAD[name]
    lines = file.read_text(encoding="utf-8").splitlines()
    found = [problem for problem in caught.value.problems if what in problem.what and cause in problem.cause and hint in problem.hint]
    assert found, str(caught.value)
    assert words in lines[found[0].line - 1], f"line {found[0].line}: {lines[found[0].line - 1]}"


def test_the_good_file_is_good(tmp_path: Path) -> None:
    file = tmp_path / "good.toml"
    file.write_text(GOOD, encoding="utf-8")
    assert check.problems(known.load_file(file)) == []


def test_two_ports_on_one_uart_are_a_note_only(tmp_path: Path) -> None:
    file = tmp_path / "good.toml"
    file.write_text(GOOD.replace("uart = 2", "uart = 1"), encoding="utf-8")
    (note,) = check.problems(known.load_file(file))
    assert note.severity == "warning" and "share UART 1" in note.what


def test_a_shift_register_without_enable_line_gets_a_note(tmp_path: Path) -> None:
    file = tmp_path / "good.toml"
    file.write_text(GOOD.replace("enable = 17\n", ""), encoding="utf-8")
    (note,) = check.problems(known.load_file(file))
    assert note.severity == "warning" and "undefined at power-on" in note.what and "heartbeat" in note.hint


def test_an_unknown_board_gets_a_suggestion() -> None:
    with pytest.raises(ShedError) as caught:
        known.load("kc868-a61")
    assert caught.value.code == INVALID and caught.value.hint == 'did you mean "kc868-a6"?'


@pytest.fixture(scope="module", params=known.names())
def board(request: pytest.FixtureRequest) -> Board:
    return known.load(str(request.param))


def test_a_board_is_called_like_its_file_and_every_line_has_a_source(board: Board) -> None:
    assert board.board.name in known.names() and board.sources and board.trap
    used = {board.board.source, board.reset.source, *(trap.source for trap in board.trap)}
    used |= {item.source for table in (board.terminal, board.port, board.bus, board.expander) for item in table.values()}
    assert set(board.sources) == used - {None}


def test_its_example_shed_stands_with_contactor_heartbeat_and_lock_on_gpios_that_are_off_at_reset(board: Board) -> None:
    loaded = sites.load(SITES / "boards" / f"{board.board.name}.toml")
    site = loaded.site
    assert loaded.warnings == () and len(site.outlet) >= 2 and site.safety.heartbeat == "HB" and len(site.gate) == len(site.reader) == 1
    assert all(outlet.button for outlet in site.outlet) and any(point.fire for point in site.point)
    for name in (site.safety.heartbeat, *(group.contactor for group in site.group), *(gate.lock for gate in site.gate)):
        terminal = board.terminal[name]
        assert terminal.gpio is not None and terminal.pull == ("down" if terminal.active_high else "up")


def test_no_two_boards_have_one_number() -> None:
    numbers = [known.load(name).board.id for name in known.names()]
    assert len(numbers) == len(set(numbers)) >= 9


# Keys that may be left out, and the value that then applies: none makes an output live.
OPTIONAL = {
    "enable": "a note says that the outputs are undefined at power-on",
    "active": 'high; the check then asks for pull = "down"',
    "direction": "auto",
    "terminals": "the trap is about the whole board",
}


def mutants() -> list[tuple[int, str, str]]:
    """Every key line of the good file: number (from 0), how it is changed, the new line."""
    found: list[tuple[int, str, str]] = []
    for number, line in enumerate(GOOD.splitlines()):
        if " = " not in line:
            continue
        key, value = line.split(" = ", 1)
        found += [(number, "misspelt", f"{key}x = {value}"), (number, "removed", f"# {line}"), (number, "wrong type", f"{key} = 1.5")]
        if not value.startswith(('"', "[", "true", "false")):
            found += [(number, "out of range", f"{key} = 70000"), (number, "negative", f"{key} = -1"), (number, "text", f'{key} = "x"')]
        elif value.startswith('"'):
            found.append((number, "a number", f"{key} = 7"))
    return found


@pytest.mark.parametrize(("number", "how", "line"), mutants(), ids=lambda value: str(value).replace(" ", "_"))
def test_no_mutation_of_a_key_is_a_traceback_or_a_silent_default(number: int, how: str, line: str, tmp_path: Path) -> None:
    lines: list[str] = [*GOOD.splitlines()]
    was, lines[number] = lines[number], line
    file = tmp_path / "mutant.toml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if how == "removed" and was.split(" = ")[0] in OPTIONAL and was != 'active = "low"':  # on an output pulled up, "high" is refused
        known.load_file(file)
        return
    with pytest.raises(FileProblems) as caught:
        known.load_file(file)
    assert all(problem.cause and problem.hint and 1 <= problem.line <= len(lines) for problem in caught.value.problems)


def test_a_board_file_of_ones_own_is_checked_and_shown_by_its_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (known.boards_dir() / "devkitc-shed4.toml").read_text(encoding="utf-8")
    file = tmp_path / "mine.toml"
    file.write_text(text.replace('name = "devkitc-shed4"', 'name = "mine"', 1), encoding="utf-8")
    assert run(["boards", "show", str(file)]) == 0
    assert capsys.readouterr().out.startswith("mine: ")
    assert run(["boards", "picture", str(file), "--out", str(tmp_path / "mine.svg")]) == 0
    file.write_text(text.replace("gpio = 34", "gpio = 6", 1), encoding="utf-8")
    assert run(["boards", "show", str(file)]) == 2
    assert f"{file}:" in capsys.readouterr().err
    assert run(["boards", "show", str(tmp_path / "none.toml")]) == 2 and run(["boards", "show", "none"]) == 2
    said = capsys.readouterr().err
    assert "cannot read" in said and 'no board is called "none"' in said
