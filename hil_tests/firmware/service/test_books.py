"""The books: repeated events have one record and a count, and take no room from others."""

import pytest
from shed.safety import faults
from shed.service.books import Books
from shed.storage import journal as kinds
from shed.storage import recall
from shed.storage.journal import Journal
from shed.storage.live import LiveRing

from hil_tests.firmware.storage.nor_flash import NorRegion

CARD = bytes([4, 1, 2, 3, 4]) + bytes(6)


class Clock:
    uptime_s = 0

    def epoch_s(self):
        return 0


class Shelf:
    """The books on a journal of two rings, the time in seconds, and the written records."""

    def __init__(self):
        self.clock = Clock()
        self.journal = Journal(NorRegion(16), self.clock, events=NorRegion(12))
        self.journal.open()
        self.live_ring = LiveRing(NorRegion(6))
        self.live_ring.open()
        self.books = Books(self.journal, self.live_ring, self.clock, None)
        self.books.begin(7, 0)

    def pass_s(self, span_s):
        for _ in range(span_s):
            self.clock.uptime_s += 1
            self.books.step()
            self.journal.erase_ahead(True)

    def records(self, kind):
        rows = [row for row in self.journal.newest(2000) if row is not None]
        return [fields for fields in (kinds.fields(row[1], row[2]) for row in rows if row[1] == kind) if fields]

    def counted(self, kind):
        """The count of a kind in the `repeats` records; kind 0: of several."""
        return sum(row[5] for row in self.records(kinds.REPEATS) if row[3] == kind)


@pytest.fixture
def shelf():
    return Shelf()


def test_a_supply_that_comes_and_goes_is_one_record_and_a_count_for_each_session(shelf):
    for _ in range(60):
        for i in range(8):
            shelf.books.session_resumed(7 << 16 | i, i, 100)
        shelf.pass_s(10)
    shelf.pass_s(2000)
    assert len(shelf.records(kinds.SESSION_RESUMED)) == 8
    assert shelf.counted(kinds.SESSION_RESUMED) == 59 * 8


def test_a_child_at_the_buttons_does_not_fill_the_journal_and_every_press_is_counted(shelf):
    for k in range(3000):
        shelf.books.press_refused(k % 3, 1, bytes(11))
        if k % 5 == 0:
            shelf.pass_s(1)
    shelf.pass_s(4000)
    assert len(shelf.records(kinds.PRESS_REFUSED)) == 3
    assert shelf.counted(kinds.PRESS_REFUSED) == 2997


def test_a_fault_that_is_cleared_over_and_over_is_counted(shelf):
    shelf.books.cleared_by = 2
    for _ in range(100):
        shelf.books.faults.came(faults.READER_SILENT, 1)
        shelf.books.faults.over(faults.READER_SILENT, 1)
        shelf.books.faults.clear()
        shelf.pass_s(2)
    shelf.pass_s(1000)
    assert [row[3:] for row in shelf.records(kinds.FAULT_CLEARED)] == [(faults.READER_SILENT, 1, 2)]
    assert shelf.counted(kinds.FAULT_CLEARED) == 99


def test_whatever_repeats_itself_at_most_sixty_new_records_are_written_in_a_minute(shelf):
    asked = 0
    for n in range(200):
        shelf.books.session_resumed(n, n % 40, 1)
        shelf.books.press_refused(n, 4, bytes(11))
        shelf.books.faults.came(faults.METER_STALE, n)
        shelf.books.faults.over(faults.METER_STALE, n)
        shelf.books.faults.clear()
        asked += 4
    told = (kinds.SESSION_RESUMED, kinds.PRESS_REFUSED, kinds.FAULT, kinds.FAULT_CLEARED)
    assert sum(len(shelf.records(kind)) for kind in told) == 60
    shelf.pass_s(70)
    assert shelf.counted(0) == asked - 60


class Matrix:
    """Two causes that do not latch."""

    latching = 0

    def points_of(self, cause):
        return 1 << cause

    def effects_of(self, cause):
        return 1

    def kept(self):
        return 0


def trips(shelf, causes):
    shelf.books.trips(causes, Matrix(), causes, 5)


def boot_tells(shelf):
    """The trips only counted so far, as a boot now would record them: {cause: how many}."""
    ring = LiveRing(shelf.live_ring.ring._region)
    ring.open()
    return {cause: count for cause, count, _span_s in recall.trips(shelf.journal, ring.trips)}


def test_a_counted_trip_stands_in_flash_at_once_and_of_many_the_last_five_seconds_are_open():
    shelf = Shelf()
    for n in range(4):
        trips(shelf, 2)
        shelf.books.step()
        assert boot_tells(shelf) == ({1: n} if n else {})
        shelf.pass_s(6)
    for _ in range(100):
        trips(shelf, 3)
        shelf.pass_s(1)
    shelf.pass_s(5)
    told = [sum(row[5] for row in shelf.records(kinds.REPEATS) if row[3:5] == (kinds.TRIP, cause)) for cause in (0, 1)]
    assert [told[cause] + boot_tells(shelf).get(cause, 0) for cause in (0, 1)] == [99, 103]
    assert len(shelf.records(kinds.TRIP)) == 2


def test_a_cut_between_the_record_of_a_count_and_the_live_ring_counts_no_trip_twice():
    shelf = Shelf()
    for _ in range(9):
        trips(shelf, 1)
    shelf.pass_s(2)
    assert boot_tells(shelf) == {0: 8}
    shelf.live_ring.watch = lambda watched: False  # the cut comes before it
    shelf.pass_s(60)
    assert shelf.counted(kinds.TRIP) == 8
    assert boot_tells(shelf) == {}
