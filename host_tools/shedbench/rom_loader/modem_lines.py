"""DTR and RTS as a client sets them over a network: one at a time, tens of milliseconds apart.

Over RFC 2217 the classic sequence into the loader (EN low; then GPIO0 low and, at once, EN high) cannot work line by line: EN would have
risen before GPIO0 falls. So, like `esp_rfc2217_server`, this recognises it: DTR asserted while RTS holds the board in reset is delayed
until RTS is released; then both change in one step, as `UnixTightReset` does on a real port. If RTS is not released in time, DTR changes
alone, as requested.

Unlike `esp_rfc2217_server`, nothing else counts as a reset: when a client only opens or closes the port, the circuit decides.
"""

from __future__ import annotations

from typing import Final

from .circuit import Edge, ResetCircuit

GRACE_NS: Final = 400_000_000  # pyserial waits for each answer in steps of 50 ms, and 100 ms with ign_set_control


class ModemLines:
    """``dtr`` and ``rts`` as last requested; the circuit follows, at most ``GRACE_NS`` later."""

    def __init__(self, circuit: ResetCircuit) -> None:
        self.circuit = circuit
        self.dtr = circuit.dtr
        self.rts = circuit.rts
        self._kept_until_ns: int | None = None

    def set(self, now_ns: int, dtr: bool | None = None, rts: bool | None = None) -> list[Edge]:
        """Change one line, or both in one step."""
        edges = self.poll(now_ns)
        if self.dtr == (self.dtr if dtr is None else dtr) and self.rts == (self.rts if rts is None else rts):
            return edges
        if dtr is not None:
            self.dtr = dtr
        if rts is not None:
            self.rts = rts
        if self.circuit.en_pulled_low and self.dtr and self.rts and rts is None:
            self._kept_until_ns = now_ns + GRACE_NS
            return edges
        self._kept_until_ns = None
        return edges + self.circuit.lines(self.dtr, self.rts, now_ns)

    def poll(self, now_ns: int) -> list[Edge]:
        """Let time pass."""
        until = self._kept_until_ns
        if until is None or now_ns < until:
            return self.circuit.advance(now_ns)
        self._kept_until_ns = None
        edges = self.circuit.lines(self.dtr, self.rts, until)
        return edges + self.circuit.advance(now_ns)

    def next_ns(self) -> int | None:
        """When ``poll`` is next due; None for never."""
        times = [time for time in (self._kept_until_ns, self.circuit.next_ns()) if time is not None]
        return min(times, default=None)
