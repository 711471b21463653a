"""A configuration with its outlets in another order: no fact about one socket is applied to another (decision 0037)."""

from __future__ import annotations

import re

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.places import SMALL_SITE as SITE

from .test_live_outlets import faults, stop
from .test_trial import NEW, image, place, push


def reordered(text: str, order: tuple[int, ...]) -> str:
    """The site file with its [[outlet]] tables in another order; numbers, relays and meters stay with their sockets."""
    head, *tables = re.split(r"(?=\[\[outlet\]\])", text)
    last, rest = tables[-1].split("[[point]]", 1)
    tables[-1] = last
    return head + "".join(tables[place] for place in order) + "[[point]]" + rest


OTHER = image(reordered(SITE.read_text(encoding="utf-8"), (3, 1, 2, 0)))


TRIP_UNKNOWN, WELDED = 25, 9


def weld_outlet_1(bench: Bench) -> None:
    """Its relay welds while a neighbour charges, so that its contactor stays closed and the weld is proven."""
    start_charging(bench, 2, card="neighbour")
    start_charging(bench, 1)
    bench.run("1 min")
    bench.relay(1).fault("welded")
    stop(bench, 1)
    bench.until(lambda: (WELDED, 0) in faults(bench), within="1 min")


def test_a_session_of_a_trial_ends_with_it_and_feeds_no_other_bike(bench: Bench):
    """Nobody confirms; outlet 4 was the first of the list, and outlet 1 is when the old configuration comes back."""
    push(bench, OTHER)
    start_charging(bench, 4, card="resident")
    bench.bike(1).plug("li48v", soc=0.2)
    bench.run("8 min")
    assert bench.outlet(4).is_charging
    bench.run("3 min")
    bench.stays(lambda: not bench.outlet(1).is_energised() and not bench.outlet(4).is_energised(), "10 min")
    (session,) = bench.journal.sessions()
    assert session.stop_cause == "outage_gone" and 0 < session.energy_mwh <= bench.outlet(4).energy_mwh
    for outlet, card in ((1, "neighbour"), (4, "resident")):
        bench.bike(outlet).unplug()
        start_charging(bench, outlet, card=card)


def test_a_weld_at_an_unknown_socket_holds_every_row_until_a_person_has_looked(bench: Bench):
    weld_outlet_1(bench)
    push(bench, OTHER)
    assert bench.console.ask({"do": "confirm"}, key=True) == [{"ok": True}]
    for _ in range(2):
        assert TRIP_UNKNOWN in {code for code, _ in faults(bench)} and bench.gate("main").is_free
        bench.card("tenant").tap()
        bench.run("1 s")
        bench.button(3).press()
        bench.stays(lambda: not any(bench.outlet(number).is_energised() for number in (1, 2, 3)), "1 min")
        bench.mains.off()
        bench.run("3 s")
        bench.mains.on()
        bench.run("30 s")
    bench.relay(1).fault("ok")
    bench.console.ask({"do": "clear"}, key=True)
    bench.run("20 s")
    start_charging(bench, 3, card="visitor")


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_weld_at_an_unknown_socket_outlives_a_refused_record_and_a_cut(bench: Bench, nth: int):
    """Flash refuses a record of the boot that finds the outlets moved, and the power goes before the journal says it anew."""
    weld_outlet_1(bench)
    place(bench, OTHER)
    bench.board.start()
    bench.board.flash_fails(nth, "program", times=1, region="shed_journal")
    bench.run("15 s")
    assert bench.console.ask({"do": "confirm"}, key=True) == [{"ok": True}]
    bench.run("15 s")
    bench.mains.off()
    bench.run("3 s")
    bench.mains.on()
    bench.run("15 s")
    assert TRIP_UNKNOWN in {code for code, _ in faults(bench)} and bench.gate("main").is_free
    bench.card("tenant").tap()
    bench.run("1 s")
    bench.button(3).press()
    bench.stays(lambda: not any(bench.outlet(number).is_energised() for number in (1, 2, 3)), "1 min")


