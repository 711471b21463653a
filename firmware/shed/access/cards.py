"""The card table: who may open the gate and start a session, searched in flash without loading it (docs/protocols/records.md).

Hazard: a resident locked out, or a revoked card let in. Cards are compared as 11 canonical bytes (length tag, number, zero padding), so
leading zeros count and cards of different length never collide. Only entering and charging depend on this; leaving never does.
A header stands at each end of the region: a new table is written beside the old one and is valid once its header, written last, is there.
"""

from binascii import crc32
from struct import unpack_from

from micropython import const

RESIDENT = const(1)
STAFF = const(2)
FIRE_VOLUNTEER = const(3)
MAINTENANCE = const(4)

# Access reasons, the closed list of records.md.
OK = const(1)
UNKNOWN_CARD = const(2)
REVOKED = const(3)
EXPIRED = const(4)
OUTSIDE_WINDOW = const(5)
LOCKED_OUT = const(6)
NO_TABLE = const(7)
EXIT = const(8)
TRIP = const(9)

_SECTOR = const(4096)
_RECORD = const(20)
_FLAGS = const(12)
_VALID = const(1)
_FOR_EVER = const(0xFFFFFFFF)


class CardTable:
    """region: `.size`, `.read(offset, buf)`. `count` is the number of cards, -1 without a table. `price_list` is the last found card's."""

    def __init__(self, region):
        self._region = region
        self._record = bytearray(_RECORD)
        self._number = memoryview(self._record)[:11]
        self._base = _SECTOR
        self.count = -1
        self.price_list = 0

    def open(self):
        """Checks the headers. Returns whether there is a table (else fault `cards_bad`; every card is then refused with NO_TABLE)."""
        header = bytearray(32)
        newest = self.count = -1
        for at in (0, self._region.size - _SECTOR):
            self._region.read(at, header)
            magic, version, size, count, _crc, sequence, sector = unpack_from("<4sHHIIIH", header, 0)
            base = (sector or 1) * _SECTOR  # version 1 has zeros there
            if magic == b"SGC1" and 0 < version < 3 and size == _RECORD and base + count * _RECORD <= self._region.size:
                if sequence > newest and crc32(memoryview(header)[:28]) == unpack_from("<I", header, 28)[0]:
                    newest = sequence
                    self._base = base
                    self.count = count
        return self.count >= 0

    def record(self, i):
        """The record at position `i` as a view that the next read overwrites."""
        self._region.read(self._base + i * _RECORD, self._record)
        return self._record

    def has_dates(self, first, some):
        """Whether one of `some` cards from position `first` on is valid and has a last day."""
        for i in range(first, min(first + some, self.count)):
            _role, flags, until_s = unpack_from("<BHI", self.record(i), 11)
            if flags & _VALID and until_s != _FOR_EVER:
                return True
        return False

    def find(self, card, epoch_s):
        """(role, reason) of a canonical card, in at most 16 reads. Role 0: unknown. epoch_s 0 (clock not set): nothing expires."""
        if self.count < 0:
            return 0, NO_TABLE
        if self._position(card) < 0:
            return 0, UNKNOWN_CARD
        role, flags, until_s, self.price_list = unpack_from("<BHIH", self._record, 11)
        if not flags & _VALID:
            return role, REVOKED
        if until_s != _FOR_EVER and epoch_s > until_s:
            return role, EXPIRED
        return role, OK

    def revoke(self, card):
        """Clears the card's valid bit, for good: one byte programmed, no erase. False without such a card. OSError from the flash."""
        i = self._position(card)
        if i >= 0:
            self._region.program(self._base + i * _RECORD + _FLAGS, b"\xfe")
        return i >= 0

    def _position(self, card):
        low = 0
        high = self.count
        while low < high:
            middle = (low + high) // 2
            self.record(middle)
            number = bytes(self._number)
            if number == card:
                return middle
            if number < card:
                low = middle + 1
            else:
                high = middle
        return -1
