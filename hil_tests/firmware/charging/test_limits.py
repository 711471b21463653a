"""Time limits and the price at the start: what is billed when a limit is noticed late, and how limits count across power cuts."""

import random
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shed.charging import stop_causes
from shed.charging.limits import TimeLimits
from shed.charging.restoring import restore

from hil_tests.firmware.charging.metered_shed import Shed

TWO_BLOCKS = {"max_min": 10, "hard_min": 60}


@pytest.mark.parametrize("pace_ms", [0, 700, 1600])
def test_the_longest_session_noticed_late_costs_not_a_second_more(pace_ms):
    shed = Shed(pace_ms=pace_ms, settings=TWO_BLOCKS, tariff=(1, 100, 5))
    shed.run(2)
    shed.begin(0, 150)
    shed.settle(700)
    (end,) = shed.ends()
    assert (end["cause"], end["energised_s"], end["price_fen"]) == (stop_causes.MAX_TIME, 600, 200)


def test_a_pause_counts_against_the_hard_limit_and_what_is_past_it_is_not_billed():
    shed = Shed(pace_ms=1600, settings={"max_min": 60, "hard_min": 10}, tariff=(1, 100, 1))
    shed.run(2)
    shed.begin(0, 150)
    shed.run(200)
    shed.locked = True
    shed.run(60)
    shed.locked = False
    shed.settle(600)
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.MAX_TIME
    assert 530 <= end["energised_s"] <= 540


def test_what_flowed_unread_before_a_silent_meter_stopped_the_session_is_not_billed():
    shed = Shed(tariff=(1, 100, 10))
    shed.run(2)
    shed.begin(0, 150)
    assert shed.run(620, until=lambda: shed.session().energised_s() >= 595)
    shed.meters[0].silent = True
    shed.settle(60)
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.METER_STALE
    assert shed.closed_ms[0] > 600_000
    assert end["energised_s"] <= 596
    assert end["price_fen"] == 100, "the begun block"


def reboot(before, outage_s=20, **options):
    """Another boot on the newest checkpoints. Meters, loads and the plant's counters continue; hold-off 10 s."""
    shed = Shed(meters=before.meters, **options)
    shed.truth_mwh, shed.closed_ms = before.truth_mwh, before.closed_ms
    shed.loads, shed.plugged_ms = before.loads, [ms - before.now_ms - outage_s * 1000 for ms in before.plugged_ms]
    shed.sink.ids = before.sink.ids + 100
    settled = {end["id"] for end in before.ends()}
    newest = {record[1]: record for record in before.sink.of("live") if record[0] not in settled}
    restore(shed.charging, newest.values())
    shed.locked = True
    shed.run(10)
    shed.locked = False
    return shed


FORTY_MINUTES = {"max_min": 40, "hard_min": 40}


@pytest.mark.parametrize("period", ["9.5 min", "1 min", "30 s", "random 1", "random 2", "random 3"])
def test_a_session_of_forty_minutes_is_fed_forty_minutes_however_often_the_power_goes(period):
    chance = random.Random(period)
    shed = Shed(settings=FORTY_MINUTES)
    shed.run(2)
    shed.begin(0, 150)
    for _ in range(400):
        seconds = {"9.5 min": 570, "1 min": 60, "30 s": 30}.get(period) or chance.choice((3, 12, 40, 200, 900)) * chance.uniform(0.5, 1.5)
        shed.run(max(seconds - 10, 1), until=lambda s=shed: not s.busy())
        if not shed.busy():
            break
        shed = reboot(shed, settings=FORTY_MINUTES)
    (end,) = shed.ends()
    assert end["cause"] == stop_causes.MAX_TIME
    fed_s = shed.closed_ms[0] / 1000
    assert fed_s <= 40 * 60 + 10, "the limit counts across cuts"
    assert end["energised_s"] <= fed_s
    if not period.startswith("random"):
        assert fed_s >= 40 * 60 * 0.4, "a cut costs about as much again as was fed before it, not more"


