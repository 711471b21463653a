"""A whole shed, built from a site file: every part wired to the terminals that the board file names."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from .contacts import CONTACTOR_OPERATE_NS, CONTACTOR_RELEASE_NS, SwitchedContact
from .detectors import DryContact, SmokeLoop
from .expanders import expander_buses
from .gate import Gate
from .hands import Button, CallPoint, KeySwitch
from .heartbeat import HeartbeatCircuit
from .mains import NOMINAL_V, Mains, Psu
from .meters import METERS, Pzem016
from .outlets import Breaker, Outlet
from .people import Bike, Card, CardData
from .pn532 import Pn532
from .port import FLOAT, BoardPort
from .readers import READERS
from .rs485 import Rs485Bus
from .sitefile import PointWiring, Wiring, read_wiring
from .waveform import Signal
from .world import World


class Shed:
    """The plant of one site. Parts are found by the names and numbers of the site file."""

    def __init__(self, world: World, port: BoardPort, site: str | Path, cards: tuple[CardData, ...]) -> None:
        wiring = read_wiring(site)
        self.world = world
        self.port = port
        self.wiring = wiring
        port.outputs.update(wiring.polarity)
        self.expander_buses = expander_buses(world, port, wiring)
        self.expanders = {expander.name: expander for bus in self.expander_buses.values() for expander in bus.expanders}
        self.mains = Mains(world)
        self.psu = Psu(world, self.mains, port)
        self.heartbeat = HeartbeatCircuit(world, port, wiring.heartbeat_gpio)
        self.breakers: dict[str, Breaker] = {}
        self.contactors: dict[str, SwitchedContact] = {}
        self.relays: dict[int, SwitchedContact] = {}
        self.outlets: dict[int, Outlet] = {}
        self.meters: dict[int, Pzem016] = {}
        self.buttons: dict[int, Button] = {}
        self.bikes: dict[int, Bike] = {}
        self.loops: dict[str, SmokeLoop] = {}
        self.call_points: dict[str, CallPoint] = {}
        self.key_switches: dict[str, KeySwitch] = {}
        self.gates: dict[str, Gate] = {}
        self.readers: dict[str, Pn532] = {}
        self.buses: dict[str, Rs485Bus] = {}
        self.cards: dict[str, Card] = {}
        self._record_outputs(wiring)
        self._build_power(wiring)
        self._build_buses(wiring)
        for point in wiring.points:
            self._build_point(point)
        self._build_access(wiring, cards)

    def _record_outputs(self, wiring: Wiring) -> None:
        """Record in the waveform, as ``pin_<terminal>``, what the board drives on each output terminal (the link's drive codes)."""
        for terminal, gpio in wiring.outputs.items():
            signal = self.world.signal(f"pin_{terminal}", 3)
            signal.set(self.world.now_ns, FLOAT)
            self.port.on_pin(gpio, partial(_record, self.world, signal))

    def _build_power(self, wiring: Wiring) -> None:
        for name, gpio in wiring.groups.items():

            def coil_supply() -> float:
                """Share of its nominal voltage: mains through the heartbeat circuit's relay, which the board's supply feeds."""
                return self.mains.volts / NOMINAL_V if self.psu.is_up and self.heartbeat.is_holding else 0.0

            contactor = SwitchedContact(
                self.world, self.port, f"contactor {name}", gpio, coil_supply, CONTACTOR_OPERATE_NS, CONTACTOR_RELEASE_NS
            )
            self.heartbeat.on_change(contactor.update)
            self.psu.on_change(contactor.update)
            self.mains.on_change(contactor.update)
            self.contactors[name] = contactor
        self.breakers = {name: Breaker(self.world, f"breaker {name}") for name in wiring.groups}
        for wired in wiring.outlets:
            number = wired.number
            relay = SwitchedContact(self.world, self.port, f"relay {number}", wired.relay_gpio, lambda: self.psu.is_up)
            self.psu.on_change(relay.update)
            outlet = Outlet(self.world, number, self.mains, self.breakers[wired.group], self.contactors[wired.group], relay)
            self.relays[number] = relay
            self.outlets[number] = outlet
            self.bikes[number] = Bike(self.world, outlet)
            self.meters[number] = METERS[wired.profile](self.world, outlet, wired.address)
            if wired.button_gpio is not None:
                pulled = wired.button_gpio in wiring.carrier_pulls_up
                contact = DryContact(self.world, self.port, f"button {number}", wired.button_gpio, closed=False, pulled_up=pulled)
                self.buttons[number] = Button(self.world, contact)

    def _build_buses(self, wiring: Wiring) -> None:
        for bus in wiring.buses:
            meters = [self.meters[wired.number] for wired in wiring.outlets if wired.bus == bus.name]
            self.buses[bus.name] = Rs485Bus(self.world, self.port, bus.uart, bus.baud, meters, bus.direction)

    def _build_point(self, point: PointWiring) -> None:
        if point.kind == "loop":
            loop = SmokeLoop(self.world, self.port, point.name, point.gpio)
            _check_bands(point, loop)
            self.loops[point.name] = loop
            return
        pulled = point.gpio in self.wiring.carrier_pulls_up
        contact = DryContact(self.world, self.port, point.name, point.gpio, closed=point.normally_closed, pulled_up=pulled)
        if point.use == "key_switch":
            self.key_switches[point.name] = KeySwitch(self.world, contact)
        else:
            self.call_points[point.name] = CallPoint(self.world, contact)

    def _build_access(self, wiring: Wiring, cards: tuple[CardData, ...]) -> None:
        for gate in wiring.gates:
            contact = None
            if gate.contact_gpio is not None:
                pulled = gate.contact_gpio in wiring.carrier_pulls_up
                closed = gate.contact_normally_closed
                contact = DryContact(self.world, self.port, f"gate {gate.name} contact", gate.contact_gpio, closed=closed, pulled_up=pulled)
            self.gates[gate.name] = Gate(self.world, self.port, self.psu, self.heartbeat, gate.name, gate.lock_gpio, contact)
        for name, kind, uart in wiring.readers:
            self.readers[name] = READERS[kind](self.world, self.port, self.psu, name, uart)
        if self.readers:
            first = next(iter(self.readers.values()))
            self.cards = {data.name: Card(self.world, data, first) for data in cards}


def _record(world: World, signal: Signal, drive: int) -> None:
    signal.set(world.now_ns, drive)


def _check_bands(point: PointWiring, loop: SmokeLoop) -> None:
    """The reference loop must fit the site's bands; ValueError names a state that does not."""
    bands = point.bands_mv
    states = {"normal": loop.microvolts // 1000}
    if bands and not bands["alarm"] < states["normal"] <= bands["normal"]:
        raise ValueError(
            f"point {point.name!r}: the loop rests at {states['normal']} mV, outside its normal band {bands['alarm']}..{bands['normal']} mV"
        )
