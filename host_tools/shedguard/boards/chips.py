"""What a chip's pins can and cannot do: Espressif's GPIO summaries of the ESP32 and the ESP32-S3 (ESP-IDF API reference, GPIO)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Chip:
    """Pin rules of one chip. All members are GPIO numbers but ``uarts``; ``adc`` is ADC1."""

    name: str
    gpios: frozenset[int]
    input_only: frozenset[int]
    flash: frozenset[int]
    strapping: frozenset[int]
    adc: frozenset[int]
    adc2: frozenset[int]  # useless: it fails as soon as Wi-Fi is on
    console: frozenset[int]
    uarts: frozenset[int]
    psram: frozenset[int]  # taken as well when the module has PSRAM


ESP32: Final = Chip(
    name="esp32",
    gpios=frozenset({*range(6), *range(6, 20), 21, 22, 23, 25, 26, 27, *range(32, 40)}),
    input_only=frozenset(range(34, 40)),
    flash=frozenset(range(6, 12)),
    strapping=frozenset({0, 2, 5, 12, 15}),
    adc=frozenset(range(32, 40)),
    adc2=frozenset({0, 2, 4, 12, 13, 14, 15, 25, 26, 27}),
    console=frozenset({1, 3}),
    uarts=frozenset({1, 2}),  # 0 is the console
    psram=frozenset({16, 17}),
)

ESP32_S3: Final = Chip(
    name="esp32s3",
    gpios=frozenset({*range(22), *range(26, 49)}),
    input_only=frozenset(),
    flash=frozenset(range(26, 33)),
    strapping=frozenset({0, 3, 45, 46}),
    adc=frozenset(range(1, 11)),
    adc2=frozenset(range(11, 21)),
    console=frozenset({19, 20, 43, 44}),  # USB and UART 0
    uarts=frozenset({1, 2}),
    psram=frozenset(range(33, 38)),  # octal PSRAM
)

CHIPS: Final = MappingProxyType({chip.name: chip for chip in (ESP32, ESP32_S3)})


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
