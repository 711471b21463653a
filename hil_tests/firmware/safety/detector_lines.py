"""Detector loops and the scans that read them, in virtual time: hum, noise, late scans, smoke, flapping wires."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass

from shed.safety import points as p

BANDS = (300, 1300, 2300)
QUIET_UV, SMOKE_UV, OPEN_UV, SHORT_UV = 1_651_000, 836_000, 3_300_000, 7_000
NOISE_UV = 15_000
TICKS = 1 << 30
READ_US = 31


@dataclass
class Lines:
    """``count`` loops and the scans that read them. ``uv`` is the level of each without hum, by milliseconds since the start."""

    seed: int
    count: int
    hum_mv: int
    hz: float
    humming: Collection[int]
    uv: Callable[[int, float], float]
    late_ms: int = 0  # one scan in fifty is this late
    hints: bool = False  # an edge elsewhere runs one scan in five early

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._phase = [self._chance.uniform(0, 2 * math.pi) for _ in range(self.count)]
        self._start = self._chance.randrange(TICKS)
        self._us = self._last_us = 0
        self._turn = self._tenth = 0
        self.most_reads = self._reads = 0
        configs = [p.PointConfig(p.LOOP, p.FIRE, 0, *BANDS, 3, 2000, self._reader(i)) for i in range(self.count)]
        self.points = p.Points(configs, lambda us: None)

    @property
    def ms(self) -> float:
        return self._us / 1000

    def _reader(self, i: int) -> Callable[[], int]:
        def read() -> int:
            self._reads += 1
            uv = self.uv(i, self.ms) + self._chance.uniform(-NOISE_UV, NOISE_UV)
            if i in self.humming:
                uv += 1000 * self.hum_mv * math.sin(2 * math.pi * self.hz * self.ms / 1000 + self._phase[i])
            self._us += READ_US
            return int(min(3_100_000, max(0, uv)))

        return read

    def until(self, done: Callable[[], object], within_ms: float) -> bool:
        """Scans every 5 ms, one in ten up to 1.4 ms late; the executive's review every 100 ms."""
        end_us = self._us + within_ms * 1000
        while self._us < end_us:
            self._turn = max(self._turn + 1, self._us // 5000)
            due_us = self._turn * 5000
            if self._chance.random() < 0.1:
                due_us += self._chance.randrange(1400)
            if self.late_ms and self._chance.random() < 0.02:
                due_us += self.late_ms * 1000
            self._scan(due_us)
            if self.hints and self._chance.random() < 0.2:
                self._scan(due_us + self._chance.randrange(2100, 3000))
            if self._us // 100_000 != self._tenth:
                self._tenth = self._us // 100_000
                self.points.review()
            if done():
                return True
        return False

    def _scan(self, at_us: int) -> None:
        self._us = max(self._us, at_us)
        if self._us - self._last_us >= 2000:
            self._last_us = self._us
            self._reads = 0
            self.points.sample((self._start + self._us) % TICKS)
            self.most_reads = max(self.most_reads, self._reads)


def smoke_from(begin_ms: float, loops: Collection[int]) -> Callable[[int, float], float]:
    return lambda i, ms: SMOKE_UV if i in loops and ms >= begin_ms else QUIET_UV


def flapping(one_uv: int, other_uv: int, step_ms: float) -> Callable[[int, float], float]:
    return lambda i, ms: other_uv if int(ms / step_ms) % 2 else one_uv
