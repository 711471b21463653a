"""The log ring on NOR flash: layout, order, wear, searches, refusals. Power cuts: test_storage_log_cuts.py."""

import random
from binascii import crc32
from struct import pack, unpack_from

import pytest
from shed.storage import records
from shed.storage.log import LogRing

from hil_tests.firmware.storage.nor_flash import SECTOR, NorRegion


def opened(region, keep=2):
    ring = LogRing(region, b"SGJ1", keep)
    ring.open()
    return ring


def everything(ring, since=0):
    return [(q, k, bytes(p)) for q, k, p in filter(None, ring.since(since))]


def refill(ring):
    """The work of the executive in a quiet shed."""
    for _ in range(2 * ring.sectors):
        ring.erase_ahead(True)


def test_a_record_is_laid_out_as_the_protocol_page_says():
    buf = bytearray(records.MAX_RECORD)
    size = records.encode_into(buf, 6, b"ab", b"cde", 0x01020304)
    body = bytes([6, 5, 1, 6 ^ 5 ^ 1 ^ 0xA5]) + b"\x04\x03\x02\x01" + b"abcde"
    assert bytes(buf[:size]) == body + pack("<I", crc32(body)) + b"\xff" * 3
    assert size % 4 == 0
    assert size == records.size_of(5)


@pytest.mark.parametrize(("kind", "length"), [(255, 1), (-1, 1), (1, 201)])
def test_a_record_that_does_not_fit_the_format_is_refused(kind, length):
    with pytest.raises(ValueError, match="record"):
        records.encode_into(bytearray(300), kind, b"", bytes(length), 1)


def test_a_sector_header_is_laid_out_as_the_protocol_page_says():
    region = NorRegion(4)
    ring = opened(region)
    assert ring.append(1, b"x") == 1
    magic, order, wear, crc = unpack_from("<4sIII", region.bytes, 0)
    assert (magic, order, wear, crc) == (b"SGJ1", 1, 0, crc32(region.bytes[:12]))


def test_records_come_back_in_order_after_a_reboot_and_the_count_goes_on():
    region = NorRegion(6)
    ring = opened(region)
    written = [(ring.append(1 + i % 14, bytes([i]) * (i % 60)), 1 + i % 14, bytes([i]) * (i % 60)) for i in range(150)]
    assert [row[0] for row in written] == list(range(1, 151))
    again = opened(region)
    assert everything(again) == written
    assert again.append(1, b"") == 151


def test_a_fresh_region_full_of_garbage_takes_records_once_it_was_erased():
    region = NorRegion(5)
    region.bytes[:] = random.Random(7).randbytes(region.size)
    ring = opened(region)
    assert everything(ring) == []
    assert ring.append(1, b"x") == -1
    assert ring.refused == 1
    refill(ring)
    assert ring.append(1, b"x") == 1
    assert everything(opened(region)) == [(1, 1, b"x")]


def test_nothing_is_erased_while_it_is_not_allowed_and_appends_are_refused_when_no_sector_is_left():
    region = NorRegion(5)
    ring = opened(region)
    while ring.append(1, bytes(200)) >= 0:
        assert ring.erase_ahead(False) is False
    assert region.erased == []
    assert ring.refused == 1
    newest = ring.sequence - 1
    assert ring.erase_ahead(True) is True
    assert ring.append(1, b"after") == newest + 1
    assert region.erased == [0]


