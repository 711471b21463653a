"""Two configuration slots, so that a bad or half-written configuration never leaves the shed without one (docs/protocols/records.md).

Hazard: outlets run with someone else's limits. A slot counts only when header and image CRC hold, and it was confirmed and not rejected.
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
    """region: as LogRing's. After `load`: `.slot` (0, 1, or -1), `.sequence` and `.crc` of the image in use."""

    def __init__(self, region):
        self._region = region
        self.slot = -1
        self.sequence = self.crc = 0

    def load(self):
        """The image with the highest sequence that is confirmed and whole, bytes-like; None when neither slot has one."""
        best = None
        for slot in (0, 1):
            header = self._header(slot)
            if header is None or header[2] & (CONFIRMED | REJECTED) != REJECTED or header[3] < self.sequence:
                continue
            image = bytearray(header[4])
            self._region.read(slot * _SLOT + _HEADER, image)
            if crc32(image) == header[5]:
                best = image
                self.slot = slot
                self.sequence = header[3]
                self.crc = header[5]
        return best

    def mark(self, slot, state):
        """Clears one state bit of a slot: TRIAL_BEGUN, CONFIRMED or REJECTED. OSError from the flash."""
        self._region.program(slot * _SLOT + 6, pack("<H", 0xFFFF & ~state))

    def _header(self, slot):
        """(magic, version, state, sequence, length, image CRC), or None."""
        raw = bytearray(_HEADER)
        self._region.read(slot * _SLOT, raw)
        header = unpack_from("<4sHHIII", raw, 0)
        raw[6] = raw[7] = 0xFF
        if header[0] != b"SGS1" or header[1] != 1 or header[4] > _SLOT - _HEADER:
            return None
        return header if crc32(memoryview(raw)[:20]) == unpack_from("<I", raw, 20)[0] else None
