"""A proven fault is in flash at once and reported after each cut; an outlet not seen off is not reported as off (decision 0033)."""

from shed.charging import stop_causes
from shed.safety.holders import LIVE

from hil_tests.firmware.charging.test_cuts import ROW, charging, next_boot
from hil_tests.firmware.storage.outlet_masks import mask


def test_what_was_proven_stands_in_the_moment_of_the_proof():
    """No cut can come between: the weld, then that no contact obeys, are written in the step that finds them."""
    shed = charging(3, ROW)
    shed.welded.add(0)
    shed.charging.stop(0, stop_causes.OPERATOR)
    shed.run(60)
    times = {c[2]: c[1] for c in shed.sink.calls if c[0] == "fault"}
    assert sorted(times) == [9, 28]
    first = {}
    for _name, at_ms, told in [c for c in shed.sink.calls if c[0] == "watch"]:
        first.setdefault((told[8:16], told[16:24]), at_ms)
    assert first[mask(1), mask(0)] == times[9] and first[mask(1), mask(1)] == times[28]


def test_an_outlet_that_no_contact_switches_off_is_told_after_each_cut_though_its_plug_was_pulled():
    shed = charging(3, ROW)
    shed.welded.add(0)
    shed.charging.stop(0, stop_causes.OPERATOR)
    assert shed.run(60, until=lambda: (28, 0) in shed.sink.of("fault"))
    shed.unplug(0)
    for _ in range(2):
        shed = next_boot(shed, ROW)
        shed.unplug(0)
        shed.run(5)
        assert [row for row in shed.sink.of("fault") if row[1] == 0] == [(9, 0), (28, 0)]
        assert shed.charging.off_watch.may_be_live(0)
    shed.run(10)
    shed.welded.clear()
    assert shed.charging.off_watch.clear(0)
    shed.run(2)
    shed = next_boot(shed, ROW)
    shed.run(5)
    assert not shed.sink.of("fault") and not shed.sink.held


def test_mixed_meters_are_told_after_each_cut_until_somebody_has_looked():
    shed = charging(3, ROW)
    for i in (0, 1):
        shed.charging.off_watch.mixed(i)
    shed.run(2)
    for _ in range(2):
        shed = next_boot(shed, ROW)
        shed.run(5)
        assert shed.sink.of("fault") == [(29, 0), (29, 1)]
        assert {(3, 0), (3, 1)} <= shed.sink.held and (3, 2) not in shed.sink.held
    for i in (0, 1):
        shed.charging.off_watch.clear(i)
    shed.run(2)
    shed = next_boot(shed, ROW)
    shed.run(5)
    assert not shed.sink.of("fault") and not shed.sink.held


def test_an_idle_outlet_is_not_known_while_its_contactor_closes_for_a_neighbour():
    shed = charging(3, ROW)
    shed.run(60)
    assert not shed.charging.off_watch.may_be_live(1)
    shed.charging.stop(0, stop_causes.OPERATOR)
    shed.run(60)
    shed.meters[1].silent = True
    shed.begin(0, 150)
    assert shed.run(30, until=lambda: shed.on(0))
    shed.run(2)
    assert shed.charging.off_watch.may_be_live(1)
    assert (LIVE, 1) not in shed.sink.held, "a report only: it was seen off before"
    shed.run(60)
    assert shed.charging.off_watch.may_be_live(1)
    shed.meters[1].silent = False
    shed.run(60)
    assert not shed.charging.off_watch.may_be_live(1)
