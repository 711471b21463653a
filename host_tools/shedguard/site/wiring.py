"""The wiring plan of a shed: rows of terminals and the devices they lead to. No drawing here.

Hazard: a contactor or a lock without the heartbeat circuit in its supply, a lock without its hard-wired release. All are in every plan: the
chip keeps its pins' levels when the program hangs, so the heartbeat circuit alone opens the outlets and frees the gate then. And a
meter whose voltage terminals hang behind the relay that it watches: it is silent while the outlet is off, and nobody sees a welded relay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..boards.model import Board, Trap
from .meters import METERS
from .model import Bus, Outlet, SiteFile
from .readers import READERS

Kind = Literal["signal", "coil", "power", "bus", "field"]


@dataclass(frozen=True, slots=True)
class Box:
    """One thing: a bold title and lines under it. ``danger``: somebody may be hurt unless this changes."""

    title: str
    lines: tuple[str, ...] = ()
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the plan: a terminal (None: none of the board's), then boxes from the board outwards, joined by wires of ``kind``.

    ``coil``: "source" feeds the coil bus, "tap" is fed by it. ``feed``: likewise the switched live of a group. ``volts``: likewise the live
    of its meters' voltage terminals, which is never switched: taken between the row's first and second box, led to its second box.
    """

    terminal: str | None
    place: str
    boxes: tuple[Box, ...]
    kind: Kind = "signal"
    coil: Literal["", "supply", "source", "tap"] = ""
    feed: Literal["", "source", "tap"] = ""
    volts: Literal["", "source", "tap"] = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows on both sides of the board, terminals left over, and the traps that concern this wiring."""

    title: str
    board: str
    left: tuple[Row, ...]
    right: tuple[Row, ...]
    spare: tuple[str, ...]
    traps: tuple[Trap, ...]


def wiring(board: Board, site: SiteFile | None = None) -> Plan:
    """The plan of a site, or of the bare board when there is none."""
    if site is None:
        left = [_bare(board, name) for name, item in board.terminal.items() if item.use != "output"]
        ports = [
            Row(name, _pins(board, name), (Box(f"{port.kind} port", (f"UART {port.uart}",)),), "bus") for name, port in board.port.items()
        ]
        right = tuple(_bare(board, name) for name in board.outputs())
        return Plan(board.board.title, board.board.name, (*ports, *left), right, (), tuple(board.trap))
    right = (*_safety(board, site), *(row for group in site.group for row in _group(board, site, group.name)), *_locks(board, site))
    left = (*(row for bus in site.bus for row in _meters(board, site, bus)), *_readers(board, site), *_points(board, site))
    used = {row.terminal for row in (*left, *right) if row.terminal}
    spare = tuple(name for name in (*board.terminal, *board.port) if name not in used)
    traps = tuple(trap for trap in board.trap if not trap.terminals or used & set(trap.terminals))
    return Plan(f"{site.site.name} on {board.board.title}", board.board.name, left, right, spare, traps)


def _bare(board: Board, name: str) -> Row:
    terminal = board.terminal[name]
    lines = (terminal.what, *((f"on at a {terminal.active} level",) if terminal.use == "output" else ()))
    return Row(name, terminal.place, (Box(terminal.rating or terminal.use, lines),), "signal" if terminal.use == "output" else "field")


def _pins(board: Board, name: str) -> str:
    port = board.port[name]
    direction = "" if isinstance(port.direction, str) else f" dir {port.direction}"
    return f"TX {port.tx} RX {port.rx}{direction}"


def _place(board: Board, name: str) -> tuple[str, str, str]:
    return name, board.terminal[name].place, board.terminal[name].what


def _safety(board: Board, site: SiteFile) -> list[Row]:
    rows = [Row(None, "", (Box("supply of coils and locks", ("fused; nothing else on it",)),), "coil", "supply")]
    if site.safety.heartbeat is None:
        return [*rows, Row(None, "", (_unprotected(board, site),), "coil", "source")]
    name, place, what = _place(board, site.safety.heartbeat)
    lines = (
        what,
        "the strobe goes in through a capacitor: a level that stands still is no strobe",
        "its contacts open this supply 0.5 to 1.0 s after the last strobe (a pole for each voltage)",
    )
    return [*rows, Row(name, place, (Box("heartbeat circuit", lines),), "signal", "source")]


def _unprotected(board: Board, site: SiteFile) -> Box:
    """The box in place of a missing heartbeat circuit: what can happen, and what to add at which terminal."""
    taken = {site.safety.heartbeat, *(group.contactor for group in site.group), *(gate.lock for gate in site.gate)}
    taken |= {outlet.relay for outlet in site.outlet}
    free = [name for name, terminal in board.outputs().items() if terminal.gpio is not None and name not in taken]
    where = f"at {' or '.join(free[:3])}" if free else "at an output on a GPIO: free one"
    danger = (
        "This shed is unprotected. When the program hangs, every socket that is on stays live, also in a fire, and the gate stays locked "
        "until somebody finds the exit button."
    )
    add = (
        "Do not put it into service. Add the circuit of section 3 of the installer's guide: its contacts in this supply, its input "
        f"{where}; name that as heartbeat under [safety] and draw again."
    )
    return Box("DANGER: NO HEARTBEAT CIRCUIT", (danger, add), danger=True)


def _group(board: Board, site: SiteFile, group: str) -> list[Row]:
    contactor, breaker_w = next((item.contactor, item.breaker_w) for item in site.group if item.name == group)
    name, place, what = _place(board, contactor)
    own = "relay contact" if board.terminal[contactor].load == "relay" else "driver"
    coil = Box(f'coil of the contactor, "{group}"', ("free-wheeling diode or RC at the coil",))
    contactor_box = Box(f'contactor, "{group}"', ("switches L of every outlet below, not of its meters",))
    breaker = Box(
        f'breaker, "{group}"',
        (
            f"for {breaker_w} W, with 30 mA residual-current device;",
            "from here, before the contactor: L and N of the meters' voltage terminals",
        ),
    )
    rows = [
        Row(name, place, (Box(f"{own} in the coil supply", (what,)), coil), "coil", "tap"),
        Row(None, "", (contactor_box, breaker, Box("mains", ("main switch",))), "power", feed="source", volts="source"),
    ]
    return rows + [_outlet(board, outlet) for outlet in site.outlet if outlet.group == group]


def _outlet(board: Board, outlet: Outlet) -> Row:
    terminal = board.terminal[outlet.relay]
    contact = {"relay": "its own contact", "transistor": "coil of an interposing relay", "logic": "driver and relay"}[terminal.load]
    relay = Box(f"relay {outlet.relay}", (f"{contact}, {terminal.rating or 'rating: see the relay'}",))
    meter = Box(
        f"meter {outlet.meter.address}: {METERS[outlet.meter.profile].title}",
        ("voltage terminals: L and N from the breaker", "its transformer round L to the outlet"),
    )
    socket = Box(f"outlet {outlet.number}", (f"{outlet.max_power_w} W",))
    return Row(outlet.relay, terminal.place, (relay, meter, socket), "signal", feed="tap", volts="tap")


def _locks(board: Board, site: SiteFile) -> list[Row]:
    rows: list[Row] = []
    behind = "WITHOUT a heartbeat circuit" if site.safety.heartbeat is None else "behind the heartbeat circuit"
    for gate in site.gate:
        name, place, what = _place(board, gate.lock)
        chain = Box(
            "hard-wired release",
            (
                "exit button and green break-glass unit break the lock's supply, whatever the board does;",
                "a fire panel's contact too, where there is one",
            ),
        )
        lock = Box(f'lock "{gate.name}"', ("free without current",))
        rows.append(Row(name, place, (Box(f"lock supply, {behind}", (what,)), chain, lock), "coil", "tap"))
    return rows


def _meters(board: Board, site: SiteFile, bus: Bus) -> list[Row]:
    """The RS-485 chain: 120 ohm, the board, each meter in turn, 120 ohm. No stars."""
    meters = [outlet for outlet in site.outlet if outlet.meter.bus == bus.name]
    first = Box(
        f'RS-485 "{bus.name}"', (f"A, B, GND; {bus.baud} baud", "120 ohm across A and B here", "one line from meter to meter, no star")
    )
    rows = [Row(bus.port, _pins(board, bus.port), (first,), "bus")]
    rows += [Row(None, "", (Box(f"meter {item.meter.address}: outlet {item.number}"),), "bus") for item in meters]
    return [*rows, Row(None, "", (Box("120 ohm across A and B", ("at the last meter",)),), "bus")]


def _readers(board: Board, site: SiteFile) -> list[Row]:
    rows: list[Row] = []
    for item in site.reader:
        kind = READERS[item.kind]
        rows.append(Row(item.port, _pins(board, item.port), (Box(f'reader "{item.name}": {kind.title}', kind.wiring),), "field"))
    return rows


def _points(board: Board, site: SiteFile) -> list[Row]:
    rows: list[Row] = []
    for point in site.point:
        name, place, what = _place(board, point.terminal)
        if point.kind == "loop":
            box = Box(f'loop "{point.name}"', (what, "two wires, detectors across them", "end-of-line resistor 4k7 at the far end"))
        else:
            box = Box(f'contact "{point.name}"', (what, f"normally {point.normally}"))
        rows.append(Row(name, place, (box,), "field"))
    for gate in site.gate:
        if gate.contact is not None:
            name, place, what = _place(board, gate.contact)
            rows.append(Row(name, place, (Box(f'door contact "{gate.name}"', (what, f"normally {gate.contact_normally}")),), "field"))
    for outlet in site.outlet:
        if outlet.button is not None:
            name, place, what = _place(board, outlet.button)
            rows.append(Row(name, place, (Box(f"button, outlet {outlet.number}", (what,)),), "field"))
    return rows
