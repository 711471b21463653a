"""Journal, live ring, configuration slots and site image: what the firmware reads back is what was kept."""

import random
from binascii import crc32
from struct import pack, unpack_from

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shed.storage import journal as journal_room
from shed.storage import live
from shed.storage.image import Image, ImageError
from shed.storage.journal import Journal
from shed.storage.live import FORMAT, LiveRing
from shed.storage.slots import CONFIRMED, REJECTED, ConfigSlots

from hil_tests.unit.nor_flash import NorRegion, PowerCut

CARD = bytes([4, 1, 2, 3, 4]) + bytes(6)


class Clock:
    uptime_s = 77
    epoch = 0

    def epoch_s(self):
        return self.epoch


def fresh_journal(sectors=6):
    journal = Journal(NorRegion(sectors), Clock(), boot=0x123)
    journal.open()
    return journal


def everything(journal):
    return [(q, k, bytes(p)) for q, k, p in filter(None, journal.since(0))]


def checkpoint(session, outlet, energised_s=0):
    return pack(
        FORMAT, session, outlet, CARD, 1000, 5, energised_s, energised_s * 100, 200000, 0, 100, 300, energised_s, energised_s, 0, 0, 5, 0
    )


# --- journal


def test_a_price_beyond_sixteen_bits_is_whole_and_a_record_of_the_older_version_still_reads():
    journal = fresh_journal()
    journal.write(5, 1 << 16, 3, CARD, 1, 4500, 1, 500, 600, 0xFFFF, 3, 75_000)
    ((_, kind, payload),) = everything(journal)
    assert journal_room.fields(kind, payload)[-1] == 75_000
    old = journal_room.fields(kind, payload[:-4])
    assert old is not None and old[3:] == (1 << 16, 3, CARD, 1, 4500, 1, 500, 600, 0xFFFF, 3, 0xFFFF)
    assert journal_room.fields(kind, payload[:-5]) is None


def test_a_checkpoint_of_the_older_version_is_still_a_session_to_resume():
    ring = LiveRing(NorRegion(6))
    ring.open()
    ring.put(pack("<IB11sIIIQIB", 7 << 16, 2, CARD, 1000, 5, 600, 60, 200000, 0))
    (payload,) = LiveRing(ring.ring._region).open().values()
    assert live.row(payload) == (7 << 16, 2, CARD, 1000, 5, 600, 60, 200000, 0)


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
        journal.write(9, 0, 0)
    for step, session in ((end, 3), (start, 4), (start, 5), (end, 5)):
        step(session)
    assert journal.fates([1, 2, 3, 4, 5, 6])[0] == {1, 3, 5}
    assert journal.fates([]) == (set(), set())
    assert fresh_journal().fates([1]) == (set(), set())


def years(journal, kind, *fields, boots=9, latched=0):
    """A journal that went round, full of records of one kind, with the state records that a boot writes."""
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
    assert again.before() == (70000, 5)
    assert again.ring._region.reads < 400, "a boot has five seconds until the watchdog"


def test_the_newest_trip_or_reset_stands_above_the_state_of_its_sector():
    journal = Journal(NorRegion(8), Clock())
    journal.open()
    journal.boot, journal.latched = 3, 0
    journal.write(journal_room.BOOT, 1, 0, 0, 3)
    journal.write(journal_room.TRIP, 0, 0, 3, 1, -1, 1)
    journal.write(journal_room.TRIP, 1, 1, 3, 3, -1, 3)
    assert journal.before() == (3, 3)
    journal.write(journal_room.TRIP_RESET, 0, 3, 2)
    assert journal.before() == (3, 2)
    for _ in range(200):
        journal.erase_ahead(True)
        journal.write(journal_room.POINT, 0, 0)
    assert journal.before() == (3, 2)


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
        assert again.before() in (known, coming)


def test_the_fate_of_a_session_whose_start_was_cut_is_known_after_the_records_of_its_own_boot():
    journal = fresh_journal(12)
    for _ in range(300):
        journal.write(9, 0, 0)
    journal.write(1, 1, 0, 0, 7)
    journal.write(4, 7 << 16 | 1, 0, CARD, 1, 100)
    journal.ring._region.reads = 0
    assert journal.fates([7 << 16 | 1, 7 << 16 | 2]) == (set(), {7 << 16 | 1})
    assert journal.ring._region.reads < 200


# --- live ring


def test_a_session_without_done_is_found_with_its_newest_checkpoint():
    region = NorRegion(16)
    live = LiveRing(region)
    live.open()
    live.put(checkpoint(10, 0))
    live.put(checkpoint(11, 1))
    live.put(checkpoint(10, 0, 600))
    live.done(11)
    assert LiveRing(region).open() == {0: checkpoint(10, 0, 600)}


def test_the_newest_checkpoint_of_a_live_session_survives_any_number_of_others():
    region = NorRegion(16)
    live = LiveRing(region)
    live.open()
    live.put(checkpoint(7, 3))
    for i in range(3000):
        live.put(checkpoint(100 + i, 1))
        live.erase_ahead(True)
    assert LiveRing(region).open()[3] == checkpoint(7, 3)
    live.done(7)
    for _ in range(50):
        live.erase_ahead(True)
    assert live.put(checkpoint(9000, 1)) > 0
    assert list(LiveRing(region).open()) == [1]


def test_a_boot_reads_no_further_back_than_the_sessions_that_are_going():
    region = NorRegion(16)
    live = LiveRing(region)
    live.open()
    for i in range(900):
        live.put(checkpoint(7, 2, i))
        live.put(checkpoint(100 + i, 1))
        live.done(100 + i)
        live.erase_ahead(live.ring.ahead < 2)
    region.reads = 0
    assert LiveRing(region).open() == {2: checkpoint(7, 2, 899)}
    assert region.reads < 350, "the headers, two sectors of records, and the blank one ahead"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=120), st.integers(0, 200), st.integers(0, 2**32))
