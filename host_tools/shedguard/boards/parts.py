"""The expander chips that a board file may name: what each has, how it is made safe, and its number in the image.

How one is spoken to stands in firmware/shed/board/expander_chips.py, how it behaves in shedbench/plant/expander_parts.py; a test compares
the three. How to add one: docs/extending.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

Kind = Literal["i2c", "shift"]


@dataclass(frozen=True, slots=True)
class Part:
    """``number`` is the image's; chips that are spoken to alike share one. ``bus``: the kind of wires it hangs on.

    ``first_address``: with its three address pins low, of eight. ``inputs``: its bits can be read. ``high_at_power_on``: its outputs are,
    until boot.py runs. ``registers``: the numbers of those for levels and directions, where it has any. ``output_only``: a mask of bits
    that cannot be read as inputs. ``pulls_up``: it holds an input high by itself.
    """

    number: int
    bus: Kind
    bits: int
    first_address: int = 0x20
    inputs: bool = True
    high_at_power_on: bool = False
    registers: tuple[int, int] | None = None
    output_only: int = 0
    pulls_up: bool = True


# Data sheets: NXP PCF8574 (PCF8574A: table 5), PCF8575; TI TCA9554; 74HC595; Microchip MCP23017, DS20001952D: registers as table 3-5
# has them (IOCON.BANK = 0, as at power-on), GPA7 and GPB7 are outputs only (an input that changes there while it is read disturbs SDA), its
# pull-ups are off at power-on and stay off here.
PARTS: Final = {
    "PCF8574": Part(1, "i2c", 8, high_at_power_on=True),
    "PCF8574A": Part(1, "i2c", 8, first_address=0x38, high_at_power_on=True),
    "PCF8575": Part(2, "i2c", 16, high_at_power_on=True),
    "TCA9554": Part(3, "i2c", 8, registers=(1, 3)),
    "MCP23017": Part(5, "i2c", 16, registers=(0x14, 0x00), output_only=0x8080, pulls_up=False),
    "74HC595": Part(4, "shift", 8, inputs=False),
}

if TYPE_CHECKING:
    PartName = str
else:
    PartName = Literal[tuple(PARTS)]
