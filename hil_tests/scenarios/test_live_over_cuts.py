"""The board still knows after a cut which outlets may be live or are welded (docs/decisions/0022, 0029, 0033)."""

from __future__ import annotations

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.places import SITES

from .test_live_outlets import MAY_BE_LIVE, OFF, faults, stop, swap_meters, told


@pytest.mark.parametrize("plugged", [True, False])
def test_a_proven_weld_is_forgotten_at_no_cut_though_its_meter_shows_nothing_behind_the_open_contactor(bench: Bench, plugged: bool) -> None:
    start_charging(bench, 2, card="neighbour")
    start_charging(bench, 1)
    bench.run("1 min")
    bench.relay(1).fault("welded")
    stop(bench, 1)
    bench.until(lambda: (9, 0) in faults(bench), within="1 min")
    bench.run("10 s")
    if not plugged:
        bench.bike(1).unplug()
    for _ in range(2):
        bench.mains.off()
        bench.run("3 s")
        bench.mains.on()
        bench.run("1 min")
        assert faults(bench) == {(9, 0)}
        for outlet, card in (2, "neighbour"), (1, "resident"):
            bench.card(card).tap()
            bench.run("1 s")
            bench.button(outlet).press()
            bench.stays(lambda: not bench.outlet(1).is_energised(), "20 s")
            assert not bench.outlet(2).is_energised()
    bench.relay(1).fault("ok")
    bench.console.ask({"do": "clear"}, key=True)
    bench.run("5 s")
    bench.mains.off()
    bench.run("3 s")
    bench.mains.on()
    bench.run("1 min")
    assert faults(bench) == set()
    bench.card("neighbour").tap()
    bench.run("1 s")
    bench.button(2).press()
    bench.until(bench.outlet(2).is_charging, within="20 s")


@pytest.mark.parametrize("nth", [3, 4, 5, 6])
def test_one_flash_error_does_not_lose_an_outlet_that_may_be_live_at_the_next_cut(bench: Bench, nth: int) -> None:
    """One of these writes to the live ring records the outlet; which one does not matter to the plant."""
    start_charging(bench, 2, card="neighbour")
    start_charging(bench, 1)
    bench.run("1 min")
    bench.relay(1).fault("welded")
    bench.meter(1).fault("off")
    bench.run("10 s")
    bench.board.flash_fails(nth, "program", times=1, region="shed_live")
    bench.until(lambda: bool(bench.journal.sessions()), within="1 min")
    bench.run("2 s")
    bench.mains.off()
    bench.run("3 s")
    bench.mains.on()
    bench.run("1 min")
    assert bench.outlet(1).is_energised(), "its neighbour's session went on"
    bench.bike(3).plug("li48v")
    bench.card("tenant").tap()
    bench.run("1 s")
    bench.button(3).press()
    bench.stays(lambda: not bench.outlet(3).is_energised(), "20 s")
    bench.run("10 min")
    assert not bench.outlet(1).is_energised(), "the ten minutes ran out"


@pytest.mark.long
@pytest.mark.slow(12)
def test_a_row_keeps_its_own_ten_minutes_over_a_cut_though_another_has_nearly_used_its(seed: int) -> None:
    """Two rows, each with a meter that died in a session: eight minutes ago, and half a minute ago."""
    with Bench(site=SITES / "expanders" / "pcf.toml", seed=seed) as bench:
        first, neighbour, last = 1, 2, max(bench.plant.outlets)
        bench.run("15 s")
        for outlet, card in (first, "resident"), (neighbour, "neighbour"), (last, "tenant"), (last - 1, "visitor"):
            start_charging(bench, outlet, pack="la48v20", soc=0.0, card=card)
        bench.meter(first).fault("off")
        bench.run("500 s")
        bench.meter(last).fault("off")
        bench.run("45 s")
        bench.mains.off()
        bench.run("3 s")
        bench.mains.on()
        bench.until(lambda: bench.outlet(neighbour).is_charging() and bench.outlet(last - 1).is_charging(), within="40 s")
        bench.until(bench.outlet(neighbour).contact_is_open, within="100 s")
        bench.stays(bench.outlet(last - 1).is_charging, "6 min")
        bench.until(bench.outlet(last - 1).contact_is_open, within="4 min")
        bench.run("10 s")
        causes = {end.outlet: end.stop_cause for end in bench.journal.records("session_end")}
        assert causes == {first: "meter_stale", last: "meter_stale", neighbour: "supply_lost", last - 1: "supply_lost"}


