"""An outlet as built: mains, breaker, group contactor, outlet relay, socket, and what is plugged in. The auditor's truth about energy.

``contact_is_closed`` is the path from the mains to the socket: both contacts closed. ``is_energised``: and there is voltage. ``feed_volts``
is the voltage after the breakers, upstream of contactor and relay: there the outlet's meter gets its supply (docs/installer/en.md section
2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .contacts import SwitchedContact
from .loads import Load
from .mains import Mains
from .units import S
from .world import World

TOUCH_NS: Final = 3 * S  # over before two readings of a meter could show it


@dataclass(slots=True)
class Interval:
    """One time the socket had voltage. Energy in joules drawn within it; ``off_ns`` is None while it lasts; ``load_ns``: when its first
    load began to draw, after a charger's start delay; None: nothing was plugged in for longer than a touch."""

    on_ns: int
    off_ns: int | None = None
    energy_j: float = 0.0
    load_ns: int | None = None


class Breaker:
    """A breaker with residual-current device, of a group or of one outlet: closed until somebody or something trips it."""

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self.closed = True
        self._world = world
        self._listeners: list[Callable[[], None]] = []

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener()`` after each ``trip`` and ``close``."""
        self._listeners.append(listener)

    def trip(self) -> None:
        """It trips, or somebody switches it off."""
        self._set(False)

    def close(self) -> None:
        """Somebody switches it on."""
        self._set(True)

    def _set(self, closed: bool) -> None:
        self.closed = closed
        self._world.log(f"{self.name} {'closed' if closed else 'open'}")
        for listener in self._listeners:
            listener()


class Outlet:
    """Socket ``number`` behind ``breaker``, ``own_breaker``, ``contactor`` and ``relay``."""

    def __init__(
        self, world: World, number: int, mains: Mains, breaker: Breaker, contactor: SwitchedContact, relay: SwitchedContact
    ) -> None:
        self.number = number
        self.relay = relay
        self.contactor = contactor
        self.breaker = breaker
        self.own_breaker = Breaker(world, f"breaker of outlet {number}")
        self.load: Load | None = None
        self.intervals: list[Interval] = []
        self.path_closed = False
        self.opened_at_ns: int | None = None
        self.closed_at_ns: int | None = None
        self.drawn_ns: int | None = None  # when the newest load began to draw, while it has voltage
        self.volts = 0.0
        self._world = world
        self._mains = mains
        self._past_j = 0.0  # of loads that have been unplugged
        self._at_plug_j = 0.0
        self._at_on_j = 0.0
        self._past_s = 0.0
        self._path_signal = world.signal(f"outlet_{number}.path")
        self._volt_signal = world.signal(f"outlet_{number}.energised")
        self._path_signal.set(world.now_ns, 0)
        self._volt_signal.set(world.now_ns, 0)
        contactor.on_change(self.update)
        relay.on_change(self.update)
        mains.on_change(self.update)
        breaker.on_change(self.update)
        self.own_breaker.on_change(self.update)

    # --- truth --------------------------------------------------------------------------------------------------------

    @property
    def is_energised(self) -> bool:
        """The socket has voltage."""
        return self.volts > 0.0

    @property
    def feed_volts(self) -> float:
        """Voltage after the breakers, upstream of contactor and relay."""
        return self._mains.volts if self.breaker.closed and self.own_breaker.closed else 0.0

    def power_w(self) -> float:
        """Real power that flows now."""
        return self.load.power_w(self._world.now_ns) if self.load is not None and self.volts > 0.0 else 0.0

    def current_a(self) -> float:
        """RMS current that flows now."""
        if self.load is None or self.volts <= 0.0:
            return 0.0
        now = self._world.now_ns
        return self.load.power_w(now) / (self.volts * self.load.power_factor(now))

    def energy_j(self) -> float:
        """Joules delivered through the socket since the bench started."""
        if self.load is None:
            return self._past_j
        return self._past_j + self.load.energy_j(self._world.now_ns) - self._at_plug_j

    def energised_s(self) -> float:
        """Seconds for which the socket had voltage since the bench started."""
        last = self.intervals[-1] if self.intervals else None
        running = (self._world.now_ns - last.on_ns) / S if last is not None and last.off_ns is None else 0.0
        return self._past_s + running

    # --- people -------------------------------------------------------------------------------------------------------

    def plug(self, load: Load) -> None:
        """Somebody plugs ``load`` in; raises RuntimeError when the socket is taken."""
        if self.load is not None:
            raise RuntimeError(f"outlet {self.number} is taken by {self.load.kind}; unplug first")
        now = self._world.now_ns
        load.supply(now, self.volts)
        self._at_plug_j = load.energy_j(now)
        self.load = load
        self._draws()
        self._world.log(f"outlet {self.number}: {load.kind} plugged in")

    def unplug(self) -> Load:
        """Somebody pulls the plug; raises RuntimeError when there is none."""
        load = self.load
        if load is None:
            raise RuntimeError(f"nothing is plugged into outlet {self.number}")
        now = self._world.now_ns
        self._past_j = self.energy_j()
        if self.volts > 0.0 and now - (self.intervals[-1].load_ns or now) < TOUCH_NS:
            self.intervals[-1].load_ns = None
        load.supply(now, 0.0)
        self.load = None
        self._world.log(f"outlet {self.number}: {load.kind} unplugged")
        return load

    # --- physics ------------------------------------------------------------------------------------------------------

    def update(self) -> None:
        """Call this when a contact, a breaker or the mains changed."""
        now = self._world.now_ns
        path = self.breaker.closed and self.own_breaker.closed and self.contactor.closed and self.relay.closed
        if path != self.path_closed:
            self.path_closed = path
            if path:
                self.closed_at_ns = now
            else:
                self.opened_at_ns = now
            self._path_signal.set(now, int(path))
        volts = self._mains.volts if path else 0.0
        if volts == self.volts:
            return
        was = self.volts
        self.volts = volts
        if self.load is not None:
            self.load.supply(now, volts)
        if was == 0.0:
            self._at_on_j = self.energy_j()
            self.intervals.append(Interval(now))
            self._draws()
        elif volts == 0.0:
            last = self.intervals[-1]
            last.off_ns = now
            last.energy_j = self.energy_j() - self._at_on_j
            self._past_s += (now - last.on_ns) / S
        self._volt_signal.set(now, int(volts > 0.0))

    def _draws(self) -> None:
        if self.load is not None and self.volts > 0.0:
            self.drawn_ns = self._world.now_ns + round(self.load.start_delay_s * S)
            if self.intervals[-1].load_ns is None:
                self.intervals[-1].load_ns = self.drawn_ns
