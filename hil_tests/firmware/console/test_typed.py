"""The console as a person at a plain terminal sees it."""

import re
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shed.console import auth as auth_room
from shed.console import talk, typed
from shed.console.dates import date_text, date_value, span_text
from shed.console.line import LINE, TOO_LONG, LineReader
from shed.storage import journal as kinds

from hil_tests.firmware.console.console_desk import Desk

CARD = bytes([4, 0xA1, 2, 3, 4]) + bytes(6)


def test_enter_shows_the_prompt():
    assert Desk().type("\r") == "\r\nshed> "


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_any_line_end_runs_a_line_once(end):
    assert Desk().type("version" + end).count("shed> ") == 1


def test_what_is_typed_is_echoed_and_can_be_corrected():
    text = Desk().type("wht\x7fy 3\r")
    assert text.startswith("wht\b \by 3\r\n")
    assert "outlet 3 is on" in text


def test_framed_requests_are_not_echoed():
    desk = Desk()
    desk.send(1, do="hello")
    sent = bytes(desk.wire.incoming).strip()
    desk.run(100)
    assert sent not in desk.wire.written
    assert desk.wire.written.startswith(b"<01 ")


def test_repl_bytes_do_nothing_at_all():
    desk = Desk()
    assert desk.type(b"\x01\x02\x03\x04") == ""
    assert "outlet 3 is on" in desk.type(b"wh\x03y\x04 \x013\x02\r")
    assert desk.shed.calls == []


def test_status_is_readable():
    desk = Desk()
    desk.shed.trips = 0b101
    text = desk.type("status\r")
    assert "service mode, up 1:02:05, clock not set" in text
    assert "TRIP by cause 1, 3: reset with `clear` once the cause is gone" in text
    assert "group 1 on, group 2 off, heartbeat on" in text
    assert "outlet 3 charging, 182.4 W, 0.812 kWh, 4:05:10, 1.00 yuan" in text
    assert "outlet 1 free: no session: tap a card, press the button" in text
    assert "point 2 FAULT: open" in text
    assert "gate 1 locked" in text
    assert "meter of outlet 1 231.4 V, 1200 ms old; 900 answers, 3 silent, 0 damaged" in text
    assert text.endswith("\r\nshed> ")
    assert "\n" not in text.replace("\r\n", "")


def test_why_lists_the_holders_in_order():
    lines = Desk().type("why 1\r").split("\r\n")
    assert lines[1] == "outlet 1 is off:"
    assert lines[2].strip().startswith("no session")
    assert lines[3].strip().startswith("no lease")


def test_what_wants_the_breaker_is_told_before_what_a_card_changes(monkeypatch):
    desk = Desk()
    monkeypatch.setattr(desk.shed, "why", lambda _number: (2, [2, 9, 13, 18]))
    lines = desk.type("why 1\r").split("\r\n")
    assert [line.split(":")[0].strip() for line in lines[2:6]] == ["switch the breaker off", "switch the breaker off", "TRIP", "no session"]


@pytest.mark.parametrize("line", ["why", "why x", "why 9", "why 99999999999999999999", "why -1"])
def test_why_without_a_good_number_says_how_to_ask(line):
    assert "which outlet?" in Desk().type(line + "\r")


