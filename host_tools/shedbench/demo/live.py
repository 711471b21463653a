"""The demo on a terminal: a calm screen, single keys, simulated time at a chosen speed. It restores the terminal in every case."""

from __future__ import annotations

import signal
import tempfile
import time
import traceback
from collections import deque
from pathlib import Path
from types import FrameType
from typing import Final

from rich.console import Console
from rich.live import Live
from shedguard.errors import FAILED, OK, ShedError

from shedbench.bench.bench import Bench
from shedbench.bench.lockstep import BoardLost

from . import snapshot, view
from .feed import Event, Feed
from .hands import Hands
from .keyboard import Keyboard
from .picture import title_of
from .script import TAMPERED_OUTLET

SPEEDS: Final = (1, 5, 20, 60, 200, 600)
_FRAME_S: Final = 0.15
_BUSY_S: Final = 0.12  # of a frame, at most, for the simulation, so that keys respond quickly
_SLICE_S: Final = 0.02
_ASK_S: Final = 1.0  # the board is asked for its status this often, wall time
_EVENTS_KEPT: Final = 60


def live(site: Path, seed: int, meter_scale: float) -> int:
    """Play until ``q``. 0, or 1 when the terminal is too small or the board process ends."""
    console = Console()
    if console.width < 80 or console.height < 24:
        raise ShedError(f"the terminal is {console.width}x{console.height}", "the live view needs 80x24", "make it larger, or use --script")
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        with Bench(site=site, seed=seed) as bench:
            if meter_scale != 1.0:
                bench.meter(TAMPERED_OUTLET).scale(meter_scale)
            with Keyboard() as keyboard, Live(console=console, screen=True, auto_refresh=False, redirect_stdout=False) as screen:
                return _Show(bench, console, screen).run(keyboard)
    except BoardLost as error:
        raise ShedError("the emulated board ended", str(error).splitlines()[0], "repeat it with the same --seed", FAILED) from error
    except Exception as error:
        log = Path(tempfile.gettempdir()) / "shed-demo-crash.txt"
        log.write_text(traceback.format_exc(), encoding="utf-8")
        raise ShedError(f"the demo broke: {type(error).__name__}: {error}", "a bug in this tool", f"send {log}", FAILED) from error
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminated(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class _Show:
    """One run of the live demo."""

    def __init__(self, bench: Bench, console: Console, screen: Live) -> None:
        self.bench = bench
        self._console = console
        self._screen = screen
        self._title = title_of(bench)
        self._feed = Feed(bench)
        self._words = snapshot.BoardWords()
        self._hands = Hands(bench)
        self._events: deque[Event] = deque(maxlen=_EVENTS_KEPT)
        self._speed = SPEEDS.index(60)
        self._asked = 0.0
        self._real = 0.0  # virtual seconds per second that were reached

    def run(self, keyboard: Keyboard) -> int:
        """Frame after frame until ``q``."""
        self.bench.run("15 s")  # the board starts and its hold-off passes
        began = time.monotonic()
        while True:
            start_ns = self.bench.now_ns
            self._simulate(began)
            self._events.extend(self._feed.poll())
            self._draw()
            for key in keyboard.keys(max(0.01, began + _FRAME_S - time.monotonic())):
                if key in "qQ":
                    return OK
                self._press(key)
            now = time.monotonic()
            share = (self.bench.now_ns - start_ns) / 1e9 / max(now - began, 1e-3)
            self._real += (share - self._real) * 0.2
            began = now

    def _simulate(self, began: float) -> None:
        """Let this frame's virtual time pass, as far as the machine can within the simulation's share of the frame."""
        left_ns = int(SPEEDS[self._speed] * _FRAME_S * 1e9)
        if began - self._asked >= _ASK_S:
            self._asked = began
            before_ns = self.bench.now_ns
            self._words.ask(self.bench)
            left_ns -= self.bench.now_ns - before_ns
        while left_ns > 0 and time.monotonic() - began < _BUSY_S:
            step_ns = min(left_ns, int(SPEEDS[self._speed] * _SLICE_S * 1e9))
            self.bench.run(step_ns)
            left_ns -= step_ns

    def _press(self, key: str) -> None:
        if key in "+=":
            self._speed = min(self._speed + 1, len(SPEEDS) - 1)
        elif key in "-_":
            self._speed = max(self._speed - 1, 0)
        else:
            said = self._hands.press(key.lower())
            self._asked = 0.0  # show the result at once
            if said:
                self._events.extend(self._feed.poll())
                self._events.append(Event(self.bench.now_ns, "demo", said, "quiet"))

    def _draw(self) -> None:
        shot = snapshot.take(self.bench, self._words)
        wanted = SPEEDS[self._speed]
        pace = f"x{wanted}" if self._real > 0.8 * wanted else f"x{wanted} (gets x{self._real:.0f})"
        size = self._console.size
        self._screen.update(
            view.screen(
                shot,
                list(self._events),
                self._title,
                pace,
                self._hands.selected,
                self._hands.card,
                size.height,
                size.width,
            ),
            refresh=True,
        )
