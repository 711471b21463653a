"""Cards at the console: revoked in service, listed only for those who may change them."""

import hashlib
import hmac
import json
from base64 import b64decode

from hil_tests.firmware.console.console_desk import KEY, Desk


def signed(desk, verb, sequence, **fields):
    """The answer to a request signed with the maintenance key."""
    (challenge,) = desk.ask(sequence, do="auth")
    values = json.dumps(fields["c"]) if fields else ""
    mac = hmac.digest(KEY, bytes.fromhex(challenge["nonce"]) + verb.encode() + values.encode(), hashlib.sha256)[:16].hex()
    return desk.ask(sequence + 1, do=verb, **fields, mac=mac)


def test_a_signed_request_revokes_one_card_and_a_repetition_does_not_run_again():
    desk = Desk()
    card = desk.shed.cards.numbers[3]
    assert signed(desk, "revoke", 1, c=card.hex()) == [{"ok": True}]
    assert desk.shed.calls == [("revoke", card)]


def test_a_card_that_is_not_there_a_short_number_and_a_stranger_are_refused():
    desk = Desk()
    assert signed(desk, "revoke", 1, c="04" + "99" * 10)[0]["err"] == "card"
    assert desk.ask(3, do="revoke", c="0499")[0]["err"] == "param"
    assert signed(desk, "revoke", 4, c="no hexadecimal figures")[0]["err"] == "param"
    desk.shed.calls.clear()
    assert desk.ask(6, do="revoke", c=desk.shed.cards.numbers[0].hex())[0]["err"] == "auth"
    assert desk.ask(7, do="revoke", c=desk.shed.cards.numbers[0].hex(), mac="0" * 32)[0]["err"] == "auth"
    assert desk.shed.calls == []


def test_the_table_comes_whole_in_its_order_and_to_nobody_without_the_key():
    desk = Desk()
    assert desk.ask(1, do="cards")[0]["err"] == "auth"
    head, *frames = signed(desk, "cards", 2)
    assert head == {"ok": True, "n": 14} and len(frames) == 3
    assert b"".join(b64decode(frame["c"]) for frame in frames) == b"".join(number + bytes(9) for number in desk.shed.cards.numbers)