def test_the_log_tells_each_kind_of_record_in_words():
    desk = Desk()
    journal = desk.shed.journal
    journal.write(1, 3, 20, 0, 5)
    desk.shed.clock.epoch = date_value("2026-03-01 08:30:00")
    journal.write(2, 0, 1, 3, 2, 812, 1)
    journal.write(3, 0, 2, 0)
    journal.write(4, 0x50001, 2, CARD, 500, 100)
    journal.write(14, 0x50001, 2)
    journal.write(5, 0x50001, 2, CARD, 1, 14710, 812_345, 500, 1312, 100, 1, 100)
    journal.write(6, 2, 2, CARD)
    journal.write(7, 9, 2)
    journal.write(8, 9, 2, 3)
    journal.write(9, 0, 1)
    journal.write(10, 5, 0)
    journal.write(11, 0, 1)
    journal.write(12, 2)
    journal.write(13, 0x50001, 2, 60)
    journal.write(16, 6, 2, 3)
    journal.write(20, 1, 1, bytes(11))
    journal.write(20, 255, 2, CARD)
    journal.write(7, 35, 1)
    journal.write(5, 0x50002, 2, CARD, 1, 60, 5_000, 500, 500, 0xFFFF, 20, 70_000)
    journal.append(99, b"from a later version")
    text = desk.type("log\r", 2000)
    for said in (
        "#1 boot 5 +1:02:05 boot 5 by watchdog, after fault 20 watchdog",
        "#2 2026-03-01 08:30:00 TRIP: cause 1, point 2, effects 1, 2",
        "trip of cause 1 reset by key switch",
        "outlet 3: session 00050001 begins, card A1020304, 1.00 yuan",
        "outlet 3: session 00050001 energised",
        "outlet 3: session 00050001 ends: full, 4:05:10, 0.812 kWh, 1.00 yuan, card A1020304",
        "gate denied: unknown card, card A1020304",
        "FAULT 9 relay welded, outlet 3",
        "fault cleared by key: 9 relay welded, outlet 3",
        "point 1 ALARM",
        "configuration 5 in use",
        "clock set, was not set, now 2000-01-01 00:00:01",
        "maintenance, by key switch",
        "outlet 3: session 00050001 goes on",
        "configuration 6: confirmed by key",
        "outlet 2: press REFUSED: several cards are open, tap again, card -",
        "tap REFUSED: several outlets pressed, wait 30 s, card A1020304",
        "FAULT 35 register jumped, meter of outlet 2",
        "session 00050002 ends: another load",
        "700.00 yuan",
        "#20 kind 99",
    ):
        assert said in text
    assert [line.split()[0] for line in desk.type("log 2\r").split("\r\n")[1:3]] == ["#19", "#20"]
    sessions = desk.type("sessions\r", 1000)
    assert re.findall(r"#(\d+)", sessions) == ["4", "5", "6", "14", "19"]


def test_faults_say_what_they_are_about_and_what_clears_them():
    desk = Desk()
    assert "no faults" in desk.type("faults\r")
    desk.shed.faults.table = [(16, 0, 2, True), (9, 1, 1, True), (9, 2, 1, False), (12, 0, 1, True), (77, 4, 1, True)]
    text = desk.type("faults\r")
    assert "fault 16 reader silent, reader 1: 2 times, still there" in text
    assert "fault 9 relay welded, outlet 3: 1 times, over: `clear` forgets it" in text
    assert "\nswitch the breaker off: fault 9 relay welded, outlet 2: 1 times, still there" in text.replace("\r", "")
    assert "\nfault 12 journal full" in text.replace("\r", "")
    assert "fault 77 #77" in text


def test_clear_needs_a_card_or_the_key_switch_and_says_so():
    desk = Desk()
    assert "tap a maintenance card or turn the key switch" in desk.type("clear\r")
    desk.presence(auth_room.CARD)
    assert "no trip left, 0 faults left" in desk.type("clear\r")
    assert "not authorised" in desk.type("clear\r")
    assert desk.shed.calls == [("clear", auth_room.CARD)]


def test_clear_tells_which_causes_are_still_there():
    desk = Desk()
    desk.shed.trips = 2
    desk.presence(auth_room.KEY_SWITCH)
    assert "still tripped: cause 2" in desk.type("clear\r")


def test_stop_time_and_repl_work_for_somebody_who_is_there():
    desk = Desk()
    for line, said in (("stop 3", "done"), ("stop 1", "refused"), ("time 2026-03-01 08:30:00", "done"), ("repl", "everything opens")):
        desk.presence(auth_room.CARD)
        assert said in desk.type(line + "\r")
    assert desk.shed.calls == [("stop", 3), ("stop", 1), ("time", date_value("2026-03-01 08:30:00")), ("maintenance", 1)]


@pytest.mark.parametrize(
    "text", ["", "2026-02-30 00:00:00", "1999-12-31 23:59:59", "2026-03-01 24:00:00", "2026-3-1 8:30", "now", "2026-03-01T08:30:00"]
)
def test_a_time_that_is_none_is_refused_without_using_the_card_up(text):
    desk = Desk()
    desk.presence(auth_room.CARD)
    assert "which time?" in desk.type(f"time {text}\r")
    assert desk.shed.calls == []
    assert "no trip left" in desk.type("clear\r")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("stauts", "status"), ("sesions", "sessions"), ("hlep", "help"),
        ("falts", "faults"), ("wyh", "why"), ("LGO", "log"), ("reset", "clear"),
    ],
)
def test_an_unknown_word_is_answered_with_the_nearest_known_one(typed, meant):
    assert f"Did you mean `{meant}`?" in Desk().type(typed + "\r")


