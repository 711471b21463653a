"""The board of a bench: power, kill, start, faults of the chip, probes, counters."""

from __future__ import annotations

import json
import struct
from typing import Any, Final, Protocol

from shedbench.link import link
from shedbench.plant.units import Duration, ns, number
from shedbench.plant.world import World

from . import flash_faults
from .conditions import Condition
from .flash_faults import FlashKind

RESET_CAUSES: Final = {1: "power-on", 2: "hard", 3: "watchdog", 4: "deep sleep", 5: "soft"}
NOTE_LEVELS: Final = {0: "info", 1: "warning", 2: "VIOLATION"}
FAULTS: Final = (
    "timer-dead",
    "clock-stopped",
    "clock-ok",
    "power-cut-at-write",
    "stall",
    "allocation",
    "brownout",
    "adc-uncalibrated",
    "adc-calibrated",
)
_FAULT: Final = struct.Struct("<qq")
_CUT_KINDS: Final = {"before": 0, "torn": 1, "erase": 2}


class ProbeError(Exception):
    """A probe raised on the board; the text is its traceback."""


class BoardBench(Protocol):
    """What the board's handle needs of its bench."""

    def wait_for(self, condition: Condition, within_ns: int) -> bool:
        """Run until it holds."""
        ...

    def spawn_board(self) -> None:
        """Start a process on the same flash."""
        ...

    def kill_board(self) -> None:
        """End the process."""
        ...

    def brown_out(self) -> None:
        """A dip of the board's rail."""
        ...

    def post(self, type_: int, arg: int, payload: bytes) -> None:
        """A record to the board, now."""
        ...

    def board_power(self, on: bool) -> None:
        """Switch the supply."""
        ...


