"""The bench: a board plus its plant, emulated. Verbs act now; ``run`` and ``until`` let virtual time pass."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import weakref
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from shedbench.link import link
from shedbench.link.link_log import LinkLog
from shedbench.places import SMALL_SITE
from shedbench.plant.people import DEFAULT_CARDS, CardData
from shedbench.plant.port import POWER_OFF, POWER_ON, BoardPort
from shedbench.plant.shed import Shed
from shedbench.plant.units import Duration, as_written, ns
from shedbench.plant.units import text as time_text
from shedbench.plant.world import World

from . import branch as forks
from . import evidence, variant
from .board import Board
from .board_kind import read_kind
from .board_process import FROZEN, STOCK, BoardProcess
from .conditions import Condition, name_of, wanted
from .console import Console
from .flash_image import BLANK, ERASED, Flash, flash_file
from .lockstep import Lockstep
from .parts import Parts
from .uart0 import Serial

T = TypeVar("T")


class BenchTimeout(AssertionError):
    """A condition did not come true in its virtual time; the message ends with the last events."""


class Bench(Parts):
    """``seed`` decides every chance, in plant and board. ``flash``: a flash file to copy; None builds one from the site; ``"blank"`` is an
    erased chip with a partition table; a mapping of paths to MicroPython sources is a blank chip with these files.

    ``start_ns`` is the virtual time at which it begins, ``ticks_offset_ms`` the board's ticks at power-on. The board is powered and started
    unless ``power`` is False. ``board``: a board file to use instead of the site's. ``program``: ``frozen`` into its image, or ``stock``:
    in its file system; a board that begins blank, erased or with files of a mapping is a stock one. Defaults come from the ``variant`` of
    the test run.
    """

    def __init__(
        self,
        site: str | Path = SMALL_SITE,
        seed: int = 1,
        flash: Flash = None,
        start_ns: int = 0,
        ticks_offset_ms: int | None = None,
        link_log: str | Path | None = None,
        cards: Sequence[CardData] = DEFAULT_CARDS,
        power: bool = True,
        board_command: list[str] | None = None,
        board_arguments: tuple[str, ...] = (),
        board: str | Path | None = None,
        program: str | None = None,
    ) -> None:
        self.seed = seed
        kind = variant.chosen()
        self.directory = Path(tempfile.mkdtemp(prefix="shedguard-bench-"))
        self._remove = weakref.finalize(self, shutil.rmtree, self.directory, True)
        self.world = World(seed, start_ns)
        self.port = BoardPort(self.world)
        self.plant = Shed(self.world, self.port, site, tuple(cards))
        self.board = Board(self, self.world)
        self.port.on_power_off = self.board.lost_power
        self._log = LinkLog(Path(link_log)) if link_log is not None else None
        self.lockstep = Lockstep(self.world, self.port, self, self._log)
        self.serial = Serial(self.port)
        self.console = Console(self, self.serial, self.plant.wiring.maintenance_key)
        self.kind = read_kind(Path(board) if board is not None else self.plant.wiring.board_path)
        bare = flash in (BLANK, ERASED) or isinstance(flash, Mapping)
        self.program = program or (STOCK if bare else kind.program)
        frozen = self.program == FROZEN
        path = flash_file(self.directory, flash, self.plant.wiring, tuple(cards), kind.cpu_mhz, self.kind.flash_bytes, frozen)
        ticks_ms = kind.ticks_offset_ms if ticks_offset_ms is None else ticks_offset_ms
        arguments = (*self.kind.arguments, *kind.arguments, *board_arguments)
        self.process = BoardProcess(path, seed, ticks_ms, board_command, arguments, self.program)
        evidence.made(self)
        if power:
            self.spawn_board()
            self.plant.psu.start()

    # --- time ---------------------------------------------------------------------------------------------------------

    @property
    def now_ns(self) -> int:
        """Virtual time."""
        return self.world.now_ns

    def run(self, duration: Duration) -> None:
        """Let ``duration`` pass."""
        self.lockstep.run_until(self.now_ns + ns(duration))

    def wait(self, condition: Callable[[], bool], within_ns: int) -> bool:
        """Run until ``condition()`` holds, at most ``within_ns``; returns whether it does."""
        return self.lockstep.run_until(self.now_ns + within_ns, wanted(condition))

    def wait_for(self, condition: Condition, within_ns: int) -> bool:
        """See ``wait``."""
        return self.wait(condition, within_ns)

    def until(self, condition: Callable[[], bool], within: Duration = "5 s") -> int:
        """Run until ``condition()`` holds; returns the nanoseconds it took.

        It is checked after every event and once a virtual second. BenchTimeout when it does not hold in time.
        """
        start = self.now_ns
        if not self.wait(condition, ns(within)):
            raise BenchTimeout(
                f"not within {as_written(within)}: {name_of(condition)} (seed {self.seed}). Last events:\n"
                + "\n".join(self.events.tail(30))
            )
        return self.now_ns - start

    def stays(self, condition: Callable[[], bool], duration: Duration) -> None:
        """Let ``duration`` pass and raise BenchTimeout as soon as ``condition`` fails."""
        start = self.now_ns
        wanted(condition)
        if self.wait(lambda: not condition(), ns(duration)):
            after = time_text(self.now_ns - start)
            raise BenchTimeout(
                f"after {after} no longer: {name_of(condition)} (seed {self.seed}). Last events:\n" + "\n".join(self.events.tail(30))
            )

    # --- evidence -----------------------------------------------------------------------------------------------------

    @property
    def events(self):
        """The event log."""
        return self.world.events

    @property
    def journal(self):
        """What the board recorded, from the present flash file."""
        from .journal import Journal

        return Journal(self.process.flash, self.plant.wiring)

    def save_artifacts(self, directory: str | Path) -> Path:
        """Write seed, event log, waveform, serial output and flash image into ``directory``; returns it."""
        out = Path(directory)
        out.mkdir(parents=True, exist_ok=True)
        (out / "seed.txt").write_text(f"{self.seed}\n", encoding="ascii")
        (out / "events.txt").write_text("\n".join(self.events.lines()) + "\n", encoding="utf-8")
        (out / "serial.txt").write_bytes(bytes(self.serial.received))
        self.world.waveform.write_vcd(out / "waveform.vcd")
        self.process.copy_flash(out / "flash.bin")
        return out

    # --- board and futures --------------------------------------------------------------------------------------------

    def branch(self, body: Callable[[Bench], T]) -> T:
        """Run ``body(bench)`` in a fork of plant and board in exactly this state, and return its (pickled) result.

        This bench does not change.
        """
        return self.branches([body], jobs=1)[0]

    def branches(self, bodies: Sequence[Callable[[Bench], T]], jobs: int = 2) -> list[T]:
        """Many futures of this moment, ``jobs`` at a time; their results in the order of ``bodies``. The first exception ends it."""
        results: list[T] = []
        running: deque[tuple[forks.Fork, Path | None]] = deque()
        waiting = deque(bodies)
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    running.append(self._fork(waiting.popleft()))
                fork, copy = running.popleft()
                try:
                    results.append(fork.result())
                finally:
                    forks.remove(copy)
        finally:
            for fork, copy in running:
                with contextlib.suppress(Exception):
                    fork.result()
                forks.remove(copy)
        return results

    def _fork(self, body: Callable[[Bench], T]) -> tuple[forks.Fork, Path | None]:
        if not self.lockstep.is_attached:
            return forks.Fork(lambda: self._as_branch(None, None, body)), None
        ours, theirs = forks.link_pair()
        copy = forks.flash_copy_path(self.process.flash)
        self.lockstep.fork(theirs, str(copy))
        theirs.close()
        fork = forks.Fork(lambda: self._as_branch(ours, copy, body))
        ours.close()
        return fork, copy

    def _as_branch(self, link_socket, copy: Path | None, body: Callable[[Bench], T]) -> T:
        self._remove.detach()
        self.lockstep.log = None
        if copy is None:
            copy = forks.flash_copy_path(self.process.flash)
            self.process.copy_flash(copy)
            self.process.flash = copy
        else:
            self.process.adopt(link_socket, copy)
            self.lockstep.adopt(link_socket)
        try:
            return body(self)
        except BaseException:
            evidence.branch_failed(self)
            raise
        finally:
            self.process.kill()
            copy.unlink(missing_ok=True)

    def close(self) -> None:
        """End the board and remove its files. Safe to call twice."""
        self.process.kill()
        self.lockstep.detach()
        if self._log is not None:
            self._log.close()
            self._log = self.lockstep.log = None
        evidence.closed(self, self._remove)

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- for Board and Lockstep ---------------------------------------------------------------------------------------

    def spawn_board(self) -> None:
        """Start a board process now, with the present inputs; power if the supply is up."""
        self.lockstep.attach(self.process.start(self.now_ns))
        self.board.mode = "reset" if self.plant.psu.is_up else "off"
        self.port.resend()
        self.world.log("board: process started")

    def kill_board(self) -> None:
        """End the process. Pins float; the heartbeat's last edge counts as now."""
        self.lockstep.detach()
        self.process.kill()
        self.board.stopped()
        self.board.mode = "dead"
        self.world.log("board: killed")
        self.port.board_died()

    def brown_out(self) -> None:
        """See Psu.brown_out."""
        self.plant.psu.brown_out()

    def board_power(self, on: bool) -> None:
        """Switch only the board's supply, at its connector."""
        self.port.power(POWER_ON if on else POWER_OFF)

    def post(self, type_: int, arg: int, payload: bytes) -> None:
        """Send a record to the board now."""
        self.port.post(type_, arg, payload)

    def board_record(self, type_: int, arg: int, at_ns: int, payload: bytes) -> None:
        """Handle a record that is not a signal of a pin or a UART."""
        if type_ == link.I2C:
            self.port.board_i2c(arg, payload)
            return
        if type_ == link.PWM:
            hz, duty, _ = link.PWM_FORM.unpack(payload)
            self.world.log(f"board: PWM on GPIO{arg}: " + (f"{hz} Hz, {duty * 100 // 65535} %" if hz else "stopped"))
            self.port.board_pwm(arg, hz, duty)
            return
        self.board.record(type_, arg, at_ns, payload)
        if type_ == link.HALT or (type_ == link.RESET and arg in link.FLOATING_RESETS):
            self.port.board_floats()

    def board_lost(self) -> str:
        """The link broke."""
        words = f"the board ended at {time_text(self.now_ns)}: {self.process.exit_status()}"
        self.kill_board()
        return words + "\nLast events:\n" + "\n".join(self.events.tail(20))
