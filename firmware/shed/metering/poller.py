"""Which meter is read when: energised ones every second, idle ones every half minute, dead ones ever more rarely.

Hazard: a silent meter on an energised outlet is a socket nobody watches. Staleness is therefore a value for every caller (age_ms), and one
dead meter may cost the others no more than one time-out per back-off period.

Back-off after a time-out, an exception or a foreign reply: 2 s, doubling to 60 s (an energised meter: to 5 s). After a damaged reply, or
one out of range, the meter is simply read again after the usual interval, for it is there. Priority: meters asked for by request_now, then
energised ones in turn, then the idle one that is longest overdue; an idle one that is half a minute late goes before the energised ones, so
that it never starves. The choice is made ten times a second with 40 meters: it looks at the energised ones from where it stopped, and at
the idle ones only when one of them is due.
"""

from array import array
from time import ticks_add, ticks_diff

from micropython import const

from shed.metering import modbus, profiles, register

OK = const(0)  # kinds of counter()
TIMEOUTS = const(1)
CRC_ERRORS = const(2)
EXCEPTIONS = const(3)
FOREIGN = const(4)
GLITCHES = const(5)
_KINDS = const(6)

STALE_MS = const(3600000)  # a reading older than an hour is no reading: it loses .valid (and ticks never get near their wrap)
NO_READING_MS = const(0x1FFFFFFF)
_WORD = const(30)  # bits in a mask word
_MAX_SLEEP_MS = const(250)
_BACK_OFF_S = const(60)
_BACK_OFF_HOT_S = const(5)
_FAIR_MS = const(30000)


