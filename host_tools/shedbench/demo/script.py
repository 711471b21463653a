"""The fixed evening without a terminal: timeline and table to stdout, progress to stderr, plant compared with journal, exit code."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Final

from shedguard.errors import OK, TEST_FAILED

from shedbench.audit import audit
from shedbench.bench.bench import Bench, BenchTimeout
from shedbench.bench.console import ConsoleError
from shedbench.bench.lockstep import BoardLost

from . import clock, picture, table
from .evening import STORIES, Evening
from .feed import Event, Feed

TAMPERED_OUTLET: Final = 2
_PROGRESS_S: Final = 0.5


def play(site: Path, seed: int, meter_scale: float, picture_file: Path | None) -> int:
    """Play it; returns 0 when plant and journal agree and every session ended as scripted, else 6."""
    began = time.monotonic()
    with Bench(site=site, seed=seed) as bench:
        if meter_scale != 1.0:
            bench.meter(TAMPERED_OUTLET).scale(meter_scale)
        teller = _Teller(bench, began)
        shoot = None if picture_file is None else lambda: picture.write(bench, teller.events, picture_file)
        print(f"{teller.title}: an evening, seed {seed}\n")
        findings: list[str] = []
        try:
            Evening(bench, teller.look, shoot).play()
        except (BenchTimeout, ConsoleError, BoardLost) as error:
            findings.append(f"the evening broke off: {error}")
        teller.look()
        teller.progress_ends()
        findings += audit(bench) + _stories(bench)
        print()
        table.show(table.sessions(bench))
        wall_s = time.monotonic() - began
        print(f"\n{clock.span(bench.now_ns / 1e9)} simulated in {wall_s:.0f} s, {bench.now_ns / 1e9 / wall_s:.0f} times real time")
    if findings:
        print(f"\nPlant and journal DISAGREE, {len(findings)} finding{'s' if len(findings) > 1 else ''}:")
        for finding in findings:
            print(f"- {finding}")
        return TEST_FAILED
    print(
        "\nPlant and journal agree: energy to 1 %, money to the fen, each session settled once, the trip recorded, outlets open, gate free."
    )
    return OK


def _stories(bench: Bench) -> list[str]:
    """Each outlet has one session, and it ended as the evening's script says."""
    ended = {number: [] for number in STORIES}
    for entry in bench.journal.sessions():
        ended.setdefault(entry.outlet, []).append(entry.stop_cause)
    return [
        f"outlet {n}: the script ends its session by {STORIES.get(n)!r}, the journal says {causes}"
        for n, causes in ended.items()
        if causes != [STORIES.get(n)]
    ]


class _Teller:
    """Prints events as they come. ``events`` is all of them."""

    def __init__(self, bench: Bench, began: float) -> None:
        self.feed = Feed(bench)
        self.events: list[Event] = []
        self.title = picture.title_of(bench)
        self._bench = bench
        self._began = began
        self._said = 0.0
        self._on_terminal = sys.stderr.isatty()
        if not self._on_terminal:
            print("playing three hours of a shed's evening ...", file=sys.stderr, flush=True)

    def look(self) -> None:
        """Print new events; on a terminal show progress twice a second."""
        new = self.feed.poll()
        self.events += new
        if new:
            self._wipe()
        for event in new:
            print(f"{clock.wall(event.at_ns):%H:%M:%S}  {event.source:<5}  {event.text}")
        now = time.monotonic()
        if self._on_terminal and now - self._said > _PROGRESS_S:
            self._said = now
            speed = self._bench.now_ns / 1e9 / (now - self._began)
            print(f"\r... {clock.wall(self._bench.now_ns):%H:%M}, {speed:.0f} times real time ", end="", file=sys.stderr, flush=True)

    def progress_ends(self) -> None:
        """Remove the progress line."""
        self._wipe()

    def _wipe(self) -> None:
        sys.stdout.flush()
        if self._on_terminal and self._said:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
