"""What the board's indexes are called at one site: journals and states hold numbers, people read names."""

from __future__ import annotations

from dataclasses import dataclass, field

from .check import effect_names
from .model import SiteFile


@dataclass(frozen=True, slots=True)
class SiteNames:
    """Lists by index. Without a site file all are empty, and the numbers are shown."""

    outlets: tuple[int, ...] = field(default=())
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
            points=tuple(point.name for point in site.point),
            causes=tuple(cause.name for cause in site.cause),
            effects=tuple(effect_names(site)),
            gates=tuple(gate.name for gate in site.gate),
            groups=tuple(group.name for group in site.group),
            readers=tuple(reader.name for reader in site.reader),
        )

    def outlet(self, index: int) -> str:
        """``outlet 3``, by the number on the socket."""
        return f"outlet {self.outlet_number(index)}"

    def outlet_number(self, index: int) -> int:
        """The number on the socket; without a site file, counted from 1."""
        return self.outlets[index] if index < len(self.outlets) else index + 1

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
