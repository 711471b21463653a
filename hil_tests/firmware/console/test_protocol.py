"""The console as tools see it: framed requests, retries, noise."""

from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shed.console import auth as auth_room
from shed.console import console as console_room

from hil_tests.firmware.console.console_desk import TICKS, Desk, crc16

CARD = bytes([4, 0xA1, 2, 3, 4]) + bytes(6)
STARTS = [0, TICKS - 5000, TICKS // 2 - 5000]


@pytest.mark.parametrize("start_ms", STARTS)
def test_hello_says_who_is_there(start_ms):
    (head,) = Desk(start_ms).ask(do="hello")
    assert head["ok"] is True
    assert (head["proto"], head["fw"], head["site"], head["mode"], head["cfg"]) == (1, "7.8.9", 1001, "service", 0xDEADBEEF)


def test_status_puts_one_thing_in_each_frame_behind_the_head():
    head, *items = Desk().ask(do="status")
    assert head["ok"] is True
    assert head["mode"] == "service"
    assert head["group"] == [1, 0]
    assert [item["o"] for item in items if "o" in item] == [1, 2, 3, 4]
    assert items[2]["mw"] == 182400
    assert [next(iter(item)) for item in items[4:]] == ["p", "p", "g", "m"]


def test_why_names_the_holders_in_order_and_refuses_an_outlet_that_is_not_there():
    desk = Desk()
    assert desk.ask(do="why", o=3) == [{"ok": True, "o": 3, "on": 1, "hold": []}]
    assert desk.ask(2, do="why", o=1) == [{"ok": True, "o": 1, "on": 0, "hold": [9, 11]}]
    for sequence, bad in enumerate((9, -1, "3", None, 3.5, True, 1 << 40, [3]), 3):
        assert desk.ask(sequence, do="why", o=bad)[0]["err"] == "param"
    assert desk.ask(20, do="why")[0]["err"] == "param"


def test_the_log_comes_oldest_first_as_bytes_and_tells_where_to_go_on():
    desk = Desk()
    for i in range(40):
        desk.shed.journal.append(9, pack("<BB", i, 1))
    desk.shed.journal.write(4, 7, 2, CARD, 100, 100)
    head, *rows = desk.ask(do="log", n=3)
    assert head == {"ok": True, "next": 42}
    assert [(row["q"], row["k"]) for row in rows] == [(39, 9), (40, 9), (41, 4)]
    assert bytes.fromhex(rows[0]["d"])[9:] == pack("<BB", 38, 1)
    assert [row["q"] for row in desk.ask(2, do="log", since=40)[1:]] == [40, 41]
    assert [row["q"] for row in desk.ask(3, do="sessions", n=5)[1:]] == [41]
    assert [row["q"] for row in desk.ask(4, do="sessions", since=0)[1:]] == [41]
    assert len(desk.ask(5, do="log")) == 21
    assert desk.ask(6, do="log", since=42) == [{"ok": True, "next": 42}]
    assert desk.ask(7, do="log", n="all")[0]["err"] == "param"
    assert desk.ask(8, do="log", since=-1)[0]["err"] == "param"


def test_the_longest_record_of_the_format_fits_a_frame():
    desk = Desk()
    desk.shed.journal.append(200, bytes(191))
    assert desk.ask(do="log", n=1)[1]["d"].startswith("8d0e0000")


def test_faults_and_tasks_are_listed():
    desk = Desk()
    desk.shed.faults.table = [(16, 0, 2, True), (9, 2, 1, False)]
    assert desk.ask(do="faults") == [
        {"ok": True, "n": 2},
        {"f": 16, "a": 0, "n": 2, "live": 1},
        {"f": 9, "a": 2, "n": 1, "live": 0},
    ]
    assert desk.ask(2, do="tasks")[1]["task"] == "console"


def test_an_unknown_verb_and_an_object_that_is_none_are_refused_by_name():
    desk = Desk()
    assert desk.ask(do="reboot")[0]["err"] == "verb"
    assert desk.ask(2, do=["status"])[0]["err"] == "verb"
    assert desk.ask(3, it="status")[0]["err"] == "verb"
    for body in (b"05 [1]", b"05 {", b"ZZ {}", b"05 {}x"):
        desk.wire.incoming += b">%s*%04X\n" % (body.ljust(6), crc16(body.ljust(6)))
        desk.run(100)
        assert [(f[:3], f[3]["err"]) for f in desk.frames()] == [((0, 0, 0), "json")]


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 40), st.integers(1, 255))
def test_a_damaged_request_is_never_run_and_never_a_typed_line(at, flip):
    desk = Desk()
    desk.presence(auth_room.CARD)
    desk.send(0x21, do="clear")
    line = desk.wire.incoming
    if at < len(line) - 1:
        line[at] ^= flip
        desk.run(300)
        assert desk.shed.calls == []


