"""The firmware's side of the goldens, for MicroPython and for CPython: writes what it is told to, reads what it is given.

On a board `main` answers the questions of a file, a line each. Flash is a region in RAM; the writers and readers are the firmware's own.
"""

import gc
from struct import pack, unpack_from

from shed.access.cards import CardTable
from shed.storage import journal as kinds
from shed.storage import live, recall
from shed.storage.image import Image
from shed.storage.journal import Journal
from shed.storage.live import LiveRing
from shed.storage.log import LogRing
from shed.storage.slots import ConfigSlots

SECTOR = 4096
LATCH_KINDS = (kinds.TRIP, kinds.TRIP_RESET, kinds.STATE)  # the reader has the CRC behind their fields from `recall.before`
ANSWER = "answer "
END = "no more questions"


class Region:
    """Flash; `programs` are those since it was last filled."""

    def __init__(self, sectors):
        self.size = sectors * SECTOR
        self._bytes = bytearray(self.size)
        self.programs = []

    def holding(self, *pieces):
        """Erased, but for these (offset, bytes)."""
        for at in range(0, self.size, 256):
            self._bytes[at : at + 256] = b"\xff" * 256
        for at, data in pieces:
            self._bytes[at : at + len(data)] = data
        self.programs = []
        return self

    def read(self, offset, buf):
        buf[:] = self._bytes[offset : offset + len(buf)]

    def program(self, offset, data):
        self.programs.append((offset, bytes(data)))
        for i in range(len(data)):
            self._bytes[offset + i] &= data[i]

    def record(self, kind):
        """The newest one of this kind that was programmed."""
        found = [data for _offset, data in self.programs if data[0] == kind]
        return found[-1] if found else b""


class Clock:
    def __init__(self, uptime_s, epoch_s):
        self.uptime_s = uptime_s
        self._epoch_s = epoch_s

    def epoch_s(self):
        return self._epoch_s


FIRST = Region(8)  # as both configuration slots
SECOND = Region(4)  # as the partition of a golden card table


def journal_record(ring, kind, sector, sequence, values):
    """(what each ring got when these fields were written, or None; sequence, kind and fields read from `sector`). values: None for a length
    that this version does not write."""
    written = None
    if values is not None:
        writer = Journal(FIRST.holding(), Clock(values[0], values[1]), values[2], events=SECOND.holding())
        writer.open()
        writer.ring.sequence = sequence
        own = values[3:]
        if kind in LATCH_KINDS:
            writer.config_crc = own[-1]
            own = own[:-1]
        writer.write(kind, *own)
        written = (FIRST.record(kind), SECOND.record(kind))
    pieces = ((0, sector),)
    lasting = ring == "journal"
    reader = Journal(FIRST.holding(*(pieces if lasting else ())), None, events=SECOND.holding(*(() if lasting else pieces)))
    reader.open()
    (row,) = [(row[0], row[1], bytes(row[2])) for row in reader.since(0) if row is not None]
    fields = kinds.fields(row[1], row[2]) or ()
    if kind in LATCH_KINDS:
        recall.before(reader)
        fields += (reader.config_crc,)
    return written, row[0], row[1], fields


