"""A console with a wire and a made-up shed behind it, for the tests of the console room."""

from __future__ import annotations

import json
import random

from shed.console.auth import Auth
from shed.console.console import Console
from shed.storage.journal import Journal

from hil_tests.firmware.storage.nor_flash import NorRegion

TICKS = 1 << 30
KEY = bytes(range(32))


def crc16(data: bytes) -> int:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


class Clock:
    uptime_s = 3725

    def __init__(self):
        self.epoch = 0

    def epoch_s(self):
        return self.epoch


class Faults:
    def __init__(self):
        self.table = []

    def rows(self):
        yield from self.table

    def __len__(self):
        return len(self.table)


class Cards:
    """`numbers`: canonical cards; their records are 20 bytes that begin with the number."""

    def __init__(self):
        self.numbers = [bytes([4, i, 0, 0, 1]) + bytes(6) for i in range(14)]

    @property
    def count(self):
        return len(self.numbers)

    def record(self, i):
        return memoryview(self.numbers[i] + bytes(9))


class MadeUpShed:
    """The shed of shed/console/contracts.pyi with four outlets, outlet 3 charging; `calls` are the writes it got."""

    def __init__(self):
        self.mode = "service"
        self.clock = Clock()
        self.journal = Journal(NorRegion(8), self.clock, boot=5)
        self.journal.open()
        self.faults = Faults()
        self.calls = []
        self.cards = Cards()
        self.trips = 0
        self.outlets_on = False

    def quiet(self):
        return not self.outlets_on

    def identity(self):
        return {"fw": "7.8.9", "site": 1001, "board": 1, "boot": 5, "cfg": 0xDEADBEEF, "mpy": "1.25.0"}

    def status_items(self):
        yield {"up_s": 3725, "t": 0, "trips": self.trips, "faults": len(self.faults), "group": [1, 0], "hb": 1, "heap": 61000}
        yield None
        for number in (1, 2, 3, 4):
            on = number == 3
            yield {
                "o": number, "st": 3 if on else 0, "mw": 182400 if on else 0, "wh": 812 if on else 0, "s": 14710 if on else 0,
                "fen": 100 if on else 0, "hold": [] if on else [9, 11],
            }  # fmt: skip
        yield {"p": 0, "st": 0}
        yield {"p": 1, "st": 2}
        yield {"g": 0, "st": 0}
        yield {"m": 0, "age": 1200, "ok": 900, "to": 3, "crc": 0, "dv": 2314}

    def task_items(self):
        yield {"scans": 5}
        yield {"task": "console", "n": 9, "max_us": 800, "late_ms": 2, "over": 0}

    def why(self, number):
        if not 1 <= number <= 4:
            return None
        return (1, []) if number == 3 else (0, [9, 11])

    def outlet_number(self, index):
        return index + 1

    def clear(self, by):
        self.calls.append(("clear", by))
        return self.trips, len(self.faults)

    def stop(self, number):
        self.calls.append(("stop", number))
        return number == 3

    def confirm(self, by):
        self.calls.append(("confirm", by))
        return False

    def set_time(self, epoch_s):
        self.calls.append(("time", epoch_s))

    def revoke(self, card):
        self.calls.append(("revoke", card))
        return card in self.cards.numbers

    def enter_maintenance(self, by):
        self.calls.append(("maintenance", by))


class Wire:
    """stdio of the board: what the person or tool sent, what the board wrote. No write is longer than 96 bytes."""

    def __init__(self):
        self.incoming = bytearray()
        self.written = bytearray()

    def read_into(self, buf):
        count = min(len(buf), len(self.incoming))
        buf[:count] = self.incoming[:count]
        del self.incoming[:count]
        return count

    def write(self, data):
        assert 0 < len(data) <= 96
        self.written += data


class Desk:
    """Runs the console at the times it asks for."""

    def __init__(self, start_ms=0):
        self.shed = MadeUpShed()
        self.wire = Wire()
        rng = random.Random(1)
        self.auth = Auth(KEY, rng.randbytes)
        self.console = Console(self.wire, self.shed, self.auth)
        self.now_ms = start_ms
        self.longest_wait_ms = 0

    def run(self, span_ms):
        end = self.now_ms + span_ms
        while self.now_ms < end:
            wait = self.console.step(self.now_ms % TICKS)
            assert 1 <= wait <= 20
            self.now_ms += wait

    def type(self, text, span_ms=300):
        """What the board writes after a person typed `text`."""
        del self.wire.written[:]
        self.wire.incoming += text if isinstance(text, bytes) else text.encode()
        self.run(span_ms)
        return self.wire.written.decode("ascii")

    def presence(self, kind):
        self.auth.note_presence(kind, self.now_ms % TICKS)

    # The tool's side.

    def send(self, sequence, **fields):
        body = b"%02X %s" % (sequence, json.dumps(fields, separators=(",", ":")).encode())
        self.wire.incoming += b">%s*%04X\n" % (body, crc16(body))

    def acknowledge(self, sequence, index):
        self.wire.incoming += b"!%02X %d\n" % (sequence, index)

    def frames(self):
        """(sequence, index, count, object) of every frame written since the last look, each checked."""
        found = []
        for line in bytes(self.wire.written).split(b"\r\n"):
            start = line.find(b"<")
            if start < 0:
                continue
            line = line[start:]
            assert len(line) <= 190
            assert int(line[-4:], 16) == crc16(line[1:-5])
            sequence, place, text = line[1:-5].split(b" ", 2)
            index, count = place.split(b"/")
            found.append((int(sequence, 16), int(index), int(count), json.loads(text)))
        del self.wire.written[:]
        return found

    def ask(self, sequence=1, **fields):
        """The objects of a whole answer, each frame acknowledged."""
        del self.wire.written[:]
        self.send(sequence, **fields)
        objects = []
        for _ in range(500):
            self.run(60)
            for got, index, count, item in self.frames():
                assert got == sequence
                assert index == len(objects) + 1
                objects.append(item)
                self.acknowledge(sequence, index)
                if count:
                    self.run(60)
                    assert count == index
                    return objects
        raise AssertionError(f"no whole answer: {objects}")
