"""The names of the board's indexes at one site: journals and states hold numbers, people read names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..formats.phrases import phrase
from ..formats.texts import text
from .check import effect_names
from .image import read_sections
from .model import SiteFile
from .sections import Section


@dataclass(frozen=True, slots=True)
class SiteNames:
    """Lists by index. Without a site file all are empty; the board itself reports the numbers on the sockets (`on_board`).

    Hazard: the number of a healthy socket beside the word "live". An index is never shown as if it were the number on a socket. Meter n is
    that of outlet n, in every image (`image.compile_site`); ``meters`` has their addresses.
    """

    outlets: tuple[int, ...] = field(default=())
    meters: tuple[int, ...] = field(default=())
    points: tuple[str, ...] = field(default=())
    causes: tuple[str, ...] = field(default=())
    effects: tuple[str, ...] = field(default=())
    gates: tuple[str, ...] = field(default=())
    groups: tuple[str, ...] = field(default=())
    readers: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, site: SiteFile) -> SiteNames:
        """The names of ``site``, in the order of its image."""
        return cls(
            outlets=tuple(outlet.number for outlet in site.outlet),
            meters=tuple(outlet.meter.address for outlet in site.outlet),
            points=tuple(point.name for point in site.point),
            causes=tuple(cause.name for cause in site.cause),
            effects=tuple(effect_names(site)),
            gates=tuple(gate.name for gate in site.gate),
            groups=tuple(group.name for group in site.group),
            readers=tuple(reader.name for reader in site.reader),
        )

    @classmethod
    def of_image(cls, image: bytes) -> SiteNames:
        """Numbers of the outlets and addresses of their meters; an image has no other names. Neither when it cannot be read."""
        try:
            sections = read_sections(image)
            meters = tuple(int(sections[Section.METER][int(row[5])][1]) for row in sections[Section.OUTLET])
            return cls(outlets=tuple(int(row[0]) for row in sections[Section.OUTLET]), meters=meters)
        except (ValueError, KeyError, IndexError):
            return cls()

    def on_board(self, frames: Iterable[Mapping[str, Any]]) -> SiteNames:
        """With the numbers that the board itself gives its outlets (the rows of `status`): they win over those of a file."""
        outlets = tuple(int(frame["o"]) for frame in frames if "o" in frame)
        return self if not outlets or outlets == self.outlets else replace(self, outlets=outlets, meters=())

    def outlet(self, index: int, language: str = "en") -> str:
        """``outlet 3``, by the number on the socket; ``outlet in place 1 of the site file`` when that is unknown."""
        number = self.outlet_number(index)
        return phrase("outlet_in_place", language, place=index + 1) if number is None else phrase("outlet", language, number=number)

    def outlet_number(self, index: int) -> int | None:
        """The number on the socket, None where it is not known."""
        return self.outlets[index] if index < len(self.outlets) else None

    def meter(self, index: int, language: str = "en") -> str:
        """``meter of outlet 3 (address 11)``, the address where a site file says it."""
        outlet = self.outlet(index, language)
        if index < len(self.meters):
            return phrase("meter_at", language, outlet=outlet, address=self.meters[index])
        return phrase("meter", language, outlet=outlet)

    def point(self, index: int, language: str = "en") -> str:
        """``point "smoke bay"`` or, without a site file, ``point 1``; 255 is none."""
        return _called(text("subject", "point", language), self.points, index, language)

    def cause(self, index: int, language: str = "en") -> str:
        """The same for a cause."""
        return _called(phrase("cause_kind", language), self.causes, index, language)

    def gate(self, index: int, language: str = "en") -> str:
        """The same for a gate."""
        return _called(text("subject", "gate", language), self.gates, index, language)

    def effects_in(self, mask: int, language: str = "en") -> list[str]:
        """The effects whose bit is set."""
        return [self._effect(bit, language) for bit in range(32) if mask >> bit & 1]

    def _effect(self, bit: int, language: str) -> str:
        """As `check.effect_names` has them: a cut of each group, then a free way through each gate."""
        if bit >= len(self.effects):
            return phrase("effect", language, number=bit + 1)
        verb, _, name = self.effects[bit].partition(" ")
        return phrase(verb, language, name=name)


def _called(kind: str, names: tuple[str, ...], index: int, language: str) -> str:
    if index == 255:
        return phrase("none_of", language, kind=kind)
    if index < len(names):
        return phrase("named", language, kind=kind, name=names[index])
    return phrase("numbered", language, kind=kind, number=index + 1)
