"""The part of a site file and its board file that the plant needs: names and GPIO numbers.

Read with tomllib here, independently of the host tools' validator: the plant's wiring follows the file, whatever the compiler makes of it.
Contract of the files: docs/protocols/site-file.md and boards/*.toml.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shedbench.places import SOURCES

from .port import EXPANDED


@dataclass(frozen=True, slots=True)
class OutletWiring:
    """One outlet: GPIOs, its group and its meter's place."""

    number: int
    group: str
    relay_gpio: int
    button_gpio: int | None
    bus: str
    address: int
    profile: str  # its meter's kind


@dataclass(frozen=True, slots=True)
class BusWiring:
    """One RS-485 line. ``direction``: the GPIO that switches the transceiver's direction, None when the transceiver switches it itself."""

    name: str
    uart: int
    baud: int
    direction: int | None = None


@dataclass(frozen=True, slots=True)
class ExpanderWiring:
    """One expander of the board. ``wires``: of its bus, GPIO by name (sda, scl, or data, clock, latch, enable)."""

    name: str
    part: str
    bus: str
    address: int
    wires: dict[str, int]


@dataclass(frozen=True, slots=True)
class PointWiring:
    """One supervised input. ``use`` is ``plain`` or ``key_switch``; bands only for loops."""

    name: str
    kind: str
    gpio: int
    normally_closed: bool
    use: str
    bands_mv: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GateWiring:
    """One gate."""

    name: str
    lock_gpio: int
    contact_gpio: int | None
    contact_normally_closed: bool


@dataclass(frozen=True, slots=True)
class Wiring:
    """A whole shed, in the order of the site file. A bit of an expander is named by a number, as in the image: ``port.EXPANDED``."""

    path: Path
    board: str
    board_path: Path  # in boards/, in the folder of `shed --boards`, or beside the site file
    maintenance_key: bytes
    heartbeat_gpio: int | None
    groups: dict[str, int]  # name: contactor's GPIO
    buses: list[BusWiring]
    outlets: list[OutletWiring]
    points: list[PointWiring]
    causes: list[str]
    gates: list[GateWiring]
    readers: list[tuple[str, str, int]]  # name, kind, UART
    outputs: dict[str, int]  # terminal: GPIO, all outputs of the board
    polarity: dict[int, tuple[bool, str | None]]  # by output pin: a high level energises; pull resistor
    expanders: list[ExpanderWiring]  # in the order of the board file
    carrier_pulls_up: frozenset[int]  # GPIOs of input-only pins: their pull-up is on the carrier


def _bus(bus: dict[str, Any], port: dict[str, Any]) -> BusWiring:
    direction = port.get("direction", "auto")
    return BusWiring(bus["name"], int(port["uart"]), int(bus["baud"]), direction if isinstance(direction, int) else None)


def read_wiring(site: str | Path) -> Wiring:
    """The wiring of the site file ``site`` (absolute, or relative to where we are or to a clone). KeyError names what is missing."""
    path = Path(site)
    if not path.is_absolute() and not path.exists():
        path = SOURCES / path
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    board_name = data["site"]["board"]
    board_path = SOURCES / "boards" / f"{board_name}.toml"
    own = os.environ.get("SHEDGUARD_BOARDS")  # the folder of `shed --boards`
    if own and not board_path.exists():
        board_path = Path(own) / f"{board_name}.toml"
    if not board_path.exists():
        board_path = path.parent / f"{board_name}.toml"
    board = tomllib.loads(board_path.read_text(encoding="utf-8"))
    terminals: dict[str, Any] = board["terminal"]
    ports: dict[str, Any] = board.get("port", {})

    names = list(board.get("expander", {}))

    def needed(terminal: str) -> int:
        found = terminals[terminal]
        if "expander" in found:
            return EXPANDED + 16 * names.index(found["expander"]) + int(found["bit"])
        return int(found["gpio"])

    def gpio(terminal: str | None) -> int | None:
        return None if terminal is None else needed(terminal)

    safety = data.get("safety", {})
    return Wiring(
        path=path,
        board=board_name,
        board_path=board_path,
        maintenance_key=bytes.fromhex(safety.get("maintenance_key", "")),
        heartbeat_gpio=gpio(safety.get("heartbeat")),
        groups={group["name"]: needed(group["contactor"]) for group in data.get("group", [])},
        buses=[_bus(bus, ports[bus["port"]]) for bus in data.get("bus", [])],
        outlets=[
            OutletWiring(
                o["number"],
                o["group"],
                needed(o["relay"]),
                gpio(o.get("button")),
                o["meter"]["bus"],
                o["meter"]["address"],
                o["meter"]["profile"],
            )
            for o in data.get("outlet", [])
        ],
        points=[
            PointWiring(
                p["name"],
                p["kind"],
                needed(p["terminal"]),
                p.get("normally", "open") == "closed",
                p.get("use", "plain"),
                p.get("bands_mv", {}),
            )
            for p in data.get("point", [])
        ],
        causes=[cause["name"] for cause in data.get("cause", [])],
        gates=[
            GateWiring(g["name"], needed(g["lock"]), gpio(g.get("contact")), g.get("contact_normally", "closed") == "closed")
            for g in data.get("gate", [])
        ],
        readers=[(reader["name"], reader["kind"], int(ports[reader["port"]]["uart"])) for reader in data.get("reader", [])],
        outputs={name: needed(name) for name, t in terminals.items() if t["use"] == "output"},
        polarity={needed(n): (t.get("active", "high") == "high", t.get("pull")) for n, t in terminals.items() if t["use"] == "output"},
        expanders=[
            ExpanderWiring(
                name,
                e["part"],
                e["bus"],
                int(e.get("address", 0)),
                {wire: pin for wire, pin in board["bus"][e["bus"]].items() if wire in ("sda", "scl", "data", "clock", "latch", "enable")},
            )
            for name, e in board.get("expander", {}).items()
        ],
        carrier_pulls_up=frozenset(t["gpio"] for t in terminals.values() if t["use"] == "input" and t.get("gpio", 0) >= 34),
    )
