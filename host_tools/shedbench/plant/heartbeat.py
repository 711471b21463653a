"""The external circuit that keeps the supply of the contactors' coils and of the gate locks while the board strobes it (a charge pump).

T_drop is 0.5 to 1.0 s (``T_DROP_RANGE_NS``, by its parts' tolerances), by default ``T_DROP_NS``. Picking up takes edges over at least
``PICK_UP_NS - LAPSE_NS``, so that a single edge or a constant high line holds nothing. Any edge while it holds renews a full T_drop, which
is the least favourable case for law 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .port import BoardPort
from .units import MS
from .world import World

T_DROP_NS: Final = 700 * MS
T_DROP_RANGE_NS: Final = (500 * MS, 1000 * MS)
LAPSE_NS: Final = 50 * MS
PICK_UP_NS: Final = 60 * MS


class HeartbeatCircuit:
    """``is_holding``: contactors and locks have their supply.

    ``gpio`` is watched with ``LAPSE_NS``; None is a board without the circuit: always holding.
    """

    def __init__(self, world: World, port: BoardPort, gpio: int | None) -> None:
        self._world = world
        self.is_holding = gpio is None
        self.is_fitted = gpio is not None
        self.lapses = 0
        self.t_drop_ns = T_DROP_NS
        self.dropped_at_ns: int | None = None
        self._listeners: list[Callable[[], None]] = []
        self._signal = world.signal("heartbeat_holds")
        self._signal.set(world.now_ns, int(self.is_holding))
        self._pick_up = world.timer(lambda: self._set(True))
        self._drop = world.timer(lambda: self._set(False))
        if gpio is not None:
            port.on_strobe(gpio, LAPSE_NS, self._strobe)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener()`` after each change of ``is_holding``."""
        self._listeners.append(listener)

    def _strobe(self, started: bool, last_edge_ns: int) -> None:
        now = self._world.now_ns
        if started:
            self._drop.cancel()
            if not self.is_holding:
                self._pick_up.start(max(0, last_edge_ns + PICK_UP_NS - now))
            return
        self._pick_up.cancel()
        if self.is_holding and not self._drop.is_running:
            self.lapses += 1
            self._drop.start(max(0, last_edge_ns + self.t_drop_ns - now))

    def _set(self, holding: bool) -> None:
        if holding == self.is_holding:
            return
        self.is_holding = holding
        now = self._world.now_ns
        if not holding:
            self.dropped_at_ns = now
        self._signal.set(now, int(holding))
        self._world.log(f"heartbeat circuit {'holds' if holding else 'dropped'}")
        for listener in self._listeners:
            listener()
