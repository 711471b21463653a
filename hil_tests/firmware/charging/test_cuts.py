"""Times counted over power cuts: a waiting session, and an outlet not seen off. They end however often the power fails."""

import random

import pytest
from shed.charging import stop_causes
from shed.charging.restoring import restore
from shed.safety.holders import LIVE, WELDED

from hil_tests.firmware.charging.metered_shed import Shed
from hil_tests.firmware.storage.outlet_masks import mask, most_s, watched


def next_boot(before: Shed, rows=None, fire_fault=0, locked=False) -> Shed:
    """Another boot with the content of the live ring. Meters, contacts and the plant's counters continue."""
    shed = Shed(meters=before.meters, outlets=len(before.meters), rows=rows)
    shed.truth_mwh, shed.closed_ms, shed.welded = before.truth_mwh, before.closed_ms, before.welded
    shed.loads, shed.contactors = before.loads, before.contactors
    shed.sink.ids = before.sink.ids + 100
    shed.sink.calls = [call for call in before.sink.calls if call[0] in ("session_end", "live", "watch")]
    shed.charging.fire_fault = fire_fault
    shed.locked = locked
    settled = {end["id"] for end in before.ends()}
    newest = {record[1]: record for record in before.sink.of("live") if record[0] not in settled}
    restore(shed.charging, newest.values(), (), (before.sink.of("watch") or [(watched(0, 0, 0, 0, 0, bytes(8)),)])[-1][0])
    return shed


def charging(outlets=2, rows=None, contactors=False) -> Shed:
    shed = Shed(outlets, rows=rows, contactors=contactors)
    shed.run(3)
    shed.begin(0, 150)
    shed.run(600)
    assert shed.on(0)
    return shed


@pytest.mark.parametrize("period", [4, 12, 20, 100, 240, 700, "random"])
@pytest.mark.parametrize("reason", ["detector at fault", "relay kept open"])
def test_a_session_that_waits_through_cuts_is_settled_and_the_next_bike_is_not_fed(reason, period):
    chance = random.Random(1)
    shed = charging()
    fed_ms = shed.closed_ms[0]
    waited_s = 0.0
    boots = 0
    blind = reason == "detector at fault"
    while waited_s < 4 * 3600 and not shed.ends():
        seconds = chance.choice((5, 30, 240, 900)) * chance.uniform(0.5, 1.5) if period == "random" else period
        shed = next_boot(shed, fire_fault=int(blind), locked=not blind)
        shed.run(seconds, until=lambda s=shed: s.ends())
        waited_s += shed.now_ms / 1000
        boots += 1
    (end,) = shed.ends()
    assert end["cause"] in ((stop_causes.BLIND, stop_causes.WAITED) if blind else (stop_causes.WAITED,))
    assert waited_s <= (1800 if blind else 300) + 20
    assert waited_s >= 60, "a few cuts alone end no session"
    if boots < 5:
        assert waited_s >= (1000 if blind else 150), "a cut costs at most as much again as was waited"
    assert end["price_fen"] == end["energised_s"] * 100 // 18000, "the wait was not the customer's fault: the time used, no block"
    shed = next_boot(shed)
    shed.plug(0, 120)
    shed.run(300)
    assert shed.closed_ms[0] == fed_ms, "nothing flows on the card of an owner who has left"


def test_a_load_that_is_seen_ends_the_waiting_and_the_next_outage_has_its_five_minutes_again():
    shed = charging()
    for _ in range(30):
        shed = next_boot(shed, locked=True)
        shed.run(60)
        shed.locked = False
        shed.run(60)
        assert shed.on(0) and not shed.ends()


def test_a_cut_in_a_weak_supply_does_not_end_the_session():
    """Low voltage often comes just before the outage: the pause is recorded, and is only seconds long."""
    shed = charging()
    shed.run(3470)
    fed_s = shed.closed_ms[0] / 1000
    shed.session().pause(shed.charging)
    shed = next_boot(shed, locked=True)
    assert shed.session().energised_s() >= fed_s - 20, "the fed time is known"
    assert shed.session().time.used_ms / 1000 <= fed_s + 20, "and the cut took no minutes of the longest session"
    shed.run(200)
    shed.locked = False
    shed.run(60)
    assert shed.on(0) and not shed.ends()


ROW = ((0, 1), (2,))


