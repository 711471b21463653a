"""Reads the sectors of a log ring: back from its head, and forward through the records (docs/protocols/records.md).

Hazard: a reader that keeps the shed from its work. A search by kind reads headers only, and every search gives turns away.
"""

from binascii import crc32
from struct import unpack_from

from micropython import const

from shed.storage import records

SECTOR = const(4096)
FIRST = const(16)  # records begin behind the sector header
_PATIENCE = const(4)  # records looked at, wanted or not, between two turns that a reader gives away: about 2 ms

_IN = bytearray(256)  # one for all rings: nobody relies on its content over a turn


class Sectors:
    """region: `.size`, `.read(offset, buf)`, OSError on failure. magic: 4 bytes. `head`: sector index or -1."""

    def __init__(self, region, magic):
        self._region = region
        self._magic = magic
        self.sectors = region.size // SECTOR
        self._in = _IN
        self._in_view = memoryview(_IN)
        self.head = -1
        self._order = 0  # sector sequence of the head
        self._stop = 0  # where the last walk through a sector ended
        self.sequence = 1
        self.errors = 0

    def back(self, k):
        """The sector taken k before the head, or -1: not in use, or of the lap before (it was passed over)."""
        if self.head < 0:
            return -1
        sector = (self.head - k) % self.sectors
        order = self._order_of(sector)
        return sector if order and order + k >= self._order else -1

    def since(self, sequence):
        """Yields (sequence, kind, payload) from `sequence` on, oldest first; None when a turn should be given away.

        The payload is a view that the next read of any ring overwrites. Ends at the last record that was there when it began.
        """
        limit = self.sequence
        back = 0
        for k in range(self.sectors if self.head >= 0 else 0):
            yield None
            sector = self.back(k)
            if sector >= 0:
                back = k
                if self._read(sector, FIRST) and self._sequence_read() <= sequence:
                    break
        yield from self.forward(back, sequence, limit, 0, None)

    def newest(self, count, kinds=None):
        """The newest `count` records whose kind is in `kinds` (any, if None), oldest first; yields as `since` does."""
        limit = self.sequence
        seen = (0, 0)
        for seen in self.look_back(count, kinds):  # noqa: B007  the last one counts
            yield None
        found, back = seen
        if found and count > 0:
            yield from self.forward(back, 0, limit, max(0, found - count), kinds)

    def look_back(self, count, kinds):
        """Where a search for the newest `count` begins: yields (records counted, sectors back) a sector at a time, by headers alone."""
        found = 0
        for k in range(self.sectors):
            if found >= count:
                break
            sector = self.back(k)
            if sector >= 0:
                found += self._count(sector, kinds)
                yield found, k

    def _count(self, sector, kinds):
        buf = self._in
        offset = FIRST
        have = -1
        count = 0
        while offset + records.HEADER + 4 <= SECTOR:
            at = offset & 255
            if offset - at != have:  # four bytes at a multiple of four never cross the buffer's end
                have = offset - at
                self._region.read(sector * SECTOR + have, buf)
            kind = buf[at]
            length = buf[at + 1]
            if kind == records.FREE or length > records.MAX_PAYLOAD or kind ^ length ^ buf[at + 2] ^ buf[at + 3] != 0xA5:
                break
            if kinds is None or kind in kinds:
                count += 1
            offset += length + 15 & ~3
        return count

    def forward(self, back, first, limit, skip, kinds):
        """From `back` sectors behind the head on: records with a sequence from `first` to under `limit`, less the first `skip`."""
        last = first - 1
        order = self._order - back
        head = self.head
        while back >= 0 and head >= 0:
            sector = (head - back) % self.sectors
            back -= 1
            order += 1
            yield None
            if self._order_of(sector) < max(order - 1, 1):
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
        if sector >= 0 and self._order_of(sector):
            for record in self._records(sector, kinds):
                if record is not None:
                    yield record

    def _records(self, sector, kinds=None):
        """Yields every whole record of a sector (of these kinds), and None where a turn should be given away; `_stop` is then where they
        end."""
        offset = FIRST
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
        room = SECTOR - offset
        if room < records.HEADER + 4:
            return 0
        view = self._in_view[: min(room, records.MAX_RECORD if kinds is None else records.HEADER)]
        self._region.read(sector * SECTOR + offset, view)
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
        view = self._in_view[:FIRST]
        self._region.read(sector * SECTOR, view)
        if view[:4] != self._magic or crc32(view[:12]) != unpack_from("<I", view, 12)[0]:
            return 0
        return unpack_from("<I", view, 4)[0]

    def _is_blank(self, offset, count):
        """False also when it cannot be read."""
        try:
            while count > 0:
                view = self._in_view[: min(count, 256)]
                self._region.read(offset, view)
                if bytes(view).strip(b"\xff"):
                    return False
                offset += 256
                count -= 256
        except OSError:
            self.errors += 1
            return False
        return True
