"""The card table, and the sheet it is made from; test_card_sheet.py has what spreadsheets do to sheets."""

from __future__ import annotations

import random
import struct
from binascii import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shedguard.cards.sheet import parse_csv
from shedguard.errors import ShedError
from shedguard.files.problems import FileProblems
from shedguard.formats.cards import (
    FOR_EVER,
    SECTOR,
    TABLE_SIZE,
    Card,
    apply_change,
    build_table,
    canonical,
    find_table,
    merge,
    plan_change,
    read_table,
)

HEAD = "card,role,valid_until,price_list\n"


def test_a_sheet_as_offices_write_it() -> None:
    text = "\ufeffFlat, Card , role,valid_until\n3-1,04A1B2C3,,\n3-2, 04:11:22:33:44:55:66 ,staff,2027-01-31\n"
    first, second = parse_csv(text)
    assert first == Card(bytes.fromhex("0404A1B2C3") + bytes(6))
    assert second == Card(bytes.fromhex("0704112233445566") + bytes(3), "staff", 9893 * 86400 - 1)


def test_the_table_is_the_documented_one() -> None:
    cards = [Card(canonical(bytes.fromhex("FF000001"))), Card(canonical(bytes.fromhex("00A1B2C3")), "maintenance", 5, 7)]
    table = build_table(cards)
    assert table[:28] == struct.pack("<4sHHIIIH6x", b"SGC1", 2, 20, 2, crc32(table[4096:]), 1, 1)
    assert struct.unpack_from("<I", table, 28)[0] == crc32(table[:28])
    first = bytes.fromhex("0400A1B2C3") + bytes(6)
    assert table[4096:4116] == struct.pack("<11sBHIH", first, 4, 0xFFFF, 5, 7)
    assert table[4116:4136] == struct.pack("<11sBHIH", bytes.fromhex("04FF000001") + bytes(6), 1, 0xFFFF, FOR_EVER, 0)


@given(st.sets(st.binary(min_size=4, max_size=4) | st.binary(min_size=7, max_size=7) | st.binary(min_size=10, max_size=10), max_size=50))
def test_any_set_of_cards_comes_back_sorted(numbers: set[bytes]) -> None:
    cards = [Card(canonical(number)) for number in numbers]
    assert read_table(build_table(cards)) == sorted(cards, key=lambda card: card.number)


