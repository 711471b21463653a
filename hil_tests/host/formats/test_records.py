"""The codec of flash logs: round trips, damage of every byte, and the rule that a session is settled once."""

from __future__ import annotations

import struct
from binascii import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shedguard.formats import records
from shedguard.formats.cards import canonical
from shedguard.formats.records import (
    JOURNAL_KINDS,
    JOURNAL_MAGIC,
    LIVE_KINDS,
    Record,
    build_log,
    decode_payload,
    encode_payload,
    read_journal,
)

CARD = canonical(bytes.fromhex("04A1B2C3"))
END = {
    "session": 0x10001, "outlet": 2, "card": CARD, "start_s": 100, "energised_s": 18000, "energy_mwh": 812_345_678, "meter_start_wh": 1000,
    "meter_end_wh": 1812, "price_fen": 100, "stop_cause": 1,
}  # fmt: skip


def region(*items: Record, sectors: int = 4) -> bytes:
    return build_log(sectors * records.SECTOR, JOURNAL_MAGIC, [encode_payload(JOURNAL_KINDS, item) for item in items])


def test_the_layout_is_the_documented_one() -> None:
    payload = encode_payload(JOURNAL_KINDS, Record(1, "session_end", dict(END), uptime_s=7, epoch_s=800_000_000, boot=3))[1]
    expected = struct.pack("<IIB", 7, 800_000_000, 3) + struct.pack("<IB11sIIQIIHB", *END.values())
    assert payload == expected
    data = records.encode(5, payload, 42)
    assert data[:4] == bytes([5, len(payload), 1, 5 ^ len(payload) ^ 1 ^ 0xA5])
    assert struct.unpack_from("<I", data, 4)[0] == 42
    end = 8 + len(payload)
    assert struct.unpack_from("<I", data, end)[0] == crc32(data[:end])
    assert len(data) % 4 == 0 and data[end + 4 :].strip(b"\xff") == b""


def test_a_price_beyond_sixteen_bits_is_read_whole_and_an_older_record_still_reads() -> None:
    dear = {**END, "price_fen": 75_000, "wide_fen": 75_000}
    number, payload = encode_payload(JOURNAL_KINDS, Record(1, "session_end", dear))
    assert struct.unpack_from("<H", payload, len(payload) - 7)[0] == 0xFFFF
    assert decode_payload(JOURNAL_KINDS, number, payload, 1).fields == dear
    assert decode_payload(JOURNAL_KINDS, number, payload[:-4], 1).number("price_fen") == 0xFFFF


def test_a_journal_over_several_sectors_comes_back_whole_and_in_order() -> None:
    items = [Record(n, "session_end", {**END, "session": n}, uptime_s=n) for n in range(1, 151)]
    log = read_journal(region(*items))
    assert log.records == items and not log.problems


def test_sectors_are_ordered_by_their_sequence_not_by_their_place() -> None:
    items = [Record(n, "session_end", {**END, "session": n}) for n in range(1, 101)]
    data = region(*items)
    turned = data[records.SECTOR :] + data[: records.SECTOR]
    assert read_journal(turned).records == items


def test_erased_flash_is_an_empty_journal() -> None:
    log = read_journal(b"\xff" * 8192)
    assert not log.records and not log.problems


def test_a_bad_crc_skips_one_record_and_a_bad_header_ends_the_sector() -> None:
    items = [Record(n, "gate", {"event": 1, "reason": 1, "card": CARD}) for n in (1, 2, 3)]
    size = len(records.encode(*encode_payload(JOURNAL_KINDS, items[0]), 1))
    data = bytearray(region(*items))
    data[16 + size + 12] ^= 1  # inside the payload of the second
    log = read_journal(bytes(data))
    assert [record.sequence for record in log.records] == [1, 3] and "CRC" in log.problems[0]
    data = bytearray(region(*items))
    data[16 + size + 1] ^= 1  # length of the second: the check byte does not fit any more
    log = read_journal(bytes(data))
    assert [record.sequence for record in log.records] == [1] and "torn" in log.problems[0]


@given(st.integers(min_value=0, max_value=4095), st.integers(min_value=0, max_value=255))
def test_damage_of_any_byte_never_raises_and_never_invents(place: int, value: int) -> None:
    items = [Record(n, "session_end", {**END, "session": n}) for n in range(1, 21)]
    data = bytearray(region(*items, sectors=1))
    changed = data[place] != value
    data[place] = value
    log = read_journal(bytes(data))
    assert all(record in items for record in log.records)
    if not changed:
        assert log.records == items


def test_a_tail_torn_at_any_byte_keeps_what_stands_before() -> None:
    items = [Record(n, "fault", {"fault": 8, "argument": 1}) for n in (1, 2)]
    whole = region(*items, sectors=1)
    size = len(records.encode(*encode_payload(JOURNAL_KINDS, items[0]), 1))
    for cut in range(16 + size, 16 + 2 * size):
        log = read_journal(whole[:cut] + b"\xff" * (records.SECTOR - cut))
        assert log.records[0] == items[0]
        assert len(log.records) == 1 or whole[cut : 16 + 2 * size].strip(b"\xff") == b""


def test_a_session_settled_twice_is_reported() -> None:
    log = read_journal(region(Record(1, "session_end", dict(END)), Record(2, "session_end", dict(END))))
    assert log.problems == ["session 0x00010001 is settled twice: records 1 and 2"]


def test_a_later_version_may_append_fields_and_add_kinds() -> None:
    number, payload = encode_payload(JOURNAL_KINDS, Record(1, "point", {"point": 1, "state": 2}, uptime_s=5))
    longer = decode_payload(JOURNAL_KINDS, number, payload + b"\x01\x02", 1)
    assert longer == Record(1, "point", {"point": 1, "state": 2}, uptime_s=5)
    assert decode_payload(JOURNAL_KINDS, 99, b"abc", 1) == Record(1, "#99", {"payload": b"abc"})
    with pytest.raises(ValueError, match="expected"):
        decode_payload(JOURNAL_KINDS, number, payload[:-1], 1)


def test_live_records_carry_no_time_fields() -> None:
    first = {"session": 1, "outlet": 2, "card": CARD, "start_s": 3, "meter_wh": 4, "energised_s": 5, "energy_mwh": 6, "peak_mw": 7}
    later = dict.fromkeys(LIVE_KINDS[1].fields[len(first) :], 0)  # fields that later issues append
    number, payload = encode_payload(LIVE_KINDS, Record(1, "live", {**first, **later}))
    expected = struct.pack("<IB11sIIIQI", *first.values())
    assert payload[: len(expected)] == expected
    done = encode_payload(LIVE_KINDS, Record(2, "done", {"session": 1}))
    data = build_log(records.SECTOR, records.LIVE_MAGIC, [(number, payload), done])
    assert [record.kind for record in records.read_live(data).records] == ["live", "done"]
