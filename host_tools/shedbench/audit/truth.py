"""What the plant saw, as plain data: one side of the audit. Times are virtual nanoseconds of the bench."""

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
    """A time in which a socket had voltage, and the energy that flowed in it. ``load_ns``: when a load began to draw; None: unknown."""

    energy_mwh: float = 0.0
    load_ns: int | None = None

    @property
    def seconds(self) -> float:
        """Its length; 0 while it lasts."""
        return 0.0 if self.to_ns is None else (self.to_ns - self.from_ns) / 1e9


@dataclass(frozen=True, slots=True)
class Press:
    """A finger on an outlet's button. ``person``: the name of a card's owner, empty when unknown."""

    at_ns: int
    person: str = ""


@dataclass(frozen=True, slots=True)
class Lie(Span):
    """A time in which a meter did not show or count the truth, by its fault's name, and what the socket delivered in it."""

    fault: str = ""
    energy_mwh: float = 0.0


@dataclass(frozen=True, slots=True)
class Truth:
    """``energised``: by outlet number, oldest first. ``path``: when relay and contactor were both closed, whatever the mains did.

    ``touches``: by point name, when its wire broke, touched another or was restored. ``erases``: of flash sectors, when each began.
    ``alarms``: by point name, when a detector was in alarm. ``locked``: by gate name, when the magnet held. ``boots_ns``: each start of
    MicroPython. ``stops_ns``: when the board lost its power or was reset. ``written_ns``: by sequence, when a record went to flash, as
    far as that was observed. ``presses`` and ``lies``: by outlet number. ``owners``: people by the number of their card as records have
    it; None: people are unknown, and the owner of a card is not judged.
    """

    now_ns: int
    boots_ns: list[int]
    energised: dict[int, list[Energised]] = field(default_factory=dict)
    path: dict[int, list[Span]] = field(default_factory=dict)
    alarms: dict[str, list[Span]] = field(default_factory=dict)
    touches: dict[str, list[int]] = field(default_factory=dict)
    locked: dict[str, list[Span]] = field(default_factory=dict)
    stops_ns: list[int] = field(default_factory=list)
    stalls: list[Span] = field(default_factory=list)  # the processor computed nothing
    erases: list[int] = field(default_factory=list)
    written_ns: dict[int, int] = field(default_factory=dict)
    presses: dict[int, list[Press]] = field(default_factory=dict)
    taps: list[Press] = field(default_factory=list)  # cards that a reader reported to the board
    owners: dict[bytes, str] | None = None
    lies: dict[int, list[Lie]] = field(default_factory=dict)
    drawn: dict[int, list[Span]] = field(default_factory=dict)  # by outlet number, when it delivered power; empty where not observed

    def ran(self, span: Span, after_start_ns: int = 0) -> int:
        """For how long within ``span`` the board ran and computed, each start's first ``after_start_ns`` not counted."""
        total = 0
        for boot in self.boots_ns:
            stop = next((stop for stop in self.stops_ns if stop > boot), self.now_ns)
            begin, end = max(span.from_ns, boot + after_start_ns), min(self.now_ns if span.to_ns is None else span.to_ns, stop)
            total += max(0, end - begin)
            for stall in self.stalls:  # and computed
                total -= max(0, min(end, stall.to_ns or end) - max(begin, stall.from_ns)) if end > begin else 0
        return total
