"""Reports on an outlet that was commanded off: one that may be live is not reported as off, and the right part is named."""

from __future__ import annotations

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging

OFF, ON, MAY_BE_LIVE = 0, 1, 2


def told(bench: Bench, outlet: int) -> int:
    return bench.console.ask({"do": "why", "o": outlet})[0]["on"]


def faults(bench: Bench) -> set[tuple[int, int]]:
    return {(frame["f"], frame["a"]) for frame in bench.console.ask({"do": "faults"})[1:]}


def stop(bench: Bench, outlet: int) -> None:
    bench.console.ask({"do": "stop", "o": outlet}, key=True)


def swap_meters(bench: Bench, one: int, other: int) -> None:
    """Their current transformers are on each other's wire."""
    first, second = bench.meter(one), bench.meter(other)
    first.outlet, second.outlet = second.outlet, first.outlet


def test_relay_and_contactor_welded_is_said_first_of_all(bench: Bench) -> None:
    start_charging(bench, 1)
    bench.relay(1).fault("welded")
    bench.contactor("row A").fault("welded")
    stop(bench, 1)
    bench.run("1 min")
    assert bench.outlet(1).is_energised()
    assert (28, 0) in faults(bench)
    assert told(bench, 1) == MAY_BE_LIVE
    assert bench.console.type("why 1").strip().startswith("switch the breaker off: outlet 1 may be live")
    status = bench.console.type("status")
    assert "group 1 MAY BE LIVE" in status and "outlet 1 MAY BE LIVE" in status
    assert bench.console.ask({"do": "status"})[0]["group"] == [MAY_BE_LIVE]
    bench.bike(1).unplug()
    bench.run("2 min")
    assert bench.outlet(1).is_energised(), "a pulled plug switches nothing off"
    assert told(bench, 1) == MAY_BE_LIVE and (28, 0) in faults(bench)
    bench.relay(1).fault("ok")
    bench.contactor("row A").fault("ok")
    bench.console.ask({"do": "clear"}, key=True)
    bench.until(lambda: told(bench, 1) == OFF, within="1 min")
    assert not bench.outlet(1).is_energised()


def test_an_outlet_that_obeys_is_off_within_seconds_of_its_stop(bench: Bench) -> None:
    start_charging(bench, 1)
    stop(bench, 1)
    bench.until(bench.outlet(1).contact_is_open, within="2 s")
    bench.run("6 s")
    assert told(bench, 1) == OFF
    assert bench.console.ask({"do": "status"})[0]["group"] == [OFF]
    assert faults(bench) == set()


def test_a_meter_that_dies_with_its_relay_welded_takes_the_row_off_in_the_end_and_never_calls_it_off(bench: Bench) -> None:
    start_charging(bench, 2, card="neighbour")
    start_charging(bench, 1)
    bench.run("2 min")
    bench.relay(1).fault("welded")
    bench.meter(1).fault("off")
    bench.run("1 min")
    assert bench.outlet(1).is_energised() and bench.outlet(2).is_charging()
    assert told(bench, 1) == MAY_BE_LIVE
    bench.card("tenant").tap()
    bench.run("1 s")
    bench.bike(3).plug("li48v")
    bench.button(3).press()
    bench.run("20 s")
    assert not bench.outlet(3).is_energised(), "no session begins in a row with an outlet that no reading shows"
    bench.until(bench.outlet(1).contact_is_open, within="11 min")
    bench.run("1 min")
    assert told(bench, 1) == MAY_BE_LIVE, "two contacts commanded open, and no reading shows that either did"
    end = bench.journal.last("session_end")
    assert end.stop_cause == "supply_lost"
    assert end.price_fen == end.energised_s * 100 // 18000


def test_a_relay_known_as_welded_is_known_after_a_cut_though_its_meter_is_dead_by_then(bench: Bench) -> None:
    start_charging(bench, 2, card="neighbour")
    start_charging(bench, 1)
    bench.run("3 min")
    bench.relay(1).fault("welded")
    stop(bench, 1)
    bench.until(lambda: not bench.outlet(1).is_energised(), within="1 min")  # the contactor, when its meter has shown the power
    bench.run("30 s")
    bench.meter(1).fault("off")
    bench.run("5 s")
    bench.mains.off()
    bench.run("5 s")
    bench.mains.on()
    bench.run("1 min")
    bench.bike(3).plug("li48v")
    bench.card("neighbour").tap()
    bench.run("1 s")
    bench.button(3).press()
    bench.stays(lambda: not bench.outlet(1).is_energised(), "1 min")
    assert not bench.outlet(3).is_charging(), "the same contactor feeds outlet 3"


