"""The shed in service: the objects of all rooms, joined, and the tasks of the executive. Built once per boot by start.py.

Hazard: a wire between two rooms that nobody drew. Every flow is here: points -> books, charging -> leases, reader -> gate and grant,
trips -> stops, meters -> charging. Order of the tasks is their priority.
"""

import gc
from time import ticks_diff

from micropython import const

from shed.access.cards import MAINTENANCE
from shed.board import clock, flash, pins, resets
from shed.charging import stop_causes
from shed.console import auth
from shed.console.console import Console
from shed.executive import Executive
from shed.safety import faults, holders
from shed.safety.matrix import UNKNOWN
from shed.safety.points import ALARM, NORMAL
from shed.service.desk import Desk
from shed.unload import unload

_TYPES = const(0)  # true for the type checker

if _TYPES:
    from shed.console.contracts import Stdio

_WORD = const(30)  # outlets a mask (safety/outputs.py)
BAD_BOOTS = const(5)  # more in a row: safe mode

_STAGGER_MS = const(500)  # between two outlets that come back after a boot
_GOOD_BOOT_S = const(60)
_STARVED_MS = const(2000)  # more than the sum of all budgets
_RESTART_TURNS = const(4)  # of the supervisor: the answer goes out first
_NO_WATCHDOG = const(1)  # arguments of the fault `self_test`
_NO_PARTITION = const(2)
_ERASE_LOOK_MS = const(200)
_AFTER_ERASE_MS = const(600)  # an erase holds up everything for 45 to 300 ms: a card or a button waits for one, not for twenty
_TRIPS_MS = const(500)  # a trip wakes the task at once; a record that is not written is tried again after
_RETRY_MS = const(100)
_COLLECTED = const(1024)  # bytes more than a second ago: the collector ran (freed strings give back less)
_REQUEST_MS = const(12)  # longer than a request holds the line


