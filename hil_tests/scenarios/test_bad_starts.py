"""Failing starts: broken records in flash, a chip that refuses, resets during a start, mains that come and go. Nothing closes, the gate is
free or guarded by a live scan, no trip is forgotten, and there is always a console that gives the reason."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from itertools import pairwise

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedguard.flash.image import read_partition, write_partition

ALL = (1, 2, 3, 4)
SERVICE = "from shed.app import service as s\n"


def everything_is_off(bench: Bench) -> bool:
    return all(bench.outlet(n).contact_is_open for n in ALL)


def change_flash(bench: Bench, label: str, change: Callable[[bytes], bytes]) -> None:
    """With the board killed."""
    bench.board.kill()
    content = read_partition(bench.process.flash, label)
    write_partition(bench.process.flash, label, change(content))


def ruin(content: bytes) -> bytes:
    return random.Random(7).randbytes(len(content))


def blank(content: bytes) -> bytes:
    return b"\xff" * len(content)


def zeros(content: bytes) -> bytes:
    return bytes(len(content))


def flipped(content: bytes) -> bytes:
    chance = random.Random(9)
    changed = bytearray(content)
    for _ in range(len(content) // 64):
        changed[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def mode(bench: Bench) -> str:
    return bench.console.ask({"do": "hello"})[0]["mode"]


def boots(bench: Bench) -> int:
    return len(bench.board.boots)


@pytest.mark.parametrize("damage", [ruin, blank, zeros, flipped])
@pytest.mark.parametrize("label", ["shed_cfg", "shed_cards", "shed_journal", "shed_live", "shed_box"])
def test_whatever_stands_in_a_partition_the_board_starts_once_and_guards(bench: Bench, label: str, damage: Callable[[bytes], bytes]):
    start_charging(bench, 1)
    change_flash(bench, label, damage)
    bench.run("1 s")
    before = boots(bench)
    bench.board.start()
    bench.run("60 s")
    assert boots(bench) == before + 1
    if label == "shed_cfg":
        assert mode(bench) == "safe" and everything_is_off(bench) and bench.gate("main").is_free
    else:
        assert mode(bench) == "service"
        bench.smoke("bay").alarm()
        bench.until(lambda: everything_is_off(bench) and bool(bench.gate("main").is_free), within="100 ms")


def test_a_latched_trip_and_a_lost_configuration_end_in_safe_mode_and_not_in_a_boot_loop(bench: Bench):
    bench.smoke("bay").alarm()
    bench.run("1 s")
    change_flash(bench, "shed_cfg", ruin)
    before = boots(bench)
    bench.board.start()
    bench.run("30 s")
    assert boots(bench) == before + 1 and mode(bench) == "safe"
    assert bench.gate("main").is_free


def without_partition(label: str) -> Callable[[bytearray], None]:
    def change(flash: bytearray) -> None:
        at = flash.index(label.encode() + bytes(16 - len(label)), 0x8000, 0x9000)
        flash[at : at + 4] = b"gone"

    return change


@pytest.mark.parametrize("label", ["shed_cfg", "shed_cards", "shed_journal", "shed_live"])
def test_a_partition_that_is_not_there_is_said_at_a_console(bench: Bench, label: str):
    bench.board.kill()
    flash = bytearray(bench.process.flash.read_bytes())
    without_partition(label)(flash)
    bench.process.flash.write_bytes(flash)
    before = boots(bench)
    bench.board.start()
    bench.run("30 s")
    assert boots(bench) == before + 1 and everything_is_off(bench)
    assert bench.console.ask({"do": "faults"})[0]["n"] > 0


def with_relay_on_a_flash_pin(partition: bytes) -> bytes:
    """A whole, confirmed configuration that this chip refuses."""
    slots = bytearray(partition)
    (length,) = struct.unpack_from("<I", slots, 12)
    image = slots[24 : 24 + length]
    offset = 12
    for _ in range(struct.unpack_from("<H", image, 6)[0]):
        section, size, rows = struct.unpack_from("<BBH", image, offset)
        offset += 4
        if section == 4:
            image[offset + 2] = 6
        offset += size * rows
    struct.pack_into("<I", image, 8, zlib.crc32(image[12:]))
    slots[24 : 24 + length] = image
    struct.pack_into("<I", slots, 16, zlib.crc32(image))
    header = bytearray(slots[:20])
    header[6:8] = b"\xff\xff"
    struct.pack_into("<I", slots, 20, zlib.crc32(header))
    return bytes(slots)


def test_a_configuration_that_the_chip_refuses_ends_in_safe_mode_with_a_console(bench: Bench):
    change_flash(bench, "shed_cfg", with_relay_on_a_flash_pin)
    bench.board.start()
    bench.run("60 s")
    count = boots(bench)
    bench.run("60 s")
    assert boots(bench) == count, "it stays in safe mode"
    assert mode(bench) == "safe" and everything_is_off(bench) and bench.gate("main").is_free


def into_safe_mode(bench: Bench) -> None:
    for _ in range(6):
        bench.board.probe(SERVICE + "def bad(now_ms):\n    return 1 // 0\ns.executive.add('bad', bad, 1)\n")
        bench.run("6 s")
    assert mode(bench) == "safe"


def test_safe_mode_frees_the_gate_and_a_person_clears_the_way_out(bench: Bench):
    start_charging(bench, 1)
    into_safe_mode(bench)
    assert everything_is_off(bench) and bench.gate("main").is_free
    bench.run("120 s")
    assert mode(bench) == "safe" and everything_is_off(bench) and bench.gate("main").is_free
    bench.console.ask({"do": "clear"}, key=True)
    bench.run("15 s")
    assert mode(bench) == "service" and bench.gate("main").is_locked
    bench.until(bench.outlet(1).is_charging, within="60 s")


def test_safe_mode_keeps_a_latched_trip(bench: Bench):
    bench.smoke("bay").alarm()
    bench.run("1 s")
    into_safe_mode(bench)
    bench.console.ask({"do": "clear"}, key=True)
    bench.run("15 s")
    assert mode(bench) == "service" and bench.gate("main").is_free


def test_a_board_without_its_watchdog_sells_nothing(bench: Bench):
    bench.console.ask({"do": "repl"}, key=True)
    bench.run("5 s")
    bench.console.send(b"import shed.app; shed.app.run(None)\r")
    bench.run("20 s")
    bench.bike(1).plug("li48v", soc=0.2)
    bench.card("resident").tap()
    bench.run("1 s")
    bench.button(1).press()
    bench.run("30 s")
    assert bench.outlet(1).contact_is_open


@pytest.mark.parametrize("at", ["600 ms", "900 ms", "1200 ms", "1500 ms", "2 s"])
@pytest.mark.parametrize("trouble", ["watchdog", "no memory"])
def test_a_trip_is_not_forgotten_when_the_start_after_an_outage_is_cut_short(bench: Bench, at: str, trouble: str):
    bench.smoke("bay").alarm()
    bench.run("1 s")
    bench.smoke("bay").clear()
    bench.run("5 s")
    bench.mains.off()
    bench.run("5 s")
    bench.mains.on()
    bench.run(at)
    if trouble == "watchdog":
        bench.board.fault("stall", "20 s")
    else:
        bench.board.fault("allocation", 3)
    bench.run("60 s")
    assert bench.gate("main").is_free
    assert bench.console.ask({"do": "status"})[0]["trips"] == 1


@pytest.mark.parametrize("kind", ["brown-out", "power cycle", "watchdog", "hard", "task exception", "scan exception"])
@pytest.mark.parametrize("after", ["30 ms", "60 ms", "1 s"])
def test_a_trip_survives_every_kind_of_reset_even_right_after_it(bench: Bench, kind: str, after: str):
    bench.smoke("bay").alarm()
    bench.until(bench.gate("main").is_free, within="70 ms")
    bench.run(after)
    bench.smoke("bay").clear()
    if kind == "brown-out":
        bench.board.fault("brownout")
    elif kind == "power cycle":
        bench.board.power_cycle()
    elif kind == "watchdog":
        bench.board.fault("stall", "20 s")
    elif kind == "hard":
        bench.board.hold_in_reset(True)
        bench.run("10 ms")
        bench.board.hold_in_reset(False)
    elif kind == "task exception":
        bench.board.probe(SERVICE + "def bad(now_ms):\n    return 1 // 0\ns.executive.add('bad', bad, 1)\n")
    else:
        bench.board.probe(SERVICE + "s.scan.points = None")
    bench.run("40 s")
    assert bench.gate("main").is_free


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 21])
def test_a_board_out_of_memory_opens_and_comes_back(bench: Bench, count: int):
    start_charging(bench, 1)
    bench.board.fault("allocation", count)
    bench.run("90 s")
    assert ">>>" not in bench.console.text(), "service never ends at a prompt"
    assert mode(bench) == "service"
    bench.until(bench.outlet(1).is_charging, within="60 s")


@pytest.mark.parametrize(("on_ms", "off_ms"), [(300, 300), (1500, 300), (3000, 1000), (9000, 2000), (12000, 300), (15000, 15000)])
def test_mains_that_flicker_make_no_relay_chatter(bench: Bench, on_ms: int, off_ms: int):
    start_charging(bench, 1)
    closings: list[int] = []
    contact = bench.relay(1).plant
    contact.on_change(lambda: closings.append(bench.now_ns) if contact.closed else None)
    for _ in range(min(60, 180_000 // (on_ms + off_ms))):
        bench.mains.off()
        bench.run(off_ms * 1_000_000)
        bench.mains.on()
        bench.run(on_ms * 1_000_000)
    gaps = [b - a for a, b in pairwise(closings)]
    assert all(gap > 9_000_000_000 for gap in gaps), gaps
    assert len(closings) <= 1 or on_ms > 10_000
    bench.until(bench.outlet(1).is_charging, within="60 s")


def test_a_board_with_a_full_journal_starts_in_time(bench: Bench):
    for _ in range(150):
        bench.board.probe(
            SERVICE
            + "j = s.journal\nfor i in range(60):\n    j.write(6, 2, 2, bytes(11))\n    j.write(16, 1, 1, 0)\n    j.erase_ahead(True)\n",
            within="60 s",
        )
        bench.run("20 ms")
    bench.board.kill()
    bench.run("1 s")
    before = boots(bench)
    bench.board.start()
    bench.run("30 s")
    assert boots(bench) == before + 1 and mode(bench) == "service"