def welded_with_a_dead_meter(neighbour: bool = False, contactors: bool = False) -> Shed:
    shed = charging(3, ROW, contactors)
    if neighbour:
        shed.begin(1, 150)
        shed.run(60)
        assert shed.on(1)
    shed.welded.add(0)
    shed.meters[0].silent = True
    shed.run(30)
    assert shed.ends()[0]["cause"] == stop_causes.METER_STALE
    return shed


@pytest.mark.parametrize("period", [5, 45, 180, 500])
def test_the_minutes_of_an_outlet_that_may_be_live_are_counted_over_cuts(period):
    shed = welded_with_a_dead_meter()
    shed.begin(1, 150)
    on_ms = 0
    for _ in range(1200 // period):
        shed = next_boot(shed, ROW)
        shed.run(period)
        on_ms += period * 1000
        assert shed.charging.off_watch.may_be_live(0)
        if (LIVE, 1) in shed.sink.held and not shed.on(1):
            break
    shed.run(5)
    assert (LIVE, 0) in shed.sink.held and (LIVE, 1) in shed.sink.held and not shed.on(1), "its row is off"
    assert on_ms <= 620_000
    assert (LIVE, 2) not in shed.sink.held, "the other row is not"
    shed = next_boot(shed, ROW)
    shed.run(5)
    assert (LIVE, 1) in shed.sink.held, "and stays so over the next cut"
    shed.charging.off_watch.clear(0)
    shed.run(3)
    assert (LIVE, 1) not in shed.sink.held
    shed = next_boot(shed, ROW)
    shed.run(60)
    assert (LIVE, 1) not in shed.sink.held, "a person who has looked need not look again after each cut"


TWO_AND_TWO = ((0, 1), (2, 3))


@pytest.mark.parametrize("late", [0, 1])
def test_each_row_has_minutes_of_its_own_over_a_cut(late):
    """One row's minutes are nearly used, the other's have just begun: a cut gives the first no more and takes none from the second."""
    shed = Shed(4, rows=TWO_AND_TWO)
    shed.run(3)
    for i in range(4):
        shed.begin(i, 150)
        shed.run(10)
    early, late = TWO_AND_TWO[1 - late], TWO_AND_TWO[late]
    shed.run(60)
    shed.meters[early[0]].silent = True
    shed.run(420)
    shed.meters[late[0]].silent = True
    shed.run(60)
    shed = next_boot(shed, TWO_AND_TWO)
    shed.run(60)
    assert shed.on(early[1]) and shed.on(late[1]), "both neighbours charge on"
    assert shed.run(240, until=lambda: not shed.on(early[1])), "the first row's minutes end"
    assert not shed.run(200, until=lambda: not shed.on(late[1]))
    shed = next_boot(shed, TWO_AND_TWO)
    shed.run(60)
    assert not shed.on(early[1]) and shed.on(late[1]), "and so after the next cut"
    assert shed.run(400, until=lambda: not shed.on(late[1])), "the other row has its ten, and no more"


@pytest.mark.parametrize(("seconds", "on"), [(540, True), (598, False)])
def test_the_minutes_in_a_record_of_the_version_before_hold_for_each_row(seconds, on):
    """It had one number for all rows."""
    shed = charging(4, TWO_AND_TWO)
    for meter in shed.meters[1], shed.meters[3]:
        meter.silent = True
    shed.begin(2, 150)
    shed.run(60)
    shed.sink.calls.append(("watch", shed.now_ms, watched(1 << 1 | 1 << 3, seconds, 0, 0, 0, bytes(8))))
    shed = next_boot(shed, TWO_AND_TWO)
    shed.run(25)
    assert [bool(shed.on(i)) for i in (0, 2)] == [on, on]
    shed.run(60)
    assert not shed.on(0) and not shed.on(2)


def test_an_outlet_whose_meter_answers_after_the_cut_costs_its_row_nothing():
    shed = welded_with_a_dead_meter()
    shed.run(300)
    shed.welded.clear()
    shed.meters[0].silent = False
    shed = next_boot(shed, ROW)
    shed.run(60)
    assert not shed.sink.held
    assert shed.sink.of("watch")[-1][0][:8] == mask(1), "behind an open contactor no reading showed its relay open"
    shed.begin(0, 150)
    shed.run(30)
    shed.charging.stop(0, stop_causes.OPERATOR)
    shed.run(30)
    assert shed.sink.of("watch")[-1][0] == watched(0, 0, 0, 0, 0, bytes(8)), "at the end of its next session a reading shows its power gone"


def test_ten_flickers_in_a_minute_are_no_ten_minutes():
    shed = welded_with_a_dead_meter(neighbour=True)
    for _ in range(10):
        shed = next_boot(shed, ROW)
        shed.run(5)
    shed.run(180)
    assert shed.on(1), "its neighbour charges on"
    assert shed.run(400, until=lambda: not shed.on(1)), "and the minutes end"


def test_a_meter_that_a_cut_at_the_last_minute_wakes_is_read_before_its_row_is_judged():
    shed = welded_with_a_dead_meter(neighbour=True)
    assert shed.run(600, until=lambda: most_s(shed.sink.of("watch")[-1][0]) == 600)
    assert shed.on(1)
    shed.welded.clear()
    shed = next_boot(shed, ROW)
    shed.run(10)
    assert not shed.on(1), "its row stays off until the outlet was seen off"
    shed.meters[0].silent = False
    shed.run(30)
    assert shed.on(1) and not shed.sink.held


def test_a_dead_meter_of_an_idle_outlet_costs_no_neighbour_anything_after_a_cut():
    shed = charging(3, ROW)
    shed.meters[1].silent = True
    shed.run(300)
    shed = next_boot(shed, ROW)
    shed.run(1200)
    assert shed.on(0) and not [row for row in shed.sink.held if row[0] == LIVE]


def test_a_supply_that_sags_now_and_then_gives_an_outlet_that_may_be_live_no_new_minutes():
    shed = welded_with_a_dead_meter(neighbour=True)
    shed.run(60)
    assert shed.on(1), "the minutes run, and a neighbour charges on"
    for _ in range(5):  # each wait for the supply is longer than the one before; the minutes run on after it
        shed.charging.supply._enter(0, 1, 3)
        shed.run(400)
    assert not shed.on(1) and (LIVE, 0) in shed.sink.held, "its row is off"
    assert shed.charging.off_watch.grace[0] == 600


def test_a_relay_that_is_known_as_welded_is_known_after_a_cut_though_its_meter_is_dead_by_then():
    """Its contactor opened, and its meter saw it off; after the cut the contactor could close, and no reading would show the power."""
    shed = charging(3, ROW)
    shed.welded.add(0)
    shed.charging.stop(0, stop_causes.OPERATOR)
    assert shed.run(60, until=lambda: (WELDED, 0) in shed.sink.held)
    shed.welded.clear()  # the contactor
    shed.run(60)
    shed.meters[0].silent = True
    shed.run(60)
    for _ in range(2):
        shed = next_boot(shed, ROW)
        shed.welded.add(0)
        shed.run(5)
        if not shed.session(2):
            shed.begin(2, 150)
        shed.begin(1, 150)
        shed.run(30)
        assert not shed.on(1), "nothing closes the contactor that feeds that relay"
        assert shed.on(2), "the other row serves"


def test_a_weld_that_flash_refused_is_noted_again_until_it_stands():
    shed = charging(3, ROW)
    shed.welded.add(0)
    shed.sink.refuse.add("watch")
    shed.charging.stop(0, stop_causes.OPERATOR)
    assert shed.run(60, until=lambda: (WELDED, 0) in shed.sink.held)
    shed.run(5)
    shed.sink.refuse.clear()
    shed.welded.clear()  # the contactor
    shed.run(2)
    for _ in range(3):
        shed = next_boot(shed, ROW)
        shed.run(60)
        assert (WELDED, 0) in shed.sink.held, "its meter shows 0 W behind the open contactor"
        shed.begin(1, 150)
        shed.run(30)
        assert not shed.on(1)
    shed.charging.off_watch.clear(0)
    shed.run(3)
    shed = next_boot(shed, ROW)
    shed.run(5)
    assert not shed.sink.held


@pytest.mark.parametrize("after_s", [0, 1, 2, 3, 5, 8, 20])
def test_whenever_the_cut_comes_after_a_session_with_a_silent_meter_its_outlet_is_not_forgotten(after_s):
    shed = charging(3, ROW)
    shed.meters[0].silent = True
    shed.welded.add(0)
    shed.charging.stop(0, stop_causes.OPERATOR)
    assert shed.run(60, until=lambda: bool(shed.ends()))
    shed.run(after_s)
    shed = next_boot(shed, ROW)
    shed.run(5)
    shed.begin(1, 150)
    shed.run(30)
    assert not shed.on(1)


def test_the_minutes_of_an_outlet_that_may_be_live_cost_the_flash_a_record_a_minute_and_five_at_first():
    shed = welded_with_a_dead_meter()
    shed.run(900)
    assert (LIVE, 0) in shed.sink.held
    assert len(shed.sink.of("watch")) <= 15
