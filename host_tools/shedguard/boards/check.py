"""What a board file may not say: pins the chip cannot serve, expanders that cannot be, outputs that would be on at power-on.

Hazard: a wrong line here closes a relay while no program runs. Every rule names the key, the cause and what to change.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..files.problems import Path, Problem, did_you_mean
from .chips import pin_trouble
from .model import Board, Expander, Terminal
from .parts import PARTS

_WIRES = {"i2c": ("sda", "scl"), "shift": ("data", "clock", "latch")}
_NAME_LENGTH = 12


def problems(board: Board) -> list[Problem]:
    """Everything wrong with the board, and notes (severity ``warning``), in no order."""
    rules = (_pins, _terminals, _bits, _ports, _wires, _expanders, _sources, _traps)
    return [problem for rule in rules for problem in rule(board)]


def _pins(board: Board) -> Iterator[Problem]:
    """Checks every GPIO: whether the chip can do it, whether it is free, whether it is a strapping pin."""
    users: dict[int, str] = {}
    for path, gpio, output, note in _uses(board):
        name = str(path[1])
        chip = board.chip
        reason = pin_trouble(chip, gpio, output)
        if reason is None and board.board.psram and gpio in chip.psram:
            reason = f"GPIO {gpio} belongs to the PSRAM"
        if reason is not None:
            yield Problem(path, f"{name} cannot be on GPIO {gpio}", reason, "correct the pin by the maker's drawing")
        elif gpio in chip.strapping and not note:
            yield Problem(
                path,
                f"{name} is on GPIO {gpio}, a strapping pin",
                "its level at reset decides how the chip starts, and the file does not say why that is safe here",
                "choose another pin, or add strapping_note with the reason",
            )
        if gpio in users:
            yield Problem(path, f"GPIO {gpio} is used twice: by {users[gpio]} and by {name}", "one pin serves one purpose", "correct one")
        users.setdefault(gpio, name)


def _uses(board: Board) -> Iterator[tuple[Path, int, bool, str | None]]:
    """Key, GPIO, whether the chip drives it, and the strapping note."""
    for name, terminal in board.terminal.items():
        if terminal.gpio is not None:
            yield ("terminal", name, "gpio"), terminal.gpio, terminal.use == "output", terminal.strapping_note
    for name, port in board.port.items():
        yield ("port", name, "tx"), port.tx, True, port.strapping_note
        yield ("port", name, "rx"), port.rx, False, port.strapping_note
        if not isinstance(port.direction, str):
            yield ("port", name, "direction"), port.direction, True, port.strapping_note
    for name, wires in board.bus.items():
        for wire in ("sda", "scl", "data", "clock", "latch", "enable"):
            gpio = getattr(wires, wire)
            if gpio is not None:
                yield ("bus", name, wire), gpio, True, wires.strapping_note


def _terminals(board: Board) -> Iterator[Problem]:
    for name, terminal in board.terminal.items():
        path: Path = ("terminal", name)
        if len(name) > _NAME_LENGTH:
            yield Problem(
                path, f"terminal name {name} is too long", f"names stand on screens and drawings: {_NAME_LENGTH} letters", "shorten it"
            )
        if (terminal.gpio is None) == (terminal.expander is None):
            yield Problem(
                path, f"terminal {name} has no place", "it is on a GPIO or on an expander's bit", "write gpio, or expander and bit"
            )
            continue
        yield from _on_expander(board, name, terminal) if terminal.expander is not None else _on_gpio(board, name, terminal)
        if terminal.use == "output":
            yield from _at_reset(board, name, terminal)
        else:
            yield from _of_an_input(name, terminal)


def _on_gpio(board: Board, name: str, terminal: Terminal) -> Iterator[Problem]:
    gpio, chip = terminal.gpio, board.chip
    if terminal.bit is not None:
        yield Problem(
            ("terminal", name, "bit"), f"terminal {name} has a bit and no expander", "a GPIO has no bits", "remove bit, or add expander"
        )
    if terminal.use == "analog" and gpio not in chip.adc:
        cause = "ADC2 fails as soon as Wi-Fi is on" if gpio in chip.adc2 else f"the {chip.name} has no converter on it"
        hint = f"ADC1 is on GPIO {min(chip.adc)} to {max(chip.adc)}"
        yield Problem(("terminal", name, "gpio"), f"{name} cannot measure a voltage on GPIO {gpio}", cause, hint)


def _on_expander(board: Board, name: str, terminal: Terminal) -> Iterator[Problem]:
    path: Path = ("terminal", name, "expander")
    expander = board.expander.get(terminal.expander or "")
    if expander is None:
        what = f'{name} is on expander "{terminal.expander}", which the file does not have'
        yield Problem(path, what, "there is no [expander] table of that name", did_you_mean(terminal.expander or "", list(board.expander)))
        return
    kind = expander.kind
    if terminal.bit is None or terminal.bit >= kind.bits:
        what = f"{name} is on no bit of {terminal.expander}"
        yield Problem(("terminal", name, "bit"), what, f"a {expander.part} has bits 0 to {kind.bits - 1}", "write its bit")
    if terminal.use == "analog":
        yield Problem(("terminal", name, "use"), f"{name} cannot measure a voltage", "an expander has levels only", "use an ADC1 pin")
    if terminal.use == "input" and not kind.inputs:
        yield Problem(("terminal", name, "use"), f"{name} cannot be an input", f"a {expander.part} has outputs only", "put it on a GPIO")
    if terminal.use == "input" and kind.output_only >> (terminal.bit or 0) & 1:
        cause = f"a {expander.part} has outputs only at bits {_bits_of(kind.output_only)}: an input there can disturb the bus"
        yield Problem(("terminal", name, "bit"), f"{name} cannot be an input", cause, "put it on another bit")
    if terminal.use == "input" and kind.inputs and not kind.pulls_up and terminal.pull != "up":
        cause = f"nothing holds it high: the pull-ups of a {expander.part} are off"
        yield Problem(("terminal", name), f"{name} floats while its contact is open", cause, 'fit a resistor to 3V3 and write pull = "up"')


def _bits_of(mask: int) -> str:
    return " and ".join(str(bit) for bit in range(mask.bit_length()) if mask >> bit & 1)


def _of_an_input(name: str, terminal: Terminal) -> Iterator[Problem]:
    """A closed contact reads low on every board: keys that say otherwise would be ignored."""
    for key in ("active", "load", "rating"):
        if key in terminal.model_fields_set:
            yield Problem(("terminal", name, key), f"{name} is an {terminal.use} and has {key}", "only outputs have it", "remove the key")
    if terminal.use == "input" and terminal.pull == "down":
        what = f"{name} is an input that is pulled down"
        cause = "the firmware reads low as a closed contact: this input would always read closed"
        yield Problem(("terminal", name, "pull"), what, cause, 'wire the contact to ground and write pull = "up"')


def _at_reset(board: Board, name: str, terminal: Terminal) -> Iterator[Problem]:
    """An output that floats, or is pulled to its live level, is on before boot.py runs."""
    expander = board.expander.get(terminal.expander or "")
    if expander is not None and expander.kind.high_at_power_on and terminal.active == "high":
        cause = f"a {expander.part} is high at power-on, so this load would be on until boot.py runs"
        yield Problem(("terminal", name, "active"), f"{name} would be on at power-on", cause, 'only active = "low" is safe on this part')
        return
    wanted = "down" if terminal.active_high else "up"
    if terminal.pull == wanted:
        return
    path: Path = ("terminal", name, "pull") if terminal.pull else ("terminal", name)
    what = f"{name} would float at power-on" if terminal.pull is None else f"{name} would be on at power-on"
    cause = f"it energises at a {terminal.active} level, and nothing holds it at the other until boot.py runs"
    yield Problem(path, what, cause, f'fit a resistor and write pull = "{wanted}"')


def _bits(board: Board) -> Iterator[Problem]:
    users: dict[tuple[str, int], str] = {}
    for name, terminal in board.terminal.items():
        if terminal.expander is None or terminal.bit is None:
            continue
        key = (terminal.expander, terminal.bit)
        if key in users:
            what = f"bit {key[1]} of {key[0]} is used twice: by {users[key]} and by {name}"
            yield Problem(("terminal", name, "bit"), what, "one bit serves one terminal", "correct one of them")
        users.setdefault(key, name)


def _ports(board: Board) -> Iterator[Problem]:
    users: dict[int, str] = {}
    for name, port in board.port.items():
        path: Path = ("port", name, "uart")
        if port.uart not in board.chip.uarts:
            cause = "UART 0 is the console" if port.uart == 0 else f"the {board.chip.name} has no UART {port.uart} to spare"
            yield Problem(path, f"port {name} cannot use UART {port.uart}", cause, "write 1 or 2")
        if port.kind == "uart" and not isinstance(port.direction, str):
            what = f"port {name} has a direction pin"
            yield Problem(("port", name, "direction"), what, "only RS-485 has a direction", 'write kind = "rs485", or remove direction')
        if port.uart in users:
            what = f"ports {users[port.uart]} and {name} share UART {port.uart}"
            yield Problem(path, what, "a site can use one of them only", "nothing to do if that is meant", "warning")
        users.setdefault(port.uart, name)


def _wires(board: Board) -> Iterator[Problem]:
    for name, wires in board.bus.items():
        missing = [wire for wire in _WIRES[wires.kind] if getattr(wires, wire) is None]
        if missing:
            what = f"bus {name} has no {' and no '.join(missing)}"
            yield Problem(("bus", name), what, f"{wires.kind} needs {', '.join(_WIRES[wires.kind])}", f"add {missing[0]} = its GPIO")
        if wires.kind == "shift" and "khz" in wires.model_fields_set:
            yield Problem(("bus", name, "khz"), f"bus {name} has khz", "the firmware shifts as fast as it can", "remove the key")
        other = "shift" if wires.kind == "i2c" else "i2c"
        for wire in (*_WIRES[other], *(("enable",) if other == "shift" else ())):
            if getattr(wires, wire) is not None:
                yield Problem(
                    ("bus", name, wire), f"bus {name} has {wire}", f"that is a wire of kind {other}", "remove it, or correct kind"
                )
        if wires.kind == "shift" and wires.enable is None:
            what = f"what hangs on {name} is undefined at power-on"
            cause = "a 74HC595 without an enable line drives at once whatever levels it holds"
            yield Problem(
                ("bus", name), what, cause, "only the contactor and the heartbeat circuit keep its relays dead until then", "warning"
            )
        if not any(expander.bus == name for expander in board.expander.values()):
            yield Problem(("bus", name), f"bus {name} has no expander", "its pins would be taken for nothing", "add one, or remove the bus")


def _expanders(board: Board) -> Iterator[Problem]:
    users: dict[tuple[str, int | None], str] = {}
    for name, expander in board.expander.items():
        yield from _expander(board, name, expander)
        key = (expander.bus, expander.address)
        if key in users and expander.address is not None:  # 74HC595 on the same wires are a chain
            what = f"{users[key]} and {name} are both at address 0x{expander.address:02x} of {expander.bus}"
            yield Problem(("expander", name, "address"), what, "both would answer at once", "correct one address")
        users.setdefault(key, name)


def _expander(board: Board, name: str, expander: Expander) -> Iterator[Problem]:
    path: Path = ("expander", name, "bus")
    wires, part = board.bus.get(expander.bus), expander.kind
    wanted = part.bus
    if wires is None:
        what = f'expander {name} is on bus "{expander.bus}", which the file does not have'
        yield Problem(path, what, "there is no [bus] table of that name", did_you_mean(expander.bus, list(board.bus)))
    elif wires.kind != wanted:
        fitting = [other for other, found in board.bus.items() if found.kind == wanted]
        cause = f"a {expander.part} needs a bus of kind {wanted}, {expander.bus} is {wires.kind}"
        yield Problem(path, f"expander {name} is on the wrong kind of bus", cause, f"{wanted} buses: {', '.join(fitting) or 'none'}")
    first = part.first_address
    range_words = f"0x{first:02x} to 0x{first + 7:02x}"
    if wanted == "i2c" and expander.address is None:
        yield Problem(("expander", name), f"expander {name} has no address", "I2C finds a part by it", f"add address = {range_words}")
    elif wanted == "i2c" and expander.address is not None and not first <= expander.address < first + 8:
        other = next((name for name, known in PARTS.items() if known.number == part.number and name != expander.part), None)
        cause = f"a {expander.part} has the addresses {range_words}"
        hint = "correct the address" + (f", or it is a {other}: read what is printed on the chip" if other else "")
        yield Problem(("expander", name, "address"), f"expander {name} cannot be at address 0x{expander.address:02x}", cause, hint)
    if wanted == "shift" and expander.address is not None:
        cause = f"a {expander.part} is found by its wires"
        yield Problem(("expander", name, "address"), f"expander {name} has an address", cause, "remove it")


def _sources(board: Board) -> Iterator[Problem]:
    known = list(board.sources)
    keys: list[tuple[Path, str | None]] = [(("board", "source"), board.board.source), (("reset", "source"), board.reset.source)]
    for table in ("terminal", "port", "bus", "expander"):
        keys += [((table, name, "source"), item.source) for name, item in getattr(board, table).items()]
    keys += [(("trap", index, "source"), trap.source) for index, trap in enumerate(board.trap)]
    for path, key in keys:
        if key is not None and key not in board.sources:
            what = f'source "{key}" is not in [sources]'
            yield Problem(path, what, "every fact names where it is from", did_you_mean(key, known, f'add {key} = "..." to [sources]'))


def _traps(board: Board) -> Iterator[Problem]:
    known = [*board.terminal, *board.port]
    for index, trap in enumerate(board.trap):
        for at, name in enumerate(trap.terminals):
            if name not in known:
                what = f'a trap is about "{name}", which the board does not have'
                yield Problem(("trap", index, "terminals", at), what, "it names terminals and ports", did_you_mean(name, known))
