"""What can be plugged into a socket: the contract of a load, and the resistive one."""

from __future__ import annotations

from typing import Final, Protocol

from .mains import NOMINAL_V
from .packs import ALIASES, PACKS, RESISTORS, Resistor

KINDS: Final = (*PACKS, *RESISTORS, *ALIASES)


class Load(Protocol):
    """Evaluated lazily: costs no events. Times are virtual ns and never go back between calls."""

    kind: str

    @property
    def start_delay_s(self) -> float:
        """The time from voltage on to the first load current."""
        ...

    def supply(self, now_ns: int, volts: float) -> None:
        """From now on the socket has ``volts`` (0: none)."""
        ...

    def power_w(self, now_ns: int) -> float:
        """Real power at the wall."""
        ...

    def energy_j(self, now_ns: int) -> float:
        """Energy drawn since creation, the exact integral of ``power_w``."""
        ...

    def power_factor(self, now_ns: int) -> float:
        """0..1."""
        ...

    def describe(self, now_ns: int) -> str:
        """Its present state in a word or two, for people."""
        ...


class ResistiveLoad:
    """A heater: power goes with the square of the voltage."""

    def __init__(self, data: Resistor) -> None:
        self.kind = data.kind
        self._nominal_w = data.nominal_w
        self._w = 0.0
        self._since_ns = 0
        self._energy_j = 0.0
        self.start_delay_s = 0.0

    def supply(self, now_ns: int, volts: float) -> None:
        """See Load."""
        self._energy_j = self.energy_j(now_ns)
        self._since_ns = now_ns
        self._w = self._nominal_w * (volts / NOMINAL_V) ** 2

    def power_w(self, now_ns: int) -> float:
        """See Load."""
        return self._w

    def energy_j(self, now_ns: int) -> float:
        """See Load."""
        return self._energy_j + self._w * (now_ns - self._since_ns) * 1e-9

    def power_factor(self, now_ns: int) -> float:
        """See Load."""
        return 1.0

    def describe(self, now_ns: int) -> str:
        """See Load."""
        return "on" if self._w else "off"
