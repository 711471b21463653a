"""Whose money and how much, judged by the plant: price, limits across cuts, impossible readings, whose card, whose bike."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from shedbench.audit.sessions import CUT_MWH
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.places import SMALL_SITE as SITE

from hil_tests.scenarios.test_trial import image, push

TEXT = SITE.read_text(encoding="utf-8")
DEARER = image(TEXT.replace("price_fen = 100", "price_fen = 700").replace("block_min = 300", "block_min = 10"))
ZEROS = [0] * 10


def site(folder: Path, **changed: str) -> Path:
    text = TEXT
    for name, line in changed.items():
        assert f"\n{name} = " in text
        text = "\n".join(line if row.startswith(f"{name} = ") else row for row in text.split("\n"))
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_price_pushed_in_mid_session_is_for_the_next_session(bench: Bench):
    start_charging(bench, 1)
    bench.run("8 min")
    push(bench, DEARER)
    bench.console.ask({"do": "confirm"}, key=True)
    bench.until(bench.outlet(1).is_charging, within="60 s")
    bench.run("8 min")
    bench.bike(1).unplug()
    bench.run("1 min")
    start_charging(bench, 2, card="neighbour")
    bench.run("13 min")
    bench.bike(2).unplug()
    bench.run("1 min")
    assert [session.price_fen for session in bench.journal.sessions()] == [100, 1400]


def test_a_price_beyond_655_yuan_is_recorded_whole(tmp_path: Path, seed: int):
    path = site(tmp_path, price_fen="price_fen = 5000", block_min="block_min = 1", max_session_min="max_session_min = 20")
    with Bench(site=path, seed=seed) as bench:
        bench.run("15 s")
        start_charging(bench, 1)
        bench.run("21 min")
        (session,) = bench.journal.sessions()
        assert (session.stop_cause, session.energised_s, session.price_fen) == ("max_time", 1200, 100_000)


@pytest.mark.parametrize("row", [pytest.param("every 9.5 min", marks=pytest.mark.long), "at random"])
def test_a_row_of_outages_feeds_no_session_longer_than_its_limit(tmp_path: Path, seed: int, row: str):
    chance = random.Random(seed)
    with Bench(site=site(tmp_path, max_session_min="max_session_min = 40\nhard_session_min = 60"), seed=seed) as bench:
        bench.run("15 s")
        start_charging(bench, 1, soc=0.05)
        for _ in range(40):
            bench.run(f"{570 if row == 'every 9.5 min' else chance.choice((5, 25, 70, 400)) * chance.uniform(0.7, 1.3):.1f} s")
            if bench.journal.sessions():
                break
            bench.mains.off()
            bench.run("5 s")
            bench.mains.on()
        (session,) = bench.journal.sessions()
        assert session.stop_cause == "max_time" and bench.outlet(1).contact_is_open
        assert 15 * 60 <= bench.outlet(1).energised_s <= 40 * 60 + 15
        assert session.energised_s <= bench.outlet(1).energised_s
        assert -CUT_MWH <= session.energy_mwh - bench.outlet(1).energy_mwh <= 500  # records.md, "What a power cut costs"


def test_a_meter_that_answers_with_zeros_after_an_outage_costs_nobody_anything(bench: Bench):
    meter = bench.meter(2)
    meter._energy_j = 77_000 * 3600.0
    bench.run("1 min")
    start_charging(bench, 2)
    bench.run("13 min")
    bench.mains.off()
    bench.run("1 min")
    meter.input_registers = lambda: ZEROS
    bench.mains.on()
    bench.run("5 s")
    del meter.input_registers
    bench.run("5 min")
    bench.bike(2).unplug()
    bench.run("1 min")
    (session,) = bench.journal.sessions()
    assert session.energy_mwh == pytest.approx(bench.outlet(2).energy_mwh, abs=500)
    assert (session.meter_end_wh - session.meter_start_wh) * 1000 == pytest.approx(session.energy_mwh, abs=1001)


def test_three_people_come_in_together_and_each_pays_for_the_own_bike(bench: Bench):
    people = {1: "resident", 2: "neighbour", 3: "tenant"}
    for outlet, card in people.items():
        bench.bike(outlet).plug("li48v", soc=0.2)
        bench.card(card).tap()
        bench.run("2 s")
    bench.button(2).press()
    bench.run("20 s")
    assert not bench.journal.records("session_start"), "it is not known whose press it was"
    assert bench.journal.last("press_refused").outlet == 2
    bench.card("visitor").tap()
    bench.run("5 s")
    assert not bench.journal.records("session_start"), "a person who comes in after a press does not pay for it"
    bench.run("20 s")
    for outlet, card in people.items():
        bench.button(outlet).press()
        bench.run("1 s")
        bench.card(card).tap()
        bench.until(bench.outlet(outlet).is_charging, within="20 s")
    sold = {record.outlet: bytes(record.card) for record in bench.journal.records("session_start")}
    assert set(sold) == {1, 2, 3} and len(set(sold.values())) == 3
    for outlet, card in people.items():
        bench.card(card).tap()
        bench.run("1 s")
        bench.button(outlet).press()
        bench.run("15 s")
        assert bench.outlet(outlet).contact_is_open, "each stops that person's own session"
    assert {session.outlet: bytes(session.card) for session in bench.journal.sessions()} == sold


@pytest.mark.parametrize("how", ["in an outage", "within the unplug window"])
def test_a_bike_swapped_for_a_clearly_other_one_gets_no_power_on_the_old_card(bench: Bench, how: str):
    start_charging(bench, 1, pack="li48v", soc=0.2)
    bench.run("8 min")
    if how == "in an outage":
        bench.mains.off()
        bench.run("1 min")
    bench.bike(1).unplug()
    bench.run("5 s")
    bench.bike(1).plug("li60v", soc=0.2)
    bench.mains.on()
    bench.run("90 s")
    assert bench.outlet(1).contact_is_open
    assert [session.stop_cause for session in bench.journal.sessions()] == ["load_swapped"]


@pytest.mark.parametrize(("soc", "spans_min"), [(0.8, (8, 25)), pytest.param(0.7, (8, 25, 25, 25), marks=pytest.mark.long)])
def test_the_same_bike_goes_on_after_outages_and_a_bumped_plug(bench: Bench, soc: float, spans_min: tuple[int, ...]):
    start_charging(bench, 1, pack="li48v", soc=soc)
    for minutes in spans_min:
        bench.run(f"{minutes} min")
        bench.mains.off()
        bench.run("1 min")
        bench.mains.on()
        bench.until(bench.outlet(1).is_charging, within="90 s")
    bench.run("2 min")
    assert bench.outlet(1).is_charging() and not bench.journal.sessions()
