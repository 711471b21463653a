"""A bare emulated board for the suite: no shed around it, the stock partition table, the suite's data files, one jumper."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from shedbench.bench.board_process import BoardProcess
from shedbench.bench.lockstep import Lockstep
from shedbench.bench.uart0 import Serial
from shedbench.link import link
from shedbench.plant.jumper import PinJumper, UartJumper
from shedbench.plant.port import POWER_ON, BoardPort
from shedbench.plant.units import Duration, ns
from shedbench.plant.world import World
from shedguard.flash.image import build_blank, write_partition
from shedguard.formats import file_system
from shedguard.formats.partition_table import STOCK, find

# What tests open or import while they run. On the board they are at the root; on a PC the suite's folder is the current one.
_DATA = ("io/data", "unicode/data")
_MODULES = "import"
_DEVICE = Path(__file__).with_name("device")


def board_files(tests: Path) -> dict[str, bytes]:
    """The files of ``tests`` (the suite's folder) that its tests need beside them, by their path on the board."""
    files: dict[str, bytes] = {}
    for folder in _DATA:
        root = tests / folder
        files |= {f"data/{path.relative_to(root)}": path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
    root = tests / _MODULES
    files |= {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*.py"))}
    files["lib/unittest.py"] = (_DEVICE / "unittest.py").read_bytes()
    return files


class BareBoard:
    """``serial`` and ``run`` as a bench has them. GPIO 4 and 5 are wired together, as the suite requires."""

    def __init__(self, files: dict[str, bytes], seed: int = 1) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="shedguard-upstream-"))
        flash = self.directory / "flash.bin"
        build_blank(flash)
        write_partition(flash, "vfs", file_system.build(files, find(STOCK, "vfs").size))
        self.world = World(seed)
        self.port = BoardPort(self.world)
        self.lockstep = Lockstep(self.world, self.port, self)
        self.serial = Serial(self.port)
        # TX of UART 1 or, in one test, of UART 2 is on GPIO 4; RX of UART 1 is on GPIO 5.
        self.jumper = UartJumper(self.port, senders=(1, 2), receiver=1)
        self.wire = PinJumper(self.port, source=4, sink=5)
        self.notes: list[str] = []
        self._process = BoardProcess(flash, seed)
        self.lockstep.attach(self._process.start(self.world.now_ns))
        self.port.power(POWER_ON)

    def run(self, duration: Duration) -> None:
        """Let ``duration`` pass."""
        self.lockstep.run_until(self.world.now_ns + ns(duration))

    def wait(self, text: bytes, within: Duration = "10 s") -> bool:
        """Run until the board has printed ``text``; returns whether it did."""
        return self.lockstep.run_until(self.world.now_ns + ns(within), lambda: text in self.serial.received)

    def board_record(self, type_: int, arg: int, at_ns: int, payload: bytes) -> None:
        """Keeps warnings and violations; a PWM goes to the wire."""
        if type_ == link.PWM and arg == self.wire.source:
            self.wire.pwm(payload)
        if type_ == link.NOTE and arg:
            self.notes.append(payload.decode("utf-8", "replace"))

    def board_lost(self) -> str:
        """The process has ended."""
        return self._process.exit_status()

    def close(self) -> None:
        """End the board and remove its files."""
        self.lockstep.detach()
        self._process.kill()
        shutil.rmtree(self.directory, ignore_errors=True)
