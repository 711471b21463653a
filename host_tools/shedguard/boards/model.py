"""A board file (boards/*.toml): the terminals and ports of one product, with polarity and pull resistors."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import INVALID, ShedError
from ..paths import boards_dir
from ..site.positions import Positions
from ..site.problems import FileProblems, Problem, syntax_problem
from ..site.schema_errors import problems_of
from .chips import CHIPS, Chip, pin_trouble


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class About(_Strict):
    """``[board]``. ``source`` and every other ``source`` is a key of ``[sources]``; a line without one has the board's."""

    id: int = Field(ge=1, le=65535)
    name: str
    title: str
    chip: Literal["esp32", "esp32s3"]
    flash_mb: Literal[4, 8, 16]
    psram: bool
    cpu_mhz: Literal[160, 240]
    source: str


class Terminal(_Strict):
    """One screw terminal or header pin: on a GPIO, or on a bit of an expander. ``active`` is the level that energises an output, ``pull``
    what the board fits, ``load`` what an output drives (a relay's own contact, a transistor, or a bare logic level).

    ``strapping_note`` says why a strapping pin is all right here; without it a strapping pin is refused.
    """

    gpio: int | None = Field(default=None, ge=0, le=48)
    expander: str | None = None
    bit: int | None = Field(default=None, ge=0, le=15)
    use: Literal["output", "input", "analog"]
    active: Literal["high", "low"] = "high"
    pull: Literal["up", "down"] | None = None
    load: Literal["relay", "transistor", "logic"] = "logic"
    rating: str | None = None
    what: str
    strapping_note: str | None = None
    source: str | None = None

    @property
    def active_high(self) -> bool:
        """True when a high level energises."""
        return self.active == "high"

    @property
    def place(self) -> str:
        """Where it is, for a person: ``GPIO 4``, ``U1 bit 3``."""
        return f"GPIO {self.gpio}" if self.expander is None else f"{self.expander} bit {self.bit}"

    @property
    def safe_level(self) -> int:
        """The level at which the load is off."""
        return 0 if self.active_high else 1


class Port(_Strict):
    """One serial port. ``direction``: ``auto`` when the transceiver turns itself round, else the GPIO that does (high: send)."""

    kind: Literal["rs485", "uart"]
    uart: int = Field(ge=0, le=2)
    tx: int = Field(ge=0, le=48)
    rx: int = Field(ge=0, le=48)
    direction: Literal["auto"] | int = "auto"
    source: str | None = None

    def gpios(self) -> tuple[int, ...]:
        """Every GPIO this port takes."""
        return (self.tx, self.rx) if isinstance(self.direction, str) else (self.tx, self.rx, self.direction)


class Wires(_Strict):
    """``[bus.NAME]``: the wires of the expanders. ``i2c`` has ``sda`` and ``scl``.

    ``shift`` has ``data``, ``clock``, ``latch`` and, where the board wires it, ``enable`` (low: the outputs drive).
    """

    kind: Literal["i2c", "shift"]
    sda: int | None = Field(default=None, ge=0, le=48)
    scl: int | None = Field(default=None, ge=0, le=48)
    khz: int = Field(default=100, ge=10, le=400)
    data: int | None = Field(default=None, ge=0, le=48)
    clock: int | None = Field(default=None, ge=0, le=48)
    latch: int | None = Field(default=None, ge=0, le=48)
    enable: int | None = Field(default=None, ge=0, le=48)
    strapping_note: str | None = None
    source: str | None = None

    def gpios(self) -> tuple[int, ...]:
        """Every GPIO this bus takes."""
        return tuple(pin for pin in (self.sda, self.scl, self.data, self.clock, self.latch, self.enable) if pin is not None)


class Expander(_Strict):
    """``[expander.NAME]``: a chip that gives more outputs or inputs than the ESP32 has."""

    part: Literal["PCF8574", "PCF8575", "TCA9554", "74HC595"]
    bus: str
    address: int | None = Field(default=None, ge=0x20, le=0x27)
    source: str | None = None

    @property
    def bits(self) -> int:
        """How many terminals it has."""
        return 16 if self.part == "PCF8575" else 8


class Reset(_Strict):
    """``[reset]``: how a tool gets into download mode.

    ``auto``: two transistors on DTR and RTS; ``usb``: the chip's own USB; ``manual``: BOOT is held by hand.
    """

    circuit: Literal["auto", "usb", "manual"] = "auto"
    note: str | None = None
    source: str | None = None


class Trap(_Strict):
    """``[[trap]]``: what an installer would not expect of this board."""

    terminals: list[str] = []
    what: str
    do: str
    source: str | None = None


