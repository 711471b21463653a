"""Journal, live ring, configuration slots and site image: the firmware reads back what was written."""

import random
from binascii import crc32
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shed.storage.image import Image, ImageError
from shed.storage.live import FORMAT, GOING, LiveRing, row
from shed.storage.slots import CONFIRMED, REJECTED, ConfigSlots

from hil_tests.firmware.storage.journals import CARD
from hil_tests.firmware.storage.nor_flash import NorRegion, PowerCut
from hil_tests.firmware.storage.outlet_masks import watched


def checkpoint(session, outlet, energised_s=0):
    return pack(
        FORMAT, session, outlet, CARD, 1000, 5, energised_s, energised_s * 100, 200000, 0, 100, 300, energised_s, energised_s, 0, 0, 5, 0,
        0, 1800,
    )  # fmt: skip


# --- live ring


def test_a_checkpoint_of_the_older_version_is_still_a_session_to_resume():
    ring = LiveRing(NorRegion(6))
    ring.open()
    ring.put(pack("<IB11sIIIQIB", 7 << 16, 2, CARD, 1000, 5, 600, 60, 200000, 0))
    (payload,) = LiveRing(ring.ring._region).open().values()
    assert row(payload) == (7 << 16, 2, CARD, 1000, 5, 600, 60, 200000, 0)
    ring.put(checkpoint(7 << 16, 2, 600)[:63])
    (payload,) = LiveRing(ring.ring._region).open().values()
    assert row(payload) == (*row(checkpoint(7 << 16, 2, 600))[:17], 0, 0), "written by a version without the time with the relay open"


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


UNWATCHED = watched(0, 0, 0, 0, 0, bytes(8))


def test_what_a_boot_is_told_of_live_outlets_is_what_was_told_last():
    full = watched(1, 600, 1, 1, 2, bytes((200, 1, 0, 7, 0, 0, 0, 9)))
    region = NorRegion(6)
    live = LiveRing(region)
    live.open()
    assert live.watched == UNWATCHED
    live.put(checkpoint(7, 3))
    rows = bytes((0, 20)) + bytes(6), bytes((40, 2)) + bytes(6)
    first = watched(4, 0, 0, 0, 0, bytes(8))
    for told in (first, watched(4, 60, 4, 0, 0, rows[0]), watched(5, 120, 0, 0, 6, rows[1]), full):
        live.watch(told)
        boot = LiveRing(region)
        assert boot.open() == {3: checkpoint(7, 3)}
        assert boot.watched == told, "the newest of a sector counts"
    for i in range(300):
        live.put(checkpoint(100 + i, 1))
        live.done(100 + i)
        live.put(checkpoint(7, 3))
        live.erase_ahead(True)
    boot = LiveRing(region)
    assert list(boot.open()) == [3] and boot.watched == full, "and each sector taken into use since has it too"
    boot.watch(UNWATCHED)
    again = LiveRing(region)
    assert list(again.open()) == [3] and again.watched == UNWATCHED


def test_no_checkpoint_is_written_before_the_row_that_says_what_its_index_means(monkeypatch: pytest.MonkeyPatch):
    region = NorRegion(6)
    live = LiveRing(region)
    live.open()
    live.put(checkpoint(7, 3))
    append = live.ring.append
    monkeypatch.setattr(live.ring, "append", lambda kind, *rest: -1 if kind == GOING else append(kind, *rest))  # the flash refuses the row
    live.wired = bytes((255, 1, 2, 3, 4, 0, 0))
    assert not live.watch(UNWATCHED)
    assert live.put(checkpoint(8, 2)) == -1
    boot = LiveRing(region)
    assert list(boot.open()) == [3] and boot.wired == b""
    monkeypatch.undo()
    assert live.put(checkpoint(8, 2)) >= 0
    boot = LiveRing(region)
    assert sorted(boot.open()) == [2, 3] and boot.wired == live.wired


MASKS = st.integers(0, 2**60 - 1)
WATCHED = st.builds(watched, MASKS, st.integers(0, 600), MASKS, MASKS, MASKS, st.binary(min_size=8, max_size=8))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(WATCHED, min_size=1, max_size=60), st.integers(0, 120), st.integers(0, 2**32))
def test_a_cut_at_any_operation_leaves_what_was_told_of_live_outlets_last_or_just_before(told, cut, seed):
    region = NorRegion(6)
    live = LiveRing(region, 3)
    live.open()
    region.cut_after(cut, random.Random(seed))
    before = after = UNWATCHED
    try:
        for n, after in enumerate(told):
            live.watch(after)
            before = after
            live.put(checkpoint(7, 3, n))
            live.erase_ahead(True)
    except PowerCut:
        boot = LiveRing(region, 3)
        boot.open()
        assert boot.watched in (before, after)


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
        image_of(version=0),
        image_of(version=3),
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
