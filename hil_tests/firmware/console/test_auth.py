"""Who may command the console: keys, nonces, lock-out, presence."""

import hashlib
import hmac
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shed.console import auth as auth_room
from shed.console.auth import Auth, hmac_sha256

from hil_tests.firmware.console.console_desk import KEY, TICKS, Desk

STARTS = [0, TICKS - 5000, TICKS // 2 - 5000]


def mac(nonce, text, key=KEY):
    return hmac.new(key, bytes.fromhex(nonce) + text.encode(), hashlib.sha256).digest()[:16].hex()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=64), st.binary(max_size=200))
def test_the_board_computes_hmac_sha_256(key, message):
    assert hmac_sha256(key, message) == hmac.new(key, message, hashlib.sha256).digest()


@pytest.mark.parametrize("start_ms", STARTS)
def test_the_key_authorises_each_writing_verb_over_its_own_values(start_ms):
    desk = Desk(start_ms)
    for sequence, (text, fields) in enumerate(
        [
            ("clear", {"do": "clear"}),
            ("stop3", {"do": "stop", "o": 3}),
            ("time820000000", {"do": "time", "t": 820000000}),
            ("repl", {"do": "repl"}),
        ]
    ):
        nonce = desk.ask(2 * sequence, do="auth")[0]["nonce"]
        assert len(nonce) == 32
        assert desk.ask(2 * sequence + 1, mac=mac(nonce, text), **fields)[0]["ok"] is True
    assert desk.shed.calls == [("clear", 3), ("stop", 3), ("time", 820000000), ("maintenance", 3)]


def test_a_key_for_one_outlet_does_not_stop_another():
    desk = Desk()
    nonce = desk.ask(1, do="auth")[0]["nonce"]
    assert desk.ask(2, do="stop", o=4, mac=mac(nonce, "stop3"))[0]["err"] == "auth"
    assert desk.shed.calls == []


def test_a_nonce_serves_once_and_for_thirty_seconds():
    desk = Desk()
    nonce = desk.ask(1, do="auth")[0]["nonce"]
    good = mac(nonce, "clear")
    assert desk.ask(2, do="clear", mac=good)[0]["ok"] is True
    assert desk.ask(3, do="clear", mac=good)[0]["err"] == "auth"
    late = desk.ask(4, do="auth")[0]["nonce"]
    desk.run(31_000)
    assert desk.ask(5, do="clear", mac=mac(late, "clear"))[0]["err"] == "auth"
    assert len(desk.shed.calls) == 1


def test_wrong_keys_cost_more_and_more_time_up_to_five_minutes_and_a_right_one_ends_that():
    auth = Auth(KEY, random.Random(2).randbytes)
    now_ms, waits = TICKS - 200_000, []
    for _ in range(11):
        auth.challenge(now_ms % TICKS)
        assert auth.authorise("clear", "0" * 32, now_ms % TICKS) == 0
        start_ms = now_ms
        while True:
            assert auth.authorise("clear", "0" * 32, now_ms % TICKS) == 0
            if auth.error != "locked":
                break
            now_ms += 250
        waits.append(now_ms - start_ms)
    assert waits == [1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000, 256000, 300000, 300000]
    nonce = auth.challenge(now_ms % TICKS)
    assert auth.authorise("clear", mac(nonce, "clear"), now_ms % TICKS) == auth_room.HMAC
    auth.challenge(now_ms % TICKS)
    auth.authorise("clear", "0" * 32, now_ms % TICKS)
    assert auth._lock_ms == 1000


def test_nobody_is_authorised_without_card_key_switch_or_key():
    desk = Desk()
    for sequence, verb in enumerate(("clear", "repl")):
        answer = desk.ask(sequence, do=verb)[0]
        assert answer["err"] == "auth"
        assert "card" in answer["hint"]
    assert desk.ask(5, do="stop", o=3)[0]["err"] == "auth"
    assert desk.ask(6, do="time", t=820000000)[0]["err"] == "auth"
    assert desk.shed.calls == []


def test_presence_lasts_a_minute_and_one_command():
    desk = Desk()
    desk.presence(auth_room.CARD)
    desk.run(59_000)
    assert desk.ask(1, do="clear")[0]["ok"] is True
    assert desk.ask(2, do="clear")[0]["err"] == "auth"
    desk.presence(auth_room.KEY_SWITCH)
    desk.run(61_000)
    assert desk.ask(3, do="clear")[0]["err"] == "auth"
    assert desk.shed.calls == [("clear", auth_room.CARD)]


def test_an_old_presence_does_not_come_back_when_the_ticks_have_wrapped():
    auth = Auth(KEY, random.Random(2).randbytes)
    auth.note_presence(auth_room.CARD, 0)
    for minute in range(TICKS // 60_000 + 1):
        auth.step(minute * 60_000 % TICKS)
    assert auth.authorise("clear", None, 10) == 0


def test_without_a_key_no_mac_is_right():
    auth = Auth(b"", random.Random(2).randbytes)
    nonce = auth.challenge(0)
    assert auth.authorise("clear", mac(nonce, "clear", b""), 1) == 0


@given(st.one_of(st.text(max_size=40), st.integers(), st.none(), st.lists(st.integers(), max_size=2)))
def test_a_mac_of_any_kind_never_raises_and_never_passes(value):
    auth = Auth(KEY, random.Random(3).randbytes)
    auth.challenge(0)
    assert auth.authorise("clear", value, 1) == 0


def test_a_stop_without_a_session_is_busy_and_bad_values_are_refused_before_the_authorisation_is_used():
    desk = Desk()
    desk.presence(auth_room.CARD)
    assert desk.ask(1, do="stop", o="x")[0]["err"] == "param"
    assert desk.ask(2, do="time", t=0)[0]["err"] == "param"
    assert desk.ask(3, do="stop", o=1)[0]["err"] == "busy"


def test_the_maintenance_boot_begins_only_when_its_answer_was_acknowledged_or_given_up():
    desk = Desk()
    desk.presence(auth_room.CARD)
    desk.send(1, do="repl")
    desk.run(400)
    assert desk.frames()[0][3] == {"ok": True}
    assert desk.shed.calls == []
    desk.send(1, do="repl")
    desk.run(300)
    assert desk.shed.calls == []
    desk.acknowledge(1, 1)
    desk.run(50)
    assert desk.shed.calls == [("maintenance", auth_room.CARD)]
    desk.presence(auth_room.CARD)
    desk.send(2, do="repl")
    desk.run(2500)
    assert len(desk.shed.calls) == 2
