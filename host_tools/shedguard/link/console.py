"""The framed side of the console protocol (docs/protocols/console.md, version 1): a lost byte makes a request repeat, never change."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..errors import PORT, PROTOCOL, REFUSED, ShedError
from .ports import Wire

MAX_LINE: Final = 192
PROTO: Final = 1
_ANSWER: Final = re.compile(rb"<([0-9A-F]{2}) (\d+)/(\d+) (\{.*\})\*([0-9A-F]{4})")
_PATIENCE_S: Final = 0.8
_TRIES: Final = 5
# Parameters in the order in which they are signed (console.md).
_SIGNED: Final[Mapping[str, tuple[str, ...]]] = {
    "clear": (), "confirm": (), "repl": (), "stop": ("o",), "time": ("t",), "revoke": ("c",), "cards": (),
}  # fmt: skip

_REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    "auth": (
        "this needs authorisation",
        "tap a maintenance card or turn the key switch and try again within 60 s, or give --site SITE.toml or --key",
    ),
    "locked": ("too many wrong keys: the board refuses for a while", "wait (1 s after the first, up to 5 min), then use the right --key"),
    "busy": ("there is no session to stop", "shed status shows which outlets have one"),
    "verb": ("the board does not know this request", "its firmware is older than this tool: shed flash"),
    "trial": ("no configuration is on trial, or its self-test fails", "shed status shows both; shed config push starts a trial"),
    "card": ("the board's table does not have that card", "shed cards list shows them"),
    "json": ("the board could not read the request as JSON", "try again; if it stays so, report it: the tool wrote it"),
    "long": ("the request is longer than the board takes", "report it: the tool wrote it"),
    "param": ("the board does not accept that value", "shed status shows which outlets there are"),
}


class Answer(list[dict[str, Any]]):
    """The frames of an answer; ``head`` is the first one's object."""

    @property
    def head(self) -> dict[str, Any]:
        """The first frame."""
        return self[0]


@dataclass(slots=True)
class Counters:
    """Errors on the wire, for `--json` and tests."""

    requests: int = 0
    resent: int = 0
    damaged: int = 0


