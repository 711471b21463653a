"""Points: the supervised inputs, sampled into masks once per scan.

Hazard: a detector that nobody hears, and one that cries wolf. A point changes fast towards alarm (agreeing samples, spaced in time) and
slowly back (quiet for its clear time). A contact is normal or in alarm; a loop with an end-of-line resistor also tells open and short:

    microvolts   0 .... short .... alarm .... normal .... full scale
    state          SHORT    ALARM     NORMAL      OPEN

What may become an alarm is looked at in every scan; what is in alarm and quiet again takes turns, so that a shed with every point in alarm
(or every point reset at once) still scans in time.

Everything `sample` does is allocation-free: it runs inside the scan, with the heap locked. Bit i of a mask is point i.
"""

from time import ticks_diff

from micropython import const

NORMAL = const(0)
ALARM = const(1)
OPEN = const(2)
SHORT = const(3)
STUCK = const(4)
STALE = const(5)

CONTACT = const(1)
LOOP = const(2)

NORMALLY_CLOSED = const(1)
FIRE = const(2)
PULL_UP = const(4)
DIRECT = const(8)

_RESAMPLE_US = const(300)  # least distance of two reads that count as two samples (DESIGN section 9, `direct`)
_LOOPS_A_SCAN = const(2)
_PHASES = const(7)  # mask: a contact that is quiet again is looked at in every eighth scan


class PointConfig:
    """One row of the image's `point` section; `read` is the bound hardware read (0/1 for a contact, microvolts for a loop)."""

    def __init__(self, kind, flags, use, short_mv, alarm_mv, normal_mv, trip_samples, clear_ms, read):
        self.kind = kind
        self.flags = flags
        self.use = use
        self.bands_uv = (short_mv * 1000, alarm_mv * 1000, normal_mv * 1000)
        self.trip_samples = trip_samples
        self.clear_ms = clear_ms
        self.read = read


