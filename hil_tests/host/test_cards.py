"""From the office's spreadsheet to the card table; every fault of the sheet on its line."""

from __future__ import annotations

import struct
from binascii import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shedguard.cards import FOR_EVER, Card, build_table, canonical, parse_csv, read_table
from shedguard.errors import ShedError
from shedguard.site.problems import FileProblems

HEAD = "card,role,valid_until,price_list\n"


def test_a_sheet_as_offices_write_it() -> None:
    text = "\ufeffFlat, Card , role,valid_until\n3-1,04A1B2C3,,\n3-2, 04:11:22:33:44:55:66 ,staff,2027-01-31\n"
    first, second = parse_csv(text)
    assert first == Card(bytes.fromhex("0404A1B2C3") + bytes(6))
    assert second == Card(bytes.fromhex("0704112233445566") + bytes(3), "staff", 9893 * 86400 - 1)


def test_the_table_is_the_documented_one() -> None:
    cards = [Card(canonical(bytes.fromhex("FF000001"))), Card(canonical(bytes.fromhex("00A1B2C3")), "maintenance", 5, 7)]
    table = build_table(cards)
    assert table[:16] == struct.pack("<4sHHII", b"SGC1", 1, 20, 2, crc32(table[4096:]))
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
    "date": ("04A1B2C3,,31.12.2027,", "year-month-day", "2027-12-31"),
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