@pytest.mark.parametrize("typed", ["rep", "repk", "repll", "restart", "reboot", "relp", "replay", "exit", "quit", "stopp"])
def test_nobody_is_led_to_the_command_that_ends_the_service(typed):
    assert "Did you mean `repl`" not in Desk().type(typed + "\r")


@pytest.mark.parametrize("typed", ["log abc", "sessions -3", "log 1e3", "log 1000000"])
def test_a_listing_of_no_number_is_refused_with_what_to_type(typed):
    verb, number = typed.split()
    assert f"`{number}` is no number of records: `{verb} 50`" in Desk().type(typed + "\r")


def test_help_names_every_verb_and_capitals_are_fine():
    text = Desk().type("HELP\r")
    for verb in ("status", "why", "log", "sessions", "faults", "clear", "stop", "repl", "time", "version"):
        assert verb in text


def test_with_words_and_without_the_same_verbs_are_known():
    known = set(typed._VERBS.split())
    assert known == {"help", "time"} | set(talk.WRITES) | set(talk._READS) - {"tasks"}
    assert known == {line.split()[0] for line in typed._HELP.splitlines() if line[0].islower() and line.split()[0] != "help"} | {"help"}


def test_sessions_and_log_show_twenty_with_words_in_numbers_and_in_frames():
    desk = Desk()
    for n in range(30):
        desk.shed.journal.write(kinds.SESSION_RESUMED, n, 0, 1)
    for verb in ("sessions", "log"):
        assert desk.type(verb + "\r", 2000).count("#") == 20
        assert len(desk.ask(1, do=verb)) == 21


def test_a_line_that_is_too_long_is_discarded_whole_and_said_so():
    desk = Desk()
    text = desk.type("why 3 " + "x" * 300 + "\r", 1000)
    assert "at most 192 bytes" in text
    assert "outlet 3" not in text
    assert "outlet 3 is on" in desk.type("why 3\r")


def test_a_tool_that_speaks_in_the_middle_of_a_long_listing_is_served_at_once():
    desk = Desk()
    for i in range(150):
        desk.shed.journal.write(9, i % 4, 1)
    desk.type("log 150\r", 200)
    assert desk.ask(3, do="hello")[0]["ok"] is True


@pytest.mark.parametrize("typed", ["\n", "sta", "x" * 31, "y" * 100])
def test_a_tool_is_served_at_once_also_when_somebody_typed_during_the_listing(typed):
    desk = Desk()
    for i in range(150):
        desk.shed.journal.write(9, i % 4, 1)
    desk.type("log 150\r", 200)
    desk.type(typed, 50)
    desk.wire.incoming += b"\r"
    assert desk.ask(3, do="hello")[0]["ok"] is True
    assert b"#150" not in desk.wire.written


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=60), max_size=4))
def test_no_typed_line_raises(lines):
    desk = Desk()
    for line in lines:
        desk.type(line + "\r", 100)
    desk.run(3000)
    assert desk.shed.calls == []


@settings(max_examples=200)
@given(st.lists(st.integers(0, 255), max_size=500))
def test_a_line_is_what_was_printable_in_it(feed):
    reader = LineReader()
    for byte in [*feed, 13]:
        got = reader.feed(byte)
        if got in (LINE, TOO_LONG):
            assert all(32 <= b < 127 for b in reader.line[: reader.length])
            assert reader.framed == (reader.length > 0 and reader.line[0] in b">!")


@settings(max_examples=500)
@given(st.integers(0, 2**32 - 1))
def test_dates_agree_with_the_calendar_and_come_back(seconds):
    assert date_text(seconds) == str(datetime(2000, 1, 1) + timedelta(seconds=seconds))
    assert date_value(date_text(seconds)) == seconds


@given(st.text(alphabet="0123456789-: +_x", max_size=22))
def test_any_text_is_a_date_or_is_refused(text):
    value = date_value(text)
    assert value == -1 or date_text(value) == text


def test_spans_are_hours_minutes_seconds():
    assert (span_text(0), span_text(3725), span_text(360000)) == ("0:00:00", "1:02:05", "100:00:00")
