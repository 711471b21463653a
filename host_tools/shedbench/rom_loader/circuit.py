"""The two transistors of a DevKit that let a PC reset its ESP32, with the capacitor at EN.

DTR alone asserted pulls GPIO0 low; RTS alone asserted pulls EN low; both or none does neither. EN has a resistor to 3.3 V and a capacitor:
it falls within a tenth of a millisecond and rises in twelve, and GPIO0 is sampled when it has risen. Two lines that change one after the
other pass through a state in between; if that is RTS alone, the board resets.

Times are integer nanoseconds of any one clock. Values: Espressif's hardware design guidelines (10 kOhm, 1 uF at EN) and the ESP32's data
sheet (EN low below 0.6 V, high above 0.75 VDD); the transistor's current is 3.3 V - 0.7 V over 10 kOhm at its base, times a gain of 100.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

VDD: Final = 3.3
EN_LOW_V: Final = 0.6
EN_HIGH_V: Final = 0.75 * VDD
R_OHM: Final = 10_000.0
C_FARAD: Final = 1e-6
SINK_AMPERE: Final = 0.026
_S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Edge:
    """EN has crossed a threshold: the chip is in reset (``running`` False) or released, and GPIO0's level then."""

    at_ns: int
    running: bool
    gpio0_low: bool


class ResetCircuit:
    """``dtr`` and ``rts`` are the adapter's lines, True is asserted. Edges come out of ``lines`` and ``advance`` in time order."""

    def __init__(self, now_ns: int = 0) -> None:
        self.dtr = False
        self.rts = False
        self.boot_held = False  # the two buttons of the board
        self.reset_held = False
        self.running = True
        self.en_v = VDD
        self._at_ns = now_ns

    @property
    def gpio0_low(self) -> bool:
        """Whether BOOT is pressed or the transistor at GPIO0 conducts."""
        return self.boot_held or (self.dtr and not self.rts)

    @property
    def en_pulled_low(self) -> bool:
        """Whether RESET is pressed or the transistor at EN conducts."""
        return self.reset_held or (self.rts and not self.dtr)

    def lines(self, dtr: bool, rts: bool, now_ns: int) -> list[Edge]:
        """Set both lines at once, from ``now_ns`` on; returns the edges until then."""
        edges = self.advance(now_ns)
        self.dtr, self.rts = dtr, rts
        return edges

    def buttons(self, boot: bool, reset: bool, now_ns: int) -> list[Edge]:
        """Set both buttons, from ``now_ns`` on; returns the edges until then."""
        edges = self.advance(now_ns)
        self.boot_held, self.reset_held = boot, reset
        return edges

    def advance(self, now_ns: int) -> list[Edge]:
        """Let time pass with the lines as they are. At most one threshold is crossed on the way."""
        if now_ns <= self._at_ns:
            return []
        edges: list[Edge] = []
        due = self.next_ns()
        if due is not None and due <= now_ns:
            self.running = not self.running
            edges.append(Edge(due, self.running, self.gpio0_low))
        self.en_v = self._volts_after((now_ns - self._at_ns) / _S)
        self._at_ns = now_ns
        return edges

    def next_ns(self) -> int | None:
        """When the next edge comes if the lines stay as they are; None for never."""
        if self.en_pulled_low and self.running:
            seconds = max(0.0, self.en_v - EN_LOW_V) * C_FARAD / SINK_AMPERE
        elif not self.en_pulled_low and not self.running:
            seconds = R_OHM * C_FARAD * math.log((VDD - min(self.en_v, EN_HIGH_V)) / (VDD - EN_HIGH_V))
        else:
            return None
        return self._at_ns + math.ceil(seconds * _S)

    def _volts_after(self, seconds: float) -> float:
        if self.en_pulled_low:
            return max(0.0, self.en_v - SINK_AMPERE / C_FARAD * seconds)
        return VDD - (VDD - self.en_v) * math.exp(-seconds / (R_OHM * C_FARAD))
