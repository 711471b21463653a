"""Checks the terminals and serial ports that a site uses: the board has them, they fit the use, each is used once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..boards.chips import pin_trouble
from ..boards.model import Board, Terminal
from ..files.problems import Path, Problem, did_you_mean
from .model import SiteFile

Use = Literal["output", "input", "analog"]
_LAW_1 = "an expander keeps its outputs when its bus fails or the ESP32 restarts, so nothing that must let go by itself may be on one"


@dataclass(frozen=True, slots=True)
class Wire:
    """One use of a terminal: its key and its purpose. ``must_let_go``: an output that de-energises to trip, whatever else has failed."""

    path: Path
    terminal: str
    use: Use
    what: str
    must_let_go: bool = False


def wires(site: SiteFile) -> Iterator[Wire]:
    """Every terminal that the site names, in the file's order of tables."""
    if site.safety.heartbeat is not None:
        yield Wire(("safety", "heartbeat"), site.safety.heartbeat, "output", "the heartbeat", must_let_go=True)
    for index, group in enumerate(site.group):
        yield Wire(("group", index, "contactor"), group.contactor, "output", f'the contactor of group "{group.name}"', must_let_go=True)
    for index, outlet in enumerate(site.outlet):
        yield Wire(("outlet", index, "relay"), outlet.relay, "output", f"the relay of outlet {outlet.number}")
        if outlet.button is not None:
            yield Wire(("outlet", index, "button"), outlet.button, "input", f"the button of outlet {outlet.number}")
    for index, point in enumerate(site.point):
        use: Use = "analog" if point.kind == "loop" else "input"
        yield Wire(("point", index, "terminal"), point.terminal, use, f'point "{point.name}"')
    for index, gate in enumerate(site.gate):
        yield Wire(("gate", index, "lock"), gate.lock, "output", f'the lock of gate "{gate.name}"', must_let_go=True)
        if gate.contact is not None:
            yield Wire(("gate", index, "contact"), gate.contact, "input", f'the contact of gate "{gate.name}"')


def problems(site: SiteFile, board: Board) -> list[Problem]:
    """Terminals and ports: unknown, of the wrong kind, impossible for the chip, used twice."""
    return [*_terminal_problems(site, board), *_port_problems(site, board)]


def _terminal_problems(site: SiteFile, board: Board) -> Iterator[Problem]:
    users: dict[int, str] = {}
    for wire in wires(site):
        terminal = board.terminal.get(wire.terminal)
        if terminal is None:
            what = f'{wire.what} is on terminal "{wire.terminal}", which {board.board.name} does not have'
            fitting = [name for name, found in board.terminal.items() if found.use == wire.use]
            yield Problem(wire.path, what, f"its {wire.use} terminals are {', '.join(fitting)}", _meant(wire, board))
            continue
        yield from _misuse(wire, terminal, board)
        code = board.pin_code(wire.terminal)
        if code in users:
            what = f"terminal {wire.terminal} ({terminal.place}) is used twice: for {users[code]} and for {wire.what}"
            free = _free(site, board, terminal.use)
            hint = (
                f"free {terminal.use} terminals: {', '.join(free)}" if free else f"{board.board.name} has no {terminal.use} terminal left"
            )
            yield Problem(wire.path, what, "one pin cannot serve two purposes: each would switch or read the other's load", hint)
        users.setdefault(code, wire.what)


def _meant(wire: Wire, board: Board) -> str:
    """The hint at an unknown terminal. Only one that fits is offered: another would be the next mistake, or another load."""
    fits = _fits(wire, board)
    for name, found in board.terminal.items():
        if name.lower() == wire.terminal.lower() and name not in fits:
            unfit = f"an {found.use} terminal" if found.use != wire.use else "on an expander"
            return f"{name} is {unfit}: {_choose(wire, board)}"
    return did_you_mean(wire.terminal, fits)


def _misuse(wire: Wire, terminal: Terminal, board: Board) -> Iterator[Problem]:
    output = wire.use == "output"
    trouble = None if terminal.gpio is None else pin_trouble(board.chip, terminal.gpio, output)
    if trouble is None and terminal.use != wire.use:
        trouble = f"the board file says that it is an {terminal.use} terminal ({terminal.what})"
    if trouble is None and wire.must_let_go and terminal.expander is not None:
        trouble = _LAW_1
    if trouble is None and terminal.gpio in board.chip.strapping and not terminal.strapping_note:
        trouble = f"GPIO {terminal.gpio} is a strapping pin: its level at reset decides how the chip starts"
    if trouble is not None:
        what = f"terminal {wire.terminal} ({terminal.place}) cannot be {wire.what}, an {wire.use}"
        yield Problem(wire.path, what, trouble, _choose(wire, board))


def _choose(wire: Wire, board: Board) -> str:
    kind = f"{wire.use} terminals of {board.board.name}{' on a GPIO' if wire.must_let_go and board.expander else ''}"
    return f"{kind}: {', '.join(_fits(wire, board)) or 'none'}"


def _fits(wire: Wire, board: Board) -> list[str]:
    return [name for name, found in board.terminal.items() if found.use == wire.use and not (wire.must_let_go and found.expander)]


def _free(site: SiteFile, board: Board, use: str) -> list[str]:
    used = {wire.terminal for wire in wires(site)}
    return [name for name, terminal in board.terminal.items() if terminal.use == use and name not in used]


def _port_problems(site: SiteFile, board: Board) -> Iterator[Problem]:
    uses = [(("bus", index, "port"), bus.port, "rs485", f'bus "{bus.name}"') for index, bus in enumerate(site.bus)]
    uses += [(("reader", index, "port"), reader.port, "uart", f'reader "{reader.name}"') for index, reader in enumerate(site.reader)]
    users: dict[int, str] = {}
    for path, name, kind, what in uses:
        port = board.port.get(name)
        fitting = [other for other, found in board.port.items() if found.kind == kind]
        if port is None:
            yield Problem(
                path,
                f'{what} is on port "{name}", which {board.board.name} does not have',
                f"its ports are {', '.join(board.port) or 'none'}",
                did_you_mean(name, fitting, f"{board.board.name} has no {kind} port" if not fitting else ""),
            )
            continue
        if port.kind != kind:
            cause = f"{name} is a {port.kind} port, {what} needs {kind}"
            yield Problem(path, f"{what} cannot use port {name}", cause, f"{kind} ports: {', '.join(fitting) or 'none'}")
        if port.uart not in board.chip.uarts:
            cause = "UART 0 is the console" if port.uart == 0 else f"the chip has no UART {port.uart}"
            yield Problem(path, f"port {name} is on UART {port.uart}", cause, "choose a port on UART 1 or 2")
        if port.uart in users:
            cause = "an ESP32 has three UARTs and the console takes one: two are left for buses and readers together"
            yield Problem(
                path, f"UART {port.uart} is used twice: by {users[port.uart]} and by {what}", cause, "use another port, or drop one of them"
            )
        users.setdefault(port.uart, what)
