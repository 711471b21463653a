"""What the model of the CPU says, beside what was published for real ESP32 boards. Run it: python -m hil_tests.board.calibration

The first two figures are what the opcode prices (boards/emulated/port/costs.c) were fitted to; the rest were not used for it.
"""

from __future__ import annotations

import runpy
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hil_tests.board.driver import MICROPYTHON, ROOT, Board

RATE: Final = """
import asyncio, time
n = 0
async def foo():
    global n
    while True:
        n += 1
        await asyncio.sleep(0)
async def main():
    global n
    for _ in range(100):
        asyncio.create_task(foo())
    await asyncio.sleep_ms(200)
    n = 0
    t = time.ticks_us()
    await asyncio.sleep_ms(2000)
    print(time.ticks_diff(time.ticks_us(), t) / n)
asyncio.run(main())
"""

COLLECT: Final = """
import gc, time
a = [bytearray(400) for i in range(250)]
gc.collect()
s = time.ticks_us()
gc.collect()
print(time.ticks_diff(time.ticks_us(), s) / 1000)
"""

PYSTONE: Final = "pystone loops a second"
SCORES_6565: Final = "micropython issue 6565, comment of 2020-11-18, v1.13-180, score over the pystone score of the same table"


@dataclass(frozen=True)
class Figure:
    name: str
    mhz: int
    published: float
    source: str
    fitted: bool = False
    measured: float = 0.0

    @property
    def off_percent(self) -> float:
        return 100 * (self.measured / self.published - 1)


def set_clock(board: Board, mhz: int) -> None:
    board.raw(f"import machine\nmachine.freq({mhz}000000)")


def send(board: Board, name: str, source: str) -> None:
    board.raw(f"f=open('{name}.py','w')")
    for i in range(0, len(source), 400):
        board.raw(f"f.write({source[i : i + 400]!r})")
    board.raw("f.close()\nimport gc\ngc.collect()")


def score(board: Board, name: str, n: int = 100, m: int = 100) -> float:
    """The score of one of MicroPython's own tests/perf_bench, as run-perfbench.py computes it."""
    bench = MICROPYTHON / "tests/perf_bench"
    send(board, name, (bench / f"{name}.py").read_text())
    send(board, "benchrun", (bench / "benchrun.py").read_text())
    out = board.raw(
        f"from {name} import *\nimport benchrun\nbenchrun.bm_params=bm_params\nbenchrun.bm_setup=bm_setup\nbenchrun.bm_run({n},{m})", limit_ns=600 * 10**9
    ).split()
    board.start("import machine\nmachine.reset()")  # modules and heap go
    board.expect(b">>> ")
    if int(out[0]) < 0:
        raise RuntimeError(f"{name}: {' '.join(out[2:])}")
    return 1e6 * float(out[1]) / int(out[0])


def rate_us(board: Board) -> float:
    return float(board.raw(RATE, limit_ns=20 * 10**9))


def collection_ms(board: Board) -> float:
    return float(board.raw(COLLECT))


def new_board(directory: Path) -> Board:
    flash = directory / "calibration.bin"
    runpy.run_path(str(ROOT / "boards/emulated/flash_file.py"))["create"](flash)
    return Board(flash)


def main() -> int:
    names = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory, new_board(Path(directory)) as board:
        board.boot()
        for name in names:
            set_clock(board, 240)
            print(name, score(board, name))
        set_clock(board, 160)
        print("rate", rate_us(board))
        set_clock(board, 240)
        print("gc", collection_ms(board))
    return 0


if __name__ == "__main__":
    sys.exit(main())
