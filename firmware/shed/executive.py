"""The executive: fixed-priority cooperative tasks. Everything that is not the scan runs here.

Hazard: one slow task starving the rest unseen. Each task returns how long it wants to sleep, has a budget, and is counted: runs, overruns,
worst run time, worst lateness. The executive also watches the scan's timer.

One rule guarantees fairness. Of the due tasks the highest in priority runs next, but **a task that ran does not run again before every
other task that was due when it ended has had a turn**. That is enough: while a task waits, each other task ends at most once more (from
then on it is behind the waiting one), so no task waits longer than one turn of every other task, the sum of their budgets. No task waits
for ever: a task is only behind tasks whose last turn is older than its own, so the due task whose last turn is oldest is free to run. There
is one exception: `keeps_turn` names a task that is not put behind the others while it holds a wire (a request on RS-485 that must release
the line in time), and the function that says whether it does. While it holds the wire and its turn is due, or milliseconds away, no other
task begins: each waits some milliseconds, until the line is released. A trip does not wait: the scan has opened its outputs.
"""

from time import ticks_add, ticks_diff

from micropython import const

from shed.safety import faults

_SCAN_LATE_US = const(8000)
_TIMER_LATE_MS = const(8)  # a timer later than this: short sleeps, so that the executive runs the scan itself
_SHORT_SLEEP_MS = const(4)
_NEAR_MS = const(4)  # a turn of the reader at 160 MHz takes 3.6
_TIMER_SILENT_MS = const(100)
_LONG_MS = const(1 << 28)
LONGEST_SLEEP_MS = const(20)


class Task:
    """`step(now_ms) -> ms until it wants to run again` (at most 2^28)."""

    def __init__(self, name, step, budget_ms):
        self.name = name
        self.step = step
        self.budget_ms = budget_ms
        self.runs = 0
        self.overruns = 0
        self.worst_ms = 0
        self.late_ms = 0


class Executive:
    """clock: object with `ticks_ms()`, `ticks_us()`, `sleep_ms(n)` (an idle that lets callbacks run). scan: safety.scan.Scan.

    `keep_going`: without the timer the executive goes on running the scan itself (safe mode: nothing is energised), instead of ending
    service."""

    def __init__(self, clock, scan, keep_going):
        self._ticks_ms = clock.ticks_ms
        self._ticks_us = clock.ticks_us
        self._sleep_ms = clock.sleep_ms
        self._scan = scan
        self._keep_going = keep_going
        self.on_trip = -1  # number of the task that is woken by a trip
        self.keeps_turn: tuple = (-1, None)
        self._trips = scan.trips
        self.tasks = []
        self.running = None
        self.scans_run_here = 0
        self._due_ms = []  # by task, in order of priority
        self._behind = []  # by task: mask of tasks that go before it, whatever its priority
        self._ran = -1  # the task that ran last, until the next look finds which tasks were due then
        self._next_ms = self._ticks_ms()  # the earliest due time, or an earlier time
        self._timer_calls = -1
        self._timer_seen_ms = self._next_ms

    def add(self, name, step, budget_ms):
        """Adds a task behind (below) those already there. Returns its number."""
        self.tasks.append(Task(name, step, budget_ms))
        self._due_ms.append(self._ticks_ms())
        self._behind.append(0)
        return len(self._behind) - 1

    def wake(self, i):
        """Makes task number `i` due now; one that is due already keeps its due time."""
        now_ms = self._next_ms = self._ticks_ms()
        if ticks_diff(self._due_ms[i], now_ms) > 0:
            self._due_ms[i] = now_ms

    def overdue_ms(self, now_ms):
        """How long the longest waiting task has been due, at least 0. By the rule above no more than the sum of the budgets."""
        longest_ms = 0
        for due_ms in self._due_ms:
            longest_ms = max(longest_ms, ticks_diff(now_ms, due_ms))
        return longest_ms

    def turn(self):
        """Runs the highest-priority due task, or sleeps until one is due or 20 ms are over. Returns 0, or the code that ends service."""
        now_ms = self._ticks_ms()
        scan = self._scan
        calls = scan.timer_calls
        if calls != self._timer_calls:
            self._timer_calls = calls
            self._timer_seen_ms = now_ms
        elif ticks_diff(now_ms, self._timer_seen_ms) > _TIMER_SILENT_MS and not self._keep_going:
            return faults.SCAN_TIMER_SILENT
        if scan.fault:
            return scan.fault
        if scan.trips != self._trips:
            self._trips = scan.trips
            self.wake(self.on_trip)
        if ticks_diff(self._ticks_us(), scan.started_us) > _SCAN_LATE_US:
            self.scans_run_here += 1
            scan.run(None)
        wait_ms = ticks_diff(self._next_ms, now_ms)
        if wait_ms <= 0:
            wait_ms = self._look(now_ms)
            if wait_ms <= 0:
                return 0
        if wait_ms > LONGEST_SLEEP_MS:
            wait_ms = LONGEST_SLEEP_MS
        self._sleep_ms(wait_ms if ticks_diff(now_ms, self._timer_seen_ms) < _TIMER_LATE_MS else _SHORT_SLEEP_MS)
        return 0

    def _look(self, now_ms):
        """Runs the due task whose turn it is and returns 0, or returns the milliseconds until one is due. One pass over the due times."""
        due = 0
        left_ms = _LONG_MS
        bit = 1
        for due_ms in self._due_ms:
            wait_ms = ticks_diff(due_ms, now_ms)
            if wait_ms <= 0:
                due |= bit
            elif wait_ms < left_ms:
                left_ms = wait_ms
            bit <<= 1
        behind = self._behind
        keeper, holds = self.keeps_turn
        if self._ran >= 0:
            behind[self._ran] = 0 if self._ran == keeper and holds() else due & ~(1 << self._ran)
            self._ran = -1
        if due and keeper >= 0 and ticks_diff(self._due_ms[keeper], now_ms) <= _NEAR_MS and holds():
            due &= 1 << keeper
        if not due:
            self._next_ms = ticks_add(now_ms, left_ms)
            return left_ms
        found = 0
        while not due >> found & 1 or behind[found] & due:
            found += 1
        for i in range(len(behind)):
            behind[i] &= ~(1 << found)
        others = due & ~(1 << found)
        self._next_ms = now_ms if others else ticks_add(now_ms, left_ms)
        late_ms = ticks_diff(now_ms, self._due_ms[found])
        task = self.running = self.tasks[found]
        due_ms = self._due_ms[found] = ticks_add(now_ms, task.step(now_ms))
        self.running = None
        self._ran = found
        if ticks_diff(due_ms, self._next_ms) < 0:
            self._next_ms = due_ms
        took_ms = ticks_diff(self._ticks_ms(), now_ms)
        task.runs += 1
        if took_ms > task.worst_ms:
            task.worst_ms = took_ms
        if took_ms > task.budget_ms:
            task.overruns += 1
        if late_ms > task.late_ms:
            task.late_ms = late_ms
        return 0
