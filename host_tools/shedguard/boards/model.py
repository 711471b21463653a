"""A board file (boards/*.toml): the terminals and ports of one product, with polarity and pull resistors."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import INVALID, ShedError
from ..paths import boards_dir
from .chips import CHIPS, Chip, pin_trouble


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class About(_Strict):
    """``[board]``."""

    id: int = Field(ge=1, le=65535)
    name: str
    title: str
    chip: Literal["esp32"]
    flash_mb: Literal[4, 8, 16]
    psram: bool
    cpu_mhz: Literal[160, 240]
    source: str


class Terminal(_Strict):
    """One screw terminal. ``active`` is the level that energises an output; ``pull`` is what the carrier board fits.

    ``strapping_note`` says why a strapping pin is all right here; without it a strapping pin is refused.
    """

    gpio: int = Field(ge=0, le=48)
    use: Literal["output", "input", "analog"]
    active: Literal["high", "low"] = "high"
    pull: Literal["up", "down"] | None = None
    what: str
    strapping_note: str | None = None

    @property
    def active_high(self) -> bool:
        """True when a high level energises."""
        return self.active == "high"

    @property
    def safe_level(self) -> int:
        """The level at which the load is off."""
        return 0 if self.active_high else 1


class Port(_Strict):
    """One serial port. ``direction``: ``auto`` when the transceiver turns itself round, else the GPIO that does."""

    kind: Literal["rs485", "uart"]
    uart: int = Field(ge=0, le=2)
    tx: int = Field(ge=0, le=48)
    rx: int = Field(ge=0, le=48)
    direction: Literal["auto"] | int = "auto"

    def gpios(self) -> tuple[int, ...]:
        """Every GPIO this port takes."""
        return (self.tx, self.rx) if isinstance(self.direction, str) else (self.tx, self.rx, self.direction)


class Board(_Strict):
    """A whole board file."""

    board: About
    terminal: dict[str, Terminal]
    port: dict[str, Port] = {}

    @property
    def chip(self) -> Chip:
        """The pin rules that hold for it."""
        return CHIPS[self.board.chip]

    def outputs(self) -> dict[str, Terminal]:
        """The terminals that drive something, in the file's order."""
        return {name: terminal for name, terminal in self.terminal.items() if terminal.use == "output"}


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
    """A board from a file; ShedError with every contradiction found."""
    try:
        board = Board.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ShedError(f"{path.name} is no valid board file", str(error), "docs/boards.md", INVALID) from error
    trouble = _trouble(board)
    if trouble:
        raise ShedError(f"{path.name} contradicts its chip", "; ".join(trouble), "correct the pin in the board file", INVALID)
    return board


def _trouble(board: Board) -> list[str]:
    found: list[str] = []
    users: dict[int, str] = {}
    pins = [(name, terminal.gpio, terminal.use == "output") for name, terminal in board.terminal.items()]
    for name, port in board.port.items():
        outputs = {port.tx, port.direction}
        pins += [(name, gpio, gpio in outputs) for gpio in port.gpios()]
    for name, gpio, output in pins:
        reason = pin_trouble(board.chip, gpio, output)
        if reason:
            found.append(f"{name}: {reason}")
        if gpio in users:
            found.append(f"{name}: GPIO {gpio} is {users[gpio]} already")
        users[gpio] = name
    for name, terminal in board.terminal.items():
        if terminal.use == "analog" and terminal.gpio not in board.chip.adc:
            found.append(f"{name}: GPIO {terminal.gpio} has no ADC1")
        if terminal.gpio in board.chip.strapping and not terminal.strapping_note:
            found.append(f"{name}: GPIO {terminal.gpio} is a strapping pin and the file does not say why that is all right")
    return found
