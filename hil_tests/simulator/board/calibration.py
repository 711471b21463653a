"""The figures of the CPU model, beside those published for real ESP32 boards. Run it: python -m hil_tests.simulator.board.calibration

The first two figures are what the opcode prices (boards/emulated/port/costs.h) were fitted to; the rest were not used for it. They come
from different firmware: pystone from before v1.18 (VM in flash), the task switch from v1.18 (VM in RAM). With the first alone the task
switch comes out a third too slow; C calls are 1 % of it, so only the opcodes' prices can make up the difference.
"""

from __future__ import annotations

import runpy
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hil_tests.simulator.board.driver import MICROPYTHON, ROOT, Board

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

COMMENT_6565: Final = (
    "micropython issue 6565, maintainer's comment of 2020-11-18, perf_bench at N=100 M=100, v1.13-180; clock as the issue's, 240 MHz"
)


@dataclass(frozen=True)
class Figure:
    """One published measurement. ``fitted``: the prices were fitted to it, so it proves nothing."""

    name: str
    mhz: int
    published: float
    unit: str
    source: str
    measure: Callable[[Board], float]
    fitted: bool = False


@dataclass(frozen=True)
class Result:
    figure: Figure
    measured: float

    @property
    def off_percent(self) -> float:
        return 100 * (self.measured / self.figure.published - 1)

    def __str__(self) -> str:
        f = self.figure
        how = "fitted" if f.fitted else "not fitted"
        figures = f"{f.name:18} {self.measured:9.1f} {f.unit:10} published {f.published:8.1f}  {self.off_percent:+5.0f} %"
        return f"{figures}  {f.mhz} MHz  {how}; {f.source}"


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
        f"from {name} import *\nimport benchrun\nbenchrun.bm_params=bm_params\nbenchrun.bm_setup=bm_setup\nbenchrun.bm_run({n},{m})",
        limit_ns=600 * 10**9,
    ).split()
    board.start("import machine\nmachine.reset()")  # modules and heap go
    board.expect(b">>> ")
    if int(out[0]) < 0:
        raise RuntimeError(f"{name}: {' '.join(out[2:])}")
    return 1e6 * float(out[1]) / int(out[0])


def rate_us(board: Board) -> float:
    return float(board.raw(RATE, limit_ns=20 * 10**9))


def new_board(directory: Path) -> Board:
    flash = directory / "calibration.bin"
    runpy.run_path(str(ROOT / "boards/emulated/flash_file.py"))["create"](flash)
    return Board(flash)


def benchmark(name: str, published: float) -> Figure:
    return Figure(name, 240, published, "score", COMMENT_6565, lambda board: score(board, name))


PYSTONE: Final = Figure(
    "pystone",
    240,
    1000.0,
    "loops/s",
    "micropython issue 6565 (1014/s, v1.13-126)",
    lambda board: score(board, "misc_pystone"),
    fitted=True,
)
RATE_100: Final = Figure("rate.py, 100 tasks", 160, 322.0, "us/task", "peterhinch/micropython-async issue 79, v1.18", rate_us, fitted=True)
THIRD: Final = benchmark("bm_hexiom", 24.51)

FIGURES: Final = (PYSTONE, RATE_100, THIRD)
# The rest of the same published table. Programs that index lists and compute with integers in tight loops come out far too slow.
FURTHER: Final = (
    benchmark("bm_float", 3368.39),
    benchmark("bm_chaos", 204.19),
    benchmark("bm_nqueens", 2792.79),
    benchmark("misc_mandel", 3174.19),
    benchmark("bm_pidigits", 475.01),
    benchmark("bm_fannkuch", 80.12),
    benchmark("misc_aes", 413.36),
    benchmark("bm_fft", 2707.87),
)


def measure(figures: tuple[Figure, ...]) -> list[Result]:
    """All of them on one board, from a blank flash."""
    results = []
    with tempfile.TemporaryDirectory() as directory, new_board(Path(directory)) as board:
        board.boot()
        for figure in figures:
            set_clock(board, figure.mhz)
            results.append(Result(figure, figure.measure(board)))
    return results


def main() -> int:
    for result in measure(FIGURES if "--short" in sys.argv else FIGURES + FURTHER):
        print(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
