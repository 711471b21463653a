"""A gate on an escape route with a fail-safe magnetic lock and its hard-wired release chain.

The lock holds only while its whole supply chain is closed: supply up, heartbeat circuit holding, board's lock output energised, exit relay
closed, fire contact closed. A pin keeps its level when the program hangs; then the heartbeat circuit frees the gate. The exit button acts
on a hold-open relay of its own, not on the board, for at least 30 s (IBC sensor release practice, docs/domain.md). The magnet releases
within 20 ms [M].
"""

from __future__ import annotations

from typing import Final

from .detectors import DryContact
from .heartbeat import HeartbeatCircuit
from .mains import Psu
from .port import BoardPort
from .units import MS, Duration, S, ns
from .world import World

EXIT_HOLD_NS: Final = 30 * S
MAGNET_RELEASE_NS: Final = 20 * MS
MAGNET_HOLD_NS: Final = 20 * MS
SWING_NS: Final = 300 * MS
WALK_THROUGH: Final = "3 s"


class ExitButton:
    """The green button inside. ``open_until_ns``: its relay keeps the lock's supply cut until then."""

    def __init__(self, world: World, gate: Gate) -> None:
        self._world = world
        self._gate = gate
        self.is_cutting = False
        self._end = world.timer(self._over)

    def press(self) -> None:
        """Works without the board."""
        self._world.log(f"gate {self._gate.name}: exit button")
        self.is_cutting = True
        self._end.start(EXIT_HOLD_NS)
        self._gate.update()

    def _over(self) -> None:
        self.is_cutting = False
        self._gate.update()


class Gate:
    """``lock_holds``: the magnet pulls. ``door_open``: the leaf is off its contact. The door is shut while ``contact`` is as it came."""

    def __init__(
        self, world: World, port: BoardPort, psu: Psu, heartbeat: HeartbeatCircuit, name: str, lock_gpio: int, contact: DryContact | None
    ) -> None:
        self.name = name
        self.lock_gpio = lock_gpio
        self.contact = contact
        self._closed_when_shut = contact is None or contact.closed
        self.exit_button = ExitButton(world, self)
        self.fire_contact_closed = True
        self.lock_holds = False
        self.door_open = False
        self.freed_at_ns: int | None = world.now_ns
        self.openings = 0
        self._world = world
        self._port = port
        self._psu = psu
        self._heartbeat = heartbeat
        self._magnet = world.timer(self._magnet_follows)
        self._door = world.timer(self._door_swings)
        self._open_for_ns = 0
        self._lock_signal = world.signal(f"gate_{name}.lock_holds")
        self._door_signal = world.signal(f"gate_{name}.door_open")
        self._lock_signal.set(world.now_ns, 0)
        self._door_signal.set(world.now_ns, 0)
        port.on_pin(lock_gpio, lambda _drive: self.update())
        psu.on_change(self.update)
        heartbeat.on_change(self.update)

    @property
    def is_free(self) -> bool:
        """Whether anybody who pushes gets out."""
        return not self.lock_holds

    @property
    def is_locked(self) -> bool:
        """Whether it is closed and held."""
        return self.lock_holds and not self.door_open

    def push(self, walk_through: Duration = WALK_THROUGH) -> bool:
        """A person pushes; True when the door opened. It falls shut after ``walk_through``."""
        if self.lock_holds and not self.door_open:
            self._world.log(f"gate {self.name}: pushed, held")
            return False
        self._world.log(f"gate {self.name}: pushed, opens")
        self._open_for_ns = ns(walk_through)
        if not self.door_open:
            self._door.start(SWING_NS)
        return True

    def force(self) -> None:
        """Somebody breaks the door open against the magnet; it falls shut later."""
        self._world.log(f"gate {self.name}: forced")
        self._open_for_ns = ns(WALK_THROUGH)
        self._door.start(SWING_NS)

    def fire_relay(self, cut: bool) -> None:
        """The hard-wired contact of a fire panel in the lock's supply, where there is one."""
        self.fire_contact_closed = not cut
        self.update()

    def update(self) -> None:
        """Call this when the chain may have changed."""
        if self._pulls() != self.lock_holds:
            if not self._magnet.is_running:
                self._magnet.start(MAGNET_HOLD_NS if self._pulls() else MAGNET_RELEASE_NS)
        else:
            self._magnet.cancel()

    def _pulls(self) -> bool:
        supplied = self._psu.is_up and self._heartbeat.is_holding
        return supplied and self._port.energises(self.lock_gpio) and self.fire_contact_closed and not self.exit_button.is_cutting

    def _magnet_follows(self) -> None:
        self.lock_holds = self._pulls()
        now = self._world.now_ns
        if not self.lock_holds:
            self.freed_at_ns = now
        self._lock_signal.set(now, int(self.lock_holds))
        self._world.log(f"gate {self.name}: lock {'holds' if self.lock_holds else 'free'}")

    def _door_swings(self) -> None:
        self.door_open = not self.door_open
        self._door_signal.set(self._world.now_ns, int(self.door_open))
        self._world.log(f"gate {self.name}: door {'open' if self.door_open else 'closed'}")
        if self.contact is not None:
            self.contact.set(self._closed_when_shut != self.door_open)
        if self.door_open:
            self.openings += 1
            self._door.start(self._open_for_ns)
