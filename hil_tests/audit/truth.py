"""What the plant saw, as plain data: the auditor's one side. Times are virtual nanoseconds of the bench."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """From ``from_ns`` on, until ``to_ns``; None: still so at the end."""

    from_ns: int
    to_ns: int | None = None

    def overlaps(self, from_ns: int, to_ns: int) -> bool:
        """Some of it lies strictly inside."""
        return self.from_ns < to_ns and (self.to_ns is None or self.to_ns > from_ns)


@dataclass(frozen=True, slots=True)
class Energised(Span):
    """A time in which a socket had voltage, and the energy that flowed in it."""

    energy_mwh: float = 0.0

    @property
    def seconds(self) -> float:
        """Its length; 0 while it lasts."""
        return 0.0 if self.to_ns is None else (self.to_ns - self.from_ns) / 1e9


@dataclass(frozen=True, slots=True)
class Truth:
    """``energised``: by outlet number, oldest first. ``path``: when relay and contactor were both closed, whatever the mains did.

    ``alarms``: by point name, when a detector was in alarm. ``locked``: by gate name, when the magnet held. ``boots_ns``: each start of
    MicroPython.
    """

    now_ns: int
    boots_ns: list[int]
    energised: dict[int, list[Energised]] = field(default_factory=dict)
    path: dict[int, list[Span]] = field(default_factory=dict)
    alarms: dict[str, list[Span]] = field(default_factory=dict)
    locked: dict[str, list[Span]] = field(default_factory=dict)
