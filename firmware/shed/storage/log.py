"""A ring of flash sectors that holds records: the journal and the live ring stand on it (docs/protocols/records.md).

Hazards: money lost in a power cut (a record that `append` returned is there after any later cut), and a sector erase while outlets are on
(only `erase_ahead(True)` erases, the rest is reads and page programs of about 1 ms). A sector, as the ring moves on through them in order:

    DIRTY --erase_ahead--> ERASED --taken when the head is full--> HEAD --full or torn--> FULL --erase_ahead, oldest first--> ERASED

What a cut leaves: a torn record ends the sector (or is skipped by its length); a torn sector header or a torn erase is DIRTY again.
"""

from binascii import crc32
from struct import pack_into, unpack_from

from micropython import const

from shed.storage import records

_SECTOR = const(4096)
_FIRST = const(16)  # records begin behind the sector header
_PATIENCE = const(4)  # records looked at, wanted or not, between two turns that a reader gives away: about 2 ms


class LogRing:
    """region: `.size`, `.read(offset, buf)`, `.program(offset, data)`, `.erase(sector)`, OSError on failure. magic: 4 bytes.

    keep: how many erased sectors `erase_ahead` holds ready, at least 2 (bounded so that two sectors of records always stay).
    Attributes: `sequence` of the next record, `ahead` erased sectors, `head` sector index or -1, and
    counters: `refused` appends for want of an erased sector, `errors` of the flash, `torn` tail found at `open`, `erases` in this boot.
    """

    def __init__(self, region, magic, keep=2):
        self._region = region
        self._magic = magic
        self.sectors = region.size // _SECTOR
        self._keep = min(keep, self.sectors - 2)
        self._out = bytearray(records.MAX_RECORD)
        self._out_view = memoryview(self._out)
        self._in = bytearray(256)
        self._in_view = memoryview(self._in)
        self.head = -1
        self._order = 0  # sector sequence of the head
        self._end = _SECTOR  # where the next record goes, from the head's start
        self._stop = 0  # where the last walk through a sector ended
        self._dirty = False  # the sector behind the erased ones is known to need an erase
        self._wear = []  # erase counts of the erased sectors, in order
        self.sequence = 1
        self.ahead = self.refused = self.errors = self.torn = self.erases = 0

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
                sector = (self.head - back) % self.sectors
                if back == 0 or self._order_of(sector):
                    for record in self.sector_records(sector):
                        last = record[0]
                if back == 0:
                    self._end = self._stop
                    if not self._is_blank(sector * _SECTOR + self._end, _SECTOR - self._end):
                        self._end = _SECTOR
                        self.torn += 1
                if last:
                    break
        self.sequence = last + 1
        self.erase_ahead(False)
        self.erase_ahead(False)

    def append(self, kind, payload, stamp: bytes | bytearray = b""):
        """Programs one record (`stamp` + `payload`, at most 200 bytes). Returns its sequence, or -1: nothing erased, or flash failed."""
        size = records.encode_into(self._out, kind, stamp, payload, self.sequence)
        if self._end + size > _SECTOR and not self._take():
            self.refused += 1
            return -1
        sequence = self.sequence
        self.sequence += 1  # even if the program fails: it may have gone through
        try:
            self._region.program(self.head * _SECTOR + self._end, self._out_view[:size])
        except OSError:
            self.errors += 1
            self._end = _SECTOR
            return -1
        self._end += size
        return sequence

    def next_victim(self):
        """Index of the sector that the next erase would take, or -1 when enough are ready."""
        return (self.head + 1 + self.ahead) % self.sectors if self.ahead < self._keep else -1

    def erase_ahead(self, allowed):
        """Call it often, with allowed=True only while no outlet is energised. Erases at most one sector; returns whether it did."""
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
        wear = unpack_from("<I", self._in, 8)[0] + 1 if self._order_of(sector) else 0
        try:
            self._region.erase(sector)
        except OSError:
            self.errors += 1
            return False
        self._dirty = False
        self.ahead += 1
        self.erases += 1
        self._wear.append(wear)
        return True

    def since(self, sequence):
        """Yields (sequence, kind, payload) from `sequence` on, oldest first; None when a turn should be given away.

        The payload is a view that the next read of this ring overwrites. Ends at the last record that stood when it began.
        """
        limit = self.sequence
        back = 0
        for k in range(self.sectors if self.head >= 0 else 0):
            yield None
            sector = (self.head - k) % self.sectors
            if self._order_of(sector):
                back = k
                if self._read(sector, _FIRST) and self._sequence_read() <= sequence:
                    break
        yield from self._forward(back, sequence, limit, 0, None)

    def newest(self, count, kinds=None):
        """The newest `count` records whose kind is in `kinds` (any, if None), oldest first; yields as `since` does."""
        limit = self.sequence
        if kinds is None:  # sequences tell where it begins
            yield from self.since(limit - count)
            return
        found = back = 0
        for k in range(self.sectors):
            sector = (self.head - k) % self.sectors
            if self.head < 0 or found >= count:
                break
            if self._order_of(sector):
                back = k
                for record in self._records(sector, kinds):
                    if record is None:
                        yield None
                    else:
                        found += 1
                yield None
        if found and count > 0:
            yield from self._forward(back, 0, limit, max(0, found - count), kinds)

    def _forward(self, back, first, limit, skip, kinds):
        last = first - 1
        head = self.head
        while back >= 0 and head >= 0:
            sector = (head - back) % self.sectors
            back -= 1
            yield None
            if not self._order_of(sector):
                continue
            for record in self._records(sector, kinds):
                if record is None:
                    yield None
                elif last < record[0] < limit:
                    last = record[0]
                    if skip:
                        skip -= 1
                    else:
                        yield record

    def sector_records(self, sector, kinds=None):
        """Yields (sequence, kind, payload view) of every whole record in one sector; nothing if it is not in use. Blocks; for the boot."""
        if self._order_of(sector):
            for record in self._records(sector, kinds):
                if record is not None:
                    yield record

    def _records(self, sector, kinds=None):
        """Yields every whole record of a sector (of these kinds), and None where a turn should be given away; `_stop` is then where they
        end."""
        offset = _FIRST
        looked = 0
        while True:
            size = self._read(sector, offset, kinds)
            if size == 0:
                break
            looked += 1
            if size > 0:
                yield self._sequence_read(), self._in[0], self._in_view[records.HEADER : records.HEADER + self._in[1]]
            offset += abs(size)
            if looked % _PATIENCE == 0:
                yield None
        self._stop = offset

    def _read(self, sector, offset, kinds=None):
        """Reads the record there: its size, minus its size if it is torn or not of these kinds, 0 at the end (free, torn header)."""
        room = _SECTOR - offset
        if room < records.HEADER + 4:
            return 0
        view = self._in_view[: min(room, records.MAX_RECORD if kinds is None else records.HEADER)]
        self._region.read(sector * _SECTOR + offset, view)
        length = records.length_at(self._in)
        size = records.size_of(length)
        if length < 0 or size > room:
            return 0
        if kinds is not None:
            return self._read(sector, offset) if self._in[0] in kinds else -size
        return size if records.is_whole(view, length) else -size

    def _sequence_read(self):
        return unpack_from("<I", self._in, 4)[0]

    def _order_of(self, sector):
        """Sector sequence in the header of a sector in use, else 0. Leaves the header in `_in`."""
        view = self._in_view[:_FIRST]
        self._region.read(sector * _SECTOR, view)
        if view[:4] != self._magic or crc32(view[:12]) != unpack_from("<I", view, 12)[0]:
            return 0
        return unpack_from("<I", view, 4)[0]

    def _is_blank(self, offset, count):
        while count > 0:
            view = self._in_view[: min(count, 256)]
            self._region.read(offset, view)
            if bytes(view).strip(b"\xff"):
                return False
            offset += 256
            count -= 256
        return True

    def _take(self):
        """Takes the next erased sector into use as the head."""
        if self.ahead == 0:
            return False
        sector = (self.head + 1) % self.sectors
        header = bytearray(_FIRST)
        pack_into("<4sII", header, 0, self._magic, self._order + 1, self._wear.pop(0))
        pack_into("<I", header, 12, crc32(memoryview(header)[:12]))
        self.ahead -= 1
        try:
            self._region.program(sector * _SECTOR, header)
        except OSError:
            self.errors += 1
            self.ahead = 0
            self._wear.clear()
            self._dirty = True
            return False
        self.head = sector
        self._order += 1
        self._end = _FIRST
        return True
