"""Smoke and the call point: outlets open, the gate is free, with anything else broken; nothing comes back by itself."""

from __future__ import annotations

from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging


def test_smoke_opens_every_outlet_and_frees_the_gate(bench: Bench):
    for outlet, card in enumerate(("resident", "neighbour", "tenant", "visitor"), start=1):
        start_charging(bench, outlet, card=card)
    bench.until(bench.gate("main").is_locked, within="10 s")
    bench.smoke("bay").alarm()
    bench.until(lambda: all(bench.outlet(n).contact_is_open for n in (1, 2, 3, 4)), within="70 ms")
    bench.until(bench.gate("main").is_free, within="70 ms")
    bench.run("10 s")
    assert all(bench.outlet(n).contact_is_open for n in (1, 2, 3, 4))
    assert bench.journal.last("trip").cause == "smoke bay"
    assert [s.stop_cause for s in bench.journal.sessions()] == ["trip"] * 4


def test_smoke_opens_every_outlet_even_when_a_meter_is_silent(bench: Bench):
    start_charging(bench, 3)
    bench.meter(3).fault("off")
    bench.smoke("bay").alarm()
    bench.until(bench.outlet(3).contact_is_open, within="70 ms")
    bench.run("15 s")
    assert bench.gate("main").is_free and bench.journal.last("trip").cause == "smoke bay"
    assert bench.journal.sessions()[-1].stop_cause == "trip"


def test_the_call_point_trips_faster_than_smoke(bench: Bench):
    start_charging(bench, 2)
    bench.call_point("door").press()
    bench.until(bench.outlet(2).contact_is_open, within="40 ms")
    bench.until(bench.gate("main").is_free, within="40 ms")


def test_a_trip_stays_until_the_smoke_is_gone_and_a_person_clears_it(bench: Bench):
    start_charging(bench, 1)
    bench.smoke("bay").alarm()
    bench.until(bench.outlet(1).contact_is_open, within="70 ms")
    answer = bench.console.ask({"do": "clear"}, key=True)
    assert answer[0]["trips"] == 1 and bench.gate("main").is_free, "smoke is still there: nothing resets"
    bench.smoke("bay").clear()
    bench.run("10 s")
    assert bench.gate("main").is_free, "the smoke is gone, but the trip is not cleared"
    answer = bench.console.ask({"do": "clear"}, key=True)
    assert answer[0]["ok"] is True and answer[0]["trips"] == 0
    bench.until(bench.gate("main").is_locked, within="2 s")
    assert bench.outlet(1).contact_is_open, "a cleared trip closes nothing"
    bench.bike(1).unplug()
    start_charging(bench, 1)


def test_a_trip_survives_a_power_cut(bench: Bench):
    bench.smoke("bay").alarm()
    bench.until(bench.gate("main").is_free, within="70 ms")
    bench.smoke("bay").clear()
    bench.run("5 s")
    bench.mains.off()
    bench.run("5 s")
    bench.mains.on()
    bench.run("20 s")
    assert bench.gate("main").is_free, "a latched trip is not forgotten over an outage"


def test_a_broken_smoke_loop_blocks_new_sessions_and_leaves_running_ones(bench: Bench):
    start_charging(bench, 1)
    bench.smoke("bay").fault("open")
    bench.run("5 s")
    assert bench.outlet(1).contact_is_closed
    bench.bike(2).plug("li48v", soc=0.2)
    bench.card("neighbour").tap()
    bench.run("1 s")
    bench.button(2).press()
    bench.run("30 s")
    assert bench.outlet(2).contact_is_open
    assert bench.journal.last("point").state == "open"
