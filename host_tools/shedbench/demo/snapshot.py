"""What the live view shows, at one moment: the true state from the plant, the board's report from its console."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from shedguard.formats.lists import BREAKER_HOLDERS, OUTLET_STATES, POINT_STATES, holders_told, name_of
from shedguard.formats.texts import text

from shedbench.bench.bench import Bench
from shedbench.bench.console import ConsoleError

BREAKER_OFF: Final = "BREAKER OFF: "  # before anything else
TRIP: Final = "trip"
_METER_SILENT_MS: Final = 90_000  # idle meters are read every half a minute or so


@dataclass(slots=True)
class BoardWords:
    """The board's last answer to ``status``, by subject; empty until it has answered."""

    outlets: dict[int, dict[str, Any]] = field(default_factory=dict)
    points: list[dict[str, Any]] = field(default_factory=list)
    meters: list[dict[str, Any]] = field(default_factory=list)
    head: dict[str, Any] = field(default_factory=dict)

    def ask(self, bench: Bench) -> None:
        """Ask over the console, which takes some virtual time. Empty for a board that is off or silent."""
        self.head, self.outlets, self.points, self.meters = {}, {}, [], []
        if not bench.board.is_alive():
            return
        try:
            frames = bench.console.ask({"do": "status"}, within="2 s")
        except ConsoleError:
            return
        self.head = frames[0]
        for frame in frames[1:]:
            if "o" in frame:
                self.outlets[frame["o"]] = frame
            elif "p" in frame:
                self.points.append(frame)
            elif "m" in frame:
                self.meters.append(frame)


@dataclass(frozen=True, slots=True)
class OutletRow:
    """One socket. ``watts`` is the plant's value; the rest is from the board. ``urgent``: a trip, or what needs the breaker off."""

    number: int
    state: str
    is_on: bool
    has_plug: bool
    watts: float
    wh: int
    seconds: int
    fen: int
    why_off: str
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class MeterRow:
    """One meter: its registers, and whether the board hears it."""

    address: int
    volts: float
    watts: float
    wh: int
    health: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``answers``: the board has answered since it started. ``points``: name and state. ``gates``: name and state."""

    now_ns: int
    answers: bool
    board: str
    mains_v: float
    heartbeat: bool
    contactors: dict[str, bool]
    gates: dict[str, str]
    points: dict[str, str]
    outlets: list[OutletRow]
    meters: list[MeterRow]


def take(bench: Bench, words: BoardWords) -> Snapshot:
    """The state now. Costs no virtual time."""
    plant = bench.plant
    alive = bench.board.is_alive() and bool(words.head)
    rows = [_outlet_row(bench, number, words if alive else BoardWords()) for number in plant.outlets]
    meters: list[MeterRow] = []
    for index, (_number, meter) in enumerate(plant.meters.items()):
        registers = meter.input_registers()
        frame = words.meters[index] if alive and index < len(words.meters) else None
        meters.append(
            MeterRow(
                meter.address,
                registers[0] / 10,
                (registers[3] | registers[4] << 16) / 10,
                registers[5] | registers[6] << 16,
                _health(frame),
            )
        )
    points: dict[str, str] = {}
    for index, point in enumerate(plant.wiring.points):
        if point.use != "plain":
            continue
        frame = words.points[index] if alive and index < len(words.points) else None
        points[point.name] = POINT_STATES.get(frame["st"], "?") if frame is not None else "?"
    return Snapshot(
        now_ns=bench.now_ns,
        answers=alive,
        board=_board(bench, words),
        mains_v=plant.mains.volts,
        heartbeat=plant.heartbeat.is_holding,
        contactors={name: contactor.closed for name, contactor in plant.contactors.items()},
        gates={name: "open" if gate.door_open else "locked" if gate.lock_holds else "free" for name, gate in plant.gates.items()},
        points=points,
        outlets=rows,
        meters=meters,
    )


def _board(bench: Bench, words: BoardWords) -> str:
    if not bench.board.is_alive():
        return {"dead": "no power", "off": "no power", "reset": "starts"}.get(bench.board.mode, bench.board.mode)
    if not words.head:
        return "starts"
    return "in service" if words.head.get("mode") == "service" else f"{words.head.get('mode')} mode"


def why_off(holders: Iterable[int], on: bool) -> tuple[str, bool]:
    """The first reason in words, and whether it is urgent. A socket that is on has one only if its breaker has to be switched off."""
    holder = next(iter(holders_told(holders)), "")
    if holder in BREAKER_HOLDERS:
        return BREAKER_OFF + text("held", holder), True
    return ("", False) if on else (text("held", holder), holder == TRIP)


def _outlet_row(bench: Bench, number: int, words: BoardWords) -> OutletRow:
    outlet = bench.outlet(number)
    frame = words.outlets.get(number)
    on = outlet.contact_is_closed()
    if frame is None:
        why = "" if on else "the board is off" if not bench.board.is_alive() else ""
        return OutletRow(number, "-", on, outlet.is_taken(), outlet.power_w, 0, 0, 0, why)
    state = frame["st"]
    why, urgent = why_off(frame.get("hold") or (), on)
    return OutletRow(
        number,
        text("outlet", name_of(OUTLET_STATES, state)),
        on,
        outlet.is_taken(),
        outlet.power_w,
        frame.get("wh", 0),
        frame.get("s", 0),
        frame.get("fen", 0),
        why,
        urgent,
    )


def _health(frame: dict[str, Any] | None) -> str:
    if frame is None:
        return "?"
    age = frame.get("age", -1)
    return "silent" if age < 0 or age > _METER_SILENT_MS else "ok"
