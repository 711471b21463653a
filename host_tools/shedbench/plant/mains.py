"""The mains and the board's power supply.

Source of the figures: 220 V nominal +-10 % (docs/domain.md); supply limits are those of a common 85..265 V 5 V module, [M]
general knowledge.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .port import BROWN_OUT, POWER_OFF, POWER_ON, BoardPort
from .units import MS, Duration, ns, number
from .world import World

NOMINAL_V: Final = 220.0
PSU_DROP_OUT_V: Final = 70.0  # below this the supply gets nothing from the mains
PSU_HOLD_UP_NS: Final = 30 * MS
PSU_START_NS: Final = 50 * MS


class Mains:
    """The feed of the shed. ``volts`` is the RMS voltage now; listeners are called after each change."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.volts = NOMINAL_V
        self._listeners: list[Callable[[], None]] = []
        self._signal = world.signal("mains_volts", 16)
        self._signal.set(world.now_ns, round(self.volts))
        self._sag_end = world.timer(self.on)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener()`` after each change of ``volts``. The plant's parts are called in the order in which they were built."""
        self._listeners.append(listener)

    def off(self) -> None:
        """An outage that lasts until ``on``."""
        self.set_volts(0.0)

    def on(self) -> None:
        """Nominal voltage."""
        self.set_volts(NOMINAL_V)

    def sag(self, volts: float = 150.0, duration: Duration = "200 ms") -> None:
        """``volts`` for ``duration``, then nominal again."""
        self.set_volts(volts)
        self._sag_end.start(ns(duration))

    def set_volts(self, volts: float) -> None:
        """The voltage from now on; ends a sag."""
        number("volts", volts)
        self._sag_end.cancel()
        if volts == self.volts:
            return
        self.volts = volts
        self._signal.set(self._world.now_ns, round(volts))
        self._world.log(f"mains {volts:.0f} V")
        for listener in self._listeners:
            listener()


class Psu:
    """The 5 V and 24 V supply of board, coils, lock and reader.

    Rides through ``PSU_HOLD_UP_NS`` without mains, starts ``PSU_START_NS`` after their return.
    """

    def __init__(self, world: World, mains: Mains, port: BoardPort) -> None:
        self._world = world
        self._mains = mains
        self._port = port
        self.is_up = False
        self._listeners: list[Callable[[], None]] = []
        self._signal = world.signal("psu")
        self._down = world.timer(self._go_down)
        self._up = world.timer(self._go_up)
        mains.on_change(self._mains_changed)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener()`` after each change of ``is_up``."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Power the board now, if the mains are there."""
        if self._mains.volts >= PSU_DROP_OUT_V and not self.is_up:
            self._go_up()

    def brown_out(self) -> None:
        """A dip of the 3.3 V rail that the chip's brown-out detector sees and the coils do not."""
        self._world.log("brown-out of the board's supply")
        self._port.power(BROWN_OUT)

    def _mains_changed(self) -> None:
        if self._mains.volts >= PSU_DROP_OUT_V:
            self._down.cancel()
            if not self.is_up and not self._up.is_running:
                self._up.start(PSU_START_NS)
        else:
            self._up.cancel()
            if self.is_up and not self._down.is_running:
                self._down.start(PSU_HOLD_UP_NS)

    def _go_down(self) -> None:
        self._set(False)
        self._port.power(POWER_OFF)

    def _go_up(self) -> None:
        self._set(True)
        self._port.power(POWER_ON)

    def _set(self, up: bool) -> None:
        self.is_up = up
        self._signal.set(self._world.now_ns, int(up))
        self._world.log(f"supply {'up' if up else 'down'}")
        for listener in self._listeners:
            listener()