class Board:
    """A board's state, verbs and records.

    ``mode``: ``dead`` (no process), ``off`` (no supply), ``reset`` (in reset, booting), ``running``, ``halted`` (cut at a flash operation).
    """

    def __init__(self, bench: BoardBench, world: World) -> None:
        self.mode = "dead"
        self.resets: list[tuple[int, str]] = []
        self.boots: list[int] = []
        self.stalls: list[tuple[int, int]] = []  # begin and end of each time in which it computed nothing
        self.stops: list[int] = []  # when it stopped: power loss, cut at a flash operation, reset, kill
        self.notes: list[tuple[int, int, str]] = []
        self.flash_operations: list[tuple[int, int, int, int]] = []  # at_ns, 1 program 2 erase, offset, length
        self.is_alive = Condition("board runs", lambda: self.mode == "running")
        self.is_halted = Condition("board is cut at a flash operation", lambda: self.mode == "halted")
        self._bench = bench
        self._world = world
        self._probes: list[tuple[int, str]] = []
        self._stats: list[dict[str, Any]] = []

    # --- verbs --------------------------------------------------------------------------------------------------------

    def kill(self) -> None:
        """End the process: a power cut for the flash, floating pins for the plant."""
        self._bench.kill_board()

    def start(self) -> None:
        """A new process on the same flash, with power when the supply is up."""
        self._bench.spawn_board()

    def power_cycle(self) -> None:
        """Switch the board's supply off and on; the process continues."""
        self._bench.board_power(False)
        self._bench.board_power(True)

    def fault(self, name: str, a: Duration | int = 0, kind: str = "before") -> None:
        """One of FAULTS.

        ``timer-dead``: a = timer, until the next reset or ``kind`` "for ever"; ``stall``: a = duration; ``allocation``: a = how many fail;
        ``power-cut-at-write``: a = number of the operation from now, ``kind`` before/torn/erase. ``adc-uncalibrated``: a chip with blank
        eFuses, from the start when it is among the board's arguments (``--adc-uncalibrated``).
        """
        if name == "brownout":
            self._bench.brown_out()
            return
        codes = {
            "timer-dead": (link.FAULT_TIMER_DEAD, lambda: (int(a), int(kind == "for ever"))),
            "clock-stopped": (link.FAULT_CLOCK_STOPPED, lambda: (1, 0)),
            "clock-ok": (link.FAULT_CLOCK_STOPPED, lambda: (0, 0)),
            "power-cut-at-write": (link.FAULT_POWER_CUT_AT_FLASH, lambda: (int(a), _CUT_KINDS[kind])),
            "adc-uncalibrated": (link.FAULT_ADC_BLANK, lambda: (1, 0)),
            "adc-calibrated": (link.FAULT_ADC_BLANK, lambda: (0, 0)),
            "stall": (link.FAULT_CPU_STALL, lambda: (ns(a), 0)),
            "allocation": (link.FAULT_ALLOCATION, lambda: (int(a), 0)),
        }
        if name not in codes:
            raise ValueError(f"a board's faults are {', '.join(FAULTS)}; not {name!r}")
        code, values = codes[name]
        self._world.log(f"board: fault {name} {a or ''}")
        self._bench.post(link.FAULT, code, _FAULT.pack(*values()))
        if name == "stall":
            self.stalls.append((self._world.now_ns, self._world.now_ns + ns(a)))

    def flash_fails(self, operations_from_now: int, kind: FlashKind = "any", done: bool = False, times: int = 1, region: str = "") -> None:
        """The n-th flash operation of ``kind`` from now (a page program, a sector erase, a read call) returns an error (OSError).

        ``done``: it did its work all the same. ``times`` in a row fail, 0 for ever. Only operations in the partition ``region`` count, if
        given. The setting persists over resets and power cuts and replaces the previous one; 0 operations cancel it.
        """
        when = "when done" if done else "before"
        self._world.log(f"board: {kind} {operations_from_now} of {region or 'the flash'} fails {when}, {times} times")
        payload = flash_faults.counted(operations_from_now, kind, done, times, region)
        self._bench.post(link.FAULT, link.FAULT_FLASH_FAILS, payload)

    def sector_fails(self, region: str, sector: int, kind: FlashKind = "any", done: bool = False) -> None:
        """Sector ``sector`` of the partition ``region`` is worn out: from now on its operations of ``kind`` return errors.

        ``"none"`` repairs it.
        """
        self._world.log(f"board: sector {sector} of {region}: {kind} fails")
        self._bench.post(link.FAULT, link.FAULT_FLASH_SECTOR, flash_faults.worn(region, sector, kind, done))

    def rtc_decays(self, share: float) -> None:
        """From now on a power loss leaves RTC memory with this share of its bits inverted, instead of empty; 0 cancels it.

        Short losses leave some contents: 0.001 inverts single bits, 0.5 is noise (which the port itself reads as empty memory).
        """
        number("share", share)
        self._world.log(f"board: RTC memory decays by {share}")
        self._bench.post(link.FAULT, link.FAULT_RTC_DECAY, _FAULT.pack(round(share * 1e6), 0))

    def hold_in_reset(self, held: bool) -> None:
        """Drive the EN pin."""
        self._bench.post(link.ENABLE, 0 if held else 1, b"")

    def trace_flash(self, on: bool = True) -> None:
        """Collect the flash operations in ``flash_operations``."""
        self._bench.post(link.TRACE, 1 if on else 0, b"")

    def probe(self, source: str, within: Duration = "5 s") -> str:
        """Run Python ``source`` on the board between two bytecodes and return what it printed.

        ProbeError when it raised, TimeoutError without an answer.
        """
        self._probes.clear()
        self._bench.post(link.PROBE, 0, source.encode())
        if not self._bench.wait_for(Condition("probe answers", lambda: bool(self._probes)), ns(within)):
            raise TimeoutError(f"the board ran no probe within {within}: {source!r}")
        raised, text = self._probes.pop()
        if raised:
            raise ProbeError(text)
        return text

    def stats(self) -> dict[str, Any]:
        """The port's counters."""
        self._stats.clear()
        self._bench.post(link.STATS, 0, b"")
        if not self._bench.wait_for(Condition("stats answer", lambda: bool(self._stats)), ns("5 s")):
            raise TimeoutError("the board sent no STATS within 5 s")
        return self._stats.pop()

    @property
    def violations(self) -> list[str]:
        """The port's notes of level violation: NOR rules broken and the like."""
        return [text for _at, level, text in self.notes if level == 2]

    # --- records ------------------------------------------------------------------------------------------------------

    def lost_power(self) -> None:
        """The supply was lost."""
        self.stopped()
        if self.mode != "dead":
            self.mode = "off"

    def stopped(self) -> None:
        """The running program has stopped."""
        if self.mode == "running":
            self.stops.append(self._world.now_ns)

    def record(self, type_: int, arg: int, at_ns: int, payload: bytes) -> None:
        """Handle a record that is not a signal."""
        if type_ == link.RESET:
            cause = RESET_CAUSES.get(arg, str(arg))
            self.resets.append((at_ns, cause))
            self.stopped()
            if arg != 5:
                self.mode = "reset"
            self._world.log(f"board: reset, {cause}")
        elif type_ == link.BOOT:
            self.mode = "running"
            self.boots.append(at_ns)
            self._world.log("board: MicroPython begins")
        elif type_ == link.NOTE:
            text = payload.decode("utf-8", "replace")
            self.notes.append((at_ns, arg, text))
            self._world.log(f"board: {NOTE_LEVELS.get(arg, arg)}: {text}")
        elif type_ == link.PROBE_RESULT:
            self._probes.append((arg, payload.decode("utf-8", "replace")))
        elif type_ == link.STATS_RESULT:
            self._stats.append(json.loads(payload))
        elif type_ == link.FLASH:
            offset, length = struct.unpack("<II", payload)
            self.flash_operations.append((at_ns, arg, offset, length))
        elif type_ == link.HALT:
            self.stopped()
            self.mode = "halted"
            self._world.log("board: power cut at a flash operation")
        else:
            raise link.LinkError(f"record of unknown type {type_}")
