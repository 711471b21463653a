"""Reset, its cause, and the few bytes that survive it in RTC memory.

Hazard: a board that resets for ever, and a trip forgotten over a reset. RTC memory (kept over every reset but power loss):
bytes 0-1 `SG`, 2 layout version, 3 flags (bit 0: maintenance boot asked for, once; bit 1: in
maintenance, kept by boot.py over soft resets), 4 bad boots in a row, 5 last fault code, 6-7 its
argument, 8-11 boot count, 12-15 latched causes.
"""

from struct import pack_into, unpack_from

import machine
from micropython import const

_FORMAT = "<2sBBBBHII"
_LAYOUT = const(1)
_MAINTENANCE = const(1)


class Rtc:
    """The bytes above as attributes; `save()` writes them. Starts from zeros when the memory holds something else."""

    def __init__(self):
        self._memory = machine.RTC().memory
        self._raw = bytearray(16)
        raw = self._memory()
        self.kept = len(raw) >= 16 and raw[0:2] == b"SG" and raw[2] == _LAYOUT
        if self.kept:
            _, _, self.flags, self.bad_boots, self.fault, self.fault_arg, self.boots, self.latched = unpack_from(_FORMAT, raw, 0)
        else:
            self.flags = self.bad_boots = self.fault = self.fault_arg = self.boots = self.latched = 0

    def save(self):
        pack_into(_FORMAT, self._raw, 0, b"SG", _LAYOUT, self.flags, self.bad_boots, self.fault, self.fault_arg, self.boots, self.latched)
        self._memory(self._raw)

    def keep_latched(self, latched):
        """The scan tells of a trip: allocates nothing. `save` came before (app.py)."""
        self.latched = latched
        pack_into("<I", self._raw, 12, latched)
        self._memory(self._raw)

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


outputs_off = None  # boot.py's: every output of the board to its safe level, expanders included where their bus answers


def hard_reset():
    """Never returns. The chip keeps every pin's level until boot.py runs, and an expander for ever: so all is opened first."""
    try:
        if outputs_off is not None:
            outputs_off()
    finally:
        machine.reset()
