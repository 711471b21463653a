"""The battery packs and loads of the shed, as data. All watts are at the wall.

Source: docs/domain.md, "Loads" (derived there): CC current, wall power at start and end of CC, tail current,
power after full.
Charge: a lead-acid pack takes 1.15 times its rating from empty, 78 % of it in CC; a lithium pack 1.0 times, 85 % in CC (70..85 % there).
Time constants:
20..40 min lead-acid, 12..25 min lithium (there, [M]). So a 48 V 20 Ah lead-acid pack takes 7.2 h of CC and 0.9 h of CV from empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Pack:
    """A charger and its pack. ``cc_ah`` is the charge taken in CC from empty, ``tail_a`` the current at which the charger turns over."""

    kind: str
    cc_a: float
    cc_start_w: float
    cc_end_w: float
    cc_ah: float
    tail_a: float
    tau_h: float
    full_w: float
    power_factor: float = 0.6
    start_delay_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Resistor:
    """A load by Ohm's law: ``nominal_w`` at 220 V, power factor 1."""

    kind: str
    nominal_w: float


def _lead(kind: str, cc_a: float, start_w: float, end_w: float, rated_ah: float, tail_a: float, full_w: float) -> Pack:
    return Pack(kind, cc_a, start_w, end_w, 0.78 * 1.15 * rated_ah, tail_a, 40 / 60, full_w)


def _lithium(kind: str, cc_a: float, start_w: float, end_w: float, rated_ah: float) -> Pack:
    return Pack(kind, cc_a, start_w, end_w, 0.85 * rated_ah, 0.1 * cc_a, 18 / 60, 1.5, start_delay_s=3.0)


PACKS: Final[dict[str, Pack]] = {
    pack.kind: pack
    for pack in (
        _lead("la36_12", 1.8, 77, 93, 12, 0.45, 6.0),
        _lead("la48_12", 1.8, 102, 124, 12, 0.45, 8.0),
        _lead("la48_20", 2.5, 142, 172, 20, 0.65, 8.0),
        _lead("la60", 2.5, 177, 215, 20, 0.65, 10.0),
        _lead("la72", 2.5, 213, 258, 20, 0.65, 12.0),
        _lithium("li36v", 2.0, 72, 94, 10),
        _lithium("li48v", 3.0, 140, 184, 15),
        _lithium("li60v", 5.0, 290, 400, 24),
    )
}

RESISTORS: Final[dict[str, Resistor]] = {
    load.kind: load for load in (Resistor("heater", 1500.0), Resistor("kettle", 1800.0), Resistor("lamp", 60.0))
}

ALIASES: Final = {
    "la36v": "la36_12",
    "la48v": "la48_12",
    "la48v12": "la48_12",
    "la48v20": "la48_20",
    "la60v": "la60",
    "la72v": "la72",
    "li48": "li48v",
    "li36": "li36v",
    "li60": "li60v",
}