def test_a_cut_at_any_operation_leaves_exactly_the_sessions_that_were_live(steps, cut, seed):
    region = NorRegion(6)
    live = LiveRing(region, 3)
    live.open()
    region.cut_after(cut, random.Random(seed))
    expected, session, before, after = {}, {}, {}, {}
    try:
        for n, (outlet, ends) in enumerate(steps * 4):
            live.erase_ahead(True)
            before = dict(expected)
            after = dict(expected)
            if ends and outlet in session:
                del after[outlet]
                live.done(session.pop(outlet))
            else:
                session.setdefault(outlet, n + 1)
                after[outlet] = checkpoint(session[outlet], outlet, n)
                assert live.put(after[outlet]) > 0
            expected = after
    except PowerCut:
        found = LiveRing(region, 3).open()
        torn_erase = {o: p for o, p in found.items() if o not in before and o not in after}
        assert {o: p for o, p in found.items() if o not in torn_erase} in (before, after)
        assert not torn_erase or len(region.erased) > 0  # an old session can only come back from a sector whose erase was cut


# --- configuration slots


def slot(image, sequence, state=0xFFFF & ~CONFIRMED):
    header = pack("<4sHHIII", b"SGS1", 1, 0xFFFF, sequence, len(image), crc32(image))
    return header[:6] + pack("<H", state) + header[8:] + pack("<I", crc32(header)) + image


def region_with(first=b"", second=b""):
    region = NorRegion(8)
    region.bytes[: len(first)] = first
    region.bytes[0x4000 : 0x4000 + len(second)] = second
    return region


def test_the_confirmed_slot_with_the_highest_sequence_is_used():
    slots = ConfigSlots(region_with(slot(b"old", 4), slot(b"new", 5)))
    assert slots.load() == b"new"
    assert (slots.slot, slots.sequence, slots.crc) == (1, 5, crc32(b"new"))
    assert ConfigSlots(region_with(slot(b"new", 6), slot(b"old", 5))).load() == b"new"


@pytest.mark.parametrize("state", [0xFFFE, 0xFFFF & ~CONFIRMED & ~REJECTED])
def test_a_slot_whose_trial_ended_or_that_was_rejected_is_not_used(state):
    assert ConfigSlots(region_with(slot(b"old", 4), slot(b"new", 5, state))).load() == b"old"


def test_a_damaged_slot_falls_back_to_the_other_and_two_damaged_ones_give_nothing():
    for at in range(len(slot(b"new", 5))):
        if at in (6, 7):
            continue
        region = region_with(slot(b"old", 4), slot(b"new", 5))
        region.bytes[0x4000 + at] ^= 0x40
        assert ConfigSlots(region).load() == b"old"
    assert ConfigSlots(region_with()).load() is None
    assert ConfigSlots(region_with(slot(b"old", 4)[:-1], b"\x00" * 400)).load() is None


def test_marking_a_slot_clears_one_bit_and_rejecting_the_newer_one_brings_the_older_back():
    region = region_with(slot(b"old", 4), slot(b"new", 5))
    ConfigSlots(region).mark(1, REJECTED)
    assert ConfigSlots(region).load() == b"old"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=64), st.binary(max_size=64))
def test_slots_full_of_garbage_load_nothing_and_raise_nothing(first, second):
    assert ConfigSlots(region_with(first, second)).load() is None


# --- image


def image_of(*sections, magic=b"SGI1", version=1):
    body = b"".join(pack("<BBH", number, size, len(rows)) + b"".join(rows) for number, size, rows in sections)
    return pack("<4sHHI", magic, version, len(sections), crc32(body)) + body


def test_sections_are_found_by_number_and_longer_records_of_later_versions_are_read():
    image = Image(image_of((2, 4, [b"\x15\x01\xa0\x0f"]), (77, 3, [b"abc"]), (8, 3, [b"\x01\x00?", b"\x02\x01?"])))
    assert list(image.rows(2, "<BBH")) == [(0x15, 1, 4000)]
    assert list(image.rows(8, "<BB")) == [(1, 0), (2, 1)]
    assert [bytes(r) for r in image.section(77)] == [b"abc"]
    assert image.count(8) == 2
    assert image.count(9) == 0
    assert list(image.section(9)) == []
    assert image.one(2, "<B") == (0x15,)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SGI1",
        image_of(magic=b"SGX1"),
        image_of(version=2),
        image_of((1, 4, [b"1234"]))[:-1] + b"5",
        image_of((1, 200, [b"short"])),
        image_of((1, 1, [b"a"]), (1, 1, [b"b"])),
    ],
)
def test_what_is_not_an_image_is_refused_with_one_error(data):
    with pytest.raises(ImageError):
        Image(data)


def test_records_that_are_too_short_or_missing_are_refused_with_the_same_error():
    image = Image(image_of((2, 2, [b"ab"])))
    with pytest.raises(ImageError):
        list(image.rows(2, "<BBH"))
    with pytest.raises(ImageError):
        image.one(13, "<32s")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120), st.integers(0, 9))
def test_any_bytes_under_a_good_crc_either_parse_within_bounds_or_are_refused(body, count):
    data = pack("<4sHHI", b"SGI1", 1, count, crc32(body)) + body
    try:
        image = Image(data)
    except ImageError:
        return
    for number in image.sections:
        assert len(list(image.section(number))) == image.count(number)
