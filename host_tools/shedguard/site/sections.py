"""The sections of a site image: their numbers and the layout of one record (docs/protocols/site-file.md, section 5).

Hazard: a number that means one thing to the tool and another to the board. The board has the same list in `shed/boot/wiring.py`; a contract
test compares. A number is never used for anything else, also not one that was handed out and never written: 18, 19 and 20.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Final

from ..boards.model import EXPANDED, NO_CODE, NO_PIN


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

WIDE: Final = 2  # the version whose codes of pins have two bytes; written only where they are needed: an older board reads all others
NARROW_EXPANDERS: Final = 7  # as many as version 1 has codes for
_NARROW_CODE: Final = 128  # in version 1: the first bit of an expander

_NARROW: Final[dict[int, str]] = {
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

_WIDE: Final = {**_NARROW, Section.OUTLET: "<BBHBHBH", Section.POINT: "<BHBBHHHHHB", Section.GATE: "<BBHBHH"}
# Which fields may be a bit of an expander.
_CODES: Final[dict[int, tuple[int, ...]]] = {Section.OUTLET: (2, 4), Section.POINT: (1,), Section.GATE: (2,)}


def layouts(version: int) -> dict[int, str]:
    """By section: how a record is packed."""
    return _NARROW if version < WIDE else _WIDE


def narrowed(section: int, record: tuple[int | bytes, ...]) -> tuple[int | bytes, ...]:
    """A record as version 1 has it."""

    def narrow(code: int) -> int:
        return NO_PIN if code == NO_CODE else code if code < EXPANDED else code - EXPANDED + _NARROW_CODE

    return _with_codes(section, record, narrow)


def widened(section: int, record: tuple[int | bytes, ...]) -> tuple[int | bytes, ...]:
    """A record of version 1 with the codes of pins of version 2."""

    def wide(code: int) -> int:
        return NO_CODE if code == NO_PIN else code if code < _NARROW_CODE else code - _NARROW_CODE + EXPANDED

    return _with_codes(section, record, wide)


def _with_codes(section: int, record: tuple[int | bytes, ...], change: Callable[[int], int]) -> tuple[int | bytes, ...]:
    at = _CODES.get(section, ())
    return tuple(change(field) if index in at and isinstance(field, int) else field for index, field in enumerate(record))
