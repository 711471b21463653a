"""The card table: every card is found or refused for the right reason, in few reads, with any content of the flash."""

import random
from binascii import crc32
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shed.access import cards
from shed.access.cards import CardTable
from shed.access.lockout import LockOut

from hil_tests.firmware.storage.nor_flash import NorRegion

NOW_S = 800_000_000
FOR_EVER = 0xFFFFFFFF
TICKS = 1 << 30


def canonical(number):
    return bytes([len(number)]) + number + bytes(10 - len(number))


def table(rows, sectors=64):
    """rows: (number, role, flags, valid_until)."""
    body = b"".join(
        pack("<11sBHIH", canonical(n), role, flags, until, 7) for n, role, flags, until in sorted(rows, key=lambda r: canonical(r[0]))
    )
    header = pack("<4sHHII12x", b"SGC1", 1, 20, len(rows), crc32(body))
    region = NorRegion(sectors)
    region.bytes[:32] = header + pack("<I", crc32(header))
    region.bytes[4096 : 4096 + len(body)] = body
    cards_in = CardTable(region)
    assert cards_in.open() is True
    return cards_in, region


def test_each_card_gets_its_role_and_a_stranger_none():
    cards_in, _ = table(
        [(b"\x01\x02\x03\x04", 1, 0xFFFF, FOR_EVER), (b"\x0a" * 7, 3, 0xFFFF, FOR_EVER), (b"\x0b" * 10, 4, 0xFFFF, FOR_EVER)]
    )
    assert cards_in.find(canonical(b"\x01\x02\x03\x04"), NOW_S) == (cards.RESIDENT, cards.OK)
    assert cards_in.find(canonical(b"\x0a" * 7), NOW_S) == (cards.FIRE_VOLUNTEER, cards.OK)
    assert cards_in.find(canonical(b"\x0b" * 10), NOW_S) == (cards.MAINTENANCE, cards.OK)
    assert cards_in.price_list == 7
    assert cards_in.find(canonical(b"\x01\x02\x03\x05"), NOW_S) == (0, cards.UNKNOWN_CARD)


def test_leading_zeros_count_and_a_short_card_never_equals_a_long_one():
    cards_in, _ = table([(b"\x00\x00\x00\x01", 1, 0xFFFF, FOR_EVER), (b"\x00" * 7, 2, 0xFFFF, FOR_EVER)])
    assert cards_in.find(canonical(b"\x00\x00\x00\x01"), 0)[1] == cards.OK
    assert cards_in.find(canonical(b"\x00\x00\x00\x01\x00\x00\x00"), 0)[1] == cards.UNKNOWN_CARD
    assert cards_in.find(canonical(b"\x00" * 4), 0)[1] == cards.UNKNOWN_CARD


def test_a_revoked_card_is_refused_by_the_bit_alone():
    cards_in, region = table([(b"\x01\x02\x03\x04", 1, 0xFFFF, FOR_EVER)])
    region.program(4096 + 12, pack("<H", 0xFFFE))
    assert cards_in.find(canonical(b"\x01\x02\x03\x04"), NOW_S) == (cards.RESIDENT, cards.REVOKED)


def test_a_card_expires_at_its_date_but_not_while_the_clock_was_never_set():
    cards_in, _ = table([(b"\x01\x02\x03\x04", 1, 0xFFFF, NOW_S)])
    card = canonical(b"\x01\x02\x03\x04")
    assert [cards_in.find(card, t)[1] for t in (NOW_S - 1, NOW_S, NOW_S + 1, 0)] == [cards.OK, cards.OK, cards.EXPIRED, cards.OK]


def header(count, sequence, sector, version=2):
    head = pack("<4sHHIIIH6x", b"SGC1", version, 20, count, 0, sequence, sector)
    return head + pack("<I", crc32(head))


def two_tables():
    """The old table at the front (sequence 4, card 1234), a newer one behind it (sequence 5, card 5678)."""
    region = NorRegion(64)
    region.bytes[:32] = header(1, 4, 1)
    region.bytes[4096:4116] = pack("<11sBHIH", canonical(b"1234"), 1, 0xFFFF, FOR_EVER, 0)
    region.bytes[2 * 4096 : 2 * 4096 + 20] = pack("<11sBHIH", canonical(b"5678"), 1, 0xFFFF, FOR_EVER, 0)
    region.bytes[63 * 4096 : 63 * 4096 + 32] = header(1, 5, 2)
    return region


def who_may_enter(region):
    cards_in = CardTable(region)
    cards_in.open()
    return [name for name in (b"1234", b"5678") if cards_in.find(canonical(name), 0)[1] == cards.OK]


