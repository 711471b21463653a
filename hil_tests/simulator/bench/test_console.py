"""Framed requests against answers typed by hand, conditions, durations, and the pseudo-terminal."""

from __future__ import annotations

import hmac
import json
import os
import select
import signal
import sys
import time

import pytest
from shedbench.bench import frames
from shedbench.bench.bench import Bench
from shedbench.bench.conditions import Condition
from shedbench.bench.console import ConsoleError
from shedbench.bench.pty import PtyServer
from shedbench.places import REPOSITORY
from shedbench.plant.units import ns

from hil_tests.simulator.bench.test_lockstep import LAUNCH


def test_crc_is_crc_16_modbus() -> None:
    assert frames.crc16_modbus(b"123456789") == 0x4B37  # the catalogue's check value


def test_a_request_line() -> None:
    line = frames.request(7, {"do": "why", "o": 3})
    head, crc = line.rstrip(b"\r").split(b"*")
    assert head == b'>07 {"do":"why","o":3}'
    assert int(crc, 16) == frames.crc16_modbus(head[1:])


def test_an_answer_with_a_wrong_crc_is_none() -> None:
    text = '07 1/1 {"ok":true}'
    good = f"<{text}*{frames.crc16_modbus(text.encode()):04X}"
    answer = frames.parse_answer("noise" + good)
    assert answer is not None
    assert (answer.sequence, answer.index, answer.count, answer.body) == (7, 1, 1, {"ok": True})
    assert frames.parse_answer(good.replace("true", "trve")) is None
    assert frames.parse_answer("shed> help") is None


def test_the_mac_covers_nonce_verb_and_parameters() -> None:
    key, nonce = bytes(range(32)), "00112233445566778899aabbccddeeff"
    want = hmac.new(key, bytes.fromhex(nonce) + b"stop" + b"3", "sha256").digest()[:16].hex()
    assert frames.mac(key, nonce, {"do": "stop", "o": 3}) == want


def test_conditions_combine_and_can_be_called_or_tested() -> None:
    on, off = Condition("on", lambda: True), Condition("off", lambda: False)
    assert on
    assert on()
    assert not off
    assert ~off
    assert on | off
    assert not (on & off)
    assert (on & ~off).name == "on and not off"


class Answering:
    """Plays the board's side of framed lines on a bench with the fake board, whose echo is turned into answers."""

    def __init__(self, bench: Bench, answers: list[dict[str, object]], lose_first: bool = False) -> None:
        self.bench, self.answers, self.lose = bench, answers, lose_first
        self.lines: list[str] = []
        self.sequence = 0
        send = bench.serial.send

        def heard(data: bytes) -> int:
            self.lines.append(data.decode())
            done = send(b"\n")
            if data.startswith(b">"):
                self.sequence = int(data[1:3], 16)
                self.frame(1)
            elif data.startswith(b"!"):
                self.frame(int(data[4:]) + 1)
            return done

        bench.serial.send = heard

    def frame(self, index: int) -> None:
        if self.lose:
            self.lose = False
            return
        if index <= len(self.answers):
            count = index if index == len(self.answers) else 0
            text = f"{self.sequence:02X} {index}/{count} {json.dumps(self.answers[index - 1], separators=(',', ':'))}"
            self.bench.serial.received += f"<{text}*{frames.crc16_modbus(text.encode()):04X}\r\n".encode()


def test_ask_acknowledges_frame_by_frame_and_repeats_what_is_lost() -> None:
    with Bench(flash="blank", board_command=LAUNCH) as bench:
        bench.run("1 s")
        board = Answering(bench, [{"ok": True}, {"o": 1}, {"o": 2}], lose_first=True)
        assert bench.console.ask({"do": "status"}) == [{"ok": True}, {"o": 1}, {"o": 2}]
        assert [line[0] for line in board.lines] == [">", ">", "!", "!", "!"]
        assert board.lines[0] == board.lines[1]


def test_an_error_answer_raises_with_its_hint() -> None:
    with Bench(flash="blank", board_command=LAUNCH) as bench:
        bench.run("1 s")
        Answering(bench, [{"err": "auth", "hint": "tap a maintenance card"}])
        with pytest.raises(ConsoleError, match="tap a maintenance card") as caught:
            bench.console.ask({"do": "clear"})
        assert caught.value.body == {"err": "auth", "hint": "tap a maintenance card"}


def test_a_silent_board_is_an_error_in_virtual_time() -> None:
    with Bench(flash="blank", board_command=LAUNCH) as bench:
        bench.run("1 s")
        start = bench.now_ns
        with pytest.raises(ConsoleError, match="no whole answer"):
            bench.console.ask({"do": "hello"}, within="10 s")
        assert bench.now_ns - start <= ns("10 s")


def test_a_pty_carries_both_ways_in_real_time_and_survives_a_client_that_leaves() -> None:
    with Bench(flash="blank", board_command=LAUNCH) as bench:
        server = PtyServer(bench)
        heard = b""
        for round_ in (b"one", b"two"):
            client = os.open(server.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            os.write(client, round_)
            began = time.monotonic()
            assert server.serve(until=lambda start=began: time.monotonic() > start + 0.3) == "condition"
            if select.select([client], [], [], 0)[0]:
                heard += os.read(client, 100)
            os.close(client)
        server.close()
        assert heard == b"onetwo"
        assert ns("400 ms") <= bench.now_ns <= ns("800 ms")


def test_a_signal_ends_the_server_and_leaves_the_bench() -> None:
    with Bench(flash="blank", board_command=LAUNCH) as bench:
        server = PtyServer(bench)
        server.on_slice = lambda: os.kill(os.getpid(), signal.SIGHUP)
        assert server.serve() == "signal"
        server.close()
        bench.run("1 s")


def test_the_pty_server_ends_when_the_board_does() -> None:
    with Bench(flash="blank", board_command=LAUNCH) as bench:
        bench.run("10 ms")
        server = PtyServer(bench, speed=10.0)
        bench.serial.send(b"x")
        assert server.serve() == "board ended"
        server.close()


def test_the_bench_imports_without_the_firmware() -> None:
    code = "import sys, shedbench.bench.bench; print([m for m in sys.modules if m == 'firmware' or m.startswith(('firmware.', 'shed.'))])"
    root = REPOSITORY
    command = f'cd {root} && PYTHONPATH={root}:{root / "host_tools"} {sys.executable} -c "{code}"'
    assert os.popen(command).read().strip() == "[]"
