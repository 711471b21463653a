"""A board file (boards/*.toml): the terminals and ports of one product, with polarity and pull resistors."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from ..files.fields import Whole
from .chips import CHIPS, Chip
from .parts import PARTS, Part, PartName

NO_PIN: Final = 255  # of a pin that must be a GPIO, 0 to 63
EXPANDED: Final = 256  # codes of pins that may be bits of expanders: a GPIO, or from here on
NO_CODE: Final = 0xFFFF
EXPANDER_BITS: Final = 16
EXPANDERS: Final = 16


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class About(_Strict):
    """``[board]``. ``source`` and every other ``source`` is a key of ``[sources]``; a line without one has the board's."""

    id: int = Field(ge=1, le=65535)
    name: str
    title: str
    chip: Literal["esp32", "esp32s3"]
    flash_mb: Annotated[Literal[4, 8, 16], Whole]
    psram: bool
    cpu_mhz: Annotated[Literal[160, 240], Whole]
    source: str


class Terminal(_Strict):
    """One screw terminal or header pin: on a GPIO, or on a bit of an expander. ``active`` is the level that energises an output, ``pull``
    what the board fits, ``load`` what an output drives (a relay's own contact, a transistor, or a bare logic level).

    ``strapping_note`` says why a strapping pin is safe here; without it a strapping pin is refused.
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
    """One serial port. ``direction``: ``auto`` when the transceiver switches direction itself, else the GPIO that switches it (high: send).

    ``strapping_note`` says why strapping pins are safe here.
    """

    kind: Literal["rs485", "uart"]
    uart: int = Field(ge=0, le=2)
    tx: int = Field(ge=0, le=48)
    rx: int = Field(ge=0, le=48)
    direction: Literal["auto"] | int = "auto"
    strapping_note: str | None = None
    source: str | None = None

    @field_validator("direction", mode="before")
    @classmethod
    def _direction(cls, value: object) -> object:
        """One message instead of one for each half of the union."""
        if value == "auto" or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 48):
            return value
        raise PydanticCustomError("direction", 'either "auto" (the transceiver switches direction) or the GPIO that does, 0 to 48')

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

    part: PartName
    bus: str
    address: int | None = Field(default=None, ge=0x20, le=0x3F)
    source: str | None = None

    @property
    def kind(self) -> Part:
        """What a chip of this name has."""
        return PARTS[self.part]


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
    expander: Annotated[dict[str, Expander], Field(max_length=EXPANDERS)] = {}
    trap: list[Trap] = []

    @property
    def chip(self) -> Chip:
        """The pin rules of its chip."""
        return CHIPS[self.board.chip]

    def outputs(self) -> dict[str, Terminal]:
        """The terminals that drive something, in the file's order."""
        return {name: terminal for name, terminal in self.terminal.items() if terminal.use == "output"}

    def pin_code(self, name: str) -> int:
        """How the image names a terminal: its GPIO, or 256 + 16 times the expander's place in the file + the bit."""
        terminal = self.terminal[name]
        if terminal.expander is None:
            assert terminal.gpio is not None
            return terminal.gpio
        return EXPANDED + EXPANDER_BITS * list(self.expander).index(terminal.expander) + (terminal.bit or 0)

    def resting(self, name: str) -> tuple[int, int]:
        """For an expander: the level of every bit while nothing is on, and which bits are inputs or free.

        Inputs and free bits rest high; free ones that can only be outputs are driven low.
        """
        kind = self.expander[name].kind
        inputs = (1 << kind.bits) - 1 & ~kind.output_only
        safe = inputs if kind.inputs else 0
        for terminal in self.terminal.values():
            if terminal.expander == name and terminal.use == "output" and terminal.bit is not None:
                inputs &= ~(1 << terminal.bit)
                safe = safe & ~(1 << terminal.bit) | terminal.safe_level << terminal.bit
        return safe, inputs
