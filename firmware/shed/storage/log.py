"""A ring of flash sectors that holds records: the journal and the live ring are built on it (docs/protocols/records.md).

Hazards: money lost in a power cut (a record that `append` returned is there after any later cut), and a sector erase while outlets are on
(only `erase_ahead(True)` erases, the rest is reads and page programs of about 1 ms). A sector, as the ring moves on through them in order:

    DIRTY --erase_ahead--> ERASED --taken when the head is full--> HEAD --full or torn--> FULL --erase_ahead, oldest first--> ERASED
    DIRTY, ERASED --refuses its erase twice, or its header--> passed over until the next boot

What a cut leaves: a torn record ends the sector (or is skipped by its length); a torn sector header or a torn erase is DIRTY again.
After a flash error the ring reads back: a record that is there is never written a second time, a place that is still blank is tried again.
"""

from binascii import crc32
from struct import pack_into, unpack_from

from micropython import const

from shed.storage import records
from shed.storage.sectors import Sectors

_SECTOR = const(4096)
_FIRST = const(16)
_TRIES = const(8)  # errors in a row at one blank place, then the rest of its sector is given up
_REST = const(300)  # looks without an erase after a quarter of all sectors refused: then the flash has failed, not a sector

_OUT = bytearray(records.MAX_RECORD)  # one for all rings