def cut(bench: Bench) -> None:
    bench.mains.off()
    bench.run("3 s")
    bench.mains.on()
    bench.run("1 min")


def test_a_weld_is_known_although_the_power_goes_in_the_moment_of_its_proof(bench: Bench) -> None:
    """The contactor opens because of it, and 25 ms later the board is dark; the plug is pulled, so nothing would prove the weld again."""
    start_charging(bench, 2, card="neighbour")
    start_charging(bench, 1)
    bench.run("1 min")
    bench.relay(1).fault("welded")
    stop(bench, 1)
    bench.until(lambda: not bench.outlet(1).is_energised(), within="1 min")
    bench.run("25 ms")
    bench.board.kill()
    bench.bike(1).unplug()
    bench.run("3 s")
    bench.board.start()
    bench.run("1 min")
    assert faults(bench) == {(9, 0)}
    assert not bench.outlet(1).is_energised(), "the neighbour's session does not go on"


def test_an_outlet_that_no_contact_switches_off_is_told_after_a_cut_though_nothing_is_plugged_in(bench: Bench) -> None:
    start_charging(bench, 1)
    bench.relay(1).fault("welded")
    bench.contactor("row A").fault("welded")
    stop(bench, 1)
    bench.until(lambda: (28, 0) in faults(bench), within="1 min")
    bench.bike(1).unplug()
    for _ in range(2):
        cut(bench)
        assert bench.outlet(1).is_energised()
        assert faults(bench) == {(9, 0), (28, 0)}
        assert told(bench, 1) == MAY_BE_LIVE
    bench.relay(1).fault("ok")
    bench.contactor("row A").fault("ok")
    bench.console.ask({"do": "clear"}, key=True)
    bench.until(lambda: told(bench, 1) == OFF, within="1 min")
    cut(bench)
    assert faults(bench) == set()


def test_meters_on_each_others_wires_are_told_after_a_cut_and_nobody_is_sold_to(bench: Bench) -> None:
    swap_meters(bench, 1, 2)
    bench.bike(1).plug("li48v")
    bench.card("resident").tap()
    bench.run("1 s")
    bench.button(1).press()
    bench.run("30 s")
    assert faults(bench) == {(29, 0), (29, 1)}
    cut(bench)
    assert faults(bench) == {(29, 0), (29, 1)}
    bench.card("resident").tap()
    bench.run("1 s")
    bench.button(1).press()
    bench.stays(lambda: not bench.outlet(1).is_energised(), "20 s")


def test_an_outlet_that_nobody_saw_is_not_called_off_for_0_w_behind_its_open_contactor(bench: Bench) -> None:
    """Its relay welded while its meter was silent; when the meter answers again the contactor is open and the bike is gone."""
    start_charging(bench, 1)
    bench.run("1 min")
    bench.relay(1).fault("welded")
    bench.meter(1).fault("off")
    bench.run("2 min")
    assert bench.outlet(1).contact_is_open()
    bench.bike(1).unplug()
    bench.meter(1).fault("ok")
    bench.run("2 min")
    assert told(bench, 1) == MAY_BE_LIVE
    cut(bench)
    start_charging(bench, 2, card="neighbour")
    assert bench.outlet(1).is_energised(), "its relay never opened"
    bench.stays(lambda: told(bench, 1) == MAY_BE_LIVE, "1 min")
    assert bench.outlet(2).is_charging(), "a report that costs the neighbour nothing"
    bench.relay(1).fault("ok")
    bench.console.ask({"do": "clear"}, key=True)
    bench.until(lambda: told(bench, 1) == OFF, within="1 min")


def test_an_idle_outlet_is_not_known_when_its_contactor_closes_until_its_meter_has_shown_it(bench: Bench) -> None:
    """It was seen off; its relay welded since, behind the open contactor, with nothing plugged in; its meter is dead."""
    start_charging(bench, 1)
    stop(bench, 1)
    bench.run("1 min")
    assert told(bench, 1) == OFF
    bench.bike(1).unplug()
    bench.relay(1).fault("welded")
    bench.meter(1).fault("off")
    start_charging(bench, 2, card="neighbour")
    assert bench.outlet(1).is_energised()
    bench.run("1 s")
    bench.stays(lambda: told(bench, 1) == MAY_BE_LIVE, "30 s")
    assert bench.outlet(2).is_charging()
