"""Noise on every wire: the console, the RS-485 line, the reader, a call point that chatters. The scan goes on, outlets stay on, a trip
still trips, and the board does not restart (laws 1, 8 and 10)."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.frames import crc16_modbus
from shedbench.bench.residents import start_charging
from shedbench.places import SMALL_SITE as SITE
from shedbench.plant.port import IN_HIGH, IN_LOW
from shedbench.plant.units import ns

CHARACTER_NS = 86_806  # 115200 baud
SERVICE = "from shed.app import service as s\n"


def flood(bench: Bench, uart: int, line: bytes, seconds: int, character_ns: int = CHARACTER_NS) -> None:
    """`line` over and over, without a gap, for this time."""
    count = seconds * 1_000_000_000 // (len(line) * character_ns)
    start = bench.now_ns
    for i in range(count):
        bench.port.uart_rx(uart, start + i * len(line) * character_ns, character_ns, line)


def chatter(bench: Bench, gpio: int, hertz: int) -> None:
    """The input toggles `hertz` times a second, until the bench ends."""

    def toggle() -> None:
        toggle.level = IN_HIGH + IN_LOW - toggle.level  # type: ignore[attr-defined]
        bench.port.pin_in(gpio, toggle.level)  # type: ignore[attr-defined]
        timer.start(1_000_000_000 // hertz)

    toggle.level = IN_LOW  # type: ignore[attr-defined]
    timer = bench.world.timer(toggle)
    timer.start(1)


def garbage(length: int, seed: int = 5) -> bytes:
    return bytes(random.Random(seed).randrange(256) for _ in range(length))


def framed(body: str, sequence: int = 0) -> bytes:
    inner = b"%02X %s" % (sequence, body.encode())
    return b">%s*%04X\r" % (inner, crc16_modbus(inner))


FLOODS: dict[str, Callable[[Bench, int], None]] = {
    "console: random bytes": lambda bench, s: flood(bench, 0, garbage(199), s),
    "console: framed lines with a wrong CRC": lambda bench, s: flood(bench, 0, b">00 {" + b"x" * 150 + b"*0000\r", s),
    "console: a line that never ends": lambda bench, s: flood(bench, 0, b">" * 64, s),
    "console: status, over and over": lambda bench, s: flood(bench, 0, framed('{"do":"status"}'), s),
    "console: acknowledgements": lambda bench, s: flood(bench, 0, b"!00 1\r" * 30, s),
    "RS-485: random bytes": lambda bench, s: flood(bench, 1, garbage(199), s, 1_041_667),
    "reader: random bytes": lambda bench, s: flood(bench, 2, garbage(199), s),
    "reader: frame starts": lambda bench, s: flood(bench, 2, b"\x00\xff\x02\xfe\xd5" * 30, s),
    "reader: 00 FF": lambda bench, s: flood(bench, 2, b"\x00\x00\xff" * 32, s),
}


def flood_everything(bench: Bench, seconds: int) -> None:
    """Console, bus and reader at once."""
    for name in ("console: framed lines with a wrong CRC", "RS-485: random bytes", "reader: 00 FF"):
        FLOODS[name](bench, seconds)


FLOODS["everything at once"] = flood_everything


def opened_after_ms(bench: Bench, began_ns: int) -> float:
    """Milliseconds from `began_ns` to the last opening of outlet 1; 0 when it was open already."""
    opened_at_ns = bench.outlet(1).opened_at_ns
    assert opened_at_ns is not None
    return max(0, opened_at_ns - began_ns) / 1e6


@pytest.mark.parametrize("name", FLOODS)
def test_a_flooded_port_costs_no_outlet_no_restart_and_no_late_trip(
    bench: Bench, name: str, record_property: Callable[[str, object], None]
):
    start_charging(bench, 1)
    closed_at_ns = bench.outlet(1).closed_at_ns
    boots = len(bench.board.boots)
    FLOODS[name](bench, 20)
    bench.run("12 s")
    if not name.startswith(("RS-485", "everything")):  # without readings the meter is stale after 15 s, as it should be
        assert bench.outlet(1).contact_is_closed and bench.outlet(1).closed_at_ns == closed_at_ns
    assert len(bench.board.boots) == boots, "noise restarts nothing"
    began_ns = bench.now_ns
    bench.smoke("bay").alarm()
    bench.until(bench.outlet(1).contact_is_open, within="70 ms")
    record_property("law 1", (f"smoke, {name}", opened_after_ms(bench, began_ns), 70))
    bench.until(bench.gate("main").is_free, within="100 ms")
    bench.run("1 s")
    assert bench.journal.last("trip").cause == "smoke bay", "and it is recorded while the noise goes on"
    bench.run("10 s")
    assert len(bench.board.boots) == boots


@pytest.mark.parametrize("hertz", [50, 333, 1000, 3333, 5000])
def test_a_call_point_that_chatters_leaves_the_other_points_heard(bench: Bench, hertz: int, record_property: Callable[[str, object], None]):
    start_charging(bench, 1)
    boots = len(bench.board.boots)
    chatter(bench, bench.call_point("door").contact.gpio, hertz)
    bench.run("2 s")
    began_ns = bench.now_ns
    bench.smoke("bay").alarm()
    bench.until(bench.outlet(1).contact_is_open, within="70 ms")  # the chatter may have opened it: that is the safe side
    record_property("law 1", (f"smoke, call point chatters at {hertz} Hz", opened_after_ms(bench, began_ns), 70))
    bench.run("5 s")
    assert bench.gate("main").is_free
    assert "smoke bay" in [trip.cause for trip in bench.journal.records("trip")]
    assert len(bench.board.boots) == boots


def test_requests_that_nobody_meant_restart_nothing(bench: Bench):
    start_charging(bench, 1)
    boots = len(bench.board.boots)
    values = ("1", "-1", "1.5", "1e999", '""', '"x"', "[]", "{}", "null", "true", "99999999999999999999", '"' + "f" * 32 + '"')
    sequence = 0
    for verb in ("hello", "status", "why", "log", "sessions", "faults", "tasks", "clear", "repl", "stop", "time", "nonsense"):
        for value in values:
            for name in ("o", "n", "since", "t", "mac"):
                sequence = (sequence + 1) % 256
                bench.console.send(framed(f'{{"do":"{verb}","{name}":{value}}}', sequence))
        bench.run("2 s")
    for body in ("[]", "7", "{1:2}", "{null:1}", '{"do":[]}', '{"do":{}}', '{"do":null}', '{"do":1}', "{", "", '{"do":"auth","mac":[]}'):
        sequence = (sequence + 1) % 256
        bench.console.send(framed(body, sequence))
        bench.run("200 ms")
    for text in (
        "stop",
        "stop 99999",
        "why",
        "why x",
        "time",
        "time 2026-99-99 99:99:99",
        "time 0000-00-00 00:00:00",
        "log -1",
        "log 0",
        ">",
        "!",
        "! 1 1",
    ):
        bench.console.send(text + "\r")
        bench.run("500 ms")
    bench.run("20 s")
    assert len(bench.board.boots) == boots and bench.outlet(1).contact_is_closed
    (why,) = bench.console.ask({"do": "why", "o": 1})  # a stock image has no words for people while an outlet is on
    assert why["on"] == 1


def test_months_of_scans_do_not_end_the_scan(bench: Bench):
    """Counters of the scan stay small integers: one that grows to 2^30 allocates with the heap locked, after 62 days."""
    start_charging(bench, 1)
    closed_at_ns = bench.outlet(1).closed_at_ns
    for bits in (29, 30):
        bench.board.probe(SERVICE + f"s.scan.timer_calls = s.scan.passes = (1 << {bits}) - 50")
        bench.run("2 s")
    assert bench.outlet(1).contact_is_closed and bench.outlet(1).closed_at_ns == closed_at_ns
    assert len(bench.board.boots) == 1


@pytest.mark.parametrize("before", ["5 s", "16 s", "40 s"])
def test_the_ticks_wrap_unnoticed(seed: int, before: str):
    offset_ms = (1 << 30) - ns(before) // 1_000_000
    with Bench(site=SITE, seed=seed, ticks_offset_ms=offset_ms) as bench:
        bench.run("15 s")
        start_charging(bench, 1)
        closed_at_ns = bench.outlet(1).closed_at_ns
        bench.stays(bench.outlet(1).contact_is_closed, "60 s")
        assert bench.outlet(1).closed_at_ns == closed_at_ns and len(bench.board.boots) == 1
        bench.card("resident").tap()
        bench.until(bench.gate("main").is_free, within="500 ms")
        bench.until(bench.gate("main").is_locked, within="10 s")
        bench.smoke("bay").alarm()
        bench.until(bench.outlet(1).contact_is_open, within="70 ms")