def crc16(data: bytes) -> int:
    """CRC-16/MODBUS."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def frame(body: bytes, mark: bytes) -> bytes:
    """``mark`` + body + ``*`` + CRC, ended by a line feed. ValueError beyond 192 bytes."""
    line = mark + body + b"*%04X\n" % crc16(body)
    if len(line) > MAX_LINE:
        raise ValueError(f"a line of {len(line)} bytes, at most {MAX_LINE}")
    return line


def sign(key: bytes, nonce: bytes, verb: str, parameters: Mapping[str, Any]) -> str:
    """The ``mac`` of a writing request."""
    values = ",".join(json.dumps(parameters[name], separators=(",", ":")) for name in _SIGNED[verb])
    return hmac.new(key, nonce + verb.encode() + values.encode(), hashlib.sha256).digest()[:16].hex()


class Console:
    """A client on one wire. Not for several threads."""

    def __init__(
        self, wire: Wire, clock: Callable[[], float] = time.monotonic, first_sequence: int | None = None, tries: int = _TRIES
    ) -> None:
        self._wire, self._clock, self._tries = wire, clock, tries
        start = int(clock() * 1000) if first_sequence is None else first_sequence - 1
        self._sequence = start % 255
        self._buffer = bytearray()
        self.counters = Counters()

    def hello(self) -> dict[str, Any]:
        """The board's identity; ShedError (exit code 4) when it speaks another version of the protocol."""
        head = self.request("hello").head
        if head.get("proto") != PROTO:
            raise ShedError(
                f"the board speaks console protocol {head.get('proto')}, this tool {PROTO}",
                "tool and firmware are of different versions",
                "update the older one: shed flash, or pip install -U shedguard",
                PROTOCOL,
            )
        return head

    def request(self, verb: str, **parameters: Any) -> Answer:
        """The whole answer. ShedError: exit code 4 for silence or nonsense, 7 when the board refuses, 3 when the port is lost."""
        self._sequence = self._sequence % 255 + 1  # 01..FF: the board answers broken lines with 00
        text = json.dumps({"do": verb, **parameters}, separators=(",", ":"), ensure_ascii=True)
        line = frame(b"%02X %s" % (self._sequence, text.encode()), b">")
        self.counters.requests += 1
        try:
            answer = self._exchange(line)
        except OSError as error:
            raise ShedError("the port was lost during a request", str(error), "check the cable and the board's supply", PORT) from error
        error = answer.head.get("err")
        if error is not None:
            what, hint = _REFUSALS.get(error, (f"the board answers {error!r}", ""))
            raise ShedError(f"{verb}: {what}", str(answer.head.get("hint", "")), hint, REFUSED)
        return answer

    def write(self, verb: str, key: bytes | None, **parameters: Any) -> Answer:
        """A request that changes something: signed with ``key``, or authorised by a card or the key switch."""
        if key is None:
            return self.request(verb, **parameters)
        nonce = bytes.fromhex(self.request("auth").head["nonce"])
        try:
            return self.request(verb, **parameters, mac=sign(key, nonce, verb, parameters))
        except ShedError as error:
            if not error.what.endswith(_REFUSALS["auth"][0]):
                raise
            cause, hint = (
                "the key belongs to another shed, or was changed since",
                "--site or --key with the key of the configuration in force",
            )
            raise ShedError(f"{verb}: the board does not take this maintenance key", cause, hint, REFUSED) from error

    def _exchange(self, line: bytes) -> Answer:
        answer = Answer()
        stalls = 0  # in a row: every received frame is progress
        while stalls < self._tries:
            seen = len(answer)
            # After the first frame an acknowledgement asks for the next one; before it, the request is sent again.
            self._wire.write(self._acknowledgement(seen) if answer else line)
            if self._collect(answer, line):
                return answer
            stalls = 1 if len(answer) > seen else stalls + 1
            self.counters.resent += 1
        if answer:
            raise ShedError("the board stopped in the middle of an answer", "a bad cable, or the board was reset", "try again", PROTOCOL)
        cause = "no ShedGuard in service on this port: a bare board, a REPL, another device or another speed"
        raise ShedError(
            "no answer from the board", cause, "look with a serial terminal at 115200 baud: Enter should show `shed>`", PROTOCOL
        )

    def _collect(self, answer: Answer, line: bytes) -> bool:
        """Take frames until the last one (True) or until nothing useful arrives for a while (False)."""
        deadline = self._clock() + _PATIENCE_S
        while self._clock() < deadline:
            text = self._line(deadline)
            if text is None:
                continue
            match = _ANSWER.fullmatch(text)
            if match is None:
                continue  # echo, a typed session's output, a boot message
            if int(match[5], 16) != crc16(text[1:-5]):
                self.counters.damaged += 1
                continue
            sequence, index, count = int(match[1], 16), int(match[2]), int(match[3])
            if index == 0:
                if b'"crc"' in match[4] and not answer:
                    self._wire.write(line)
                    self.counters.resent += 1
                continue
            if sequence != self._sequence or index > len(answer) + 1:
                continue
            if index == len(answer) + 1:
                answer.append(json.loads(match[4]))
            if index == len(answer):  # a repeated frame means that the board still searches
                deadline = self._clock() + _PATIENCE_S
            self._wire.write(self._acknowledgement(index))
            if index == count:
                return True
        return False

    def _acknowledgement(self, index: int) -> bytes:
        return b"!%02X %d\n" % (self._sequence, index)

    def _line(self, deadline: float) -> bytes | None:
        """The next whole line without its end; None when none arrives before ``deadline``."""
        while True:
            end = next((at for at, byte in enumerate(self._buffer) if byte in b"\r\n"), -1)
            if end >= 0:
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 1]
                # A prompt without a line end may stand before the frame.
                start = line.rfind(b"<")
                return line[start:] if start > 0 and _ANSWER.fullmatch(line[start:]) else line
            left = deadline - self._clock()
            if left <= 0:
                return None
            self._buffer += self._wire.read(left)