def live_record(kind, sector, sequence, values):
    """As journal_record, for the live ring; `written` is what its one ring got."""
    written = None
    if values is not None:
        writer = LiveRing(FIRST.holding())
        writer.open()
        masks, rows, most_s = [], b"", 0
        if kind == live.GOING:
            for outlet in range(64):
                if values[0] >> outlet & 1:
                    writer.put(pack(live.FORMAT, outlet + 1, outlet, bytes(11), *((0,) * 16)))
            tail = b"".join(values[7:])
            may_be, most_s, welded, both, mixed, rows = values[1:7] + (0, 0, 0, 0, 0, bytes(8))[len(values) - 1 :]
            masks = [mask.to_bytes(8, "little") for mask in (may_be, welded, both, mixed)]
            if len(tail) > 4 and tail[-7] == 255:  # its last row tells which sockets the indexes mean
                writer.wired = tail[-7:]
                tail = tail[:-7]
            while len(tail) > 4 and tail[-7] == 254:  # and those before it the outlets from 32 on
                masks[tail[-2]] = masks[tail[-2]][:4] + tail[-6:-2]
                tail = tail[:-7]
            writer.trips = tail if len(tail) > 4 or not writer.wired else b""
        writer.ring.sequence = sequence
        if kind == live.LIVE:
            writer.put(pack(live.FORMAT, *values))
        elif kind == live.DONE:
            writer.done(values[0])
        else:
            writer.watch(b"".join(masks) + rows + most_s.to_bytes(2, "little"))
        written = FIRST.record(kind)
    reader = LiveRing(FIRST.holding((0, sector)))
    found = reader.open()
    (row,) = [(row[0], row[1], bytes(row[2])) for row in reader.ring.since(0) if row is not None]
    if kind == live.LIVE:
        fields = live.row(found[row[2][4]])
    elif kind == live.DONE:
        fields = (reader.newest,)
    else:
        watched = reader.watched
        masks = [int.from_bytes(watched[at : at + 4], "little") for at in range(0, 32, 8)]
        most_s = watched[40] | watched[41] << 8
        fields = unpack_from("<Q", row[2])
        fields += (masks[0], most_s, masks[1], masks[2], masks[3], watched[32:40], reader.trips + reader.wired)
    return written, row[0], row[1], fields


def counted_trips(tally):
    """What a boot makes of the tail of a `going` record."""
    empty = Journal(FIRST.holding(), None)
    empty.open()
    return recall.trips(empty, tally)


def sector_header(magic, header, order, erases):
    """(the header of a sector that is taken as this one in order, after so many erases; the order that a ring finds in `header`)."""
    writer = LogRing(FIRST.holding(), magic)
    writer.open()
    writer._order = order - 1
    writer._wear[0] = erases
    writer.append(1, b"")
    reader = LogRing(SECOND.holding((0, header)), magic)
    reader.open()
    return FIRST.programs[0][1], reader._order


def slot(data):
    """(what runs, on trial or not, what was rejected; what was programmed at the start, and at a `confirm`)."""
    slots = ConfigSlots(FIRST.holding((0, data)))
    image = slots.load()
    started = FIRST.programs
    FIRST.programs = []
    told = (None if image is None else bytes(image), slots.sequence, slots.crc, slots.trial, slots.rejected)
    if slots.trial:
        slots.confirm()
    return told, started, FIRST.programs


def cards(pieces, asked):
    """(how many cards; their records; role, reason and price list of each of these (card, epoch_s))."""
    table = CardTable(SECOND.holding(*pieces))
    table.open()
    found = [(table.find(card, epoch_s), table.price_list) for card, epoch_s in asked]
    return table.count, [bytes(table.record(i)) for i in range(table.count)], found


def revoke(pieces, card):
    """What is programmed when this card is revoked."""
    table = CardTable(SECOND.holding(*pieces))
    table.open()
    table.revoke(card)
    return SECOND.programs


def site_image(data, forms):
    """The CRC, and the rows of each section of `forms`, by number, that the image has."""
    image = Image(data)
    return image.crc, {number: list(image.rows(number, form)) for number, form in forms.items() if image.count(number)}


def ring_records(magic, pieces):
    """(sequence, kind, payload) of each record that a ring finds."""
    ring = LogRing(FIRST.holding(*pieces), magic)
    ring.open()
    return [(row[0], row[1], bytes(row[2])) for row in ring.since(0) if row is not None]


def answer(question):
    """question: the name of a function here, and its arguments. A text says what was raised, so that the others have their turn."""
    try:
        return globals()[question[0]](*question[1:])
    except Exception as error:  # noqa: BLE001
        return repr(error)


def main(path):
    """On a board."""
    with open(path) as questions:
        for line in questions:
            gc.collect()
            print(ANSWER + repr(answer(eval(line))))
    print(END)