def test_a_dead_meter_of_an_idle_outlet_costs_no_neighbour_anything(bench: Bench) -> None:
    start_charging(bench, 2, card="neighbour")
    bench.run("1 min")
    bench.meter(1).fault("off")
    bench.stays(bench.outlet(2).is_charging, "20 min")
    assert told(bench, 1) == MAY_BE_LIVE, "no reading of it for twenty minutes"


def test_a_meter_that_comes_back_in_time_costs_no_neighbour_anything(bench: Bench) -> None:
    start_charging(bench, 2, card="neighbour")
    start_charging(bench, 1)
    bench.meter(1).fault("off")
    bench.run("5 min")
    bench.meter(1).fault("ok")
    bench.stays(bench.outlet(2).is_charging, "20 min")
    assert told(bench, 1) == OFF


def test_a_person_who_has_looked_gives_the_row_back_though_the_meter_stays_dead(bench: Bench) -> None:
    start_charging(bench, 1)
    bench.meter(1).fault("off")
    bench.run("12 min")
    bench.console.ask({"do": "clear"}, key=True)
    start_charging(bench, 2, card="neighbour")
    bench.stays(bench.outlet(2).is_charging, "15 min")
    assert told(bench, 1) == MAY_BE_LIVE


def test_who_resets_a_fire_has_not_looked_at_sockets(bench: Bench) -> None:
    """Outlet 3 may be live; a `clear` of the trip does not return its row to service, the next one does."""
    start_charging(bench, 3)
    bench.relay(3).fault("welded")
    bench.meter(3).fault("off")
    bench.run("12 min")
    assert bench.outlet(3).contact_is_open
    bench.smoke("bay").alarm()
    bench.run("2 s")
    bench.smoke("bay").clear()
    bench.run("10 s")
    assert bench.console.ask({"do": "clear"}, key=True)[0]["trips"] == 0
    bench.bike(1).plug("li48v", soc=0.2)
    bench.card("neighbour").tap()
    bench.run("1 s")
    bench.button(1).press()
    bench.run("5 min")
    assert bench.outlet(3).contact_is_open and bench.outlet(1).contact_is_open
    bench.console.ask({"do": "clear"}, key=True)
    bench.bike(1).unplug()
    start_charging(bench, 1, card="neighbour")


def test_a_relay_that_welds_behind_an_open_contactor_is_found_when_a_neighbour_begins(bench: Bench) -> None:
    start_charging(bench, 1)
    bench.run("1 min")
    stop(bench, 1)
    bench.run("10 s")
    bench.relay(1).fault("welded")
    bench.run("2 min")
    assert bench.outlet(1).contact_is_open()
    bench.bike(2).plug("li48v")
    bench.card("neighbour").tap()
    bench.run("1 s")
    bench.button(2).press()
    bench.until(bench.outlet(1).is_charging, within="5 s")
    bench.until(bench.outlet(1).contact_is_open, within="12 s")
    bench.run("5 s")
    assert faults(bench) == {(9, 0)}
    assert bench.journal.last("session_end").stop_cause == "supply_lost", "the neighbour's relay did open"


def test_a_weld_is_named_though_the_press_that_fed_it_was_for_an_outlet_without_a_bike(bench: Bench) -> None:
    """That session is the only one of the row: it is stopped to see whether the power goes with it, and the contactor must not go too."""
    start_charging(bench, 1)
    bench.run("1 min")
    bench.call_point("door").press()
    bench.run("5 s")
    bench.relay(1).fault("welded")
    bench.call_point("door").reset()
    bench.run("5 s")
    bench.console.ask({"do": "clear"}, key=True)
    bench.run("10 s")
    bench.card("neighbour").tap()
    bench.run("1 s")
    bench.button(2).press()
    bench.until(bench.outlet(1).is_charging, within="10 s")
    bench.until(bench.outlet(1).contact_is_open, within="20 s")
    bench.run("5 s")
    assert faults(bench) == {(9, 0)}
    bench.bike(1).unplug()
    bench.bike(2).plug("li48v")
    bench.card("neighbour").tap()
    bench.run("1 s")
    bench.button(2).press()
    bench.stays(lambda: not bench.outlet(1).is_energised(), "30 s")


