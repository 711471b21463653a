"""Reset, its cause, and the few bytes that survive it in RTC memory.

Hazard: a board that resets for ever, and a trip forgotten over a reset. RTC memory is kept over every reset but power loss:

    0-1    `SG`                          2      layout version
    3      flags. Bit 0: maintenance boot asked for, once; bit 1: in maintenance, kept by boot.py over soft resets
    4      bad boots in a row            5      last fault code            6-7    its argument
    8-11   boot count                    12-15  latched causes
    since the layout with a CRC:
    16-19  CRC of the configuration that numbers these causes
    20     bit 0: an unknown cause is latched                              21-23  zero
    24-27  bytes 12-15 with bits 0 to 29 inverted (the scan has no time for a CRC)
    28-31  CRC-32 of bytes 4-11 and 16-23

A memory of 16 bytes is of an older version and is accepted. One whose checks fail counts as empty: the latches are in the journal too.
"""

from binascii import crc32
from struct import pack_into, unpack_from

import machine
from micropython import const

_FORMAT = "<2sBBBBHI"
_LAYOUT = const(1)  # of bytes 0 to 3, which boot.py reads
_MAINTENANCE = const(1)
_OLD_SIZE = const(16)
_SIZE = const(32)
_MASK = const(0x3FFFFFFF)


def _crc(raw):
    return crc32(raw[16:24], crc32(raw[4:12]))


class Rtc:
    """The bytes above as attributes; `save()` writes them. Starts from zeros when the memory holds something else.

    `latched` and `unknown` are what was found; from then on the scan writes them, through `keep_latched`."""

    def __init__(self):
        self._memory = machine.RTC().memory
        self._raw = bytearray(_SIZE)
        raw = self._memory()
        size = len(raw)
        self.kept = size >= _OLD_SIZE and raw[0:2] == b"SG" and raw[2] == _LAYOUT
        if self.kept and size != _OLD_SIZE:
            self.kept = size == _SIZE and _crc(raw) == unpack_from("<I", raw, 28)[0]
        self.flags = self.bad_boots = self.fault = self.fault_arg = self.boots = self.latched = self.config_crc = 0
        self.unknown = False
        if self.kept:
            _, _, self.flags, self.bad_boots, self.fault, self.fault_arg, self.boots = unpack_from(_FORMAT, raw, 0)
            latched = unpack_from("<I", raw, 12)[0]
            if size == _SIZE:
                self.config_crc = unpack_from("<I", raw, 16)[0]
                self.unknown = bool(raw[20] & 1)
            if size == _OLD_SIZE or latched ^ _MASK == unpack_from("<I", raw, 24)[0]:
                self.latched = latched & _MASK
        pack_into("<IB", self._raw, 16, self.config_crc, self.unknown)
        pack_into("<I", self._raw, 12, self.latched)
        pack_into("<I", self._raw, 24, self.latched ^ _MASK)

    def save(self):
        pack_into(_FORMAT, self._raw, 0, b"SG", _LAYOUT, self.flags, self.bad_boots, self.fault, self.fault_arg, self.boots)
        pack_into("<I", self._raw, 28, _crc(self._raw))
        self._memory(self._raw)

    def keep_latched(self, latched):
        """Called by the scan at a trip: allocates nothing. `save` ran before (app.py), and never writes these bytes."""
        pack_into("<I", self._raw, 12, latched)
        pack_into("<I", self._raw, 24, latched ^ _MASK)
        self._memory(self._raw)

    def keep_configuration(self, config_crc, unknown):
        """Notes which configuration numbers the latched causes, and whether an unknown one is among them."""
        pack_into("<IB", self._raw, 16, config_crc, unknown)
        self.save()

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
    """Never returns. The chip keeps every pin's level until boot.py runs, an expander keeps its own for ever: so all is opened first."""
    try:
        if outputs_off is not None:
            outputs_off()
    finally:
        machine.reset()