BAD = {
    "not hex": ("04A1B2G3,,,", "not hexadecimal", "read the card again"),
    "lost zero": ("4A1B2C3,,,", "leading zeros", "04A1B2C3"),
    "rounded": ("4.11E+13,,,", "rounded", "as text"),
    "too short": ("04A1,,,", "8, 14 or 20", "read the card again"),
    "empty": (",staff,,", "empty", "delete the line"),
    "role": ("04A1B2C3,residant,,", "roles:", 'did you mean "resident"?'),
    "date": ("04A1B2C3,,end of year,", "year-month-day", "2027-12-31"),
    "price": ("04A1B2C3,,,cheap", "numbered", "0 for"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_cell_is_named_with_its_line(name: str) -> None:
    row, words, hint = BAD[name]
    with pytest.raises(FileProblems) as caught:
        parse_csv(HEAD + "04112233,,,\n" + row + "\n")
    (problem,) = caught.value.problems
    assert problem.line == 3 and words in f"{problem.what} {problem.cause}" and hint in problem.hint


def test_a_card_that_stands_twice_names_both_lines() -> None:
    with pytest.raises(FileProblems) as caught:
        parse_csv(HEAD + "04A1B2C3,,,\n04112233,,,\n04a1b2c3,staff,,\n")
    (problem,) = caught.value.problems
    assert problem.line == 4 and "line 2" in problem.cause


def test_a_four_byte_and_a_seven_byte_card_are_never_the_same() -> None:
    assert canonical(bytes(4)) != canonical(bytes(7)) != canonical(bytes(10))
    with pytest.raises(ValueError, match="4, 7 or 10"):
        canonical(bytes(5))


def test_too_many_cards_are_refused() -> None:
    with pytest.raises(ShedError, match="do not fit"):
        build_table(Card(canonical(number.to_bytes(4, "big"))) for number in range(13_000))


def blank() -> bytes:
    return b"\xff" * TABLE_SIZE


def some_cards(count: int, first: int = 1) -> list[Card]:
    return [Card(canonical(number.to_bytes(4, "big"))) for number in range(first, first + count)]


def test_version_1_is_still_read() -> None:
    table = bytearray(build_table(some_cards(3)))
    table[:28] = struct.pack("<4sHHII12x", b"SGC1", 1, 20, 3, crc32(table[4096:]))
    table[28:32] = struct.pack("<I", crc32(table[:28]))
    assert read_table(bytes(table)) == some_cards(3)


def test_a_card_revoked_on_the_board_is_read_as_revoked_and_a_damaged_record_as_damage() -> None:
    table = bytearray(build_table(some_cards(3)))
    table[4096 + 20 + 12] = 0xFE
    assert [card.valid for card in read_table(bytes(table))] == [True, False, True]
    table[4096 + 20 + 3] ^= 1
    with pytest.raises(ValueError, match="damaged"):
        read_table(bytes(table))


def test_import_after_import_always_ends_with_the_new_table_and_one_header() -> None:
    rng = random.Random(5)
    print("seed 5")
    region = blank()
    for count in [rng.choice((0, 1, 200, 3000, 6348, 10_000, 12_697)) for _ in range(30)]:
        cards = some_cards(count, first=rng.randrange(1, 1 << 20))
        change = plan_change(region, cards)
        region = apply_change(region, change)
        assert read_table(region) == sorted(cards, key=lambda card: card.number)
        assert sum(region[at : at + 4] == b"SGC1" for at in (0, TABLE_SIZE - SECTOR)) == 1


def torn(region: bytes, change, cut: int, rng: random.Random) -> bytes:
    """The partition when the power fails in the middle of sector ``cut`` of a change: sectors are erased and programmed one by one."""
    result = bytearray(region)
    for step in change.steps:
        data = step.data.ljust(max(1, -(-len(step.data) // SECTOR)) * SECTOR, b"\xff")
        for at in range(0, len(data), SECTOR):
            where = step.offset + at
            if not cut:
                half = rng.randrange(SECTOR)
                result[where : where + SECTOR] = rng.choice(
                    (data[at : at + half].ljust(SECTOR, b"\xff"), b"\xff" * half + bytes(result[where + half : where + SECTOR]))
                )
                return bytes(result)
            result[where : where + SECTOR] = data[at : at + SECTOR]
            cut -= 1
    return bytes(result)


@pytest.mark.parametrize(
    ("before", "after"),
    [(0, 500), (500, 900), (6348, 6000), (6348, 10_000), pytest.param(10_000, 10_000, marks=pytest.mark.long), (10_000, 100)],
)
def test_a_cut_in_any_sector_leaves_the_old_table_the_new_one_or_a_loud_none(before: int, after: int) -> None:
    rng = random.Random(before + after)
    print(f"seed {before + after}")
    old, new = some_cards(before), some_cards(after, first=5_000_000)
    region = apply_change(blank(), plan_change(blank(), old))
    change = plan_change(region, new)
    assert change.keeps_old == (before + after < 12_500)
    sectors = sum(max(1, -(-len(step.data) // SECTOR)) for step in change.steps)
    for cut in range(sectors):
        left = torn(region, change, cut, rng)
        table = find_table(left)
        if table is None:
            assert not change.keeps_old
        else:
            assert list(table.cards) in (old, new)
        again = apply_change(left, plan_change(left, new))
        assert read_table(again) == new


def test_a_revoked_card_that_the_sheet_still_has_stays_revoked_unless_told_otherwise() -> None:
    old = [Card(canonical(b"1234"), valid=False), Card(canonical(b"5678"))]
    sheet = [Card(canonical(b"1234")), Card(canonical(b"5678"))]
    merged, kept = merge(old, sheet, readmit=False)
    assert [card.valid for card in merged] == [False, True] and [card.number for card in kept] == [canonical(b"1234")]
    assert merge(old, sheet, readmit=True) == (sheet, [])