def test_a_meter_that_answers_behind_the_open_contactor_gives_a_welded_outlet_no_new_minutes(bench: Bench) -> None:
    start_charging(bench, 2, card="neighbour")
    start_charging(bench, 1)
    bench.run("1 min")
    bench.relay(1).fault("welded")
    bench.meter(1).fault("off")
    bench.until(lambda: not bench.outlet(1).is_energised(), within="11 min")
    bench.bike(2).unplug()
    for _ in range(2):
        bench.run("20 s")
        bench.meter(1).fault("ok")
        bench.run("65 s")
        bench.meter(1).fault("off")
        start_charging(bench, 3, card="tenant")
        assert bench.outlet(1).is_energised() and told(bench, 1) == MAY_BE_LIVE
        bench.until(lambda: not bench.outlet(1).is_energised(), within="20 s")
        bench.bike(3).unplug()
        bench.stays(lambda: not bench.outlet(1).is_energised(), "1 min")


def welded_beside_a_neighbour(bench: Bench) -> None:
    """Two charge in a row; the relay of outlet 1 welds, its session is stopped, and the row's contactor opens for it."""
    start_charging(bench, 2, card="neighbour")
    start_charging(bench, 1)
    bench.run("1 min")
    bench.relay(1).fault("welded")
    stop(bench, 1)
    bench.until(bench.outlet(1).contact_is_open, within="10 s")


def test_a_welded_relay_stays_told_behind_the_open_contactor_until_somebody_has_looked(bench: Bench) -> None:
    """Without power a weld shows nothing: it is not over."""
    welded_beside_a_neighbour(bench)
    bench.run("10 min")
    assert bench.relay(1).contact_is_closed()
    bench.smoke("bay").alarm()
    bench.run("2 s")
    bench.smoke("bay").clear()
    bench.run("10 s")
    assert bench.console.ask({"do": "clear"}, key=True)[0]["faults"] == 1, "a fire was reset, no socket was looked at"
    assert [(row["f"], row["a"], row["live"]) for row in bench.console.ask({"do": "faults"})[1:]] == [(9, 0, 1)]
    assert "switch the breaker off: fault 9 relay welded, outlet 1" in bench.console.type("faults")
    bench.relay(1).fault("ok")
    bench.console.ask({"do": "clear"}, key=True)
    assert faults(bench) == set()
    bench.bike(1).unplug()
    start_charging(bench, 1)


def test_a_neighbour_of_a_welded_relay_is_not_told_that_his_own_did_not_open(bench: Bench) -> None:
    welded_beside_a_neighbour(bench)
    bench.run("10 s")
    causes = {e.card: e.stop_cause for e in bench.journal.records("session_end")}
    assert sorted(causes.values()) == ["supply_lost", "welded"]


@pytest.mark.parametrize("both", [False, True])
def test_meters_on_each_others_wires_lead_to_the_wiring_and_accuse_no_relay(bench: Bench, both: bool) -> None:
    swap_meters(bench, 1, 2)
    if both:  # each pays for the other's power until one of them stops
        for outlet, card in ((2, "neighbour"), (1, "resident")):
            bench.bike(outlet).plug("li48v")
            bench.card(card).tap()
            bench.run("200 ms")
            bench.button(outlet).press()
        bench.run("1 min")
        stop(bench, 1)
    else:
        bench.bike(1).plug("li48v")
        bench.card("resident").tap()
        bench.run("1 s")
        bench.button(1).press()
    bench.run("30 s")
    assert bench.outlet(1).contact_is_open() and bench.outlet(2).contact_is_open()
    assert faults(bench) == {(29, 0), (29, 1)}
    assert "WELDED" not in bench.console.type("why 1") + bench.console.type("why 2")
    bench.run("5 min")
    assert faults(bench) == {(29, 0), (29, 1)}
    start_charging(bench, 3, card="tenant")


def test_a_heater_of_three_times_the_limit_is_off_within_five_seconds(bench: Bench) -> None:
    start_charging(bench, 1)
    bench.run("10 s")
    load = bench.outlet(1).plant.load
    assert load is not None
    load.misbehaviour = type(load.misbehaviour)(jump_w=3250.0)  # type: ignore[attr-defined]
    bench.until(bench.outlet(1).contact_is_open, within="5 s")
    bench.run("10 s")
    assert bench.journal.last("session_end").stop_cause == "over_power"
