"""The campaign's own judges and beginnings: the judges find what they must, and the same seed gives the same day."""

from __future__ import annotations

import random

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.campaign import beginning, campaign, people
from shedbench.campaign.day import Day
from shedbench.places import SMALL_SITE as SITE


def test_the_same_seed_is_the_same_day_and_another_is_another():
    begin = [beginning.drawn(random.Random(f"campaign/{seed}")) for seed in (3, 3, 4)]
    assert begin[0] == begin[1] != begin[2]


def test_beginnings_reach_every_state_that_was_once_forgotten():
    drawn = [beginning.drawn(random.Random(seed)) for seed in range(300)]
    assert {one.used for one in drawn} == {one.trial for one in drawn} == {one.tripped for one in drawn} == {False, True}
    assert {one.cuts for one in drawn} == {0, 1, 2}
    assert any(one.wrap_s for one in drawn) and any(one.decay for one in drawn)
    assert min(one.t_drop_ns for one in drawn) < 520e6 < 980e6 < max(one.t_drop_ns for one in drawn)


@pytest.mark.parametrize("terms", beginning.TERMS)
def test_the_sites_of_the_campaign_are_the_small_one_on_other_terms(terms: tuple[int, int, int]):
    text = beginning.site_of(terms).read_text(encoding="utf-8")
    assert f"block_min = {terms[0]}\nprice" in text or f"price_fen = {terms[1]}\nblock_min = {terms[0]}" in text
    assert f"max_session_min = {terms[2]}" in text


def test_a_meter_that_bills_too_much_is_found_by_the_campaigns_judge(monkeypatch: pytest.MonkeyPatch):
    def scaled(day: Day) -> None:
        day.bench.meter(1).gain = 1.1
        day.bench.bike(1).plug("li60v", soc=0.1)
        day.bench.card("resident").tap()
        day.bench.run("1 s")
        day.bench.button(1).press(by="resident")
        day.bench.run("20 min")

    monkeypatch.setattr("shedbench.campaign.acts_for", lambda bench: {scaled: 1})
    monkeypatch.setattr(beginning, "drawn", lambda chance: PLAIN)
    found = campaign(1, 0.25)
    assert len(found) == 1 and "(+" in found[0], found


def test_a_weld_that_nothing_tells_of_is_found_by_the_campaigns_judge(monkeypatch: pytest.MonkeyPatch):
    """Relay and contactor weld behind a running session; the customer stops it and the bike goes on charging."""

    def welded(day: Day) -> None:
        bench = day.bench
        start_charging(bench, 1)
        bench.run("1 min")
        bench.relay(1).fault("welded")
        bench.contactor("row A").fault("welded")
        day.welded.update((1, 2, 3, 4))
        bench.console.ask({"do": "stop", "o": 1}, key=True)
        bench.run("10 min")

    monkeypatch.setattr("shedbench.campaign.acts_for", lambda bench: {welded: 1})
    monkeypatch.setattr(beginning, "drawn", lambda chance: PLAIN)
    assert campaign(1, 0.1) == []
    monkeypatch.setattr("shedbench.audit.live.TELLS", frozenset())  # nobody reads its faults
    found = campaign(1, 0.1)
    assert len(found) == 1 and found[0].startswith("outlet 1 drew power that nobody had bought"), found


PLAIN = beginning.Beginning((300, 100, 600), False, 0, False, False, 0, 0.0, 700_000_000, 0.5, 0)


def test_a_live_outlet_that_is_called_off_is_found_by_who_looks(monkeypatch: pytest.MonkeyPatch):
    with Bench(site=SITE, seed=1) as bench:
        bench.run("15 s")
        start_charging(bench, 1)
        bench.run("40 s")
        day = Day(bench, random.Random(1), 600)
        people.looks(day)
        assert day.findings == []
        rows = bench.console.ask({"do": "status"})
        for row in rows:
            if row.get("o") == 1:
                row.update(hold=[9], on=0)
        monkeypatch.setattr(bench.console, "ask", lambda body, within="": rows)
        people.looks(day)
        assert len(day.findings) == 1 and "outlet 1 delivers" in day.findings[0]
