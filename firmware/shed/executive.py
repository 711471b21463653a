"""The executive: fixed-priority cooperative tasks. Everything that is not the scan runs here.

Hazard: one slow task starving the rest unseen. Each task returns how long it wants to sleep, has a budget, and is counted: runs, overruns,
worst run time, worst lateness. After every run the highest-priority due task goes next. The executive also watches the scan's timer.
"""

from micropython import const
from time import ticks_add, ticks_diff

from shed.safety import faults

_SCAN_LATE_US = const(8000)
_TIMER_SILENT_MS = const(100)
LONGEST_SLEEP_MS = const(20)


class Task:
    """`step(now_ms) -> ms until it wants to run again` (at most 2^28)."""

    def __init__(self, name, step, budget_ms, due_ms):
        self.name = name
        self.step = step
        self.budget_ms = budget_ms
        self.due_ms = due_ms
        self.runs = 0
        self.overruns = 0
        self.worst_ms = 0
        self.late_ms = 0


class Executive:
    """clock: object with `ticks_ms()`, `ticks_us()`, `sleep_ms(n)` (an idle that lets callbacks run). scan: safety.scan.Scan."""

    def __init__(self, clock, scan):
        self._ticks_ms = clock.ticks_ms
        self._ticks_us = clock.ticks_us
        self._sleep_ms = clock.sleep_ms
        self._scan = scan
        self.tasks = []
        self.running = None
        self.scans_run_here = 0
        self._timer_calls = -1
        self._timer_seen_ms = 0

    def add(self, name, step, budget_ms):
        """Adds a task behind (below) those already there."""
        self.tasks.append(Task(name, step, budget_ms, self._ticks_ms()))

    def turn(self):
        """Runs the highest-priority due task, or sleeps until one is due or 20 ms are over. Returns 0, or a fault code that ends service."""
        now_ms = self._ticks_ms()
        scan = self._scan
        if scan.fault:
            return scan.fault
        if scan.timer_calls != self._timer_calls:
            self._timer_calls = scan.timer_calls
            self._timer_seen_ms = now_ms
        elif ticks_diff(now_ms, self._timer_seen_ms) > _TIMER_SILENT_MS:
            return faults.SCAN_TIMER_SILENT
        if ticks_diff(self._ticks_us(), scan.started_us) > _SCAN_LATE_US:
            self.scans_run_here += 1
            scan.run(None)
        wait_ms = LONGEST_SLEEP_MS
        for task in self.tasks:
            left_ms = ticks_diff(task.due_ms, now_ms)
            if left_ms <= 0:
                self._run(task, now_ms, -left_ms)
                return 0
            if left_ms < wait_ms:
                wait_ms = left_ms
        self._sleep_ms(wait_ms if ticks_diff(now_ms, self._timer_seen_ms) < _SCAN_LATE_US // 1000 else 4)
        return 0

    def _run(self, task, now_ms, late_ms):
        self.running = task
        task.due_ms = ticks_add(now_ms, task.step(now_ms))
        task.runs += 1
        took_ms = ticks_diff(self._ticks_ms(), now_ms)
        if took_ms > task.worst_ms:
            task.worst_ms = took_ms
        if took_ms > task.budget_ms:
            task.overruns += 1
        if late_ms > task.late_ms:
            task.late_ms = late_ms
        self.running = None
