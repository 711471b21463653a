"""Each key of [charging] changes what happens at a socket: one load, two values, two sessions.

Hazard: a key that the site file takes, the image carries and the board ignores.
"""

import pytest
from shed.charging import grants, session, stop_causes

from hil_tests.firmware.charging.metered_shed import DEFAULTS, Shed

GOES_ON = 0


def cause_after(seconds, watts, settings):
    """The stop cause of one session, GOES_ON after so many seconds."""
    shed = Shed(pace_ms=1000, poll_ms=4000, settings=settings)
    shed.run(2)
    assert shed.begin(0, watts) == grants.STARTED
    shed.run(seconds, until=lambda: not shed.busy())
    return shed.ends()[0]["cause"] if shed.ends() else GOES_ON


def state_after(seconds, watts, settings):
    shed = Shed(pace_ms=1000, poll_ms=4000, settings=settings)
    shed.run(2)
    shed.begin(0, watts)
    shed.run(seconds)
    return shed.session().state if shed.session() else GOES_ON


def falls_to(watts, at_s, peak=150, back_s=1 << 30):
    return lambda s: watts if at_s <= s < back_s else peak


def press_after(seconds, settings):
    shed = Shed(settings=settings)
    shed.run(2)
    shed.plug(0, 150)
    shed.tap()
    shed.run(seconds)
    return shed.press(0)


def checkpoints_in(seconds, settings):
    shed = Shed(pace_ms=1000, poll_ms=4000, settings=settings)
    shed.run(2)
    shed.begin(0, 150)
    shed.run(seconds)
    return len(shed.sink.of("live"))


def flutter(s):
    """Resting, but for 8 W more every other minute."""
    return 150 if s < 1800 else 16 if s // 100 % 2 else 8


# key, another value, what is looked at, with the default, with the other value
KEYS = [
    ("start_w", 60, lambda settings: cause_after(200, lambda s: 40, settings), GOES_ON, stop_causes.NO_LOAD),
    ("start_s", 300, lambda settings: cause_after(260, lambda s: 150 if s > 200 else 0, settings), stop_causes.NO_LOAD, GOES_ON),
    ("unplug_mw", 3000, lambda settings: cause_after(1860, falls_to(1.5, 1800), settings), GOES_ON, stop_causes.UNPLUGGED),
    ("unplug_s", 60, lambda settings: cause_after(1900, falls_to(0, 1800, back_s=1825), settings), stop_causes.UNPLUGGED, GOES_ON),
    ("full_percent", 40, lambda settings: state_after(6000, falls_to(40, 3600), settings), session.CHARGING, session.TOP_UP),
    ("full_floor_w", 50, lambda settings: state_after(6000, falls_to(35, 3600, peak=60), settings), session.CHARGING, session.TOP_UP),
    ("full_s", 600, lambda settings: state_after(3000, falls_to(8, 1800), settings), session.CHARGING, session.TOP_UP),
    ("full_late_s", 1800, lambda settings: state_after(12600, falls_to(8, 12000), settings), session.TOP_UP, session.CHARGING),
    ("late_after_s", 40000, lambda settings: state_after(12600, falls_to(8, 12000), settings), session.TOP_UP, session.CHARGING),
    ("drift_w", 20, lambda settings: state_after(4800, flutter, settings), session.CHARGING, session.TOP_UP),
    ("top_up_s", 600, lambda settings: cause_after(4800, falls_to(8, 1800), settings), GOES_ON, stop_causes.FULL),
    ("min_w", 10, lambda settings: cause_after(2400, lambda s: 20, settings), stop_causes.MIN_POWER, GOES_ON),
    ("min_s", 600, lambda settings: cause_after(900, lambda s: 20, settings), GOES_ON, stop_causes.MIN_POWER),
    ("max_min", 30, lambda settings: cause_after(2000, lambda s: 150, settings), GOES_ON, stop_causes.MAX_TIME),
    ("hard_min", 30, lambda settings: cause_after(2000, lambda s: 150, settings), GOES_ON, stop_causes.MAX_TIME),
    ("grant_s", 60, lambda settings: press_after(100, settings), grants.STARTED, grants.NO_GRANT),
]


@pytest.mark.parametrize(("key", "other", "look", "by_default", "then"), KEYS, ids=[row[0] for row in KEYS])
def test_the_key_changes_the_session(key, other, look, by_default, then):
    assert (look({}), look({key: other})) == (by_default, then)


def test_checkpoints_come_as_often_as_the_key_says():
    assert checkpoints_in(7200, {"checkpoint_s": 60}) > checkpoints_in(7200, {}) + 50


def test_no_key_is_left_out():
    assert [row[0] for row in KEYS] + ["checkpoint_s"] == list(DEFAULTS)
