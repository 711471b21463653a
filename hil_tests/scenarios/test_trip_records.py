"""A trip is not forgotten: its record is written first and retried until it is in flash; the latches of RTC memory and journal are
combined; a latch that the configuration does not know cuts and frees everything."""

from __future__ import annotations

from pathlib import Path

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.places import SMALL_SITE as SITE
from shedguard.flash.image import read_partition, write_partition

from hil_tests.scenarios.test_trial import image, push

SERVICE = "from shed.app import service as s\n"
FULL = SERVICE + "r = s.journal.ring\nkeep = r._keep\nr._keep = 0\nwhile s.journal.write(16, 1, 1, 0) >= 0: pass\n"
RESET = SERVICE + "s._restart = 1\n"


def everything_is_open(bench: Bench) -> bool:
    return all(bench.outlet(number).contact_is_open for number in (1, 2, 3, 4))


def stays_tripped(bench: Bench) -> bool:
    bench.run("15 s")
    return everything_is_open(bench) and bool(bench.gate("main").is_free)


def flapping(bench: Bench, contact) -> None:
    def go() -> None:
        contact.set(not contact.closed)
        timer.start(400_000_000)

    timer = bench.world.timer(go)
    timer.start(1)


@pytest.mark.parametrize("beside", ["nothing", "a dump at the console", "a flapping door", "a full journal"])
def test_a_trip_stands_in_flash_25_ms_after_the_opening_and_outlives_the_power(bench: Bench, beside: str):
    start_charging(bench, 1)
    if beside == "a dump at the console":
        bench.console.send("log 500\r")
    elif beside == "a flapping door":
        flapping(bench, bench.plant.gates["main"].contact)
    elif beside == "a full journal":
        bench.board.probe(FULL, within="60 s")
    bench.run("700 ms")

    def smoke_after(ms: int):
        def future(bench: Bench) -> tuple[int, bool]:
            bench.run(ms * 1_000_000)
            bench.smoke("bay").alarm()
            bench.until(bench.outlet(1).contact_is_open, within="60 ms")
            bench.run("25 ms")
            trips = len(bench.journal.records("trip"))
            bench.board.kill()
            bench.smoke("bay").clear()
            bench.run("1 s")
            bench.board.start()
            return trips, stays_tripped(bench)

        return future

    assert bench.branches([smoke_after(ms) for ms in range(0, 100, 11)]) == [(1, True)] * 10


def test_a_trip_without_room_is_asked_for_until_it_stands_even_when_it_was_reset_meanwhile(bench: Bench):
    start_charging(bench, 1)
    bench.board.probe(FULL + "r._reserve = 0\nwhile s.journal.write(2, 9, 255, 0, 0, -1, 0) >= 0: pass\ns._trips = 0", within="60 s")
    before = len(bench.journal.records("trip"))
    bench.smoke("bay").alarm()
    bench.run("5 s")
    assert everything_is_open(bench) and bench.gate("main").is_free
    assert {row["f"] for row in bench.console.ask({"do": "faults"})[1:] if row["live"]} >= {32}
    bench.smoke("bay").clear()
    bench.run("5 s")
    bench.console.ask({"do": "clear"}, key=True)
    assert len(bench.journal.records("trip")) == before
    bench.board.probe("r._keep = keep")
    bench.run("10 s")
    assert [(r.kind, r.cause) for r in bench.journal.records() if r.kind.startswith("trip") and r.cause != 9] == [
        ("trip", "smoke bay"),
        ("trip_reset", "smoke bay"),
    ]
    assert not {row["f"] for row in bench.console.ask({"do": "faults"})[1:] if row["live"]}


def test_one_decayed_byte_of_rtc_memory_forgets_no_trip(bench: Bench):
    bench.smoke("bay").alarm()
    bench.run("1 s")
    bench.smoke("bay").clear()
    bench.run("6 s")

    def decayed(byte: int):
        def future(bench: Bench) -> bool:
            bench.board.probe(f"import machine\nm = bytearray(machine.RTC().memory())\nm[{byte}] ^= 0x21\nmachine.RTC().memory(m)\n{RESET}")
            return stays_tripped(bench)

        return future

    found = bench.branches([decayed(byte) for byte in range(24) if byte != 3])  # 3: the flags, which boot.py reads
    assert found == [True] * 23


def test_a_trip_that_only_rtc_memory_knows_is_latched_and_written_down(bench: Bench):
    bench.board.probe(SERVICE + "s.rtc.keep_latched(1)\n" + RESET)
    assert stays_tripped(bench)
    assert bench.journal.last("trip").cause == "smoke bay"


def test_a_trip_that_only_the_journal_knows_is_latched(bench: Bench):
    bench.smoke("bay").alarm()
    bench.run("1 s")
    bench.smoke("bay").clear()
    bench.run("6 s")
    bench.board.probe(SERVICE + "s.rtc.keep_latched(0)\ns.rtc.boots += 9\ns.rtc.save()\n" + RESET)
    assert stays_tripped(bench)
    assert len(bench.journal.records("trip")) == 1


SMOKE, CALL = 'points = ["smoke bay"]', 'points = ["call point door"]'
OTHER_CAUSES = SITE.read_text(encoding="utf-8").replace(SMOKE, "?").replace(CALL, SMOKE).replace("?", CALL)
OTHER_GATE = SITE.read_text(encoding="utf-8").replace("held_open_s = 60", "held_open_s = 90")


