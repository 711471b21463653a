"""The console as the bench uses it: typed lines and framed requests, in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from shedbench.plant.units import MS, Duration, ns

from . import frames
from .uart0 import Serial

PROMPTS: Final = (b"shed> ", b">>> ", b"... ", b"raw REPL; CTRL-B to exit\r\n>")
_ENDS: Final = tuple(b"\r\n" + prompt for prompt in PROMPTS)  # at the beginning of a line
_TRIES: Final = 3
_TRY_NS: Final = 1500 * MS


class Runner(Protocol):
    """Runs virtual time."""

    @property
    def now_ns(self) -> int:
        """Virtual time."""
        ...

    def wait(self, condition: Callable[[], bool], within_ns: int) -> bool:
        """Run until ``condition`` holds, at most ``within_ns``; whether it does."""
        ...


class ConsoleError(Exception):
    """The board did not answer, or answered with an error. ``body`` is the error frame, if there was one."""

    def __init__(self, words: str, body: dict[str, Any] | None = None) -> None:
        super().__init__(words)
        self.body = body


class Console:
    """``type`` for people's lines, ``ask`` for framed requests, ``send`` for raw bytes."""

    def __init__(self, runner: Runner, serial: Serial, key: bytes) -> None:
        self.serial = serial
        self.key = key
        self._runner = runner
        self._sequence = 0

    def send(self, data: bytes | str) -> None:
        """Send raw characters; returns at once (no virtual time passes)."""
        self.serial.send(data.encode() if isinstance(data, str) else data)

    def text(self) -> str:
        """Everything the board ever printed (the newest MiB)."""
        return self.serial.text()

    def type(self, line: str, within: Duration = "5 s") -> str:
        """Type ``line`` and Enter; returns the answer without echo and prompt.

        The answer ends at the prompt after the echo, however long the board is quiet before. ConsoleError when none comes in time.
        """
        start = self.serial.position
        sent_ns = self.serial.send(line.encode() + b"\r")

        def answered() -> bool:
            now = self._runner.now_ns
            if now < max(sent_ns, self.serial.last_byte_ns):
                return False
            _before, echo, answer = self.serial.since(start).partition(line.encode() + b"\r\n")
            return bool(echo) and (b"\r\n" + answer).endswith(_ENDS)

        if not self._wait_stepwise(answered, ns(within)):
            raise ConsoleError(f"no answer and prompt to {line!r} within {within}: {self.serial.since(start)!r}")
        return _strip(self.serial.since(start).decode("utf-8", "replace"), line)

    def ask(
        self, body: dict[str, Any], key: bytes | bool = False, sequence: int | None = None, within: Duration = "10 s"
    ) -> list[dict[str, Any]]:
        """A framed request; returns the objects of all answer frames.

        ``key``: True or the maintenance key: authorise with HMAC. ConsoleError on ``err`` or silence.
        """
        if key:
            nonce = self.ask({"do": "auth"})[0]["nonce"]
            body = {**body, "mac": frames.mac(self.key if key is True else key, nonce, body)}
        if sequence is None:
            self._sequence = self._sequence % 255 + 1
            sequence = self._sequence
        line = frames.request(sequence, body)
        deadline_ns = self._runner.now_ns + ns(within)
        for _ in range(_TRIES):
            answers = self._answers(line, sequence, min(_TRY_NS, deadline_ns - self._runner.now_ns))
            if answers is None:
                continue
            if "err" in answers[0]:
                raise ConsoleError(f"{body['do']}: {answers[0]['err']} ({answers[0].get('hint', '')})", answers[0])
            return answers
        raise ConsoleError(f"no whole answer to {body} within {within}; the line had {self.serial.since(self.serial.position - 400)!r}")

    def _answers(self, line: bytes, sequence: int, try_ns: int) -> list[dict[str, Any]] | None:
        """Send ``line`` once and collect the frames; None when they stop coming."""
        reader = _FrameReader(self.serial, sequence)
        self.serial.send(line)
        collected: dict[int, frames.Answer] = {}
        while self._wait_stepwise(reader.has_some, try_ns):
            for answer in reader.take():
                collected[answer.index] = answer
                if answer.sequence == sequence:
                    self.serial.send(frames.acknowledgement(sequence, answer.index))
                if answer.count or answer.sequence != sequence:
                    return [collected[index].body for index in sorted(collected)]
        return None

    def _wait_stepwise(self, condition: Callable[[], bool], within_ns: int) -> bool:
        """Wait with a check every 20 ms: the last byte on the wire is not an event."""
        deadline = self._runner.now_ns + within_ns
        while self._runner.now_ns < deadline:
            if self._runner.wait(condition, min(20 * MS, deadline - self._runner.now_ns)):
                return True
        return condition()


class _FrameReader:
    """Picks the answer frames to one sequence number (and the general error frame, 00) out of the stream, from now on."""

    def __init__(self, serial: Serial, sequence: int) -> None:
        self._serial = serial
        self._sequence = sequence
        self._cursor = serial.position
        self._found: list[frames.Answer] = []

    def has_some(self) -> bool:
        """Read on; returns whether a frame is waiting."""
        while self._serial.position > self._cursor:
            text, newline, _rest = self._serial.since(self._cursor).partition(b"\n")
            if not newline:
                break
            self._cursor += len(text) + 1
            answer = frames.parse_answer(text.decode("ascii", "replace"))
            if answer is not None and answer.sequence in (self._sequence, 0):
                self._found.append(answer)
        return bool(self._found)

    def take(self) -> list[frames.Answer]:
        """What waits."""
        found, self._found = self._found, []
        return found


def _strip(printed: str, line: str) -> str:
    """Without echo and prompt, with LF line ends."""
    text = printed.partition(line + "\r\n")[2].replace("\r\n", "\n").lstrip("\n")
    for prompt in PROMPTS:
        text = text.removesuffix(prompt.decode())
    return text.rstrip("\n")