def test_a_weld_is_recorded_though_flash_refused_the_record_of_another_latch(bench: Bench):
    """Only a proof of before a move is kept in the place of what this boot finds: here no outlet moved."""
    bench.smoke("bay").alarm()
    bench.run("2 s")
    bench.smoke("bay").clear()
    bench.run("5 s")
    place(bench, NEW)
    bench.board.start()
    bench.board.flash_fails(1, "program", times=1, region="shed_journal")
    bench.run("15 s")
    assert bench.console.ask({"do": "confirm"}, key=True) == [{"ok": True}]
    bench.console.ask({"do": "clear"}, key=True)
    bench.run("20 s")
    weld_outlet_1(bench)
    bench.mains.off()
    bench.run("3 s")
    bench.mains.on()
    bench.run("15 s")
    assert (WELDED, 0) in faults(bench)


@pytest.mark.parametrize("times", [8, 20])
def test_a_session_that_flash_would_not_settle_never_goes_on_when_its_configuration_comes_again(bench: Bench, times: int):
    """The trial ends while outlet 4 charges. Later another bike hangs there, and the same configuration is tried again."""
    push(bench, OTHER)
    start_charging(bench, 4, card="resident")
    bench.run("9 min")
    bench.board.flash_fails(2, "program", times=times, region="shed_journal")
    bench.until(lambda: bench.outlet(4).contact_is_open(), within="2 min")
    bench.run("30 s")
    bench.bike(4).unplug()
    given_mwh = bench.outlet(4).energy_mwh
    bench.run("10 min")
    bench.board.flash_fails(0)
    bench.bike(4).plug("li48v", soc=0.2)
    push(bench, OTHER)
    assert bench.console.ask({"do": "confirm"}, key=True) == [{"ok": True}]
    bench.stays(lambda: not bench.outlet(4).is_energised(), "5 min")
    (session,) = bench.journal.sessions()
    assert session.stop_cause == "outage_gone" and 0 < session.energy_mwh <= given_mwh


def test_a_weld_proven_beside_a_session_of_before_the_move_is_never_told_of_another_socket(bench: Bench):
    push(bench, OTHER)
    start_charging(bench, 4, card="resident")
    bench.run("9 min")
    bench.board.flash_fails(2, "program", times=20, region="shed_journal")
    bench.until(lambda: bench.outlet(4).contact_is_open(), within="2 min")
    bench.run("30 s")
    bench.board.flash_fails(0)
    bench.bike(4).unplug()
    weld_outlet_1(bench)
    push(bench, OTHER)
    assert bench.console.ask({"do": "confirm"}, key=True) == [{"ok": True}]
    assert TRIP_UNKNOWN in {code for code, _ in faults(bench)} and bench.gate("main").is_free
    bench.stays(lambda: not bench.outlet(1).is_energised(), "30 s")


def test_an_outlet_that_may_be_live_is_looked_for_at_every_socket(bench: Bench):
    """Its meter died and its relay welded. It is not known which socket that is now: the ten minutes go on at each silent meter."""
    start_charging(bench, 2, card="neighbour")
    start_charging(bench, 1)
    bench.run("1 min")
    bench.relay(1).fault("welded")
    bench.meter(1).fault("off")
    bench.until(lambda: bool(bench.journal.sessions()), within="1 min")
    bench.run("30 s")
    push(bench, OTHER)
    assert bench.console.ask({"do": "confirm"}, key=True) == [{"ok": True}]
    bench.run("12 min")
    bench.stays(lambda: not bench.outlet(1).is_energised(), "5 min")


def test_a_limit_or_a_price_that_changes_moves_no_outlet(bench: Bench):
    push(bench, image(SITE.read_text(encoding="utf-8").replace("max_power_w = 1000", "max_power_w = 900", 1)))
    start_charging(bench, 2)
    bench.run("12 min")
    bench.until(bench.outlet(2).is_charging, within="60 s")
    assert not bench.journal.sessions()