def test_an_unanswered_frame_is_sent_again_three_times_and_then_given_up():
    desk = Desk()
    desk.send(7, do="status")
    desk.run(5000)
    assert [frame[:3] for frame in desk.frames()] == [(7, 1, 0)] * 4
    assert desk.console.state == console_room.LISTENING
    assert desk.ask(8, do="hello")[0]["ok"] is True


def test_a_tool_that_missed_a_frame_gets_it_again_by_repeating_its_last_acknowledgement():
    desk = Desk()
    desk.send(7, do="status")
    desk.run(60)
    desk.acknowledge(7, 1)
    desk.run(60)
    desk.frames()
    desk.acknowledge(7, 1)
    desk.run(60)
    assert [frame[:3] for frame in desk.frames()] == [(7, 2, 0)]
    desk.acknowledge(8, 2)
    desk.acknowledge(7, 9)
    desk.run(60)
    assert desk.frames() == []


def test_a_new_request_ends_the_old_answer():
    desk = Desk()
    desk.send(7, do="status")
    desk.run(60)
    assert desk.ask(8, do="hello")[0]["proto"] == 1
    desk.run(5000)
    assert desk.frames() == []


def test_a_reading_request_sent_again_is_answered_from_its_start():
    desk = Desk()
    desk.send(7, do="status")
    desk.run(60)
    desk.acknowledge(7, 1)
    desk.run(60)
    desk.frames()
    assert len(desk.ask(7, do="status")) == 9


def test_a_writing_request_sent_again_is_not_run_again():
    desk = Desk()
    desk.presence(auth_room.KEY_SWITCH)
    assert desk.ask(7, do="clear") == [{"ok": True, "trips": 0, "faults": 0}]
    assert desk.ask(7, do="clear") == [{"ok": True, "trips": 0, "faults": 0}]
    assert desk.shed.calls == [("clear", auth_room.KEY_SWITCH)]
    assert desk.ask(8, do="clear")[0]["err"] == "auth"


def test_another_tool_that_happens_to_use_the_same_sequence_is_not_answered_with_the_old_result():
    desk = Desk()
    desk.presence(auth_room.CARD)
    desk.ask(7, do="clear")
    assert desk.ask(7, do="hello")[0]["proto"] == 1
    desk.presence(auth_room.CARD)
    desk.ask(7, do="clear")
    desk.run(11_000)
    desk.presence(auth_room.CARD)
    desk.ask(7, do="clear")
    assert len(desk.shed.calls) == 3


# --- anything at all


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=250), st.sampled_from([b"\r", b"\n", b">01 {}*0000\r", b"status\r", b"why 3\r", b"!01 1\r", b"log\r"])
        ),
        max_size=12,
    )
)
def test_no_input_raises_or_changes_anything(pieces):
    desk = Desk()
    for piece in pieces:
        desk.wire.incoming += piece
        desk.run(200)
    assert desk.shed.calls == []
    desk.wire.incoming += b"\r"
    desk.run(6000)
    assert desk.ask(9, do="hello")[0]["ok"] is True


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=1, max_size=150))
def test_no_body_under_a_good_crc_raises(body):
    desk = Desk()
    body = bytes(32 + b % 95 for b in body)
    desk.wire.incoming += b">%s*%04X\n" % (body, crc16(body))
    desk.run(300)


def test_an_overlong_frame_is_discarded_whole_and_answered():
    desk = Desk()
    desk.wire.incoming += b">01 " + b"x" * 300 + b"\r"
    desk.run(200)
    assert [(f[:3], f[3]["err"]) for f in desk.frames()] == [((0, 0, 0), "long")]


def test_an_item_too_large_for_a_frame_is_replaced_and_the_answer_goes_on():
    desk = Desk()
    desk.shed.identity = lambda: {"fw": "x" * 300}
    assert desk.ask(do="hello")[0]["err"] == "long"
