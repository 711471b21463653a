"""The scan: reads every point, evaluates the matrix, drives every output, strobes the heartbeat. Every 5 ms, before everything else.

Hazards: a scan that does not run, runs late, runs on a stopped clock, or dies half-way. It runs as a soft callback of Timer 1, from an edge
hint, or from the executive when the last pass is over 8 ms old. If it does not finish, the heartbeat circuit acts: no strobe, no supply.

    run --> too soon after the last (2 ms)?  nothing
        --> read points -> matrix -> open, close -> strobe
        --> anything raised, clock unchanged over 4 entries, 10 passes in a row over 3 ms (4.5 at 160 MHz), half a second without a pass:
            all_off, `fault` set, no strobe ever again in this boot

Nothing in a pass allocates; the heap is locked while it runs. Counters of passes wrap early: a longer integer would be an allocation. A
pass never runs inside another (the timer comes between any two bytecodes of a pass that the executive runs), nor while a task resets trips.
"""

from time import ticks_diff, ticks_us

from micropython import const, heap_lock, heap_unlock

from shed.safety import faults

_TOO_SOON_US = const(2000)
_LONG_CYCLES = const(720000)  # 3 ms at 240 MHz, 4.5 ms at 160: the same program takes as many cycles on both
_LONG_IN_A_ROW = const(10)
_CLOCK_SAME = const(4)
_WRAP = const(0x1FFFFFFF)  # counters: one step past the greatest small integer would be an allocation
_DEAD_GAP_US = const(500000)  # the heartbeat circuit may have dropped: nothing may come back by itself


class Scan:
    """points, matrix, outputs: the objects of this room. heartbeat: board/pins.py `strobe`, or None (a board without the circuit is
    *unprotected*). keep_latched(mask): called at every new trip once the outputs are written, so that no reset forgets it; allocates
    nothing. `run(timer_or_none)` is the one entry; `trips` counts trips. `passes`, `timer_calls`, `last_us`, `worst_us`, `worst_gap_us`
    are for display. `fault` is 0 or a code of safety/faults.py."""

    def __init__(self, points, matrix, outputs, heartbeat, keep_latched, cpu_mhz):
        self.points = points
        self.matrix = matrix
        self.outputs = outputs
        self._all_off = outputs.all_off
        self._strobe_high, self._strobe_low = heartbeat or (None, None)
        self._high = False
        self._keep_latched = keep_latched
        self._inside = False
        self.trips = 0
        self.fault = 0
        self.passes = 0
        self.timer_calls = 0
        self.started_us = ticks_us()
        self._entered_us = self.started_us
        self._same = 0
        self.last_us = 0
        self.worst_us = 0
        self.worst_gap_us = 0
        self._long = 0
        self._long_us = _LONG_CYCLES // cpu_mhz
        self.trip_us = -1  # first differing sample to outputs written, of the newest trip
        self.trip_alarm = 0

    def run(self, timer):
        if timer is not None:
            self.timer_calls = (self.timer_calls + 1) & _WRAP
        if self._inside:
            return
        self._inside = True
        heap_lock()
        try:
            self._pass()
        except BaseException:  # noqa: BLE001  the scan's guard: after any error everything opens
            self._fail(faults.SCAN_EXCEPTION)
        heap_unlock()
        self._inside = False

    def reset_trips(self):
        """For a task: Matrix.reset while the scan stands aside, so that a trip at the same moment is not overwritten, neither here nor in
        what `keep_latched` keeps. A pass follows at once. Returns the mask of the latches that stay."""
        points = self.points
        self._inside = True
        try:
            unsure = points.alarm | points.fault | points.suspect | ~points.seen
            stay = self.matrix.reset(unsure, points.fire)
            self._keep_latched(stay)
        finally:
            self._inside = False
        self.run(None)
        return stay

    def restore_trips(self, latched, unknown=False):
        """For a task: Matrix.restore in the same way."""
        self._inside = True
        try:
            self.matrix.restore(latched, unknown)
            self._keep_latched(self.matrix.latched)
        finally:
            self._inside = False

    def take_trips(self):
        """For a task: the causes that tripped since it last asked, also those that are over by now."""
        calls = self.timer_calls
        self._inside = True
        since = self.matrix.since
        self.matrix.since = 0
        self._inside = False
        if self.timer_calls != calls:  # the scan stood aside
            self.run(None)
        return since

    def take_cuts(self, cuts):
        """For a task: fills the list `cuts` with the masks of outlets that a trip acts on, or acted on since it last asked."""
        calls = self.timer_calls
        words = self.outputs.words
        self._inside = True
        for w in range(len(words)):
            word = words[w]
            cuts[w] = word.cut_since | word.cut
            word.cut_since = 0
        self._inside = False
        if self.timer_calls != calls:
            self.run(None)

    def _fail(self, code):
        self._all_off()
        if self.fault == 0:
            self.fault = code

    def _pass(self):
        now_us = ticks_us()
        if now_us == self._entered_us:
            self._same += 1
            if self._same >= _CLOCK_SAME:
                self._fail(faults.CLOCK_STOPPED)
            return
        self._entered_us = now_us
        self._same = 0
        if self.fault:
            self._all_off()
            return
        gap_us = ticks_diff(now_us, self.started_us)
        if gap_us < _TOO_SOON_US and self.passes:
            if gap_us < 0:  # it went backwards, or half its range passed without a scan: no time of it means anything
                self._fail(faults.CLOCK_STOPPED)
            return
        self.started_us = now_us
        if gap_us > self.worst_gap_us:
            self.worst_gap_us = gap_us
            if gap_us > _DEAD_GAP_US:
                self._fail(faults.TASK_STUCK)
                return
        matrix = self.matrix
        points = self.points
        outputs = self.outputs
        alarm = points.sample(now_us)
        fault = points.fault & matrix.holding_points
        if alarm == matrix.alarm_seen and fault == matrix.fault_seen:
            outputs.drive(matrix.cut_groups, matrix.free_gates)
        else:
            latched = matrix.latched
            cut = matrix.cut_groups
            matrix.evaluate(alarm, fault)
            outputs.drive(matrix.cut_groups, matrix.free_gates)
            if matrix.cut_groups & ~cut or matrix.latched != latched:
                self.trip_us = ticks_diff(ticks_us(), points.first_us)
                self.trip_alarm = alarm
                self.trips = (self.trips + 1) & _WRAP
                self._keep_latched(matrix.latched)
        if outputs.bad_readback >= 0:
            self._fail(faults.OUTPUT_READBACK)
            return
        if self._strobe_high is not None:
            if self._high:
                self._strobe_low()
                self._high = False
            else:
                self._strobe_high()
                self._high = True
        self.passes = (self.passes + 1) & _WRAP
        took_us = ticks_diff(ticks_us(), now_us)
        self.last_us = took_us
        if took_us > self.worst_us:
            self.worst_us = took_us
        if took_us > self._long_us:
            self._long += 1
            if self._long >= _LONG_IN_A_ROW:
                self._fail(faults.SCAN_OVERRUN)
        elif self._long:
            self._long = 0