class Service:
    """start: shed.boot.start.Start, which is not kept. stdio: board.stdio.Console. The scan runs already."""

    def __init__(self, start, stdio: "Stdio"):
        self.rtc = start.rtc
        self.watchdog = start.watchdog
        self.clock = start.clock
        self.safe_mode = start.safe_mode
        self.wrong_board = start.wrong_board
        self.journal = start.journal
        self.wiring = start.wired
        self.points = self.wiring.points
        self.matrix = self.wiring.matrix
        self.outputs = self.wiring.outputs
        self.scan = self.wiring.scan
        self.books = start.books
        self.faults = self.books.faults
        self.eraser = start.eraser
        self.entrance = start.entrance
        self.entrance.admitted = self._admitted
        self.poller = start.poller
        self.charging = start.charging
        self.bus_watch = start.bus_watch
        self.blind_watch = start.blind_watch
        self.votes = start.votes
        self.trial = start.trial  # trial.Trial while one runs
        self.config_crc = start.config_crc
        self.auth = start.auth
        self.hints = [pins.Hint(pin, self.scan.run) for _, pin in self.wiring.hints]
        self.console = Console(stdio, Desk(self), self.auth)
        self.executive = Executive(clock, self.scan, self.safe_mode)
        self._trips = start.recorded
        self._closed = [0] * len(self.outputs.words)
        self._tripped = [0] * len(self.outputs.words)
        self._down = bytearray(len(self.wiring.buttons))  # buttons
        self._point_states = bytearray(self.points.count)
        self._key_was_off = False  # the key switch was seen off in this boot
        self._fed_passes = -1
        self.heap_free = 0  # bytes, after the last collection that was seen
        self._heap_now = 0
        self._heap_s = -1
        self._restart = 0
        self._began_ms = clock.ticks_ms()
        self._boot_lock = True
        self._failed = False  # the self-test
        self._unlocked = 0
        self._unlock_ms = 0
        self._self_test()
        add = self.executive.add
        self.executive.on_trip = add("trips", self._write_trips, 20)
        self._charging_task = add("charging", self._charge, 20)
        self._meters_task = add("meters", self.poller.step, 15)
        add("reader", self.entrance.read, 10)
        add("doors", self._doors_step, 10)
        add("console", self.console.step, 15)
        self.executive.keeps_turn = (self._meters_task, self.poller.driving)
        add("records", self._watch_safety, 20)
        add("flash", self._erase_ahead, 400)

    def _self_test(self):
        """What a board needs before it may charge: without its watchdog, or a place for its records, every outlet stays off."""
        failed = _NO_PARTITION if flash.missing else 0 if self.watchdog.armed else _NO_WATCHDOG
        if failed:
            self._failed = True
            self.outputs.hold_groups(holders.SELF_TEST, -1)
            self.faults.came(faults.SELF_TEST, failed)

    # Tasks, in order of priority.

    def _write_trips(self, now_ms):
        """Trips are recorded before anything else."""
        matrix = self.matrix
        since = self.scan.take_trips()
        new = (since | matrix.latched) & ~self._trips
        if new:
            self._trips |= new & (matrix.latching | matrix.latched)
            self.books.trips(new, matrix, self.scan.trip_alarm, self.scan.trip_us)
            return _RETRY_MS
        return _TRIPS_MS if self.books.write_due(matrix) else _RETRY_MS

    def _charge(self, now_ms):
        charging = self.charging
        if charging is None:
            return 1000
        if self.poller.driving():
            return _REQUEST_MS
        outputs = self.outputs
        words = outputs.words
        for w in range(len(words)):
            lost = words[w].lost_since
            if lost:
                words[w].lost_since = 0
                for i in range(w * _WORD, min(w * _WORD + _WORD, len(charging.sessions))):
                    if lost >> i % _WORD & 1:
                        charging.stop(i, stop_causes.RELAY_BUS)
        charging.fire_fault = self.points.fire_fault()
        charging.fed = outputs.contactors_on
        self.scan.take_cuts(self._tripped)
        for w in range(len(words)):
            self._closed[w] = words[w].on
            self._tripped[w] |= words[w].lost
        wake_ms = charging.step(now_ms, self._closed, self._tripped, self.start_blocked())
        for w in range(len(words)):
            words[w].kept = kept = charging.off_watch.kept[w]
            outputs.renew(charging.lease[w] | kept, w)
        self.poller.energised(charging.meters)
        if self.poller.wanted:
            self.executive.wake(self._meters_task)
        return wake_ms

    def start_blocked(self):
        """Whether no session may begin now; `why` of an idle outlet names the reason."""
        return bool(
            self._boot_lock
            or self._failed
            or self.safe_mode
            or self.points.fire_fault()
            or self.matrix.cut_groups
            or self.faults.is_live(faults.JOURNAL_FULL)
        )

    def _doors_step(self, now_ms):
        self.outputs.renew_locks(self.entrance.locks(now_ms, self.matrix.free_gates))
        self._look_at_buttons()
        return 40

    def _admitted(self, card, role, now_ms):
        """A valid card has opened its gate. Now it may authorise at the console, or start a session, never both: a person who resets a trip
        must not come between a resident and the button (decision 0020)."""
        if role == MAINTENANCE:
            self.auth.note_presence(auth.CARD, now_ms)
        elif self.charging is not None:
            self.charging.card_tapped(card)

    def _look_at_buttons(self):
        buttons = self.wiring.buttons
        down = self._down
        for i in range(len(buttons)):
            if buttons[i] is None or buttons[i]():
                down[i] = 0
            elif not down[i]:
                down[i] = 1
                self.charging.button(i)
                self.executive.wake(self._charging_task)

    def _watch_safety(self, now_ms):
        """Records what the scan found; handles the hold-off, the hints and the key switch."""
        self.books.step()
        self.points.review()
        states = self.points.state
        for i in range(len(states)):
            if states[i] != self._point_states[i]:
                self._point_changed(i, self._point_states[i], states[i], now_ms)
                self._point_states[i] = states[i]
        key = self.wiring.key_switch
        if key >= 0 and states[key] == NORMAL and self.points.seen & ~self.points.suspect & 1 << key:
            self._key_was_off = True
        ends = self.blind_watch.step(now_ms)
        if ends and self.charging is not None:
            for i in range(len(self.wiring.outlets)):
                if ends >> self.wiring.outlets[i][1] & 1:
                    self.charging.stop(i, stop_causes.BLIND)
        if self.votes is not None:
            self.votes.step(now_ms)
        for h in range(len(self.hints)):
            if self.hints[h].review():
                self.faults.came(faults.HINT_STORM, self.wiring.hints[h][0])
                self.faults.over(faults.HINT_STORM, self.wiring.hints[h][0])
        if self.bus_watch is not None:
            self.bus_watch.step()
        if self._unlocked < len(self.wiring.outlets):
            self._unlock(now_ms)
        return 100

    def _point_changed(self, i, old, new, now_ms):
        if i == self.wiring.key_switch:
            if new == ALARM and self._key_was_off:  # turned in this boot; a key that was left on proves nobody's presence
                self.auth.note_presence(auth.KEY_SWITCH, now_ms)
            self._key_was_off = False
        watched = self.points.fire | self.matrix.watched
        if not (watched | self.matrix.recorded) >> i & 1:
            return
        self.books.point(i, new)
        if not watched >> i & 1:
            return
        if new != ALARM and new != NORMAL:
            self.faults.came(faults.POINT_FAULT, i)
        elif old != ALARM and old != NORMAL:
            self.faults.over(faults.POINT_FAULT, i)

    def _unlock(self, now_ms):
        """Hold-off over: the outlets are unlocked one after the other, so that a shed full of bikes does not come back at once."""
        if self._boot_lock:
            if ticks_diff(now_ms, self._began_ms) < self.wiring.hold_off_ms:
                return
            self._boot_lock = False
            self.outputs.hold_groups(holders.BOOT_LOCK, 0)
            self._unlock_ms = now_ms
        if ticks_diff(now_ms, self._unlock_ms) >= 0:
            self.books.release(holders.STAGGER, self._unlocked)
            self._unlocked += 1
            self._unlock_ms = now_ms + _STAGGER_MS & 0x3FFFFFFF

    def _erase_ahead(self, now_ms):
        points = self.points
        watched = points.fire | self.matrix.watched  # a key left on, or another contact that trips nothing, holds up no erase
        coming = points.suspect & watched & ~(points.alarm | points.fault)
        quiet = not self.outputs.any_on() and (not coming or self.books.waits_for_room())
        erased = self.eraser.step(now_ms, quiet, not (points.suspect | points.fault) & watched | points.alarm & points.fire)
        if self.journal.ring.ahead and self.faults.is_live(faults.JOURNAL_FULL):
            self.faults.over(faults.JOURNAL_FULL)
        return _AFTER_ERASE_MS if erased else _ERASE_LOOK_MS

    def supervise(self, now_ms):
        """Feeds the watchdog when the scan made progress and no task is starved of its turn."""
        self.clock.step(now_ms)
        made_progress = self.scan.passes != self._fed_passes and not self.scan.fault
        if made_progress and self.executive.overdue_ms(now_ms) < _STARVED_MS:
            self._fed_passes = self.scan.passes
            self.watchdog.feed()
        self.entrance.look_for_dates()
        if self.clock.uptime_s != self._heap_s:
            self._look_at_heap()
        if self._restart:
            self._restart -= 1
            if not self._restart:
                self.outputs.all_off()
                resets.hard_reset()
        elif self.trial is not None and (self._failed or self.trial.over()):
            self._restart = _RESTART_TURNS  # unconfirmed: the next boot rejects it
        if self.rtc.bad_boots and not self.safe_mode and self.clock.uptime_s >= _GOOD_BOOT_S:
            self.rtc.bad_boots = 0
            self.rtc.save()
        return 250

    def _look_at_heap(self):
        """Notes what is free *after a collection*: at any other moment uncollected garbage hides most of it. In service the collector runs
        by itself; it is called once, in the first turn, when no outlet can be on yet."""
        if not self.heap_free:
            gc.collect()
        self._heap_s = self.clock.uptime_s
        now = gc.mem_free()
        if now >= self._heap_now + _COLLECTED:
            self.heap_free = now
        self._heap_now = now

    # What a person may ask for (console).

    def trial_left_s(self):
        """Seconds in which a configuration on trial may still be confirmed; 0 without one."""
        return self.trial.left_s() if self.trial is not None else 0

    def confirm(self, by):
        """Keeps the configuration on trial. False when there is none, its self-test failed, or the flash refuses."""
        if self.trial is None or self._restart or self._failed or not self.trial.confirm(by):
            return False
        self.trial = None
        unload(("shed.boot.trial", "shed.storage.slots"))
        return True

    def clear(self, by):
        """Resets trips whose points are all seen normal and forgets faults that are over. Without a trip it clears outlets that may be
        live: a person has looked at them. Never both at once: a person who resets a fire has not looked at sockets (decision 0022). Returns
        (latches that stay, as Matrix.kept; live faults that stay)."""
        matrix = self.matrix
        before = matrix.kept()
        gone = 0
        if self.points.count:  # else nothing shows whether the cause is over
            stay = self.scan.reset_trips()
            gone = before & ~(stay | UNKNOWN if matrix.unknown else stay)
            if not matrix.unknown:
                self.faults.over(faults.TRIP_UNKNOWN)
        if self.rtc.bad_boots > BAD_BOOTS:
            self._restart = _RESTART_TURNS
        self._trips &= ~gone
        self.rtc.bad_boots = 0
        self.rtc.keep_configuration(self.journal.config_crc, matrix.unknown)
        self.books.trip_resets(gone, matrix, by)
        if self.charging is not None and not before:
            for i in range(len(self.wiring.outlets)):
                self.charging.off_watch.clear(i)
        if self.bus_watch is not None:
            self.bus_watch.forgive()
        self.books.cleared_by = by
        return matrix.kept(), self.faults.clear()
