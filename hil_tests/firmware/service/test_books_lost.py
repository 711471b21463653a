"""Records that find no room in the journal: each is counted once, and the fault lasts until it is written."""

from shed.safety import faults
from shed.service.books import Books
from shed.storage import journal as kinds


class Flash:
    """A journal and live ring that may refuse."""

    def __init__(self):
        self.full = False
        self.records = []
        self.ring = self.events = self
        self.ahead = 1
        self.done_ids = []

    def write(self, kind, *fields):
        if self.full and kind in kinds.LASTING_KINDS:
            return -1
        self.records.append((kind, fields))
        return len(self.records)

    def done(self, session):
        self.done_ids.append(session)

    def watch(self, *watched):
        return True

    def of(self, kind):
        return [fields for written, fields in self.records if written == kind]


class Clock:
    uptime_s = 100

    def epoch_s(self):
        return 0


class Matrix:
    latching = 3

    def points_of(self, i):
        return 1

    def effects_of(self, i):
        return 1

    def kept(self):
        return 1


def books():
    flash = Flash()
    return Books(flash, flash, Clock(), None), flash


def end(told, session):
    return told.session_end(session, 0, bytes(11), 0, 60, 5, 1, 2, 100, 1)


def test_a_settlement_refused_for_an_hour_is_one_record():
    told, flash = books()
    flash.full = True
    for _ in range(3600):
        assert not end(told, 7)
    assert not end(told, 8)
    flash.full = False
    assert end(told, 7)
    told.step()
    assert flash.of(kinds.LOST) == [(0, 2)]


def test_a_trip_and_a_reset_refused_many_times_are_two_records():
    told, flash = books()
    flash.full = True
    told.trips(1, Matrix(), 1, 5)
    told.trip_resets(1, Matrix(), 1)
    for _ in range(600):
        assert not told.write_due(Matrix())
    flash.full = False
    assert told.write_due(Matrix())
    flash.full = True
    told.trips(1, Matrix(), 1, 5)
    flash.full = False
    assert told.write_due(Matrix())
    told.step()
    assert flash.of(kinds.LOST) == [(0, 2)], "the reset after the trip was never refused itself"


def test_records_lost_stands_until_trip_and_settlement_both_do():
    told, flash = books()
    flash.full = True
    told.trips(1, Matrix(), 1, 5)
    end(told, 7)
    assert told.faults.is_live(faults.RECORDS_LOST)
    flash.full = False
    told.write_due(Matrix())
    assert told.faults.is_live(faults.RECORDS_LOST), "the settlement is not written yet"
    end(told, 7)
    assert not told.faults.is_live(faults.RECORDS_LOST)
    flash.full = True
    end(told, 8)
    told.trips(1, Matrix(), 1, 5)
    flash.full = False
    end(told, 8)
    assert told.faults.is_live(faults.RECORDS_LOST), "the trip is not written yet"
    assert flash.done_ids == [7, 8]