def test_at_most_one_sector_is_erased_per_call_and_two_records_sectors_always_stay():
    region = NorRegion(6)
    ring = opened(region, keep=99)
    for _ in range(2000):
        before = len(region.erased)
        did = ring.erase_ahead(True)
        assert len(region.erased) - before == int(did)
        ring.append(2, bytes(60))
    assert ring.refused == 0
    assert len({q // 54 for q, _k, _p in everything(ring)}) >= 2


def test_the_ring_wears_its_sectors_evenly_and_counts_erases_in_their_headers():
    region = NorRegion(5)
    ring = opened(region)
    for _ in range(5000):
        ring.erase_ahead(True)
        assert ring.append(3, bytes(100)) > 0
    counts = [region.erased.count(s) for s in range(5)]
    assert max(counts) - min(counts) <= 1
    assert ring.erases == len(region.erased)
    assert unpack_from("<I", region.bytes, ring.head * SECTOR + 8)[0] == counts[ring.head]


def test_since_starts_at_the_sequence_asked_for_and_newest_counts_only_the_kinds_asked_for():
    region = NorRegion(8)
    ring = opened(region, keep=3)
    for i in range(600):
        ring.append(1 + i % 5, pack("<I", i))
        ring.erase_ahead(True)
    assert [row[0] for row in everything(ring, 590)] == list(range(590, 601))
    assert everything(ring, 601) == []
    assert everything(ring, 99999) == []
    last = [(q, k) for q, k, _ in filter(None, ring.newest(4, (2, 4)))]
    assert last == [(592, 2), (594, 4), (597, 2), (599, 4)]
    assert [row[0] for row in filter(None, ring.newest(3))] == [598, 599, 600]
    assert list(filter(None, ring.newest(0))) == []


@pytest.mark.parametrize(
    ("search", "reads"),
    [(lambda ring: ring.newest(300), 20), (lambda ring: ring.since(0), 20), (lambda ring: ring.newest(2, (9,)), SECTOR // 52 + 2)],
)
def test_a_long_search_gives_turns_away(search, reads):
    region = NorRegion(8)
    ring = opened(region)
    for _ in range(450):
        ring.append(1, bytes(40))
        ring.erase_ahead(True)
    region.reads = 0
    longest = turns = 0
    for _row in search(ring):
        longest = max(longest, region.reads)
        region.reads = 0
        turns += 1
    assert turns > 5
    assert longest <= reads


def test_an_empty_ring_reads_as_empty():
    ring = opened(NorRegion(4))
    assert everything(ring) == []
    assert list(ring.newest(5)) == []
    assert ring.sequence == 1


def test_a_listing_ends_at_the_record_that_stood_when_it_began():
    ring = opened(NorRegion(6))
    for _ in range(10):
        ring.append(1, b"old")
    listing = ring.since(0)
    seen = []
    for row in listing:
        if row is not None:
            seen.append(row[0])
            ring.append(1, b"new")
    assert seen == list(range(1, 11))


def test_a_place_that_stayed_blank_is_tried_again_and_given_up_in_the_end():
    region = NorRegion(6)
    ring = opened(region)
    ring.append(1, b"a")
    region.fail_next = True
    assert ring.append(1, b"b") == -1
    assert ring.errors == 1
    assert ring.append(1, b"c") == 3
    assert ring.head == 0
    for _ in range(8):
        region.fail_next = True
        assert ring.append(1, b"d") == -1
    assert ring.append(1, b"e") > 3
    assert ring.head == 1
    assert [p for _q, _k, p in everything(opened(region))] == [b"a", b"c", b"e"]


def test_a_record_that_stands_behind_an_error_is_not_written_twice():
    region = NorRegion(6)
    ring = opened(region)
    region.fail_after_it = True
    assert ring.append(5, b"settled") == 1
    assert ring.errors == 1
    region.fail_half_way = True
    assert ring.append(5, b"another") == -1
    assert ring.append(5, b"another") == 3
    assert [row[2] for row in everything(opened(region))] == [b"settled", b"another"]


def doubtful(region, ring, kind, payload):
    """The record is written, but the flash reports neither success nor failure."""
    region.fail_after_it = region.mute = True
    assert ring.append(kind, payload) == -1


@pytest.mark.parametrize("others", [(), (b"\2\0\1\0 another",), (b"\2\0\1\0 another", b"\3\0\1\0 a third")])
@pytest.mark.parametrize("lasts", [0, 3])
def test_a_settlement_of_which_the_flash_does_not_tell_is_written_once_whatever_is_written_before_it_is_asked_for_again(lasts, others):
    region = NorRegion(6)
    ring = LogRing(region, b"SGJ1", 2, once=(5,))
    ring.open()
    ring.append(1, b"")
    refill(ring)
    doubtful(region, ring, 5, b"\1\0\1\0 settled")
    for _ in range(lasts):
        assert ring.append(5, b"\1\0\1\0 settled") == -1
    region.mute = False
    for payload in others:
        assert ring.append(5, payload) > 0
    assert ring.append(5, b"\1\0\1\0 settled, with a later reading") == 2
    assert [row[2] for row in everything(opened(region))] == [b"", b"\1\0\1\0 settled", *others]


def test_what_may_stand_twice_is_written_with_its_newest_content():
    region = NorRegion(6)
    ring = opened(region)
    ring.append(1, b"")
    doubtful(region, ring, 1, b"\1\0\1\0 goes on")
    region.mute = False
    assert ring.append(1, b"\1\0\1\0 stopped") > 0
    assert everything(opened(region))[-1][2] == b"\1\0\1\0 stopped"


@pytest.mark.parametrize("what", ["erase", "header"])
def test_a_sector_that_refuses_for_ever_is_passed_over(what):
    region = NorRegion(8)
    ring = opened(region)
    region.bad_sectors = {3} if what == "erase" else set()
    written = []
    for i in range(1500):
        if what == "header" and not ring._bad and ring.head == 2 and ring._end + 112 > SECTOR:
            region.fail_next = True
        sequence = ring.append(1, pack("<I", i) + bytes(96))
        if sequence >= 0:
            written.append(sequence)
        for _ in range(3):
            ring.erase_ahead(True)
    assert len(written) == 1500
    found = [row[0] for row in everything(ring)]
    assert found == written[-len(found) :]
    assert len(found) > 4 * 36
    assert [row[0] for row in everything(ring, found[60])] == found[60:]
    again = opened(region)
    assert [row[0] for row in everything(again)] == found
    assert again.sequence == ring.sequence


def test_when_every_erase_is_refused_the_ring_rests_and_works_again_once_the_flash_does():
    region = NorRegion(8)
    ring = opened(region)
    while ring.append(1, bytes(200)) >= 0:
        ring.erase_ahead(False)
    region.bad_sectors = set(range(8))
    for _ in range(400):
        ring.erase_ahead(True)
    assert ring.errors < 40
    region.bad_sectors = set()
    for _ in range(400):
        ring.erase_ahead(True)
    assert ring.append(1, b"again") > 0


def test_the_reserve_is_left_to_what_is_urgent_and_takes_thirty_of_them():
    region = NorRegion(5)
    ring = LogRing(region, b"SGJ1", 2, 1536)
    ring.open()
    while ring.append(5, bytes(60)) >= 0:
        ring.erase_ahead(False)
    for _ in range(30):
        assert ring.append(2, bytes(35), urgent=True) > 0
    assert region.erased == []


def test_a_record_whose_bits_rotted_is_skipped_and_the_ones_behind_it_are_read():
    region = NorRegion(4)
    ring = opened(region)
    for i in range(5):
        ring.append(1, bytes([i]) * 10)
    region.bytes[16 + 2 * records.size_of(10) + 9] ^= 0x10
    again = opened(region)
    assert [q for q, _k, _p in everything(again)] == [1, 2, 4, 5]
    assert again.append(1, b"") == 6


def test_mounting_costs_a_bounded_number_of_reads():
    region = NorRegion(128)
    ring = opened(region)
    for _ in range(3000):
        ring.append(5, bytes(50))
        ring.erase_ahead(True)
    region.reads = 0
    opened(region)
    assert region.reads < 128 + 4096 // 64 + 4 * 16 + 20
