"""The world that all plant parts share: virtual time, seeded chance, the waveform and the event log."""

from __future__ import annotations

import random
from collections.abc import Callable

import simpy
from simpy.events import Timeout

from .waveform import EventLog, Signal, Waveform


class PlantEnvironment(simpy.Environment):
    """A simpy environment in integer nanoseconds that can be moved to a time, also between events."""

    def advance_to(self, time_ns: int) -> None:
        """Run every event due at or before ``time_ns``; then time is ``time_ns``. Never goes back."""
        queue = self._queue
        while queue and queue[0][0] <= time_ns:
            self.step()
        if time_ns > self._now:
            self._now = time_ns

    def next_ns(self, limit_ns: int) -> int:
        """The time of the next event, at most ``limit_ns``."""
        queue = self._queue
        if queue and queue[0][0] < limit_ns:
            return int(queue[0][0])
        return limit_ns


class Timer:
    """One-shot that can be restarted or cancelled.

    A cancelled one stays in the queue and does nothing (it costs a look-ahead, not behaviour).
    """

    __slots__ = ("_action", "_due", "_env", "due_ns")

    def __init__(self, env: PlantEnvironment, action: Callable[[], None]) -> None:
        self._env = env
        self._action = action
        self._due: Timeout | None = None
        self.due_ns: int | None = None

    def start(self, delay_ns: int) -> None:
        """Act ``delay_ns`` from now; an earlier start is dropped."""
        self.cancel()
        timeout = self._env.timeout(delay_ns)
        timeout.callbacks.append(self._fire)
        self._due = timeout
        self.due_ns = int(self._env.now) + delay_ns

    def cancel(self) -> None:
        """Drop the pending action, if any."""
        if self._due is not None and self._due.callbacks is not None:
            self._due.callbacks.clear()
        self._due = None
        self.due_ns = None

    @property
    def is_running(self) -> bool:
        """Whether an action is pending."""
        return self._due is not None

    def _fire(self, _event: object) -> None:
        self._due = None
        self.due_ns = None
        self._action()


class World:
    """``seed`` decides every chance in the plant; streams are named, so that one part's draws never shift another's."""

    def __init__(self, seed: int, start_ns: int = 0) -> None:
        self.seed = seed
        self.env = PlantEnvironment(start_ns)
        self.waveform = Waveform()
        self.events = EventLog()

    @property
    def now_ns(self) -> int:
        """Virtual time."""
        return int(self.env.now)

    def random(self, name: str) -> random.Random:
        """A generator of its own for the part ``name`` (string seeds hash with SHA-512: independent of PYTHONHASHSEED)."""
        return random.Random(f"{self.seed}/{name}")

    def timer(self, action: Callable[[], None]) -> Timer:
        """A one-shot, not yet started."""
        return Timer(self.env, action)

    def after(self, delay_ns: int, action: Callable[[], None]) -> Timer:
        """``action`` happens ``delay_ns`` from now."""
        timer = Timer(self.env, action)
        timer.start(delay_ns)
        return timer

    def signal(self, name: str, width: int = 1) -> Signal:
        """A new line in the waveform."""
        return self.waveform.signal(name, width)

    def log(self, words: str) -> None:
        """An event for people, now."""
        self.events.add(self.now_ns, words)
