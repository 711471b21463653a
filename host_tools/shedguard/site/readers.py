"""The kinds of card readers that a site may name: the number of each in the image, and what the wiring picture says of it.

How one is listened to stands in firmware/shed/access/, how it behaves in shedbench/plant/readers.py. How to add one: docs/extending.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal


@dataclass(frozen=True, slots=True)
class ReaderKind:
    """``number`` is the image's, never one of another kind. ``wiring``: lines for the picture."""

    number: int
    title: str
    wiring: tuple[str, ...]


READERS: Final = {
    "pn532": ReaderKind(1, "PN532", ("3.3 V, switches set to HSU (serial)", "board TX to its RXD, board RX to its TXD")),
}
NAMES: Final = {kind.number: name for name, kind in READERS.items()}

if TYPE_CHECKING:
    ReaderName = str
else:
    ReaderName = Literal[tuple(READERS)]
