"""Points: the supervised inputs, sampled into masks once per scan.

Hazard: a detector that nobody hears, and one that cries wolf. A point changes fast towards alarm (agreeing samples, spaced in time) and
slowly back (quiet for its clear time). A contact is normal or in alarm; a loop with an end-of-line resistor (loops.py) also shows open and
short. One that is neither quiet nor in alarm for a second and a half is `suspect`, a fault, until it has been quiet for its clear time.

A point that may become an alarm is looked at in every scan; points in alarm that are quiet again take turns, so that a shed with every
point in alarm (or every point reset at once) still scans in time.

Everything `sample` does is allocation-free: it runs inside the scan, with the heap locked. Bit i of a mask is point i.
"""

from time import ticks_diff

from micropython import const

from shed.safety.loops import Loops

NORMAL = const(0)
ALARM = const(1)
OPEN = const(2)
SHORT = const(3)
STUCK = const(4)
STALE = const(5)
SUSPECT = const(6)

CONTACT = const(1)
LOOP = const(2)

NORMALLY_CLOSED = const(1)
FIRE = const(2)
PULL_UP = const(4)
DIRECT = const(8)

_RESAMPLE_US = const(300)  # least distance of two reads that count as two samples (a direct contact: three reads in one scan)
_PHASES = const(7)  # mask: a contact that is quiet again is looked at in every eighth scan
_QUIET_TURNS = const(5)  # of 100 ms
_SUSPECT_TURNS = const(13)


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
        self.dark = 0  # points that could not be read at the last look
        self.fire = 0
        self.seen = 0  # points that were sampled in this boot
        self.detectors = 0  # fire points on loops: they detect by themselves, a call point needs a hand
        self.state = bytearray(count)
        self._band = bytearray(count)  # band of the last sample
        self._agree = bytearray(count)  # samples in a row in `_band`
        self._since_us = [0] * count  # first sample of that run
        self._last_us = [0] * count  # last sample that counted
        self.first_us = 0  # first differing sample of the newest alarm
        self.unquiet = 0  # suspect, in alarm or at fault: the points that need the slow path
        self.shaken = 0  # points with a sample off their state since the last review
        self._doubted = 0  # what the review found; the scan acts on it
        self._shaken_turns = bytearray(count)
        self._quiet_turns = bytearray(count)
        self._contact_mask = 0
        self._phase = 0
        contacts = []
        loops = []
        direct = 0
        for i, config in enumerate(configs):
            if config.flags & FIRE:
                self.fire |= 1 << i
                if config.kind == LOOP:
                    self.detectors |= 1 << i
            if config.read is None:  # on an expander: safety.banks brings its samples
                continue
            if config.kind == LOOP:
                loops.append((i, config))
            else:
                self._contact_mask |= 1 << i
                contacts.append((1 << i, config.read, 0 if config.flags & NORMALLY_CLOSED else 1))
                if config.flags & DIRECT:
                    direct |= 1 << i
        self._contacts = tuple(contacts)
        self._loops = Loops(self, loops) if loops else None
        self._direct = direct

    def sample(self, now_us):
        raw = 0
        for bit, read, normal in self._contacts:
            # A closed normally-closed contact pulls the pin low: low is normal. An open normally-open one reads high.
            if read() != normal:
                raw |= bit
        self.seen |= self._contact_mask
        if (raw ^ self.alarm | self.suspect) & self._contact_mask:
            self._contacts_moved(raw, now_us)
        if self._loops is not None:
            self._loops.sample(now_us)
        if self._banks is not None:
            self._banks.sample(self, now_us)
        if self._doubted:
            self._doubt()
        return self.alarm

    def review(self):
        """Every 100 ms, by the executive: which points are neither quiet nor in alarm for too long."""
        shaken = self.shaken
        self.shaken = 0
        doubted = 0
        for i in range(self.count):
            if shaken >> i & 1:
                self._quiet_turns[i] = 0
            elif self._shaken_turns[i]:
                self._quiet_turns[i] += 1
                if self._quiet_turns[i] >= _QUIET_TURNS:
                    self._shaken_turns[i] = 0
                    continue
            else:
                continue
            if self._shaken_turns[i] < _SUSPECT_TURNS:
                self._shaken_turns[i] += 1
            elif self.state[i] == NORMAL:
                doubted |= 1 << i
        self._doubted = doubted

    def _doubt(self):
        """Handles one point a pass, so that eight at once make no long pass. Only the scan changes a state: it may run between any two
        steps of the review."""
        doubted = self._doubted
        bit = doubted & -doubted
        self._doubted = doubted ^ bit
        i = 0
        while bit >> i > 1:
            i += 1
        if self.state[i] == NORMAL:
            self.suspect |= bit
            self.become(i, SUSPECT)

    def fire_fault(self):
        """Fire points at fault."""
        return self.fault & self.fire

    def off(self, bit):
        """A sample of the point with this bit differed from its state."""
        self.shaken |= bit
        self.suspect |= bit
        self.unquiet |= bit

    def settle(self, bit):
        """Its samples agree with its state."""
        self.suspect &= ~bit
        self.unquiet = self.suspect | self.alarm | self.fault

    def _contacts_moved(self, raw, now_us):
        """Slow path: some contact is off normal, or was. A direct one is confirmed within this scan."""
        doubtful = raw & self._direct & ~self.alarm
        if doubtful:
            self.shaken |= doubtful
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
        need = (raw ^ alarm | self.suspect) & self._contact_mask & ~(self._direct & ~(alarm | self.fault))
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

    def debounce(self, i, band, now_us):
        """One sample of point `i`, a contact."""
        bit = 1 << i
        self.dark &= ~bit
        if band == self.state[i]:
            self._agree[i] = 0
            self.settle(bit)
            return
        if band != self._band[i] or self._agree[i] == 0:
            self._band[i] = band
            self._agree[i] = 1
            self._since_us[i] = now_us
            self._last_us[i] = now_us
            self.off(bit)
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
            if band == STALE:
                self.dark |= bit
        self.unquiet = self.suspect | self.alarm | self.fault
