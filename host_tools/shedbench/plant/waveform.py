"""Records of a run: named signals with their changes (written as VCD) and a log of events."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Final, TextIO

from .units import text

_CHANGES_KEPT: Final = 500_000
_EVENTS_KEPT: Final = 20_000


class Signal:
    """One named line of the waveform. ``set`` records changes only; ``value`` is the last one."""

    __slots__ = ("_changes", "index", "name", "value", "width")

    def __init__(self, name: str, index: int, width: int, changes: deque[tuple[int, int, int]]) -> None:
        self.name = name
        self.index = index
        self.width = width
        self.value = -1
        self._changes = changes

    def set(self, at_ns: int, value: int) -> None:
        """The line has ``value`` (>= 0, -1 is unknown) from ``at_ns`` on."""
        if value != self.value:
            self.value = value
            self._changes.append((at_ns, self.index, value))


class Waveform:
    """All signals of a bench. Keeps the newest half million changes; the VCD says from which time."""

    def __init__(self) -> None:
        self.signals: list[Signal] = []
        self._changes: deque[tuple[int, int, int]] = deque(maxlen=_CHANGES_KEPT)

    def signal(self, name: str, width: int = 1) -> Signal:
        """A new line; ``width`` bits."""
        made = Signal(name, len(self.signals), width, self._changes)
        self.signals.append(made)
        return made

    def changes(self, name: str) -> list[tuple[int, int]]:
        """``(at_ns, value)`` of one line, oldest first."""
        wanted = [s.index for s in self.signals if s.name == name]
        if not wanted:
            raise KeyError(f"no signal {name!r}; there are {', '.join(s.name for s in self.signals)}")
        return [(at, value) for at, index, value in self._changes if index == wanted[0]]

    def write_vcd(self, path: Path) -> None:
        """The waveform as a value change dump, time unit 1 ns, readable by GTKWave. No dates: the same run gives the same file."""
        with path.open("w", encoding="ascii") as out:
            out.write("$timescale 1ns $end\n$scope module shed $end\n")
            for signal in self.signals:
                out.write(f"$var wire {signal.width} {_code(signal.index)} {signal.name.replace(' ', '_')} $end\n")
            out.write("$upscope $end\n$enddefinitions $end\n")
            last = -1
            for at_ns, index, value in sorted(self._changes, key=lambda change: change[0]):
                if at_ns != last:
                    out.write(f"#{at_ns}\n")
                    last = at_ns
                _write_value(out, self.signals[index], value)


def _code(index: int) -> str:
    """Identifier of a signal in a VCD: base 94 in printable ASCII."""
    code = chr(33 + index % 94)
    while index >= 94:
        index = index // 94 - 1
        code += chr(33 + index % 94)
    return code


def _write_value(out: TextIO, signal: Signal, value: int) -> None:
    code = _code(signal.index)
    if signal.width == 1:
        out.write(f"{'x' if value < 0 else value & 1}{code}\n")
    else:
        out.write(f"b{'x' if value < 0 else format(value, 'b')} {code}\n")


class EventLog:
    """Events in words for people; the newest 20 000 are kept."""

    def __init__(self) -> None:
        self._events: deque[tuple[int, str]] = deque(maxlen=_EVENTS_KEPT)

    def add(self, at_ns: int, words: str) -> None:
        """``words`` happened at ``at_ns``."""
        self._events.append((at_ns, words))

    def tail(self, count: int = 30) -> list[str]:
        """The newest ``count`` events as lines, oldest first."""
        return [f"{text(at)}  {words}" for at, words in list(self._events)[-count:]]

    def lines(self) -> list[str]:
        """All events kept."""
        return self.tail(_EVENTS_KEPT)

    def since(self, at_ns: int) -> list[tuple[int, str]]:
        """Events from ``at_ns`` on."""
        return [event for event in self._events if event[0] >= at_ns]
