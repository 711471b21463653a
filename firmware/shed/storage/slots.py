"""Two configuration slots, so that a bad or half-written configuration never leaves the shed without one (docs/protocols/records.md).

Hazard: outlets run with someone else's limits. A slot counts only when header and image CRC hold, and it was confirmed; a new one runs on
trial, once.
"""

from binascii import crc32
from struct import pack, unpack_from

from micropython import const

_SLOT = const(0x4000)
_HEADER = const(24)

# State bits, programmed from 1 to 0, each once.
TRIAL_BEGUN = const(1)
CONFIRMED = const(2)
REJECTED = const(4)


class ConfigSlots:
    """region: as LogRing's. After `load`: `.slot` (0, 1, or -1), `.sequence` and `.crc` of the image in use; `.trial`: it runs on trial and
    the next boot takes the older one, unless `confirm` comes; `.rejected`: sequence of a trial that this boot ended, 0 for none."""

    def __init__(self, region):
        self._region = region
        self.slot = -1
        self.sequence = self.crc = self.rejected = 0
        self.trial = False

    def load(self):
        """The newest image that is whole, and confirmed or not yet tried, bytes-like; None when neither slot has one. A trial is marked
        as begun before it runs: whatever ends it, the next boot rejects it. Each flash operation leaves the old or the new in force."""
        headers = [self._header(0), self._header(1)]
        newer = 1 if headers[1] and (not headers[0] or headers[1][3] > headers[0][3]) else 0
        for slot in (newer, 1 - newer):
            header = headers[slot]
            if header is None or not header[2] & REJECTED:
                continue
            image = bytearray(header[4])
            self._region.read(slot * _SLOT + _HEADER, image)
            if crc32(image) != header[5]:
                continue
            trial = header[2] & CONFIRMED
            if trial:
                try:
                    self.mark(slot, TRIAL_BEGUN if header[2] & TRIAL_BEGUN else REJECTED)
                except OSError:  # an image that cannot be marked is not tried
                    continue
                if not header[2] & TRIAL_BEGUN:
                    self.rejected = header[3]
                    continue
            self.slot = slot
            self.sequence = header[3]
            self.crc = header[5]
            self.trial = bool(trial)
            return image
        return None

    def confirm(self):
        """The trial stays. OSError from the flash."""
        self.mark(self.slot, CONFIRMED)
        self.trial = False

    def mark(self, slot, state):
        """Clears one state bit of a slot: TRIAL_BEGUN, CONFIRMED or REJECTED. OSError from the flash. Bits that are cleared already are
        programmed as 0 again: no flash promises anything about a 1 over a 0."""
        raw = bytearray(2)
        self._region.read(slot * _SLOT + 6, raw)
        self._region.program(slot * _SLOT + 6, pack("<H", unpack_from("<H", raw)[0] & ~state))

    def _header(self, slot):
        """(magic, version, state, sequence, length, image CRC), or None."""
        raw = bytearray(_HEADER)
        self._region.read(slot * _SLOT, raw)
        header = unpack_from("<4sHHIII", raw, 0)
        raw[6] = raw[7] = 0xFF
        if header[0] != b"SGS1" or header[1] != 1 or header[4] > _SLOT - _HEADER:
            return None
        return header if crc32(memoryview(raw)[:20]) == unpack_from("<I", raw, 20)[0] else None