class LogRing(Sectors):
    """region: `.size`, `.read(offset, buf)`, `.program(offset, data)`, `.erase(sector)`, OSError on failure. magic: 4 bytes.

    keep: how many erased sectors `erase_ahead` holds ready, at least 2 (bounded so that two sectors of records always stay).
    reserve: bytes that stay free, in the head or in an erased sector, for urgent records. All rings read into one buffer.
    once: kinds of which no two records with the same first four bytes (a session's id) are written after an error of the flash.
    Attributes: `sequence` of the next record, `ahead` erased sectors, `head` sector index or -1.
    Counters: `refused` appends for lack of an erased sector, `errors` of the flash, `torn` tail found at `open`, `erases` in this boot.
    """

    def __init__(self, region, magic, keep=2, reserve=0, once=()):
        super().__init__(region, magic)
        self._keep = min(keep, self.sectors - 2)
        self._reserve = reserve
        self._once = once
        self._out = _OUT
        self._out_view = memoryview(_OUT)
        self._end = _SECTOR  # where the next record goes, from the head's start
        self._dirty = False  # the sector behind the erased ones is known to need an erase
        self._wear = []  # erase counts of the erased sectors, in order
        self._bad = []  # sectors passed over in this boot
        self._fails = self._erase_fails = self._rest = 0
        self._unsure = -1  # where a record may be that the flash refused to read back
        self._stood = {}  # (kind, first four bytes) of such records that were there after all: sequence, until they are appended again
        self.ahead = self.refused = self.erases = 0

    def open(self):
        """Finds head, end and sequence. Never programs, never erases; copes with whatever a cut leaves. OSError from the flash only."""
        for sector in range(self.sectors):
            order = self._order_of(sector)
            if order > self._order:
                self.head = sector
                self._order = order
        last = 0
        if self.head >= 0:
            for back in range(self.sectors):
                sector = self.back(back)
                if sector >= 0:
                    for record in self.sector_records(sector):
                        last = record[0]
                if back == 0:
                    self._end = self._stop
                    if not self._is_blank(sector * _SECTOR + self._end, _SECTOR - self._end):
                        self._end = _SECTOR
                if last:
                    break
        self.sequence = last + 1
        self.erase_ahead(False)
        self.erase_ahead(False)

    def append(self, kind, payload, stamp: bytes | bytearray = b"", urgent=False):
        """Programs one record (`stamp` + `payload`, at most 200 bytes). Returns its sequence, or -1: no room (the reserve is for urgent
        ones), or flash failed and the record is not there."""
        size = records.encode_into(self._out, kind, stamp, payload, self.sequence)
        if self._unsure >= 0 and not self._look_again(len(stamp)):
            return -1
        if self._stood and kind in self._once:
            stands = self._stood.pop((kind, bytes(payload[:4])), 0)
            if stands:
                return stands
        if not self._has_room(size, 0 if urgent else self._reserve):
            self.refused += 1
            return -1
        sequence = self.sequence
        self.sequence += 1  # even if the program fails: it may have gone through
        at = self.head * _SECTOR + self._end
        if not self._program(at, self._out_view[:size]):
            self._fails += 1
            if self._fails == _TRIES or not self._is_blank(at, size):
                self._fails = 0
                self._end = _SECTOR
            return -1
        self._fails = 0
        self._end += size
        return sequence

    def next_victim(self):
        """Index of the sector that the next erase would take, or -1 when enough are ready."""
        if self.ahead >= self._keep:
            return -1
        sector = self.head
        for _ in range(self.ahead + 1):
            sector = self._next(sector)
        return sector

    def erase_ahead(self, allowed):
        """Call it often, with allowed=True only while no outlet is energised. Erases at most one sector; returns whether it did."""
        if self._rest:
            self._rest -= 1
            return False
        sector = self.next_victim()
        if sector < 0:
            return False
        if not self._dirty:
            if self._is_blank(sector * _SECTOR, _SECTOR):
                self.ahead += 1
                self._wear.append(0)
                return False
            self._dirty = True
        if not allowed:
            return False
        self._dirty = False
        try:
            wear = unpack_from("<I", self._in, 8)[0] + 1 if self._order_of(sector) else 0
            self._region.erase(sector)
        except OSError:  # the next call checks whether it is blank all the same
            self.errors += 1
            self._erase_fails += 1
            if self._erase_fails == 2:
                self._pass_over(sector)
            return False
        self._erase_fails = 0
        self.ahead += 1
        self.erases += 1
        self._wear.append(wear)
        return True

    def _program(self, offset, data):
        """Whether `data` is there now: checked after an error, too, for that may have come after the last bit."""
        try:
            self._region.program(offset, data)
            return True
        except OSError:
            self.errors += 1
        try:
            view = self._in_view[: len(data)]
            self._region.read(offset, view)
            return bytes(view) == bytes(data)
        except OSError:
            if offset % _SECTOR:
                self._unsure = offset
            return False

    def _look_again(self, stamp):
        """Before anything else is written: reads the doubtful record, if it is there. False while the flash still refuses to read."""
        try:
            size = self._read(self._unsure // _SECTOR, self._unsure % _SECTOR)
        except OSError:
            self.errors += 1
            return False
        self._unsure = -1
        start = records.HEADER + stamp
        if size > 0 and self._in[0] in self._once:
            self._stood[self._in[0], bytes(self._in_view[start : start + 4])] = self._sequence_read()
        return True

    def _has_room(self, size, reserve):
        """Whether `size` bytes fit into the head, or into an erased sector that is taken for them, with `reserve` bytes behind them."""
        if self._end + size + (0 if self.ahead else reserve) <= _SECTOR:
            return True
        while self.ahead:
            if self._take():
                return True
        return False

    def _next(self, sector):
        sector = (sector + 1) % self.sectors
        while sector in self._bad:
            sector = (sector + 1) % self.sectors
        return sector

    def _pass_over(self, sector):
        """This sector refuses. When many do the fault is not in a sector: all are used again, after a rest."""
        self._erase_fails = 0
        self._bad.append(sector)
        if len(self._bad) > self.sectors // 4:
            self._bad.clear()
            self._wear.clear()
            self.ahead = 0
            self._rest = _REST

    def _take(self):
        """Takes the next erased sector into use as the head."""
        sector = self._next(self.head)
        header = bytearray(_FIRST)
        pack_into("<4sII", header, 0, self._magic, self._order + 1, self._wear.pop(0))
        pack_into("<I", header, 12, crc32(memoryview(header)[:12]))
        self.ahead -= 1
        if not self._program(sector * _SECTOR, header):
            self._pass_over(sector)
            return False
        self.head = sector
        self._order += 1
        self._end = _FIRST
        return True
