"""Cards left at the reader, or lying at the edge of its field: they hold no gate free and authorise nobody (decision 0019)."""

from __future__ import annotations

from shedbench.bench.bench import Bench


def outage(bench: Bench) -> None:
    bench.mains.off()
    bench.run("3 s")
    bench.mains.on()
    bench.run("15 s")


def test_a_maintenance_card_left_there_over_an_outage_lets_nobody_reset_a_trip(bench: Bench):
    bench.card("maintenance").tap("20 min")
    bench.run("70 s")
    bench.smoke("bay").alarm()
    bench.run("2 s")
    bench.smoke("bay").clear()
    bench.run("6 s")
    outage(bench)
    bench.console.type("clear")
    bench.run("2 s")
    assert bench.gate("main").is_free, "the trip stays"


def test_a_residents_card_left_there_over_an_outage_neither_opens_the_gate_nor_pays_for_anybodys_press(bench: Bench):
    bench.bike(1).plug("li48v", soc=0.2)
    bench.card("resident").tap("20 min")
    bench.run("200 s")
    outage(bench)
    assert bench.gate("main").is_locked
    bench.button(1).press()
    bench.run("15 s")
    assert bench.outlet(1).contact_is_open


def test_a_card_that_lies_there_when_a_dead_reader_comes_back_opens_nothing(bench: Bench):
    reader = bench.reader("main")
    reader.fault("off")
    bench.run("10 s")
    bench.card("resident").tap("20 min")
    reader.fault("ok")
    bench.stays(bench.gate("main").is_locked, "1 min")


def test_a_card_at_the_readers_edge_leaves_the_gate_locked_most_of_the_time(bench: Bench):
    free = 0
    for _ in range(90):
        bench.card("resident").tap("500 ms")
        bench.run("4 s")
        free += not bench.gate("main").is_locked
    assert 0 < free <= 20


def test_who_missed_the_release_and_taps_on_is_let_in_again(bench: Bench):
    free = []
    for _ in range(8):
        bench.card("resident").tap("500 ms")
        bench.run("1 s")
        free.append(not bench.gate("main").is_locked)
        bench.run("1 s")
    assert free[0] and any(free[4:])
