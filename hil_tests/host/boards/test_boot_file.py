"""The generated boot.py, run on CPython against a stand-in for `machine` that records every call."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from shedbench.places import SITES
from shedguard.boards import boot_file, known
from shedguard.boards.model import Board

SG = b"SG\x01"
EXPANDERS = SITES / "expanders"


class Chip:
    """What boot.py does to a chip, in order."""

    def __init__(self, memory: bytes = b"", cause: int = 1, refuses: bool = False, dead: frozenset[int] = frozenset()) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.dead = dead  # I2C addresses that do not answer; -1: SoftI2C itself refuses
        self.memory, self.cause, self.refuses = memory, cause, refuses
        self.hz = 160_000_000

    def modules(self) -> dict[str, ModuleType]:
        chip = self

        class Pin:
            OUT = 3
            OPEN_DRAIN = 7

            def __init__(self, gpio: int, mode: int, value: int) -> None:
                assert mode in (Pin.OUT, Pin.OPEN_DRAIN)
                self.gpio = gpio
                chip.calls.append(("pin" if mode == Pin.OUT else "open drain", gpio, value))

            def __call__(self, value: int) -> None:
                chip.calls.append(("level", self.gpio, value))

        class SoftI2C:
            def __init__(self, scl: Pin, sda: Pin, freq: int, timeout: int) -> None:
                if -1 in chip.dead:
                    raise ValueError("pins")
                chip.calls.append(("i2c", scl.gpio, sda.gpio, freq, timeout))

            def writeto(self, address: int, data: bytes) -> int:
                if address in chip.dead:
                    raise OSError(19)
                chip.calls.append(("write", address, data))
                return len(data)

        class RTC:
            def memory(self, data: bytes | None = None) -> bytes:
                if data is not None:
                    chip.memory = bytes(data)
                return chip.memory

        def freq(hz: int | None = None) -> int:
            if hz is not None:
                chip.calls.append(("freq", hz))
                if chip.refuses:
                    raise ValueError(hz)
                chip.hz = hz
            return chip.hz

        def watchdog(timeout: int) -> str:
            chip.calls.append(("wdt", timeout))
            if chip.refuses:
                raise OSError(22)
            return "the watchdog"

        machine: Any = ModuleType("machine")
        machine.Pin, machine.RTC, machine.freq, machine.WDT, machine.SoftI2C = Pin, RTC, freq, watchdog, SoftI2C
        machine.PWRON_RESET, machine.SOFT_RESET = 1, 5
        machine.reset_cause = lambda: chip.cause
        micropython: Any = ModuleType("micropython")
        micropython.kbd_intr = lambda char: chip.calls.append(("kbd_intr", char))
        return {"machine": machine, "micropython": micropython}

    def boot(self, monkeypatch: pytest.MonkeyPatch, board: Board) -> dict[str, Any]:
        """Run boot.py; returns the namespace that main.py shares."""
        for name, module in self.modules().items():
            monkeypatch.setitem(sys.modules, name, module)
        names: dict[str, Any] = {}
        exec(compile(boot_file.generate(board), "boot.py", "exec"), names)
        return names


@pytest.fixture(scope="module")
def board() -> Board:
    return known.load("devkitc-shed4")


def test_it_cannot_be_interrupted_is_guarded_and_sets_every_output_before_the_rest(monkeypatch: pytest.MonkeyPatch, board: Board) -> None:
    chip = Chip()
    names = chip.boot(monkeypatch, board)
    outputs = [("pin", terminal.gpio, terminal.safe_level) for terminal in board.outputs().values()]
    assert len(outputs) == 7
    assert chip.calls == [("kbd_intr", -1), ("wdt", 5000), *outputs, ("freq", 240_000_000)]
    assert names["wdt"] == "the watchdog" and names["maintenance"] is False and names["cpu_hz"] == 240_000_000


def test_an_active_low_output_is_safe_high(monkeypatch: pytest.MonkeyPatch, board: Board) -> None:
    low = board.model_copy(update={"terminal": {"K1": board.terminal["K1"].model_copy(update={"active": "low"})}})
    chip = Chip()
    chip.boot(monkeypatch, low)
    assert ("pin", 16, 1) in chip.calls


def test_maintenance_is_asked_for_once_and_lasts_over_soft_resets(monkeypatch: pytest.MonkeyPatch, board: Board) -> None:
    rest = bytes(range(4, 16))
    chip = Chip(memory=SG + b"\x01" + rest, cause=2)
    names = chip.boot(monkeypatch, board)
    assert names["maintenance"] is True and names["wdt"] is None and ("wdt", 5000) not in chip.calls
    assert chip.memory == SG + b"\x02" + rest
    chip.cause = 5
    assert chip.boot(monkeypatch, board)["maintenance"] is True
    chip.cause = 2
    assert chip.boot(monkeypatch, board)["maintenance"] is False
    assert chip.memory == SG + b"\x00" + rest
    assert chip.boot(monkeypatch, board)["wdt"] == "the watchdog"


@pytest.mark.parametrize("flags", [b"\x01", b"\x02", b"\x03"])
def test_what_a_power_loss_left_of_the_memory_asks_for_no_maintenance(monkeypatch: pytest.MonkeyPatch, board: Board, flags: bytes) -> None:
    """A bit flipped during a power loss would leave the shed at a prompt, with its detectors unread."""
    chip = Chip(memory=SG + flags + bytes(12), cause=1)
    names = chip.boot(monkeypatch, board)
    assert names["maintenance"] is False and names["wdt"] == "the watchdog"
    assert chip.memory == SG + bytes(13)


def test_a_soft_reset_in_service_stays_in_service(monkeypatch: pytest.MonkeyPatch, board: Board) -> None:
    assert Chip(memory=SG + b"\x00" + bytes(12), cause=5).boot(monkeypatch, board)["maintenance"] is False


@pytest.mark.parametrize("memory", [b"", b"S", b"SG", b"\xff" * 16, b"SG\x02\x01" + bytes(12), b"XG\x01\x01" + bytes(12)])
def test_other_contents_of_rtc_memory_are_no_flag_and_stay(monkeypatch: pytest.MonkeyPatch, board: Board, memory: bytes) -> None:
    chip = Chip(memory=memory)
    assert chip.boot(monkeypatch, board)["maintenance"] is False
    assert chip.memory == memory


def test_a_chip_that_refuses_does_not_stop_it(monkeypatch: pytest.MonkeyPatch, board: Board) -> None:
    names = Chip(refuses=True).boot(monkeypatch, board)
    assert names["wdt"] is None and names["cpu_hz"] == 160_000_000


def transfers(board: Board) -> list[tuple[Any, ...]]:
    """What must have been written to the I2C expanders, in the file's order of buses."""
    found: list[tuple[Any, ...]] = []
    for bus in board.bus:
        for name, expander in board.expander.items():
            if expander.bus != bus or expander.address is None:
                continue
            outputs = {
                terminal.bit: terminal.safe_level
                for terminal in board.terminal.values()
                if terminal.expander == name and terminal.use == "output"
            }
            levels = sum(outputs.get(bit, 1) << bit for bit in range(expander.kind.bits))
            inputs = sum(1 << bit for bit in range(expander.kind.bits) if bit not in outputs)
            if expander.part == "TCA9554":
                found += [("write", expander.address, bytes((1, levels))), ("write", expander.address, bytes((3, inputs)))]
            else:
                found.append(("write", expander.address, levels.to_bytes(expander.kind.bits // 8, "little")))
    return found


def latched(calls: list[tuple[Any, ...]], board: Board) -> list[tuple[str, int, bool]]:
    """Level of each bit of the 74HC595 when the outputs were enabled, and whether they were held off until then."""
    found: list[tuple[str, int, bool]] = []
    for bus, wires in board.bus.items():
        if wires.kind != "shift":
            continue
        level: dict[Any, int] = {}
        register: list[int] = []
        shown: list[int] = []
        held = wires.enable is None
        for kind, gpio, value in (call for call in calls if call[0] in ("pin", "level")):
            rising = kind == "level" and value == 1 and level.get(gpio) == 0
            level[gpio] = value
            if gpio == wires.enable and value == 1:
                held = True
            if rising and gpio == wires.clock:
                register.insert(0, level[wires.data])
            if rising and gpio == wires.latch:
                shown = list(register)
            if gpio == wires.enable and value == 0:
                assert shown, "the outputs were enabled before they were latched"
        chain = [name for name, expander in board.expander.items() if expander.bus == bus]
        assert len(shown) == 8 * len(chain) and (wires.enable is None or level[wires.enable] == 0)
        for name, terminal in board.terminal.items():
            if terminal.expander in chain and terminal.bit is not None:
                found.append((name, shown[8 * chain.index(terminal.expander) + terminal.bit], held))
    return found


ALL = [*known.names(), "bench-pcf", "bench-mixed"]


def board_of(name: str) -> Board:
    return known.load_file(EXPANDERS / f"{name}.toml") if name.startswith("bench-") else known.load(name)


@pytest.mark.parametrize("name", ALL)
def test_a_board_boots_with_every_output_safe(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    board, chip = board_of(name), Chip()
    names = chip.boot(monkeypatch, board)
    outputs = [terminal for terminal in board.outputs().values() if terminal.gpio is not None]
    safe = [("pin", out.gpio, out.safe_level) for out in outputs]
    assert chip.calls[: 2 + len(outputs)] == [("kbd_intr", -1), ("wdt", 5000), *safe]
    assert [call for call in chip.calls if call[0] == "write"] == transfers(board)
    assert {call[4] for call in chip.calls if call[0] == "i2c"} <= {300}
    for terminal, level, held in latched(chip.calls, board):
        assert held and level == board.terminal[terminal].safe_level, terminal
    assert chip.calls[-1] == ("freq", 240_000_000) and names["wdt"] == "the watchdog"
    first = list(chip.calls)
    chip.calls.clear()
    names["outputs_off"]()
    assert chip.calls == first[2:-1], "the firmware opens everything the same way before it resets the board"


@pytest.mark.parametrize("name", [name for name in ALL if any(wires.kind == "i2c" for wires in board_of(name).bus.values())])
def test_a_chip_that_does_not_answer_is_passed_over(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    board = board_of(name)
    addresses = [expander.address for expander in board.expander.values() if expander.address is not None]
    for dead in (frozenset(addresses), frozenset({-1}), *(frozenset({address}) for address in addresses)):
        chip = Chip(dead=dead)
        assert chip.boot(monkeypatch, board)["wdt"] == "the watchdog"
        written = [call for call in chip.calls if call[0] == "write"]
        assert written == ([] if -1 in dead else [call for call in transfers(board) if call[1] not in dead])


def test_a_chip_that_was_speaking_when_the_board_restarted_is_clocked_out_first(monkeypatch: pytest.MonkeyPatch) -> None:
    chip = Chip()
    chip.boot(monkeypatch, board_of("kc868-a16"))
    clocks = [index for index, call in enumerate(chip.calls) if call == ("level", 5, 1)]
    assert len(clocks) == 9 and clocks[-1] < next(index for index, call in enumerate(chip.calls) if call[0] == "write")


def test_an_mcp23017_gets_both_ports_of_levels_before_its_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bits 0 to 5 are relays that are off when low; 7 and 15 can only be outputs and are driven low; all others are inputs."""
    mixed = board_of("bench-mixed")
    chips = {**mixed.expander, "U1": mixed.expander["U1"].model_copy(update={"part": "MCP23017"})}
    moved = mixed.terminal["X2"].model_copy(update={"bit": 8})
    board = mixed.model_copy(update={"expander": chips, "terminal": {**mixed.terminal, "X2": moved}})
    chip = Chip()
    chip.boot(monkeypatch, board)
    written = [call for call in chip.calls if call[0] == "write"]
    assert written == [("write", 0x20, b"\x14\x40\x7f"), ("write", 0x20, b"\x00\x40\x7f")]


def test_a_chain_gets_its_far_end_first(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = board_of("bench-mixed")
    far = mixed.expander["U2"]
    low = mixed.terminal["K11"].model_copy(update={"expander": "U3", "bit": 7, "active": "low", "pull": "up"})
    chain = mixed.model_copy(update={"expander": {**mixed.expander, "U3": far}, "terminal": {**mixed.terminal, "K31": low}})
    chip = Chip()
    chip.boot(monkeypatch, chain)
    assert ("K31", 1, True) in latched(chip.calls, chain) and ("K18", 0, True) in latched(chip.calls, chain)


@pytest.mark.parametrize("name", ALL)
def test_a_board_without_expanders_has_no_bus_in_its_boot_file(name: str) -> None:
    board = board_of(name)
    text = boot_file.generate(board)
    assert ("SoftI2C" in text) == any(wires.kind == "i2c" for wires in board.bus.values())
    imports = [line.strip() for line in text.splitlines() if "import" in line.split("#")[0].split()]
    assert imports == ["import micropython", "import machine"]


def test_boards_are_told_apart_by_their_outputs_and_not_by_their_words(board: Board) -> None:
    def changed(**change: Any) -> Board:
        return board.model_copy(update={"terminal": {**board.terminal, "K1": board.terminal["K1"].model_copy(update=change)}})

    assert len({boot_file.identity(board_of(name)) for name in ALL}) == len(ALL)
    assert boot_file.identity(changed(what="another text")) == boot_file.identity(board)
    assert boot_file.identity(changed(gpio=25)) != boot_file.identity(board) != boot_file.identity(changed(active="low"))
    assert 0 < boot_file.identity(board) < 1 << 30


class Struck(Chip):
    """Ctrl-C arrived just before boot.py's first line: it is raised where MicroPython checks for it, at the end of a loop's turn."""

    def modules(self) -> dict[str, ModuleType]:
        found = super().modules()

        def kbd_intr(char: int) -> None:
            self.calls.append(("kbd_intr", char))
            raise KeyboardInterrupt

        found["micropython"].kbd_intr = kbd_intr  # type: ignore[attr-defined]
        return found


def test_a_ctrl_c_from_before_its_first_line_goes_no_further(monkeypatch: pytest.MonkeyPatch, board: Board) -> None:
    chip = Struck()
    names = chip.boot(monkeypatch, board)
    assert names["wdt"] == "the watchdog" and chip.calls[-1] == ("freq", 240_000_000)
