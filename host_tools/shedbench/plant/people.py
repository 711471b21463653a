"""People: cards with their UIDs, and bikes with their packs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .chargers import Charger, make_load
from .loads import Load
from .outlets import Outlet
from .pn532 import Pn532
from .units import Duration, ns
from .world import World

ROLES: Final = {"resident": 1, "staff": 2, "volunteer": 3, "maintenance": 4}


@dataclass(frozen=True, slots=True)
class CardData:
    """Somebody's card. ``role`` is one of ROLES, or empty: not in the card table. ``valid_until``: seconds since 2000, as in the table."""

    name: str
    uid: bytes
    role: str = "resident"
    valid_until: int = 0xFFFFFFFF


DEFAULT_CARDS: Final = (
    CardData("resident", bytes.fromhex("04A1B2C3")),
    CardData("neighbour", bytes.fromhex("0411223344AA80")),
    CardData("tenant", bytes.fromhex("00000010")),
    CardData("visitor", bytes.fromhex("08112233445566778899")),
    CardData("staff", bytes.fromhex("9C0FF1CE"), "staff"),
    CardData("volunteer", bytes.fromhex("04F1FE01020380"), "volunteer"),
    CardData("maintenance", bytes.fromhex("C0FFEE01"), "maintenance"),
    CardData("stranger", bytes.fromhex("DEADBEEF"), ""),
)


class Card:
    """A card in somebody's hand at ``reader``."""

    def __init__(self, world: World, data: CardData, reader: Pn532) -> None:
        self.data = data
        self._world = world
        self._reader = reader
        self._away = world.timer(lambda: reader.take_away(data.uid))

    def tap(self, duration: Duration = "500 ms") -> None:
        """Hold the card to the reader for ``duration``. Another card there stays for its own time."""
        self._world.log(f"card {self.data.name} tapped")
        self._reader.lay(self.data.uid)
        self._away.start(ns(duration))


class Bike:
    """The bike that stands at an outlet."""

    def __init__(self, world: World, outlet: Outlet) -> None:
        self.outlet = outlet
        self.last: Load | None = None
        self._world = world

    @property
    def soc(self) -> float:
        """Charge of the pack last plugged in, as a share (0..1) of a whole charge. TypeError when the load has no pack."""
        if not isinstance(self.last, Charger):
            raise TypeError(f"the bike at outlet {self.outlet.number} has no pack")
        return self.last.soc(self._world.now_ns)

    def plug(self, kind: str, soc: float = 0.2, **misbehaviour: bool | float) -> Load:
        """Plug a charger of ``kind`` (packs.py) with a pack at ``soc`` in; see chargers.Misbehaviour."""
        load = make_load(kind, soc, **misbehaviour)
        self.outlet.plug(load)
        self.last = load
        return load

    def unplug(self) -> Load:
        """Pull the plug; the load keeps its state."""
        return self.outlet.unplug()

    def plug_again(self) -> None:
        """Plug in the unplugged load again."""
        if self.last is None:
            raise RuntimeError("this bike was never plugged in")
        self.outlet.plug(self.last)
