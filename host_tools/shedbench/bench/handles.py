"""What ``bench.outlet(3)``, ``bench.gate("main")`` ... return: the plant's parts with facts as Conditions. No state of their own."""

from __future__ import annotations

from shedbench.plant.contacts import SwitchedContact
from shedbench.plant.detectors import SmokeLoop
from shedbench.plant.gate import ExitButton, Gate
from shedbench.plant.outlets import Interval, Outlet
from shedbench.plant.units import Duration, ns

from .conditions import Condition

CHARGING_W = 5.0  # more than any float or rest current's power, less than any charging pack's (plant/packs.py)


class OutletHandle:
    """The truth about an outlet. ``contact`` is the path from the mains to the socket: open when relay or contactor is open."""

    def __init__(self, outlet: Outlet) -> None:
        self.plant = outlet
        name = f"outlet {outlet.number}"
        self.contact_is_open = Condition(f"{name} contact is open", lambda: not outlet.path_closed)
        self.contact_is_closed = Condition(f"{name} contact is closed", lambda: outlet.path_closed)
        self.is_energised = Condition(f"{name} is energised", lambda: outlet.is_energised)
        self.is_charging = Condition(f"{name} is charging", lambda: outlet.power_w() > CHARGING_W)
        self.is_taken = Condition(f"{name} has a plug in it", lambda: outlet.load is not None)

    @property
    def power_w(self) -> float:
        """Real power through the socket now."""
        return self.plant.power_w()

    @property
    def energy_mwh(self) -> int:
        """Energy delivered through the socket since the bench started."""
        return round(self.plant.energy_j() / 3.6)

    @property
    def energised_s(self) -> float:
        """Seconds with voltage on the socket since the bench started."""
        return self.plant.energised_s()

    @property
    def opened_at_ns(self) -> int | None:
        """When the path last opened."""
        return self.plant.opened_at_ns

    @property
    def closed_at_ns(self) -> int | None:
        """When the path last closed."""
        return self.plant.closed_at_ns

    @property
    def intervals(self) -> list[Interval]:
        """Every time the socket had voltage, with the energy drawn in it."""
        return self.plant.intervals


class ContactHandle:
    """A relay's or contactor's own contact."""

    def __init__(self, contact: SwitchedContact) -> None:
        self.plant = contact
        self.contact_is_open = Condition(f"{contact.name} is open", lambda: not contact.closed)
        self.contact_is_closed = Condition(f"{contact.name} is closed", lambda: contact.closed)

    def fault(self, name: str) -> None:
        """ok, welded, open, bounce."""
        self.plant.fault(name)

    @property
    def opened_at_ns(self) -> int | None:
        """When it last opened."""
        return self.plant.opened_at_ns

    @property
    def closed_at_ns(self) -> int | None:
        """When it last closed."""
        return self.plant.closed_at_ns


class GateHandle:
    """A gate."""

    def __init__(self, gate: Gate) -> None:
        self.plant = gate
        self.is_free = Condition(f"gate {gate.name} is free", lambda: gate.is_free)
        self.is_locked = Condition(f"gate {gate.name} is locked", lambda: gate.is_locked)
        self.is_open = Condition(f"gate {gate.name} is open", lambda: gate.door_open)

    @property
    def exit_button(self) -> ExitButton:
        """The hard-wired button inside."""
        return self.plant.exit_button

    @property
    def freed_at_ns(self) -> int | None:
        """When the magnet last let go."""
        return self.plant.freed_at_ns

    def push(self, walk_through: Duration = "3 s") -> bool:
        """A person pushes the door; whether it gave way."""
        return self.plant.push(walk_through)

    def force(self) -> None:
        """Somebody breaks it open."""
        self.plant.force()


class SmokeHandle:
    """A smoke detector's loop."""

    def __init__(self, loop: SmokeLoop) -> None:
        self.plant = loop

    def alarm(self) -> None:
        """Smoke."""
        self.plant.alarm()

    def clear(self) -> None:
        """No smoke."""
        self.plant.clear()

    def fault(self, name: str) -> None:
        """ok, open, short, noisy."""
        self.plant.fault(name)

    def hum(self, millivolts: float, hz: float = 50.0) -> None:
        """Mains hum of this amplitude on the loop."""
        self.plant.hum(millivolts, hz)

    def flap(self, *names: str, every: Duration = "5 ms") -> None:
        """The loop is each of these in turn: alarm, ok, open, short. Without a name it stays as it is."""
        self.plant.flap(names, ns(every))
