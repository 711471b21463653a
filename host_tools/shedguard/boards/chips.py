"""What a chip's pins can and cannot do. ESP32: Espressif's GPIO summary (ESP-IDF API reference, GPIO)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Chip:
    """Pin rules of one chip. All members are GPIO numbers but ``uarts``."""

    name: str
    gpios: frozenset[int]
    input_only: frozenset[int]
    flash: frozenset[int]
    strapping: frozenset[int]
    adc: frozenset[int]
    console: frozenset[int]
    uarts: frozenset[int]


ESP32: Final = Chip(
    name="esp32",
    gpios=frozenset({*range(6), *range(6, 20), 21, 22, 23, 25, 26, 27, *range(32, 40)}),
    input_only=frozenset(range(34, 40)),
    flash=frozenset(range(6, 12)),
    strapping=frozenset({0, 2, 5, 12, 15}),
    adc=frozenset(range(32, 40)),  # ADC1; ADC2 fails as soon as Wi-Fi is on
    console=frozenset({1, 3}),
    uarts=frozenset({1, 2}),  # 0 is the console
)

CHIPS: Final = MappingProxyType({chip.name: chip for chip in (ESP32,)})


def pin_trouble(chip: Chip, gpio: int, output: bool) -> str | None:
    """Why ``gpio`` cannot serve, or None. Strapping pins are judged elsewhere: a board may hold them right at reset."""
    if gpio not in chip.gpios:
        return f"the {chip.name} has no GPIO {gpio}"
    if gpio in chip.flash:
        return f"GPIO {gpio} belongs to the {chip.name}'s flash chip"
    if gpio in chip.console:
        return f"GPIO {gpio} is the console's serial port"
    if output and gpio in chip.input_only:
        return f"GPIO {gpio} of the {chip.name} is input only"
    return None