class Points:
    """Samples all points; `alarm` and `fault` are the debounced masks, `suspect` the points that differ from them at this moment.

    `wait_us(n)` is the busy wait between two reads of a direct contact. `sample(now_us)` returns the alarm mask. Every period between two
    calls must be under 536 s (law 9).
    """

    def __init__(self, configs, wait_us, banks=None):
        count = len(configs)
        self._banks = banks  # safety.banks.Banks
        self._configs = tuple(configs)
        self._wait_us = wait_us
        self.count = count
        self.alarm = 0
        self.fault = 0
        self.suspect = 0
        self.fire = 0
        self.seen = 0  # points that were sampled in this boot
        self.state = bytearray(count)
        self._seen = bytearray(count)  # band of the last sample
        self._agree = bytearray(count)  # samples in a row that said `_seen`
        self._since_us = [0] * count  # first sample of that row
        self._last_us = [0] * count  # last sample that counted
        self.first_us = 0  # first differing sample of the newest alarm
        self.unquiet = 0  # suspect, in alarm or at fault: the points that need the slow path
        self._loop_mask = 0
        self._contact_mask = 0
        self._phase = 0
        contacts = []
        loops = []
        direct = 0
        for i, config in enumerate(configs):
            if config.flags & FIRE:
                self.fire |= 1 << i
            if config.read is None:  # on an expander: safety.banks brings its samples
                continue
            if config.kind == LOOP:
                loops.append((i, config.read, config.bands_uv[1], config.bands_uv[2]))
                self._loop_mask |= 1 << i
            else:
                self._contact_mask |= 1 << i
                contacts.append((1 << i, config.read, 0 if config.flags & NORMALLY_CLOSED else 1))
                if config.flags & DIRECT:
                    direct |= 1 << i
        self._contacts = tuple(contacts)
        self._loops = tuple(loops)
        self._loop_count = len(loops)
        self._loops_a_scan = min(len(loops), _LOOPS_A_SCAN)
        self._direct = direct
        self._turn = 0

    def sample(self, now_us):
        raw = 0
        for bit, read, normal in self._contacts:
            # A closed normally-closed contact pulls the pin low: low is normal. An open normally-open one reads high.
            if read() != normal:
                raw |= bit
        self.seen |= self._contact_mask
        if (raw ^ self.alarm | self.suspect) & self._contact_mask:
            self._contacts_moved(raw, now_us)
        turn = self._turn
        n = self._loops_a_scan
        while n:
            i, read, alarm_uv, normal_uv = self._loops[turn]
            uv = read()
            self.seen |= 1 << i
            if not alarm_uv <= uv < normal_uv or self.unquiet >> i & 1:
                self._loop_moved(i, uv, now_us)
            turn += 1
            if turn == self._loop_count:
                turn = 0
            n -= 1
        self._turn = turn
        hot = self.suspect & ~self.alarm & self._loop_mask
        if hot:
            for i, read, _alarm_uv, _normal_uv in self._loops:
                if hot >> i & 1:
                    self._loop_moved(i, read(), now_us)
        if self._banks is not None:
            self._banks.sample(self, now_us)
        return self.alarm

    def _contacts_moved(self, raw, now_us):
        """Slow path: some contact is off normal, or was. A direct one is confirmed within this scan."""
        doubtful = raw & self._direct & ~self.alarm
        if doubtful:
            first_us = now_us
            n = 2
            while n and doubtful:
                self._wait_us(_RESAMPLE_US)
                for bit, read, normal in self._contacts:
                    if doubtful & bit and read() == normal:
                        doubtful &= ~bit
                n -= 1
            if doubtful:
                self.first_us = first_us
                i = 0
                while doubtful >> i:
                    if doubtful >> i & 1:
                        self._agree[i] = 0
                        self.become(i, ALARM)
                    i += 1
        phase = self._phase = (self._phase + 1) & _PHASES
        alarm = self.alarm
        need = (raw ^ alarm | self.suspect) & self._contact_mask & ~(self._direct & ~alarm)
        quiet = need & alarm & ~raw
        now = need & ~quiet
        i = 0
        while now >> i:
            if now >> i & 1:
                self.debounce(i, ALARM if raw >> i & 1 else NORMAL, now_us)
            i += 1
        i = phase
        while quiet >> i:
            if quiet >> i & 1:
                self.debounce(i, NORMAL, now_us)
            i += _PHASES + 1

    def _loop_moved(self, i, uv, now_us):
        """Slow path: a loop is off its normal band, or was."""
        short_uv, alarm_uv, normal_uv = self._configs[i].bands_uv
        if uv >= normal_uv:
            band = OPEN
        elif uv >= alarm_uv:
            band = NORMAL
        elif uv >= short_uv:
            band = ALARM
        else:
            band = SHORT
        self.debounce(i, band, now_us)

    def debounce(self, i, band, now_us):
        """One sample of point `i`."""
        bit = 1 << i
        if band == self.state[i]:
            self._agree[i] = 0
            self.suspect &= ~bit
            self.unquiet = self.suspect | self.alarm | self.fault
            return
        if band != self._seen[i] or self._agree[i] == 0:
            self._seen[i] = band
            self._agree[i] = 1
            self._since_us[i] = now_us
            self._last_us[i] = now_us
            self.suspect |= bit
            self.unquiet |= bit
            return
        if ticks_diff(now_us, self._last_us[i]) < _RESAMPLE_US:
            return
        self._last_us[i] = now_us
        if self._agree[i] < 255:
            self._agree[i] += 1
        config = self._configs[i]
        if self._agree[i] < config.trip_samples:
            return
        if band == NORMAL and ticks_diff(now_us, self._since_us[i]) < config.clear_ms * 1000:
            return
        if band == ALARM:
            self.first_us = self._since_us[i]
        self._agree[i] = 0
        self.suspect &= ~bit
        self.become(i, band)

    def become(self, i, band):
        bit = 1 << i
        self.state[i] = band
        self.alarm &= ~bit
        self.fault &= ~bit
        if band == ALARM:
            self.alarm |= bit
        elif band != NORMAL:
            self.fault |= bit
        self.unquiet = self.suspect | self.alarm | self.fault