def test_of_two_tables_the_newer_counts_and_a_torn_header_leaves_the_older():
    region = two_tables()
    assert who_may_enter(region) == [b"5678"]
    region.bytes[63 * 4096 + 5] ^= 1
    assert who_may_enter(region) == [b"1234"]


def test_a_table_that_would_leave_the_region_or_is_of_a_later_version_is_none():
    region = two_tables()
    region.bytes[63 * 4096 : 63 * 4096 + 32] = header(20_000, 5, 2)
    assert who_may_enter(region) == [b"1234"]
    region.bytes[63 * 4096 : 63 * 4096 + 32] = header(1, 5, 2, version=3)
    assert who_may_enter(region) == [b"1234"]


def test_revoking_programs_one_byte_of_one_card_and_holds_after_a_boot():
    cards_in, region = table([(bytes([i] * 4), 1, 0xFFFF, FOR_EVER) for i in range(250)])  # some records cross a sector's end
    for i in range(250):
        region.programs.clear()
        assert cards_in.revoke(canonical(bytes([i] * 4))) is True
        assert [size for _, size in region.programs] == [1] and not region.erased
        again = CardTable(region)
        assert again.open()
        assert again.find(canonical(bytes([i] * 4)), NOW_S) == (cards.RESIDENT, cards.REVOKED)
        if i < 249:
            assert again.find(canonical(bytes([i + 1] * 4)), NOW_S) == (cards.RESIDENT, cards.OK)
    assert cards_in.revoke(canonical(b"none")) is False


def test_ten_thousand_cards_are_each_found_in_at_most_sixteen_small_reads():
    rng = random.Random(3)
    numbers = {rng.randbytes(rng.choice((4, 7, 10))) for _ in range(10000)}
    cards_in, region = table([(n, 1, 0xFFFF, FOR_EVER) for n in numbers])
    for number in rng.sample(sorted(numbers), 300):
        region.reads = 0
        assert cards_in.find(canonical(number), 0) == (1, cards.OK)
        assert region.reads <= 16
        assert cards_in.find(canonical(bytes(a ^ 0x5A for a in number)), 0)[1] == cards.UNKNOWN_CARD


def test_without_a_table_every_card_is_refused_for_that_reason():
    cards_in = CardTable(NorRegion(4))
    assert cards_in.open() is False
    assert cards_in.find(canonical(b"1234"), 0) == (0, cards.NO_TABLE)


@settings(max_examples=200)
@given(st.integers(0, 31), st.integers(1, 255))
def test_a_damaged_header_is_no_table(at, flip):
    cards_in, region = table([(b"1234", 1, 0xFFFF, FOR_EVER)])
    region.bytes[at] ^= flip
    assert cards_in.open() is False


def test_an_empty_table_is_a_table():
    cards_in, _ = table([])
    assert cards_in.find(canonical(b"1234"), 0) == (0, cards.UNKNOWN_CARD)


@given(st.binary(min_size=11, max_size=11), st.binary(max_size=400))
def test_records_of_garbage_never_raise(card, body):
    cards_in, region = table([(bytes([i] * 4), 1, 0xFFFF, FOR_EVER) for i in range(20)], sectors=2)
    region.bytes[4096 : 4096 + len(body)] = body
    cards_in.find(card, NOW_S)


@pytest.mark.parametrize("start", [0, TICKS - 30_000, TICKS // 2 - 1000])
def test_the_fifth_unknown_card_within_a_minute_locks_unknown_cards_out_for_a_minute(start):
    lockout = LockOut()

    def tap(reason, at_ms):
        return lockout.judge(reason, (start + at_ms) % TICKS)

    assert [tap(cards.UNKNOWN_CARD, i * 10_000) for i in range(5)] == [cards.UNKNOWN_CARD] * 5
    assert tap(cards.UNKNOWN_CARD, 41_000) == cards.LOCKED_OUT
    assert tap(cards.OK, 42_000) == cards.OK
    assert tap(cards.REVOKED, 43_000) == cards.REVOKED
    assert tap(cards.UNKNOWN_CARD, 99_999) == cards.LOCKED_OUT
    assert tap(cards.UNKNOWN_CARD, 100_001) == cards.UNKNOWN_CARD


def test_an_unknown_card_now_and_then_locks_nobody_out():
    lockout = LockOut()
    assert all(lockout.judge(cards.UNKNOWN_CARD, i * 16_000) == cards.UNKNOWN_CARD for i in range(100))