def test_checkpoints_that_flash_refuses_give_no_time_of_the_limit_back():
    """Flash refuses the first two that are asked for while the relay is closed; the cut comes before a third would be due by itself."""
    settings = {"max_min": 4, "hard_min": 4}
    shed = Shed(settings=settings)
    shed.run(2)
    shed.begin(0, 150)
    shed.run(8)
    kept = shed.sink.live
    refused = []
    shed.sink.live = lambda *fields: kept(*fields) if len(refused) == 2 else bool(refused.append(fields))
    assert shed.run(60, until=lambda: len(refused) == 2)
    shed.run(12)
    shed = reboot(shed, settings=settings)
    shed.settle(300)
    assert shed.ends()[0]["cause"] == stop_causes.MAX_TIME
    assert shed.closed_ms[0] / 1000 <= 4 * 60 + 3


def test_a_top_up_that_a_cut_interrupts_is_not_begun_anew():
    shed = Shed(settings={"full_s": 60, "full_late_s": 60})
    shed.run(2)
    shed.begin(0, lambda s: 150 if s < 600 else 8)
    shed.run(600 + 60 + 3000)
    fed_ms = shed.closed_ms[0]
    shed = reboot(shed, settings={"full_s": 60, "full_late_s": 60})
    shed.settle(3600)
    assert shed.ends()[0]["cause"] == stop_causes.FULL
    assert shed.closed_ms[0] - fed_ms <= 3600_000 - 3000_000 * 2 / 3 + 20_000


def test_a_session_is_settled_at_the_price_at_which_it_began_whatever_is_configured_after_the_cut():
    shed = Shed()
    shed.run(2)
    shed.begin(0, 150)
    shed.run(4000)
    shed = reboot(shed, tariff=(1, 900, 60))
    shed.run(4000)
    shed.unplug(0)
    shed.settle()
    assert shed.ends()[0]["price_fen"] == 100


def test_a_checkpoint_of_an_older_version_is_settled_at_the_configured_price():
    shed = Shed()
    shed.run(2)
    shed.begin(0, 150)
    shed.run(4000)
    old = shed.sink.of("live")[-1][:9]
    shed = Shed(meters=shed.meters, tariff=(1, 70, 300))
    restore(shed.charging, [old])
    shed.plug(0, 150)
    shed.run(100)
    shed.unplug(0)
    shed.settle(60)
    assert shed.ends()[0]["price_fen"] == 70
    assert shed.ends()[0]["energised_s"] >= old[5]


SPELLS = st.lists(st.tuples(st.booleans(), st.sampled_from((0.5, 4, 20, 90, 700, 3000)), st.floats(0.5, 1.5)), min_size=1, max_size=10)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(SPELLS, st.sampled_from((200, 1000, 1900)))
def test_whenever_the_cut_comes_the_checkpoint_tells_at_least_what_is_used_and_at_most_half_as_much_again(spells, span_ms):
    """The relay closes and opens as it likes; a checkpoint is written at once when one is due."""
    limits = SimpleNamespace(checkpoint_ms=600_000)
    time = TimeLimits()
    used_ms = whole_ms = open_ms = same_ms = 0
    used_s = whole_s = open_s = 0
    was = False
    for closed, seconds, factor in spells:
        for _ in range(max(1, round(seconds * factor * 1000 / span_ms))):
            same_ms = span_ms + (same_ms if closed == was else 0)
            was = closed
            whole_ms += span_ms
            used_ms += span_ms * closed
            open_ms = 0 if closed else open_ms + span_ms
            time.go_on(span_ms, closed, closed, closed, 0)
            if time.checkpoint_due():
                used_s, whole_s, open_s = time.promise_s(limits)
                most_s = max(15, same_ms / 2000) + 3
                assert used_s <= used_ms / 1000 + (most_s if closed else 18), "a relay that closes makes the next checkpoint due earlier"
                assert whole_s <= whole_ms / 1000 + most_s
                assert open_s <= open_ms / 1000 + most_s
            assert used_s * 1000 >= used_ms and whole_s * 1000 >= whole_ms
            if not closed:
                assert open_s * 1000 >= open_ms - 999 if open_s else open_ms <= 17_000, "the wait that had begun by then"
