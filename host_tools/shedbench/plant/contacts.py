"""A coil and its contact: outlet relays and group contactors, with the ways in which they fail.

A coil depends on its voltage: an AC contactor (IEC 60947-4-1) picks up from 85 % of its nominal voltage on and drops out somewhere between
20 and 75 %, so at a sag voltage at which it still holds it would not pick up again. A relay's coil is fed by the board's own supply, whose
voltage is constant as long as it is up.

Times: 10 ms to operate and 5 ms to release are a common 5 V power relay's data sheet maxima (Songle SRD, Omron G5LE: 10/5 ms), 20/15 ms a
small modular contactor's [M].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .port import BoardPort
from .units import MS, US
from .world import World

RELAY_OPERATE_NS: Final = 10 * MS
RELAY_RELEASE_NS: Final = 5 * MS
CONTACTOR_OPERATE_NS: Final = 20 * MS
CONTACTOR_RELEASE_NS: Final = 15 * MS

PICK_UP_SHARE: Final = 0.85
DROP_OUT_SHARE: Final = 0.5
DROP_OUT_RANGE: Final = (0.20, 0.75)

CONTACT_FAULTS: Final = ("ok", "welded", "open", "bounce")


class SwitchedContact:
    """A normally open contact. Its coil is energised while the board drives it on ``gpio`` (``BoardPort.energises``) and ``supplied()`` is
    sufficient: it returns the share of the coil's nominal voltage, True for the full voltage. It picks up at ``pick_up_share`` and holds
    down to ``drop_out_share``.

    ``closed`` is the contact itself, ``opened_at_ns`` and ``closed_at_ns`` its last changes. Faults: ``welded`` (never opens again once
    closed, and is closed at once when it is injected), ``open`` (never closes), ``bounce`` (1..3 seeded bounces of 0.2..1 ms after each
    change).
    """

    def __init__(
        self,
        world: World,
        port: BoardPort,
        name: str,
        gpio: int,
        supplied: Callable[[], float],
        operate_ns: int = RELAY_OPERATE_NS,
        release_ns: int = RELAY_RELEASE_NS,
    ) -> None:
        self.name = name
        self.gpio = gpio
        self.closed = False
        self.opened_at_ns: int | None = None
        self.closed_at_ns: int | None = None
        self.operations = 0
        self.fault_name = "ok"
        self.pick_up_share = PICK_UP_SHARE
        self.drop_out_share = DROP_OUT_SHARE
        self._world = world
        self._port = port
        self._supplied = supplied
        self._operate_ns = operate_ns
        self._release_ns = release_ns
        self._random = world.random(name)
        self._coil = False
        self._move = world.timer(self._moved)
        self._bounces: list[int] = []
        self._listeners: list[Callable[[], None]] = []
        self._signal = world.signal(name)
        self._coil_signal = world.signal(f"{name}.coil")
        self._signal.set(world.now_ns, 0)
        self._coil_signal.set(world.now_ns, 0)
        port.on_pin(gpio, lambda _drive: self.update())

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener()`` after each change of ``closed``."""
        self._listeners.append(listener)

    @property
    def coil_energised(self) -> bool:
        """Whether current flows in the coil."""
        return self._coil

    def fault(self, name: str) -> None:
        """One of ``CONTACT_FAULTS``."""
        if name not in CONTACT_FAULTS:
            raise ValueError(f"a contact's faults are {', '.join(CONTACT_FAULTS)}; not {name!r}")
        self.fault_name = name
        self._world.log(f"{self.name}: fault {name}")
        if name == "welded":
            self._set(True)
        elif name == "open":
            self._set(False)
        else:
            self._move.start(self._operate_ns if self._coil else self._release_ns)

    def update(self) -> None:
        """Call this when the coil's supply or drive may have changed."""
        enough = self.drop_out_share if self._coil else self.pick_up_share
        coil = self._port.energises(self.gpio) and self._supplied() >= enough
        if coil == self._coil:
            return
        self._coil = coil
        self._coil_signal.set(self._world.now_ns, int(coil))
        self._bounces.clear()
        self._move.start(self._operate_ns if coil else self._release_ns)

    def _moved(self) -> None:
        if self._bounces:
            self._set(not self.closed)
            self._bounces.pop()
        elif self._coil != self.closed:
            self._set(self._coil)
            if self.fault_name == "bounce":
                self._bounces = [self._random.randrange(200 * US, MS) for _ in range(2 * self._random.randrange(1, 4))]
        if self._bounces:
            self._move.start(self._bounces[-1])

    def _set(self, closed: bool) -> None:
        if self.fault_name == "welded":
            closed = True
        elif self.fault_name == "open":
            closed = False
        if closed == self.closed:
            return
        self.closed = closed
        now = self._world.now_ns
        self.operations += 1
        if closed:
            self.closed_at_ns = now
        else:
            self.opened_at_ns = now
        self._signal.set(now, int(closed))
        self._world.log(f"{self.name} {'closed' if closed else 'open'}")
        for listener in self._listeners:
            listener()