class Poller:
    """masters: one RtuMaster per bus. meters: (bus index, address, profile id) per meter index. reading(i) -> profiles.Reading."""

    def __init__(self, masters, meters, energised_ms=1000, idle_ms=30000, table=profiles.PROFILES):
        self._masters = masters
        self._meters = meters
        self._table = table
        self._hot_ms = energised_ms
        self._idle_ms = idle_ms
        n = len(meters)
        self.readings = [profiles.Reading() for _ in range(n)]
        self._due_ms = [0] * n
        self._back_off_s = bytearray(n)
        self._urgent = bytearray(n)
        self._urgent_left = 0
        self._counters = array("H", (0 for _ in range(n * _KINDS)))
        self._hot = [0] * ((n + _WORD - 1) // _WORD)
        buses = range(len(masters))
        self._on_bus = [tuple(i for i in range(n) if meters[i][0] == b) for b in buses]
        self._hot_on: list[tuple[int, ...]] = [() for _ in buses]
        self._cursor = [0 for _ in buses]
        self._idle_ms_at = [0 for _ in buses]  # no idle meter of the bus is due before this
        self._asked = [-1 for _ in buses]  # the meter each bus is waiting for
        self.fresh = [0] * ((n + _WORD - 1) // _WORD)  # meters with a new reading, for the one consumer, which clears it
        self._started = False
        self._now_ms = 0
        self.wanted = False  # request_now since the last step: call step soon

    def reading(self, i):
        """The Reading of meter i (always the same object)."""
        return self.readings[i]

    def counter(self, i, kind):
        """OK, TIMEOUTS, CRC_ERRORS, EXCEPTIONS, FOREIGN or GLITCHES of meter i since boot; stops at 65535."""
        return self._counters[i * _KINDS + kind]

    def age_ms(self, i, now_ms):
        """How old the reading of meter i is; NO_READING_MS when there is none younger than an hour."""
        r = self.readings[i]
        return ticks_diff(now_ms, r.updated_ms) if r.valid else NO_READING_MS

    def silent_s(self, i):
        """The back-off of meter i after failures in a row: 0 when it answered last, 2 after one, more after two."""
        return self._back_off_s[i]

    def energised(self, words):
        """The meters to read every second: mask words of 30 bits, by meter index. A newly added one is read at once."""
        changed = False
        for w in range(min(len(words), len(self._hot))):
            if words[w] == self._hot[w]:
                continue
            changed = True
            fresh = words[w] & ~self._hot[w]
            self._hot[w] = words[w]
            i = w * _WORD
            while fresh:
                if fresh & 1:
                    self._due_ms[i] = self._now_ms
                    self._back_off_s[i] = min(self._back_off_s[i], _BACK_OFF_HOT_S)
                fresh >>= 1
                i += 1
        if changed:
            for b in range(len(self._masters)):
                self._hot_on[b] = tuple(i for i in self._on_bus[b] if self._is_hot(i))
                self._cursor[b] = 0
                self._look_at_idle(b)

    def driving(self):
        """Whether a transceiver drives its line, for some 10 ms: a long task begins later, else the driver would talk into the answer."""
        for master in self._masters:
            if master.driving:
                return True
        return False

    def request_now(self, i):
        """Read meter i before all others, even during its back-off."""
        if not self._urgent[i]:
            self._urgent[i] = 1
            self._urgent_left += 1
        self.wanted = True

    def step(self, now_ms):
        """Advance every bus; returns ms until the next call is useful."""
        if not self._started:
            self._started = True
            for i in range(len(self._due_ms)):
                self._due_ms[i] = now_ms
            for b in range(len(self._masters)):
                self._idle_ms_at[b] = now_ms
        self._now_ms = now_ms
        self.wanted = False
        wake_ms = _MAX_SLEEP_MS
        for b in range(len(self._masters)):
            master = self._masters[b]
            left_ms = master.step(now_ms)
            if master.result != modbus.BUSY:
                if self._asked[b] >= 0:
                    self._finish(self._asked[b], master, now_ms)
                left_ms = self._next(b, master, now_ms)
            if left_ms < wake_ms:
                wake_ms = left_ms
        return wake_ms

    def _is_hot(self, i):
        return self._hot[i // _WORD] >> (i % _WORD) & 1

    def _next(self, b, master, now_ms):
        """Start the most pressing read of bus b; returns ms until it, or until one is due."""
        best = -1
        wait_ms = _MAX_SLEEP_MS
        if self._urgent_left:
            best = self._most_urgent(b)
        idle_late_ms = ticks_diff(now_ms, self._idle_ms_at[b])
        if best < 0 and idle_late_ms >= _FAIR_MS:
            best = self._latest_idle(b, now_ms)
        if best < 0:
            hot = self._hot_on[b]
            n = len(hot)
            at = self._cursor[b]
            due_ms = self._due_ms
            for _ in range(n):
                i = hot[at]
                at += 1
                if at == n:
                    at = 0
                late_ms = ticks_diff(now_ms, due_ms[i])
                if late_ms >= 0:
                    best = i
                    self._cursor[b] = at
                    break
                if -late_ms < wait_ms:
                    wait_ms = -late_ms
        if best < 0 and idle_late_ms >= 0:
            best = self._latest_idle(b, now_ms)
        self._asked[b] = best
        if best < 0:
            idle_late_ms = ticks_diff(now_ms, self._idle_ms_at[b])
            return wait_ms if -idle_late_ms > wait_ms else max(1, -idle_late_ms)
        interval_ms = self._hot_ms if self._is_hot(best) else self._idle_ms
        self._due_ms[best] = ticks_add(now_ms, interval_ms)
        meter = self._meters[best]
        profile = self._table[meter[2]]
        master.start(meter[1], profile[0], profile[1], profile[2], now_ms)
        return master.step(now_ms)

    def _most_urgent(self, b):
        for i in self._on_bus[b]:
            if self._urgent[i]:
                self._urgent[i] = 0
                self._urgent_left -= 1
                return i
        return -1

    def _latest_idle(self, b, now_ms):
        """The idle meter of bus b that is longest overdue, -1 when none is; notes when to look again."""
        best = -1
        latest_ms = -self._idle_ms
        for i in self._on_bus[b]:
            if not self._is_hot(i):
                late_ms = ticks_diff(now_ms, self._due_ms[i])
                if late_ms > latest_ms:
                    latest_ms = late_ms
                    best = i
        if latest_ms >= 0:
            return best
        self._idle_ms_at[b] = ticks_add(now_ms, -latest_ms)
        return -1

    def _look_at_idle(self, b):
        """An idle meter of bus b may be due from now on. An earlier due time stays: on a full bus only its lateness gets a meter its
        turn."""
        if ticks_diff(self._idle_ms_at[b], self._now_ms) > 0:
            self._idle_ms_at[b] = self._now_ms

    def _finish(self, i, master, now_ms):
        reading = self.readings[i]
        result = master.result
        kind = OK
        if result == modbus.DONE:
            before_mw = reading.power_mw
            wh = profiles.decode(self._table[self._meters[i][2]], master, reading)
            if wh < 0:
                kind = GLITCHES
            else:
                reply_ms = ticks_diff(now_ms, reading.updated_ms)
                if register.take(reading, wh, before_mw, reply_ms, ticks_diff(now_ms, reading.taken_ms)):
                    reading.taken_ms = now_ms
                else:  # the next reading decides
                    self._due_ms[i] = ticks_add(now_ms, self._hot_ms)
                    self._look_at_idle(self._meters[i][0])
                reading.count += 1
                reading.updated_ms = now_ms
                if reading.valid:
                    self.fresh[i // _WORD] |= 1 << i % _WORD
        elif result == modbus.BAD_CRC:
            kind = CRC_ERRORS
        else:
            kind = EXCEPTIONS if result == modbus.EXCEPTION else TIMEOUTS if result == modbus.TIMEOUT else FOREIGN
            limit_s = _BACK_OFF_HOT_S if self._is_hot(i) else _BACK_OFF_S
            self._back_off_s[i] = min(max(2, self._back_off_s[i] * 2), limit_s)
            self._due_ms[i] = ticks_add(now_ms, self._back_off_s[i] * 1000)
            self._look_at_idle(self._meters[i][0])  # it may be due before the others
        if kind < TIMEOUTS or kind == CRC_ERRORS or kind == GLITCHES:
            self._back_off_s[i] = 0
        if kind and reading.valid and ticks_diff(now_ms, reading.updated_ms) > STALE_MS:
            reading.valid = False
        at = i * _KINDS + kind
        if self._counters[at] < 65535:
            self._counters[at] += 1
