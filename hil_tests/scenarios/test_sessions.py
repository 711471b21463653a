"""Sessions from plug to settlement, judged by what the plant's wires carried."""

from __future__ import annotations

from pathlib import Path

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.places import SMALL_SITE

from hil_tests.scenarios.changed_site import shed


@pytest.mark.long
@pytest.mark.slow(60)
def test_a_lead_acid_bike_charges_from_plug_to_full_and_pays_two_yuan(bench: Bench):
    start_charging(bench, 1, "la48v20", soc=0.05)
    bench.until(bench.outlet(1).contact_is_open, within="11 h")
    bench.run("30 s")
    session = bench.journal.sessions()[-1]
    outlet = bench.outlet(1)
    assert session.stop_cause == "full"
    assert 8 * 3600 <= outlet.energised_s <= 10 * 3600
    assert session.energy_mwh == pytest.approx(outlet.energy_mwh, rel=0.01)
    assert session.price_fen == 200
    assert bench.bike(1).soc > 0.95


def test_a_lead_acid_bike_that_is_nearly_full_charges_to_full_and_pays_one_yuan(seed: int, tmp_path: Path):
    """The last part of the charge above, with shorter times: the current falls, the charger turns over, the top-up follows."""
    times = {"times": ("[charging]\n", "[charging]\nfull_time_s = 300\ntop_up_s = 600\n")}
    with shed(seed, tmp_path, SMALL_SITE, times) as bench:
        start_charging(bench, 1, "la48v20", soc=0.995)
        bench.until(bench.outlet(1).contact_is_open, within="4 h")
        bench.run("30 s")
        session = bench.journal.sessions()[-1]
        outlet = bench.outlet(1)
        assert session.stop_cause == "full"
        assert 900 <= outlet.energised_s <= 3600
        assert session.energy_mwh == pytest.approx(outlet.energy_mwh, rel=0.01)
        assert session.price_fen == 100
        assert bench.bike(1).soc > 0.95


def test_unplugging_ends_the_session_within_a_minute(bench: Bench):
    start_charging(bench, 2)
    bench.run("10 min")
    bench.bike(2).unplug()
    bench.until(bench.outlet(2).contact_is_open, within="60 s")
    bench.run("10 s")
    session = bench.journal.sessions()[-1]
    assert session.stop_cause == "unplugged" and session.price_fen == 100
    assert session.energy_mwh == pytest.approx(bench.outlet(2).energy_mwh, rel=0.01)


def test_a_session_lives_through_a_mains_outage_that_nobody_pays_for(bench: Bench):
    start_charging(bench, 1)
    bench.run("12 min")
    bench.mains.off()
    bench.run("20 min")
    assert bench.outlet(1).contact_is_open
    bench.mains.on()
    bench.until(bench.outlet(1).is_charging, within="90 s")
    bench.run("10 min")
    bench.bike(1).unplug()
    bench.run("2 min")
    sessions = bench.journal.sessions()
    assert len(sessions) == 1 and sessions[0].stop_cause == "unplugged"
    assert sessions[0].energised_s <= bench.outlet(1).energised_s + 2
    assert sessions[0].energy_mwh == pytest.approx(bench.outlet(1).energy_mwh, rel=0.01)


def test_a_bike_that_left_during_the_outage_is_settled_and_its_outlet_opened(bench: Bench):
    start_charging(bench, 1)
    bench.run("12 min")
    bench.mains.off()
    bench.run("1 min")
    bench.bike(1).unplug()
    bench.mains.on()
    bench.run("5 min")
    assert bench.outlet(1).contact_is_open
    assert [s.stop_cause for s in bench.journal.sessions()] == ["outage_gone"]


def test_a_kill_in_mid_session_loses_no_session_and_settles_it_once(bench: Bench):
    start_charging(bench, 1)
    bench.run("15 min")
    bench.board.kill()
    bench.run("1 min")
    bench.board.start()
    bench.until(bench.outlet(1).is_charging, within="90 s")
    bench.run("5 min")
    bench.bike(1).unplug()
    bench.run("2 min")
    sessions = bench.journal.sessions()
    assert len(sessions) == 1
    assert sessions[0].energy_mwh == pytest.approx(bench.outlet(1).energy_mwh, rel=0.01)


def test_a_button_without_a_card_sells_nothing(bench: Bench):
    bench.bike(1).plug("li48v", soc=0.2)
    bench.button(1).press()
    bench.run("30 s")
    assert bench.outlet(1).contact_is_open and bench.journal.sessions() == []


def test_one_card_tap_starts_one_session(bench: Bench):
    start_charging(bench, 1)
    bench.bike(2).plug("li48v", soc=0.2)
    bench.button(2).press()
    bench.run("30 s")
    assert bench.outlet(2).contact_is_open


def test_a_silent_meter_stops_its_outlet_and_no_other(bench: Bench):
    start_charging(bench, 1)
    start_charging(bench, 2, card="neighbour")
    bench.meter(1).fault("off")
    bench.until(bench.outlet(1).contact_is_open, within="60 s")
    bench.run("10 s")
    assert bench.outlet(2).is_charging
    assert bench.journal.sessions()[-1].stop_cause == "meter_stale"


def test_a_welded_relay_is_cut_by_its_group_contactor(bench: Bench):
    start_charging(bench, 1)
    bench.run("1 min")
    bench.relay(1).fault("welded")
    bench.console.ask({"do": "stop", "o": 1}, key=True)
    bench.until(bench.outlet(1).contact_is_open, within="60 s")
    bench.run("5 s")
    assert bench.outlet(1).contact_is_open
