"""The kinds of meters that a site may name: the number of each in the image, and what its line must speak.

How it is read stands in firmware/shed/metering/profiles.py, how it behaves in shedbench/plant/meters.py; a test compares the three. How to
add one: docs/extending.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal


@dataclass(frozen=True, slots=True)
class MeterKind:
    """``number`` is the image's, never one of another kind. ``bauds`` and ``parities``: what it can be set to."""

    number: int
    title: str
    bauds: tuple[int, ...]
    parities: tuple[str, ...]

    @property
    def speaks(self) -> str:
        """For people."""
        parity = "without parity" if self.parities == ("none",) else f"with parity {' or '.join(self.parities)}"
        return f"{' or '.join(str(baud) for baud in self.bauds)} baud {parity}"


METERS: Final = {
    "pzem-016": MeterKind(1, "PZEM-016", (9600,), ("none",)),
}
NAMES: Final = {kind.number: name for name, kind in METERS.items()}

if TYPE_CHECKING:
    MeterName = str
else:
    MeterName = Literal[tuple(METERS)]
