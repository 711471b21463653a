"""The journal: the firmware reads back what was written; endless events leave sessions and trips alone."""

import random
from struct import unpack_from

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shed.storage import journal as journal_room
from shed.storage.eraser import Eraser
from shed.storage.journal import Journal
from shed.storage.recall import before, fates

from hil_tests.firmware.storage.journals import CARD, Clock, everything, fresh_journal
from hil_tests.firmware.storage.nor_flash import NorRegion, PowerCut


def split_journal(sectors=8, events=4):
    journal = Journal(NorRegion(sectors), Clock(), events=NorRegion(events))
    journal.open()
    journal.boot, journal.latched = 7, 0
    return journal


def reopened(journal):
    again = Journal(journal.ring._region, Clock(), events=journal.events._region)
    again.open()
    return again


SESSION = (4, (7 << 16 | 1, 0, CARD, 1, 100)), (14, (7 << 16 | 1, 0)), (5, (7 << 16 | 1, 0, CARD, 1, 2, 3, 4, 5, 6, 2, 6))


def test_events_without_end_take_no_session_and_no_trip():
    journal = split_journal()
    journal.write(journal_room.BOOT, 1, 0, 0, 7)
    for kind, values in SESSION:
        journal.write(kind, *values)
    journal.write(2, 0, 0, 3, 1, -1, 1)
    for n in range(5000):
        journal.erase_ahead(True)
        assert journal.write((6, 7, 9)[n % 3], *((2, 3, CARD), (10, 0), (0, n % 4))[n % 3]) > 0
    for again in (journal, reopened(journal)):
        kinds = [kind for _q, kind, _p in filter(None, again.newest(9999, (2, 4, 5, 14)))]
        assert kinds == [4, 14, 5, 2]
        assert before(again) == (7, 1)
        assert fates(again, [7 << 16 | 1])[0] == {7 << 16 | 1}


def test_events_that_find_no_room_cost_no_room_of_sessions():
    journal = split_journal()
    while journal.write(9, 0, 1) >= 0:
        pass
    for kind, values in SESSION:
        assert journal.write(kind, *values) > 0


def test_sessions_and_events_are_read_as_one_journal_under_one_count():
    journal = split_journal()
    written = []
    for n in range(60):
        kind, values = (*SESSION, (6, (1, 1, CARD)), (9, (0, 1)))[n % 5]
        written.append((journal.write(kind, *values), kind))
    for again in (journal, reopened(journal)):
        rows = [(q, k) for q, k, _p in filter(None, again.since(0))]
        assert [row for row in rows if row[1] != 15] == written
        assert [q for q, _k in rows] == sorted({q for q, _k in rows})
        assert [(q, k) for q, k, _p in filter(None, again.newest(7))] == rows[-7:]
        assert [(q, k) for q, k, _p in filter(None, again.newest(3, (6, 9)))] == [row for row in rows if row[1] in (6, 9)][-3:]
        assert [(q, k) for q, k, _p in filter(None, again.since(40))] == [row for row in rows if row[0] >= 40]
        assert list(filter(None, again.newest(0))) == []
    assert reopened(journal).write(9, 0, 1) == rows[-1][0] + 1


def test_room_for_thirty_trips_is_left_whatever_else_is_written():
    journal = split_journal()
    while journal.write(*SESSION[2][:1], *SESSION[2][1]) >= 0:
        pass
    for cause in range(30):
        assert journal.write(2, cause, 0, 3, 1, -1, 1 << cause) > 0
    assert journal.ring._region.erased == []


def test_the_boot_count_outlives_the_events_that_told_it():
    journal = split_journal(events=4)
    for boot in range(8, 40):
        journal.boot = boot
        journal.write(journal_room.BOOT, 1, 0, 0, boot)
    journal.write(4, 39 << 16 | 1, 0, CARD, 1, 100)
    for _ in range(2000):
        journal.erase_ahead(True)
        journal.write(9, 0, 1)
    assert before(reopened(journal))[0] == 39


def test_latches_carry_the_configuration_whose_causes_they_count():
    journal = split_journal()
    journal.config_crc = 0xDEADBEEF
    journal.write(2, 0, 0, 3, 1, -1, 1)
    again = reopened(journal)
    assert before(again) == (7, 1)
    assert again.config_crc == 0xDEADBEEF


def test_every_journal_record_begins_with_uptime_calendar_time_and_boot_count():
    journal = fresh_journal()
    journal.write(journal_room.FAULT, 16, 2)
    ((sequence, kind, payload),) = everything(journal)
    assert (sequence, kind) == (1, 7)
    assert unpack_from("<IIB", payload, 0) == (77, 0, 0x23)
    assert journal_room.fields(kind, payload) == (77, 0, 0x23, 16, 2)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (1, (1, 0, 0, 9)), (2, (0, 255, 3, 1, -1, 1)), (3, (0, 2, 0)), (4, (1 << 16, 3, CARD, 500, 100)),
        (5, (1 << 16, 3, CARD, 1, 2, 1 << 40, 500, 600, 100, 2, 100)), (6, (1, 1, CARD)), (7, (9, 3)), (8, (9, 3, 1)), (9, (0, 1)),
        (10, (5, 0xFFFFFFFF)), (11, (0, 800000000)), (12, (3,)), (13, (1, 2, 3)), (14, (1, 2)), (15, (7, 3)),
    ],
)  # fmt: skip
def test_each_kind_comes_back_with_its_own_fields(kind, values):
    journal = fresh_journal()
    assert journal.write(kind, *values) == 1
    ((_q, read_kind, payload),) = everything(journal)
    assert journal_room.fields(read_kind, payload)[3:] == values


