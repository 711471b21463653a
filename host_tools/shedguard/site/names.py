"""What the board's indexes are called at one site: journals and states hold numbers, people read names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .check import effect_names
from .image import read_sections
from .model import SiteFile


@dataclass(frozen=True, slots=True)
class SiteNames:
    """Lists by index. Without a site file all are empty; what stands on the sockets the board itself says (`on_board`).

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
        """Numbers of the outlets and addresses of their meters; an image has no other names. None of both when it cannot be read."""
        try:
            sections = read_sections(image)
            meters = tuple(int(sections[5][int(row[5])][1]) for row in sections[4])
            return cls(outlets=tuple(int(row[0]) for row in sections[4]), meters=meters)
        except (ValueError, KeyError, IndexError):
            return cls()

    def on_board(self, frames: Iterable[Mapping[str, Any]]) -> SiteNames:
        """With the numbers that the board itself gives its outlets (the rows of `status`): they win over those of a file."""
        outlets = tuple(int(frame["o"]) for frame in frames if "o" in frame)
        return self if not outlets or outlets == self.outlets else replace(self, outlets=outlets, meters=())

    def outlet(self, index: int, language: str = "en") -> str:
        """``outlet 3``, by the number on the socket; ``outlet in place 1 of the site file`` where nobody knows that."""
        number = self.outlet_number(index)
        if language == "zh":
            return f"站点文件里第 {index + 1} 个插座" if number is None else f"{number} 号插座"
        return f"outlet in place {index + 1} of the site file" if number is None else f"outlet {number}"

    def outlet_number(self, index: int) -> int | None:
        """The number on the socket, None where it is not known."""
        return self.outlets[index] if index < len(self.outlets) else None

    def meter(self, index: int, language: str = "en") -> str:
        """``meter of outlet 3 (address 11)``, the address where a site file says it."""
        known = index < len(self.meters)
        if language == "zh":
            return f"{self.outlet(index, language)}的电表" + (f"（地址 {self.meters[index]}）" if known else "")
        return f"meter of {self.outlet(index)}" + (f" (address {self.meters[index]})" if known else "")

    def point(self, index: int) -> str:
        """``point "smoke bay"`` or, without a site file, ``point 1``; 255 is none."""
        return _called("point", self.points, index)

    def cause(self, index: int) -> str:
        """The same for a cause."""
        return _called("cause", self.causes, index)

    def gate(self, index: int) -> str:
        """The same for a gate."""
        return _called("gate", self.gates, index)

    def effects_in(self, mask: int) -> list[str]:
        """The effects whose bit is set."""
        return [self.effects[bit] if bit < len(self.effects) else f"effect {bit + 1}" for bit in range(32) if mask >> bit & 1]

    def points_in(self, mask: int) -> list[str]:
        """The points whose bit is set."""
        return [self.points[bit] if bit < len(self.points) else f"point {bit + 1}" for bit in range(32) if mask >> bit & 1]


def _called(kind: str, names: tuple[str, ...], index: int) -> str:
    if index == 255:
        return f"no {kind}"
    return f'{kind} "{names[index]}"' if index < len(names) else f"{kind} {index + 1}"