class Board(_Strict):
    """A whole board file."""

    board: About
    sources: dict[str, str] = {}
    reset: Reset = Reset()
    terminal: dict[str, Terminal]
    port: dict[str, Port] = {}
    bus: dict[str, Wires] = {}
    expander: Annotated[dict[str, Expander], Field(max_length=7)] = {}
    trap: list[Trap] = []

    @property
    def chip(self) -> Chip:
        """The pin rules that hold for it."""
        return CHIPS[self.board.chip]

    def outputs(self) -> dict[str, Terminal]:
        """The terminals that drive something, in the file's order."""
        return {name: terminal for name, terminal in self.terminal.items() if terminal.use == "output"}

    def pin_code(self, name: str) -> int:
        """How the image names a terminal: its GPIO, or 128 + 16 times the expander's place in the file + the bit."""
        terminal = self.terminal[name]
        if terminal.expander is None:
            assert terminal.gpio is not None
            return terminal.gpio
        return 128 + 16 * list(self.expander).index(terminal.expander) + (terminal.bit or 0)


def names() -> list[str]:
    """The boards this tool knows."""
    return sorted(path.stem for path in boards_dir().glob("*.toml"))


def load(name: str) -> Board:
    """The board called ``name``; ShedError when there is none or its file contradicts the chip."""
    path = boards_dir() / f"{name}.toml"
    if name not in names():
        raise ShedError(f'no board is called "{name}"', f"known boards: {', '.join(names())}", "shed boards", INVALID)
    return load_file(path)


def load_file(path: Path) -> Board:
    """A board from a file; FileProblems with the line of everything that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileProblems(str(path), [syntax_problem(error, text)]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ShedError(f"cannot read {path}", str(error), "name a board file, for instance boards/devkitc-shed4.toml", INVALID) from error
    positions = Positions(text)
    try:
        board = Board.model_validate(data)
    except ValidationError as error:
        raise FileProblems(str(path), [replace(found, line=positions.line(found.path)) for found in problems_of(error, Board)]) from error
    found = [_contradiction(board, said, positions) for said in _trouble(board)]
    if found:
        raise FileProblems(str(path), found)
    return board


def _contradiction(board: Board, said: str, positions: Positions) -> Problem:
    """A line of `_trouble` at its place in the file."""
    name, _, reason = said.partition(": ")
    table = next((table for table in ("terminal", "port", "bus", "expander") if name in getattr(board, table)), "")
    hint = "correct the pin in the board file; its source says which one it is"
    path = (table, name) if table else ()
    return Problem(path, f"{name} cannot be as the file says", reason, hint, line=positions.line(path))


def _trouble(board: Board) -> list[str]:
    """Everything in which a board file contradicts its chip, its expanders or itself."""
    found: list[str] = []
    users: dict[int, str] = {}
    pins = [(name, terminal.gpio, terminal.use == "output") for name, terminal in board.terminal.items() if terminal.gpio is not None]
    for name, port in board.port.items():
        pins += [(name, gpio, gpio in {port.tx, port.direction}) for gpio in port.gpios()]
    for name, wires in board.bus.items():
        pins += [(name, gpio, True) for gpio in wires.gpios()]
    for name, gpio, output in pins:
        reason = pin_trouble(board.chip, gpio, output)
        if reason is None and board.board.psram and gpio in board.chip.psram:
            reason = f"GPIO {gpio} belongs to the PSRAM"
        if reason:
            found.append(f"{name}: {reason}")
        if gpio in users:
            found.append(f"{name}: GPIO {gpio} is {users[gpio]} already")
        users[gpio] = name
    for name, terminal in board.terminal.items():
        found += [f"{name}: {reason}" for reason in _terminal_trouble(board, terminal)]
    return found


def _terminal_trouble(board: Board, terminal: Terminal) -> Iterator[str]:
    if (terminal.gpio is None) == (terminal.expander is None):
        yield "it needs a gpio, or an expander and a bit"
    elif terminal.expander is not None:
        expander = board.expander.get(terminal.expander)
        if expander is None:
            yield f'no expander is called "{terminal.expander}"'
        elif terminal.bit is None or terminal.bit >= expander.bits:
            yield f"{expander.part} has bits 0 to {expander.bits - 1}"
        if terminal.use == "analog":
            yield "an expander measures no voltage"
    else:
        if terminal.use == "analog" and terminal.gpio not in board.chip.adc:
            yield f"GPIO {terminal.gpio} has no ADC1"
        if terminal.gpio in board.chip.strapping and not terminal.strapping_note:
            yield f"GPIO {terminal.gpio} is a strapping pin and the file does not say why that is all right"
