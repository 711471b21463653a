"""A bike swapped in a gap: settled if the load is clearly another, never if the same charger begins anew."""

import itertools

import pytest
from shed.charging import session, stop_causes
from shed.charging.signature import SWAPPED, Signature
from shedbench.plant.chargers import make_load
from shedbench.plant.packs import PACKS

from hil_tests.firmware.charging.metered_shed import Shed
from hil_tests.firmware.charging.test_limits import reboot

SECOND = 10**9


class Look:
    """The signature as a session feeds it: a reading a second, the lower of two readings as the level."""

    def __init__(self):
        self.signature = Signature()
        self.now_s = 0
        self.last_mw = self.level_mw = self.peak_mw = self.billed_ms = 0
        self.kept = (0, 0, 0)

    def run(self, load, seconds, first_s=0):
        """Whether it says `another` within these seconds."""
        for _ in range(seconds):
            self.now_s += 1
            power_mw = round(load.power_w(self.now_s * SECOND) * 10) * 100 if load else 0
            seen = self.signature.look(power_mw, self.level_mw, self.peak_mw, 1000, self.billed_ms)
            self.level_mw = min(power_mw, self.last_mw)
            self.last_mw = power_mw
            self.peak_mw = max(self.peak_mw, self.level_mw)
            self.billed_ms += 1000
            if seen == SWAPPED:
                return True
            if seen or self.now_s % 600 == 0:
                self.kept = (self.signature.level_mw, self.peak_mw, self.billed_ms)
        return False

    def outage(self, load):
        """The board forgets everything except its checkpoint; the charger begins anew."""
        kept = self.kept
        after = Look()
        after.now_s = self.now_s + 60
        after.signature.remember(*kept)
        after.peak_mw, after.billed_ms, after.kept = kept[1], kept[2], kept
        if load:
            load.supply(self.now_s * SECOND, 0.0)
            load.supply(after.now_s * SECOND, 220.0)
        return after


def plugged(kind, soc, look):
    load = make_load(kind, soc=soc)
    load.supply(look.now_s * SECOND, 220.0)
    return load


@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize("soc", [0.0, 0.3, 0.6, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99])
def test_the_same_charger_after_an_outage_is_never_taken_for_another(pack, soc):
    for minutes in (6, 13, 19, 40, 70):
        look = Look()
        load = plugged(pack, soc, look)
        assert not look.run(load, minutes * 60)
        for _ in range(3):
            look = look.outage(load)
            assert not look.run(load, 590)


@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize("soc", [0.0, 0.5, 0.78, 0.86, 0.97])
def test_a_plug_that_is_pulled_for_some_seconds_and_put_back_is_never_taken_for_another(pack, soc):
    for minutes, gap_s in itertools.product((7, 30), (1, 3, 9)):
        look = Look()
        load = plugged(pack, soc, look)
        assert not look.run(load, minutes * 60)
        load.supply(look.now_s * SECOND, 0.0)
        assert not look.run(None, gap_s)
        load.supply(look.now_s * SECOND, 220.0)
        assert not look.run(load, 600)


@pytest.mark.parametrize(
    ("first", "second"), [("li48v", "li60v"), ("li60v", "li48v"), ("la36_12", "la48_20"), ("la72", "li36v"), ("li48v", "heater")]
)
@pytest.mark.parametrize("how", ["outage", "gap"])
def test_a_clearly_other_load_is_told_within_a_minute_and_some_seconds(first, second, how):
    look = Look()
    load = plugged(first, 0.3, look)
    look.run(load, 1500)
    if how == "outage":
        look = look.outage(None)
    else:
        look.run(None, 6)
    assert look.run(plugged(second, 0.2, look), 75)


def test_a_bike_swapped_within_the_unplug_window_is_settled_and_the_next_one_gets_no_power_on_that_card():
    shed = Shed()
    shed.run(3)
    shed.begin(0, 150)
    shed.run(1200)
    shed.unplug(0)
    shed.run(6)
    shed.plug(0, 300)
    shed.run(30)
    assert [end["cause"] for end in shed.ends()] == [stop_causes.LOAD_SWAPPED]
    assert not shed.contacts[0]


def test_a_bike_swapped_in_an_outage_is_settled():
    shed = Shed()
    shed.run(3)
    shed.begin(0, 300)
    shed.run(1200)
    shed = reboot(shed)
    shed.plug(0, 80)
    shed.settle(90)
    assert shed.ends()[0]["cause"] == stop_causes.LOAD_SWAPPED
    assert not shed.contacts[0]


@pytest.mark.parametrize("gap_s", [2, 9])
def test_the_same_bike_plugged_in_again_within_the_window_goes_on(gap_s):
    shed = Shed()
    shed.run(3)
    shed.begin(0, lambda s: 150 + s % 7)
    shed.run(1200)
    load, shed.loads[0] = shed.loads[0], None
    shed.run(gap_s)
    shed.loads[0] = load
    shed.run(300)
    assert shed.session().state == session.CHARGING
