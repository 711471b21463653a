"""Board and tools read the same fields out of live ring records of every version: a person can see what the board resumes from."""

from itertools import accumulate
from struct import calcsize, pack, unpack

import pytest
from shed.storage import live
from shedguard.formats.records import LIVE_KINDS, MAX_PAYLOAD, Record, decode_payload, encode_payload

from hil_tests.firmware.storage.nor_flash import NorRegion
from hil_tests.firmware.storage.outlet_masks import watched

VALUES = (
    7 << 16, 2, bytes([4, 1, 2, 3, 4]) + bytes(6), 1000, 5000, 600, 60_000, 200_000, 0, 100, 300, 640, 700, 9, 1500, -3, 500, 77, 1790,
)  # fmt: skip
WHOLE = pack(live.FORMAT, *VALUES)
GOING = "<QIHIII8s"  # with masks as numbers, as the tools have it
OLDEST, FIRST_APPENDED = 41, 63


@pytest.mark.parametrize(("size", "fields"), [(OLDEST, 9), (FIRST_APPENDED, 17), (live.SIZE, 19)])
@pytest.mark.parametrize("more", [b"", b"\x55\x66\x77"])
def test_a_checkpoint_of_each_version_has_the_same_fields_for_board_and_tools(size, fields, more):
    """Both ignore what a later version appends."""
    payload = WHOLE[:size] + (more if size == live.SIZE else b"")
    board = live.row(payload)
    tools = decode_payload(LIVE_KINDS, live.LIVE, payload)
    assert tuple(tools.fields.values()) == VALUES[:fields]
    assert board[:fields] == VALUES[:fields]
    assert not any(board[fields:]), "missing fields are 0"
    assert encode_payload(LIVE_KINDS, tools) == (live.LIVE, WHOLE[:size])


def test_every_length_between_two_versions_is_read_alike():
    for size in range(OLDEST, live.SIZE + 1):
        tools = decode_payload(LIVE_KINDS, live.LIVE, WHOLE[:size])
        board = live.row(WHOLE[:size])
        known = 9 if size < FIRST_APPENDED else 17 if size < live.SIZE else 19
        assert len(tools.fields) == known
        assert tuple(tools.fields.values()) == board[:known]


def test_the_layouts_are_one():
    kind = LIVE_KINDS[live.LIVE]
    steps = [kind.layout, *(step for step, _ in kind.more)]
    assert "<" + "".join(step.format[1:] for step in steps) == live.FORMAT
    assert list(accumulate(step.size for step in steps)) == [OLDEST, FIRST_APPENDED, live.SIZE]
    going = LIVE_KINDS[live.GOING]
    assert going.layout.format + "".join(step.format[1:] for step, _ in going.more) == GOING
    assert calcsize(GOING) == live._GOING_SIZE == 34
    causes, masks = 12, 4
    assert live._GOING_SIZE + 4 + (causes + masks + 1) * live._ROW <= MAX_PAYLOAD, "with every row that it may have"


@pytest.mark.parametrize(
    ("size", "numbers"),
    [
        (8, (0, 0, 0, 0, 0, bytes(8))),
        (14, (16, 240, 0, 0, 0, bytes(8))),
        (18, (16, 240, 16, 0, 0, bytes(8))),
        (34, (16, 240, 16, 16, 3, bytes((3, 80, 0, 0, 0, 0, 0, 0)))),
    ],
)
def test_a_going_record_of_each_version_has_the_same_fields_for_board_and_tools(size, numbers):
    payload = pack(GOING, 1 << 2, *numbers)[:size]
    region = NorRegion(6)
    ring = live.LiveRing(region)
    ring.open()
    ring.put(WHOLE)
    ring.ring.append(live.GOING, payload)
    boot = live.LiveRing(region)
    assert boot.open() == {2: WHOLE}
    assert boot.watched == watched(*numbers)
    tools = decode_payload(LIVE_KINDS, live.GOING, payload)
    assert tuple(tools.fields.values()) == (unpack("<Q", payload[:8])[0], *numbers)[: {8: 1, 14: 3, 18: 4, 34: 7}[size]]
    assert encode_payload(LIVE_KINDS, Record(0, "going", dict(tools.fields))) == (live.GOING, payload)


def test_trips_that_were_only_counted_stand_behind_a_going_record_for_board_and_tools():
    region = NorRegion(6)
    ring = live.LiveRing(region)
    ring.open()
    ring.put(WHOLE)
    ring.trips = pack("<IBIH", 4711, 1, 15, 960)
    ring.watch(watched(16, 240, 16, 16, 3, bytes(8)))
    boot = live.LiveRing(region)
    assert boot.open() == {2: WHOLE}
    assert boot.trips == ring.trips
    payload = pack(GOING, 1 << 2, 16, 240, 16, 16, 3, bytes(8)) + ring.trips
    tools = decode_payload(LIVE_KINDS, live.GOING, payload)
    assert tools.fields["counted_trips"] == ring.trips
    assert encode_payload(LIVE_KINDS, tools) == (live.GOING, payload)


@pytest.mark.parametrize("trips", [b"", pack("<IBIH", 4711, 1, 15, 960)], ids=["no trip counted", "a trip counted"])
def test_which_sockets_the_indexes_mean_stands_in_the_last_row_of_a_going_record(trips):
    region = NorRegion(6)
    ring = live.LiveRing(region)
    ring.open()
    ring.put(WHOLE)
    ring.trips, ring.wired = trips, pack("<BIH", 255, 0xDEADBEEF, 0)
    ring.watch(watched(16, 240, 16, 16, 3, bytes(8)))
    boot = live.LiveRing(region)
    assert boot.open() == {2: WHOLE}
    assert (boot.trips, boot.wired) == (trips, ring.wired)
    payload = pack(GOING, 1 << 2, 16, 240, 16, 16, 3, bytes(8)) + (trips or bytes(4)) + ring.wired
    assert decode_payload(LIVE_KINDS, live.GOING, payload).fields["counted_trips"] == (trips or bytes(4)) + ring.wired


@pytest.mark.parametrize("trips", [b"", pack("<IBIH", 4711, 1, 15, 960)], ids=["no trip counted", "a trip counted"])
@pytest.mark.parametrize("wired", [b"", pack("<BIH", 255, 0xDEADBEEF, 0)], ids=["an older version's", "with what the indexes mean"])
def test_outlets_from_32_on_stand_in_rows_of_their_own(trips, wired):
    """A mask has a row only where it has such an outlet, so the record of a smaller shed is the one it always was."""
    region = NorRegion(6)
    ring = live.LiveRing(region)
    ring.open()
    ring.put(WHOLE)
    ring.put(WHOLE[:4] + bytes([59]) + WHOLE[5:])
    ring.trips, ring.wired = trips, wired
    told = watched(1 << 59 | 1 << 31, 240, 1 << 32 | 1, 0, 1 << 40, bytes(8))
    ring.watch(told)
    boot = live.LiveRing(region)
    assert sorted(boot.open()) == [2, 59]
    assert (boot.watched, boot.trips, boot.wired) == (told, trips, wired)
    going = [row for row in boot.ring.since(0) if row is not None and row[1] == live.GOING]
    assert going, "it is written at once"
