"""Devices operated by hand: a manual call point, a key switch, an outlet's push button."""

from __future__ import annotations

from .detectors import DryContact
from .units import Duration, ns
from .world import World


class CallPoint:
    """A break-glass: its contact is normally closed; pressed it stays open until somebody resets it with a key."""

    def __init__(self, world: World, contact: DryContact) -> None:
        self.name = contact.name
        self.contact = contact
        self._world = world

    def press(self) -> None:
        """Break the glass."""
        self._world.log(f"{self.name}: pressed")
        self.contact.set(False)

    def reset(self) -> None:
        """Put it back."""
        self._world.log(f"{self.name}: reset")
        self.contact.set(True)

    def fault(self, name: str) -> None:
        """See DryContact.fault."""
        self.contact.fault(name)


class KeySwitch:
    """A key switch, closed while turned on."""

    def __init__(self, world: World, contact: DryContact) -> None:
        self.name = contact.name
        self.contact = contact
        self._world = world

    def turn(self, on: bool = True) -> None:
        """Turn the key on (or off), and leave it there."""
        self._world.log(f"{self.name}: turned {'on' if on else 'off'}")
        self.contact.set(on)

    def fault(self, name: str) -> None:
        """See DryContact.fault."""
        self.contact.fault(name)


class Button:
    """A push button, active low."""

    def __init__(self, world: World, contact: DryContact) -> None:
        self.name = contact.name
        self.contact = contact
        self._world = world
        self.presses: list[tuple[int, str]] = []  # when, and by whom ("": unknown)
        self._release = world.timer(lambda: contact.set(False))

    def press(self, duration: Duration = "200 ms", by: str = "") -> None:
        """Press, hold for ``duration``, let go. ``by``: the person, the name of a card's owner; kept in ``presses``."""
        self._world.log(f"{self.name}: pressed{f' by {by}' if by else ''}")
        self.presses.append((self._world.now_ns, by))
        self.contact.set(True)
        self._release.start(ns(duration))

    def fault(self, name: str) -> None:
        """See DryContact.fault."""
        self.contact.fault(name)