@pytest.mark.parametrize("text", [OTHER_CAUSES, OTHER_GATE])
def test_a_latch_of_another_configuration_cuts_and_frees_until_every_fire_point_is_seen_normal(bench: Bench, text: str):
    bench.smoke("bay").alarm()
    bench.run("1 s")
    bench.smoke("bay").clear()
    bench.run("6 s")
    push(bench, image(text))
    bench.console.ask({"do": "confirm"}, key=True)
    assert stays_tripped(bench)
    assert 25 in {row["f"] for row in bench.console.ask({"do": "faults"})[1:]}
    bench.call_point("door").press()
    bench.run("1 s")
    bench.board.power_cycle()
    assert stays_tripped(bench)
    bench.console.ask({"do": "clear"}, key=True)
    assert stays_tripped(bench), "a fire point is in alarm"
    bench.call_point("door").reset()
    bench.run("5 s")
    assert bench.console.ask({"do": "clear"}, key=True)[0]["trips"] == 0
    bench.run("2 s")
    assert bench.gate("main").is_locked
    start_charging(bench, 1)


def test_a_latch_beyond_the_causes_of_an_older_journal_cuts_and_frees_too(bench: Bench):
    """A journal of a version that kept no configuration with a latch: cause 8 is not in the list."""
    bench.board.probe(SERVICE + "j = s.journal\nj.config_crc = 0\nj.write(2, 7, 255, 0, 0, -1, 128)\n")
    bench.board.kill()
    bench.run("1 s")
    bench.board.start()
    assert stays_tripped(bench)


def test_an_erased_journal_and_a_live_ring_that_is_left_give_no_id_twice(bench: Bench):
    start_charging(bench, 1)
    bench.run("1 min")
    first = bench.journal.last("session_start").session
    bench.board.kill()
    bench.run("3 s")
    size = len(read_partition(bench.process.flash, "shed_journal"))
    write_partition(bench.process.flash, "shed_journal", b"\xff" * size)
    write_partition(bench.process.flash, "shed_box", b"\xff" * len(read_partition(bench.process.flash, "shed_box")))
    bench.board.start()
    bench.run("30 s")
    start_charging(bench, 2, card="neighbour")
    assert bench.journal.last("session_start").session >> 16 > first >> 16
    bench.bike(1).unplug()
    bench.bike(2).unplug()
    bench.run("3 min")
    assert len({end.session for end in bench.journal.sessions()}) == 2


UNLATCHED = SITE.read_text(encoding="utf-8")
for _old, _new in (
    ('normally = "closed"\nfire = true\n', 'normally = "closed"\n'),
    (CALL + '\neffects = ["cut row A", "free main"]\nlatched = true', CALL + '\neffects = ["cut row A", "free main"]\nlatched = false'),
):
    assert _old in UNLATCHED
    UNLATCHED = UNLATCHED.replace(_old, _new)


def trips_told(bench: Bench) -> int:
    counted = [r.fields["count"] for r in bench.journal.records("repeats") if (r.fields["of"], r.fields["detail"]) == (2, 1)]
    return len(bench.journal.records("trip")) + sum(counted)


def test_each_trip_of_a_cause_that_does_not_latch_stands_or_is_counted(tmp_path: Path, seed: int):
    """A door contact that cuts the row: it opens twice in an hour, then its wire comes loose."""
    path = tmp_path / "unlatched.toml"
    path.write_text(UNLATCHED, encoding="utf-8")

    def trips(bench: Bench) -> None:
        bench.call_point("door").press()
        bench.run("500 ms")
        bench.key_switch.turn()  # evaluated again, no trip by itself
        bench.run("500 ms")
        assert everything_is_open(bench)
        bench.key_switch.turn(on=False)
        bench.call_point("door").reset()
        bench.run("5 s")

    with Bench(site=path, seed=seed) as bench:
        bench.run("15 s")
        for _ in range(2):
            start_charging(bench, 1)
            bench.run("10 s")
            trips(bench)
            bench.bike(1).unplug()
            bench.run("10 min")
        assert [end.stop_cause for end in bench.journal.records("session_end")] == ["trip"] * 2
        assert len(bench.journal.records("trip")) == 2, "each ended a session"
        for _ in range(30):
            trips(bench)
        bench.run("5 min")
        assert trips_told(bench) == 32
        assert len(bench.journal.records("trip")) < 10


def test_a_power_cut_takes_no_trip_that_was_only_counted(tmp_path: Path, seed: int):
    """A door contact that cuts the row opens three times a minute; then the mains fail, twice in a row."""
    path = tmp_path / "unlatched.toml"
    path.write_text(UNLATCHED, encoding="utf-8")
    with Bench(site=path, seed=seed) as bench:
        bench.run("15 s")
        for number in range(1, 16):
            bench.call_point("door").press()
            bench.run("2 s")
            bench.call_point("door").reset()
            bench.run("18 s" if number % 5 else "5 s")
            if number % 5 == 0:
                for _ in range(2):
                    bench.mains.off()
                    bench.run("3 s")
                    bench.mains.on()
                    bench.run("15 s")
                assert trips_told(bench) == number
        bench.run("5 min")
        assert trips_told(bench) == 15, "none of them twice"
