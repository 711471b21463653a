"""The kinds of tariffs that a site may name: the number of each in the image, and how it is said to a person.

What a session costs by it stands in firmware/shed/charging/tariff.py and, in other words, in shedbench/audit/tariffs.py; a test compares
the numbers. How to add one: docs/extending.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal


@dataclass(frozen=True, slots=True)
class TariffKind:
    """``number`` is the image's, never one of another kind. ``says`` has places for ``yuan`` and ``block_min``."""

    number: int
    says: str


TARIFFS: Final = {
    "time": TariffKind(1, "{yuan:.2f} yuan for every begun {block_min} min"),
}
NAMES: Final = {kind.number: name for name, kind in TARIFFS.items()}

if TYPE_CHECKING:
    TariffName = str
else:
    TariffName = Literal[tuple(TARIFFS)]
