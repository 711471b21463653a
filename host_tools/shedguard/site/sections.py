"""The sections of a site image: their numbers and the layout of one record (docs/protocols/site-file.md, section 5).

Hazard: a number that means one thing to the tool and another to the board. The board has the same list in `shed/boot/wiring.py`; a contract
test compares. A number is never used for anything else, also not one that was handed out and never written: 18, 19 and 20.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Section(IntEnum):
    """Number of a section in the image."""

    SITE = 1
    GROUP = 2
    BUS = 3
    OUTLET = 4
    METER = 5
    POINT = 6
    CAUSE = 7
    EFFECT = 8
    GATE = 9
    READER = 10
    TARIFF = 11
    CHARGING = 12
    KEY = 13
    WIRES = 14
    EXPANDER = 15
    BLIND = 16
    BOARD = 17
    ZONE = 21


RESERVED: Final = frozenset({18, 19, 20})

LAYOUTS: Final[dict[int, str]] = {
    Section.SITE: "<IIhHHBB",
    Section.GROUP: "<BBH",
    Section.BUS: "<BBBIBB",
    Section.OUTLET: "<BBBBBBH",
    Section.METER: "<BBB",
    Section.POINT: "<BBBBHHHHHB",
    Section.CAUSE: "<IBBII",
    Section.EFFECT: "<BB",
    Section.GATE: "<BBBBHH",
    Section.READER: "<BBBBB",
    Section.TARIFF: "<BHH",
    Section.CHARGING: "<17H",
    Section.KEY: "<32s",
    Section.WIRES: "<BBBBBB",
    Section.EXPANDER: "<BBBHH",
    Section.BLIND: "<B",
    Section.BOARD: "<I",
    Section.ZONE: "<B",
}