@given(st.integers(0, 255), st.binary(max_size=80))
def test_reading_the_fields_of_any_bytes_never_raises(kind, payload):
    journal_room.fields(kind, payload)


def test_the_journal_knows_which_sessions_have_ended_even_many_sectors_ago():
    journal = fresh_journal(12)

    def end(session):
        journal.write(5, session, 1, CARD, 1, 2, 3, 4, 5, 6, 2, 6)

    def start(session):
        journal.write(4, session, 1, CARD, 1, 100)

    for step, session in ((start, 1), (end, 1), (start, 2), (start, 3)):
        step(session)
    for _ in range(300):
        journal.erase_ahead(True)
        journal.write(9, 0, 0)
    for step, session in ((end, 3), (start, 4), (start, 5), (end, 5)):
        step(session)
    assert fates(journal, [1, 2, 3, 4, 5, 6])[0] == {1, 3, 5}
    assert fates(journal, []) == (set(), set())
    assert fates(fresh_journal(), [1]) == (set(), set())


def years(journal, kind, *fields, boots=9, latched=0):
    """A journal that wrapped around, full of records of one kind, with the state records that a boot writes."""
    journal.boot, journal.latched = boots, latched
    for _ in range(journal.ring.sectors * 150):
        journal.erase_ahead(True)
        assert journal.write(kind, *fields) > 0


@pytest.mark.parametrize("kind", [journal_room.GATE, journal_room.SESSION_END])
def test_boot_count_and_latches_are_found_in_a_journal_that_went_round_without_another_word_of_them(kind):
    journal = Journal(NorRegion(24), Clock())
    journal.open()
    years(journal, kind, *((1, 1, CARD) if kind == journal_room.GATE else (1, 1, CARD, 1, 2, 3, 4, 5, 6, 2, 6)), boots=70000, latched=5)
    again = Journal(journal.ring._region, Clock())
    again.open()
    again.ring._region.reads = 0
    assert before(again) == (70000, 5)
    assert again.ring._region.reads < 400, "a boot has five seconds until the watchdog"


def test_the_newest_trip_or_reset_stands_above_the_state_of_its_sector():
    journal = Journal(NorRegion(8), Clock())
    journal.open()
    journal.boot, journal.latched = 3, 0
    journal.write(journal_room.BOOT, 1, 0, 0, 3)
    journal.write(journal_room.TRIP, 0, 0, 3, 1, -1, 1)
    journal.write(journal_room.TRIP, 1, 1, 3, 3, -1, 3)
    assert before(journal) == (3, 3)
    journal.write(journal_room.TRIP_RESET, 0, 3, 2)
    assert before(journal) == (3, 2)
    for _ in range(200):
        journal.erase_ahead(True)
        journal.write(journal_room.POINT, 0, 0)
    assert before(journal) == (3, 2)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.integers(0, 500), st.integers(0, 2**32))
def test_a_cut_at_any_operation_forgets_neither_boot_count_nor_latches(cut, seed):
    region = NorRegion(6)
    journal = Journal(region, Clock())
    journal.open()
    journal.boot, journal.latched = 1, 0
    region.cut_after(cut, random.Random(seed))
    known, coming = (0, 0), (1, 0)
    try:
        journal.write(journal_room.BOOT, 1, 0, 0, 1)
        known = (1, 0)
        for n in range(400):
            journal.erase_ahead(True)
            coming = (1, n % 7)
            journal.write(journal_room.TRIP if n % 3 else journal_room.GATE, *((0, 0, 0, 0, -1, n % 7) if n % 3 else (1, 1, CARD)))
            known = (1, journal.latched)
    except PowerCut:
        again = Journal(region, Clock())
        again.open()
        assert before(again) in (known, coming)


def test_the_fate_of_a_session_whose_start_was_cut_is_known_after_the_records_of_its_own_boot():
    journal = fresh_journal(12)
    for _ in range(300):
        journal.erase_ahead(True)
        journal.write(9, 0, 0)
    journal.write(1, 1, 0, 0, 7)
    journal.write(4, 7 << 16 | 1, 0, CARD, 1, 100)
    journal.ring._region.reads = 0
    assert fates(journal, [7 << 16 | 1, 7 << 16 | 2]) == (set(), {7 << 16 | 1})
    assert journal.ring._region.reads < 200


class Sectors(NorRegion):
    """Counts its erases."""

    erases = 0

    def erase(self, sector):
        self.erases += 1
        super().erase(sector)


def test_with_outlets_on_sectors_are_erased_for_sessions_and_never_for_events():
    sessions, events = Sectors(8), Sectors(4)
    journal = Journal(sessions, Clock(), events=events)
    journal.open()
    journal.boot, journal.latched = 7, 0
    eraser = Eraser((journal,))
    now_ms = 0
    while journal.ring.ahead and journal.events.ahead:
        journal.write(journal_room.POINT, 0, 1)
    before_erases = sessions.erases, events.erases
    for _ in range(3000):  # ten minutes of a loose wire, every outlet in use
        now_ms += 200
        eraser.step(now_ms, False, True)
        journal.write(journal_room.POINT, 0, 1)
    assert (sessions.erases, events.erases) == before_erases and not eraser.forced
    for _ in range(3000):
        now_ms += 200
        eraser.step(now_ms, False, True)
        for kind, values in SESSION:
            journal.write(kind, *values)
    assert 9 <= eraser.forced <= 11 and events.erases == before_erases[1]
    for _ in range(400):
        now_ms += 200
        eraser.step(now_ms, True, True)
    assert journal.ring.ahead and journal.events.ahead
    assert events.erases > before_erases[1], "events get their room as soon as nothing is on"
