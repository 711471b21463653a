"""A minute of bytes at the console of a shed in service, drawn from a seed: whole requests, broken ones, typed lines, REPL bytes, noise.

Nobody is authorised, so nothing may change: the outlet stays on, the board does not restart, and the console answers afterwards.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Final

from shedbench.bench.frames import crc16_modbus
from shedbench.bench.residents import start_charging
from shedbench.campaign import beginning
from shedbench.places import SMALL_SITE as SITE
from shedbench.plant.units import MS, S

MINUTE_NS: Final = 60 * S
VERBS: Final = ("hello", "status", "tasks", "why", "log", "sessions", "faults", "auth", "stop", "clear", "repl", "time", "x")
VALUES: Final = (0, 1, -1, 2, 255, 1 << 30, -(1 << 31), 1 << 63, 1.5, True, None, "", "a", "0" * 64, [], {}, [[[[[[[]]]]]]], "\ud83d\ude00")
WORDS: Final = (
    "status",
    "why",
    "help",
    "stop",
    "clear",
    "time",
    "faults",
    "log",
    "sessions",
    "version",
    "repl",
    "1",
    "-1",
    "99999999999",
    "2026-01-01",
    "?",
    '"',
)
REPL: Final = (b"\x01", b"\x02", b"\x03", b"\x04", b"\x05A\x01", b"\x1b[A", b"\x7f" * 30, b"\r" * 20, b"\0", b"!00 1\r", b"!FF 99999\r")


def chunk(chance: random.Random) -> bytes:
    """Bytes that arrive in one piece."""
    kind = chance.random()
    if kind < 0.5:
        line = _framed(chance)
        if kind < 0.2:
            changed = bytearray(line)
            for _ in range(chance.randrange(1, 4)):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
            return bytes(changed)
        return line
    if kind < 0.7:
        return " ".join(chance.choices(WORDS, k=chance.randrange(1, 5))).encode() + b"\r"
    if kind < 0.85:
        return chance.choice(REPL)
    return chance.randbytes(chance.choice((1, 5, 50, 300)))


def _framed(chance: random.Random) -> bytes:
    """A request with a right CRC."""
    body: dict[str, object] = {"do": chance.choice((*VERBS, chance.choice(VALUES)))}
    for _ in range(chance.randrange(0, 4)):
        body[chance.choice(("o", "t", "n", "since", "mac", ""))] = chance.choice(VALUES)
    text = json.dumps(chance.choice((body, body, body, [body], chance.choice(VALUES))), separators=(",", ":"))
    if chance.random() < 0.2:
        text = text[: chance.randrange(len(text) + 1)]
    inner = b"%02X %s" % (chance.randrange(256), text.encode("utf-8", "surrogatepass"))
    return b">%s*%04X\r" % (inner, crc16_modbus(inner))


def minute(seed: int) -> list[str]:
    """What went wrong. The seed draws the shed's age and what is under way in it (campaign/beginning.py)."""
    chance = random.Random(f"console/{seed}")
    begin = replace(beginning.drawn(chance), tripped=False, trial=False)  # an outlet is to charge, and a trial resets when it is over
    with beginning.bench_of(begin, SITE, seed) as bench:
        beginning.bring_up(begin, bench, chance)
        start_charging(bench, 1)
        boots = len(bench.board.boots)
        closed_at_ns = bench.outlet(1).closed_at_ns
        end_ns = bench.now_ns + MINUTE_NS
        while bench.now_ns < end_ns:
            bench.console.send(chunk(chance))
            bench.run(chance.choice((1 * MS, 5 * MS, 100 * MS, 1 * S)))
        wrong = list(bench.board.violations)
        bench.console.send(b"\r")
        bench.run("3 s")
        if not bench.outlet(1).contact_is_closed or bench.outlet(1).closed_at_ns != closed_at_ns:
            wrong.append("the outlet was switched off")
        if len(bench.board.boots) != boots:
            wrong.append(f"the board restarted: {bench.board.resets}")
        if bench.console.ask({"do": "hello"})[0]["mode"] != "service":
            wrong.append("not in service")
        began_ns = bench.now_ns
        bench.smoke("bay").alarm()
        bench.wait(bench.outlet(1).contact_is_open, 70 * MS)
        if bench.outlet(1).contact_is_closed:
            wrong.append(f"the trip afterwards took more than 70 ms (from {began_ns})")
        return [f"seed {seed}: {words}" for words in wrong]
