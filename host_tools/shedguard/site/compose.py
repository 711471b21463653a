"""A first site file for a board: assigns terminals by what the board file says of them; the installer changes what differs.

Hazard: a file that looks finished and guards nothing. It has a fire point that cuts every group, or the checker refuses it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from pydantic import ValidationError

from ..boards.model import Board
from ..errors import INVALID, ShedError
from ..files.schema_errors import problems_of
from . import model
from .model import Bands, Bus, Cause, Gate, Group, Meter, Outlet, Point, Reader, Safety, Site, SiteFile, Tariff

_MAINS_V = 220  # nominal
_MEASURED = Bands(short=300, alarm=1300, normal=2300)  # of a 4k7 end-of-line resistor against 4k7; to be measured on the loop


@dataclass(frozen=True, slots=True)
class Answers:
    """What only the installer knows. ``outlets`` None: as many as the board has relays and buttons for.
    ``breaker_a`` and ``phases`` are the feeder's: the group's breaker carries no more, and outlets get their limits from it."""

    site_id: int = 1
    name: str = "a charging shed"
    outlets: int | None = None
    breaker_w: int | None = None
    breaker_a: int = 32
    phases: int = 1
    price_fen: int = 100
    block_min: int = 300
    key: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """Which terminals of a board serve for what."""

    contactor: str
    heartbeat: str | None
    lock: str | None
    relays: tuple[str, ...]
    buttons: tuple[str, ...]
    loop: str | None
    contacts: tuple[str, ...]
    bus: str
    reader: str | None

    @property
    def outlets(self) -> int:
        """How many outlets get a button each; all relays when the board has no buttons at all."""
        return min(len(self.relays), len(self.buttons)) if self.buttons else len(self.relays)


def offer(board: Board) -> Offer:
    """What the board offers. ShedError (exit code 2) when it lacks what every shed needs: outputs, an input for fire, an RS-485 port."""
    name = board.board.name
    on_gpio = [terminal for terminal, found in board.outputs().items() if found.expander is None]
    contactor = _called(board, on_gpio, ("KM",), "contactor")
    heartbeat = _called(board, on_gpio, ("HB",), "heartbeat")
    lock = _called(board, on_gpio, ("LOCK",), "lock")
    if contactor is None:
        raise _lacks(name, "no output on a GPIO for a group contactor")
    taken = {contactor, heartbeat, lock}
    relays = tuple(t for t in board.outputs() if t not in taken and not t.startswith("LED"))
    analog = [terminal for terminal, found in board.terminal.items() if found.use == "analog"]
    inputs = [terminal for terminal, found in board.terminal.items() if found.use == "input"]
    buttons = [terminal for terminal in inputs if terminal.startswith("S")]
    contacts = [terminal for terminal in inputs if terminal not in buttons]
    contacts.sort(key=lambda terminal: board.terminal[terminal].gpio is None)  # a fire contact on a GPIO is read sooner
    if not buttons:
        kept = 3 + (not analog)  # smoke without a loop, call point, door, key switch
        contacts, buttons = contacts[:kept], contacts[kept:]
    if not analog and not contacts:
        raise _lacks(name, "no input for a fire point")
    buses = [port for port, found in board.port.items() if found.kind == "rs485"]
    readers = [port for port, found in board.port.items() if found.kind == "uart"]
    if not buses or not relays:
        raise _lacks(name, "no RS-485 port for the meters" if relays else "no relay for an outlet")
    loop = analog[0] if analog else None
    reader = readers[0] if readers and lock else None
    return Offer(contactor, heartbeat, lock, relays, tuple(buttons), loop, tuple(contacts), buses[0], reader)


def compose(board: Board, answers: Answers) -> SiteFile:
    """The site; the caller runs `check.problems` on it. ShedError (exit code 2) for an answer that no site can have."""
    try:
        return _compose(board, answers)
    except ValidationError as error:
        found = problems_of(error, getattr(model, error.title))[0]
        raise ShedError(found.what.replace("in the file ", ""), found.cause, found.hint, INVALID) from error


def _compose(board: Board, answers: Answers) -> SiteFile:
    has = offer(board)
    count = has.outlets if answers.outlets is None else answers.outlets
    if not 1 <= count <= len(has.relays):
        cause = f"{board.board.name} has {len(has.relays)} relays for outlets: {', '.join(has.relays)}"
        raise ShedError(f"{count} outlets do not fit", cause, f"--outlets {len(has.relays)} at most, or another board", INVALID)
    feeder_w = _feeder_w(answers)
    breaker_w = answers.breaker_w or min(feeder_w, 65535)
    power_w = max(50, min(1000, breaker_w // count // 10 * 10))
    contacts = list(has.contacts)
    points = _fire(has, contacts)
    gate = [] if has.lock is None else [Gate(name="main", lock=has.lock, contact=contacts.pop(0) if contacts else None)]
    if contacts:
        points.append(Point(name="key switch", kind="contact", terminal=contacts[0], normally="open", use="key_switch"))
    effects = ["cut row A", *(f"free {one.name}" for one in gate)]
    return SiteFile(
        site=Site(id=answers.site_id, name=answers.name, board=board.board.name),
        safety=Safety(heartbeat=has.heartbeat, maintenance_key=answers.key or secrets.token_hex(32)),
        group=[Group(name="row A", contactor=has.contactor, breaker_w=breaker_w)],
        bus=[Bus(name="meters", port=has.bus)],
        outlet=[
            Outlet(
                number=number + 1,
                group="row A",
                relay=has.relays[number],
                button=has.buttons[number] if number < len(has.buttons) else None,
                meter=Meter(bus="meters", address=number + 1, profile="pzem-016"),
                max_power_w=power_w,
            )
            for number in range(count)
        ],
        point=points,
        cause=[Cause(name=point.name, points=[point.name], effects=effects) for point in points if point.fire],
        gate=gate,
        reader=[Reader(name="main", kind="pn532", port=has.reader, gate="main")] if has.reader is not None else [],
        tariff=Tariff(price_fen=answers.price_fen, block_min=answers.block_min),
    )


def _feeder_w(answers: Answers) -> int:
    """The power that the feeder carries."""
    if answers.phases not in (1, 3):
        raise ShedError(f"phases = {answers.phases} is not valid", "a feeder has one phase or three", "--phases 1 or 3", INVALID)
    if not 1 <= answers.breaker_a <= 400:
        raise ShedError(f"breaker_a = {answers.breaker_a} is not valid", "out of range: 1 to 400", "--breaker-a 32, for instance", INVALID)
    feeder_w = answers.breaker_a * _MAINS_V * answers.phases
    if answers.breaker_w is not None and answers.breaker_w > feeder_w:
        what = f"a group's breaker of {answers.breaker_w} W behind a feeder of {feeder_w} W"
        hint = f"--breaker-w {feeder_w} at most, or the feeder's --breaker-a and --phases"
        raise ShedError(what, "the feeder's breaker would open first", hint, INVALID)
    return feeder_w


def _fire(has: Offer, contacts: list[str]) -> list[Point]:
    """A smoke loop where a voltage can be measured, else a smoke contact; a call point. Takes from ``contacts``."""
    smoke = Point(name="smoke bay", kind="loop", terminal=has.loop, bands_mv=_MEASURED, fire=True) if has.loop is not None else None
    points = [] if smoke is None else [smoke]
    names = ("smoke bay", "call point")[len(points) :][: len(contacts)]
    return points + [Point(name=name, kind="contact", terminal=contacts.pop(0), normally="closed", fire=True) for name in names]


def _called(board: Board, terminals: list[str], prefixes: tuple[str, ...], word: str) -> str | None:
    by_name = [terminal for terminal in terminals if terminal.startswith(prefixes)]
    by_word = [terminal for terminal in terminals if word in board.terminal[terminal].what.lower()]
    return next(iter([*by_name, *by_word]), None)


def _lacks(board: str, what: str) -> ShedError:
    return ShedError(f"{board} cannot run a shed: {what}", "a shed needs one", "choose another board: shed boards", INVALID)
