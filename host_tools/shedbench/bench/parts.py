"""The parts of a shed as a bench offers them: found by the site's names and numbers; an error lists the existing ones."""

from __future__ import annotations

from shedbench.plant.expanders import Expander, ExpanderBus
from shedbench.plant.hands import Button, CallPoint, KeySwitch
from shedbench.plant.mains import Mains
from shedbench.plant.meters import Pzem016
from shedbench.plant.outlets import Breaker
from shedbench.plant.people import Bike, Card
from shedbench.plant.pn532 import Pn532
from shedbench.plant.rs485 import Rs485Bus
from shedbench.plant.shed import Shed

from .find import find
from .handles import ContactHandle, GateHandle, OutletHandle, SmokeHandle


class Parts:
    """``plant`` is the shed."""

    plant: Shed

    @property
    def mains(self) -> Mains:
        """The feed: off, on, sag."""
        return self.plant.mains

    def outlet(self, number: int) -> OutletHandle:
        """The truth about an outlet."""
        return OutletHandle(find("outlet", self.plant.outlets, number))

    def relay(self, number: int) -> ContactHandle:
        """An outlet's relay."""
        return ContactHandle(find("relay", self.plant.relays, number))

    def contactor(self, group: str) -> ContactHandle:
        """A group's contactor."""
        return ContactHandle(find("contactor", self.plant.contactors, group))

    def breaker(self, group: str) -> Breaker:
        """A group's breaker with its residual-current device: trip, close. An outlet's own is ``outlet(n).plant.own_breaker``."""
        return find("breaker", self.plant.breakers, group)

    def bike(self, number: int) -> Bike:
        """The bike at outlet ``number``: plug, unplug, plug_again."""
        return find("bike", self.plant.bikes, number)

    def card(self, name: str) -> Card:
        """Somebody's card: tap."""
        return find("card", self.plant.cards, name)

    def button(self, number: int) -> Button:
        """An outlet's button: press."""
        return find("button", self.plant.buttons, number)

    def meter(self, number: int) -> Pzem016:
        """An outlet's meter: fault, scale."""
        return find("meter", self.plant.meters, number)

    def bus(self, name: str) -> Rs485Bus:
        """An RS-485 line: noise_share, turn_around_ns, counters."""
        return find("bus", self.plant.buses, name)

    def expander(self, name: str) -> Expander:
        """An expander of the board: fault, drives."""
        return find("expander", self.plant.expanders, name)

    def expander_bus(self, name: str) -> ExpanderBus:
        """The wires of expanders: fault."""
        return find("expander bus", self.plant.expander_buses, name)

    def reader(self, name: str) -> Pn532:
        """A card reader: fault."""
        return find("reader", self.plant.readers, name)

    def smoke(self, name: str) -> SmokeHandle:
        """A smoke detector, by its point's name with or without the word ``smoke``."""
        return SmokeHandle(find("smoke detector", self.plant.loops, name, "smoke {}"))

    def call_point(self, name: str) -> CallPoint:
        """A manual call point, by its point's name with or without the words ``call point``."""
        return find("call point", self.plant.call_points, name, "call point {}")

    @property
    def key_switch(self) -> KeySwitch:
        """The first key switch."""
        return find("key switch", self.plant.key_switches, next(iter(self.plant.key_switches), "key switch"))

    def gate(self, name: str) -> GateHandle:
        """A gate."""
        return GateHandle(find("gate", self.plant.gates, name))
