"""Reset, its cause, and the few bytes that survive it in RTC memory.

Hazard: a board that resets for ever, and a trip forgotten over a reset. RTC memory (kept over every reset but power loss):
bytes 0-1 `SG`, 2 layout version, 3 flags (bit 0: maintenance boot asked for, once), 4 bad boots in a row, 5 last fault code, 6-7 its
argument, 8-11 boot count, 12-15 latched causes.
"""

import struct

import machine
from micropython import const

_FORMAT = "<2sBBBBHII"
_LAYOUT = const(1)
_MAINTENANCE = const(1)


class Rtc:
    """The bytes above as attributes; `save()` writes them. Starts from zeros when the memory holds something else."""

    def __init__(self):
        self._memory = machine.RTC().memory
        raw = self._memory()
        self.kept = len(raw) >= 16 and raw[0:2] == b"SG" and raw[2] == _LAYOUT
        if self.kept:
            _, _, self.flags, self.bad_boots, self.fault, self.fault_arg, self.boots, self.latched = struct.unpack(_FORMAT, raw[:16])
        else:
            self.flags = self.bad_boots = self.fault = self.fault_arg = self.boots = self.latched = 0

    def save(self):
        self._memory(struct.pack(_FORMAT, b"SG", _LAYOUT, self.flags, self.bad_boots, self.fault, self.fault_arg, self.boots, self.latched))

    def note_fault(self, code, arg):
        """Keeps a fault for the next boot's record. The first of a boot stays."""
        if self.fault == 0:
            self.fault = code
            self.fault_arg = arg
            self.save()

    def request_maintenance(self):
        """The next boot, and only that one, is a maintenance boot: boot.py clears the flag."""
        self.flags |= _MAINTENANCE
        self.save()


def cause():
    """1 power-on (a brown-out counts as one), 2 hard, 3 watchdog, 4 deep sleep, 5 soft."""
    return machine.reset_cause()


def hard_reset():
    """Never returns. Pads float, pull resistors hold every load off."""
    machine.reset()
