"""The framed client against a board written from docs/protocols/console.md, on a wire that loses and damages."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import re
from typing import Any

import pytest
from shedguard.errors import PROTOCOL, REFUSED, ShedError
from shedguard.link.console import Console, crc16, frame, sign

KEY = bytes(range(32))


class FakeBoard:
    """One side of the wire and the clock. ``damage`` changes what travels, in both directions."""

    def __init__(self, answers: dict[str, list[dict[str, Any]]], damage: float = 0.0, seed: int = 1) -> None:
        self.answers, self.damage, self.random = answers, damage, random.Random(seed)
        self.now = 0.0
        self.runs: list[dict[str, Any]] = []
        self.last: tuple[int, list[bytes]] = (0, [])
        self.outbox: list[bytes] = []
        self.buffer = b""

    def clock(self) -> float:
        return self.now

    def read(self, timeout_s: float) -> bytes:
        if self.outbox:
            self.now += 0.001
            return self._hurt(self.outbox.pop(0))
        self.now += timeout_s
        return b""

    def write(self, data: bytes) -> None:
        self.buffer += self._hurt(data)
        *lines, self.buffer = self.buffer.split(b"\n")
        for line in lines:
            self._line(line)

    def _hurt(self, data: bytes) -> bytes:
        if self.random.random() < self.damage:
            place = self.random.randrange(len(data))
            return data[:place] + (b"" if self.random.random() < 0.5 else bytes([data[place] ^ 1])) + data[place + 1 :]
        return data

    def _line(self, line: bytes) -> None:
        if line.startswith(b"!"):
            match = re.fullmatch(rb"!([0-9A-F]{2}) (\d+)", line)
            if match and int(match[1], 16) == self.last[0]:
                self._send(int(match[2]) + 1)
        elif line.startswith(b">"):
            match = re.fullmatch(rb">([0-9A-F]{2}) (\{.*\})\*([0-9A-F]{4})", line)
            if match is None or int(match[3], 16) != crc16(line[1:-5]):
                self.outbox.append(frame(b'00 0/0 {"err":"crc"}', b"<"))
                return
            sequence = int(match[1], 16)
            if sequence != self.last[0]:
                self.last = (sequence, self._run(sequence, json.loads(match[2])))
            self._send(1)

    def _run(self, sequence: int, request: dict[str, Any]) -> list[bytes]:
        self.runs.append(request)
        bodies = self.answers.get(request["do"], [{"err": "verb", "hint": "help lists the verbs"}])
        texts = [json.dumps(body, separators=(",", ":")).encode() for body in bodies]
        count = len(texts)
        return [frame(b"%02X %d/%d %s" % (sequence, n, count if n == count else 0, text), b"<") for n, text in enumerate(texts, 1)]

    def _send(self, index: int) -> None:
        if index <= len(self.last[1]):
            self.outbox.append(self.last[1][index - 1].replace(b"\n", b"\r\n"))


HELLO = [{"ok": True, "proto": 1, "fw": "0.1.0"}]
LOG = [{"ok": True, "next": 9}, *({"q": n, "k": 7, "d": "00" * 12} for n in range(8))]


def console(board: FakeBoard) -> Console:
    return Console(board, board.clock, first_sequence=1)


def test_crc_is_modbus() -> None:
    assert crc16(b"123456789") == 0x4B37


def test_a_whole_answer() -> None:
    board = FakeBoard({"hello": HELLO, "log": LOG})
    client = console(board)
    assert client.hello()["fw"] == "0.1.0"
    assert client.request("log", n=8) == LOG
    assert board.runs == [{"do": "hello"}, {"do": "log", "n": 8}]


def test_a_damaged_wire_costs_time_and_never_changes_anything() -> None:
    """With any damage to every tenth line, a verb runs once and an answer is whole; few attempts need a second call."""
    whole = 0
    for seed in range(60):
        board = FakeBoard({"log": LOG, "clear": [{"ok": True, "trips": 0, "faults": 0}]}, damage=0.1, seed=seed)
        client = console(board)
        try:
            answers = [client.request("log", n=8), client.request("clear")]
        except ShedError:
            answers = []
        if answers:
            whole += 1
            assert answers == [LOG, [{"ok": True, "trips": 0, "faults": 0}]]
        assert [request["do"] for request in board.runs] in (["log"], ["log", "clear"])
    assert whole >= 55


def test_noise_and_a_prompt_before_the_frame_are_skipped() -> None:
    board = FakeBoard({"hello": HELLO})
    board.outbox += [b"boot: ok\r\n<not a frame\r\n\xff\xfe\r\n", b"shed> "]
    assert console(board).hello()["proto"] == 1


def test_silence_is_exit_code_4() -> None:
    board = FakeBoard({})
    board.write = lambda data: None
    with pytest.raises(ShedError, match="no answer") as caught:
        console(board).request("status")
    assert caught.value.code == PROTOCOL and board.now < 10


def test_another_version_is_exit_code_4() -> None:
    with pytest.raises(ShedError, match="protocol 2") as caught:
        console(FakeBoard({"hello": [{"ok": True, "proto": 2}]})).hello()
    assert caught.value.code == PROTOCOL


@pytest.mark.parametrize(("error", "words"), [("auth", "authorisation"), ("locked", "wrong keys"), ("busy", "no session"), ("odd", "odd")])
def test_a_refusal_is_exit_code_7(error: str, words: str) -> None:
    with pytest.raises(ShedError, match=words) as caught:
        console(FakeBoard({"clear": [{"err": error, "hint": "x"}]})).request("clear")
    assert caught.value.code == REFUSED


def test_writing_signs_the_nonce_the_verb_and_the_values() -> None:
    nonce = bytes(range(16))
    board = FakeBoard({"auth": [{"ok": True, "nonce": nonce.hex()}], "stop": [{"ok": True}], "clear": [{"ok": True}]})
    client = console(board)
    client.write("stop", KEY, o=7)
    client.write("clear", KEY)
    assert board.runs[1]["mac"] == hmac.new(KEY, nonce + b"stop7", hashlib.sha256).digest()[:16].hex()
    assert board.runs[3]["mac"] == hmac.new(KEY, nonce + b"clear", hashlib.sha256).digest()[:16].hex()
    assert sign(KEY, nonce, "clear", {}) == board.runs[3]["mac"]


def test_without_a_key_nothing_is_signed() -> None:
    board = FakeBoard({"clear": [{"ok": True}]})
    console(board).write("clear", None)
    assert board.runs == [{"do": "clear"}]


def test_a_line_is_at_most_192_bytes() -> None:
    with pytest.raises(ValueError, match="192"):
        frame(b"x" * 190, b">")


class SearchingBoard(FakeBoard):
    """Searches for 10 s after its first frame, repeats that frame every 300 ms, and then marks it as the last."""

    def _send(self, index: int) -> None:
        if index != 1:
            return
        (whole,) = self.last[1]
        early = frame(whole[1:-6].replace(b"1/1", b"1/0", 1), b"<")
        self.outbox = [early] * 33 + [whole]

    def read(self, timeout_s: float) -> bytes:
        self.now += 0.299
        return super().read(timeout_s)


def test_a_tool_waits_for_a_board_that_says_it_still_searches() -> None:
    board = SearchingBoard({"sessions": [{"ok": True, "next": 9}]})
    client = Console(board, board.clock)
    assert client.request("sessions", n=5) == [{"ok": True, "next": 9}]
    assert board.now > 9
    assert len(board.runs) == 1
