"""Which meter is read when."""

import pytest
from shed.metering import poller
from shed.metering.modbus import RtuMaster

from hil_tests.firmware.metering.metered_bus import Bus, Meter

WRAP = 1 << 30


class Room:
    def __init__(self, n=4, origin_ms=0):
        self.meters = [Meter(11 + i) for i in range(n)]
        self.bus = Bus(self.meters)
        self.poller = poller.Poller([RtuMaster(self.bus, 9600)], [(0, m.address, 1) for m in self.meters])
        self.origin_ms = origin_ms

    def ticks(self):
        return (self.origin_ms + self.bus.now_ms) % WRAP

    def run(self, seconds):
        end = self.bus.now_ms + seconds * 1000
        while self.bus.now_ms < end:
            wake = self.poller.step(self.ticks())
            assert wake > 0
            self.bus.now_ms += min(wake, end - self.bus.now_ms)

    def reads(self, seconds):
        """Requests per meter while time passes."""
        before = len(self.bus.sent)
        self.run(seconds)
        addresses = [frame[0] for _, frame in self.bus.sent[before:]]
        return [addresses.count(m.address) for m in self.meters]


def test_every_meter_is_read_twice_at_the_start_for_one_reading_proves_nothing():
    room = Room(4)
    room.run(1)
    assert not any(room.poller.reading(i).valid for i in range(4))
    room.run(5)
    assert all(room.poller.reading(i).valid and room.poller.reading(i).count == 2 for i in range(4))
    assert room.poller.reading(2).energy_wh == 1000
    assert room.poller.reading(2).voltage_dv == 2200


@pytest.mark.parametrize("origin_ms", [0, WRAP - 30000, WRAP // 2 - 30000])
def test_energised_meters_are_read_every_second_and_idle_ones_every_half_minute(origin_ms):
    room = Room(4, origin_ms)
    room.run(1)
    room.poller.energised([0b0010])
    assert room.reads(60) == [2, 60, 2, 2]


def test_values_arrive_in_the_units_of_their_names():
    room = Room(1)
    room.meters[0].power_mw = 172300
    room.meters[0].energy_mwh = 9_876_543_210
    room.run(2)
    reading = room.poller.reading(0)
    assert (reading.power_mw, reading.energy_wh, reading.frequency_dhz) == (172300, 9876543, 500)


def test_one_dead_meter_costs_one_time_out_per_back_off_period():
    room = Room(4)
    room.run(1)
    room.meters[0].silent = True
    room.run(300)  # long enough to reach the longest back-off
    assert room.reads(600)[0] in (9, 10)
    assert room.poller.counter(0, poller.TIMEOUTS) > 10
    assert room.poller.counter(1, poller.TIMEOUTS) == 0


def test_a_dead_meter_on_an_energised_outlet_is_tried_every_five_seconds():
    room = Room(4)
    room.meters[0].silent = True
    room.run(100)
    room.poller.energised([0b0001])
    assert 11 <= room.reads(60)[0] <= 13


def test_a_meter_that_comes_back_is_read_as_before():
    room = Room(2)
    room.meters[0].silent = True
    room.run(200)
    room.meters[0].silent = False
    room.run(61)
    assert room.poller.reading(0).valid
    assert room.reads(60)[0] == 2


def test_request_now_comes_first_whatever_the_back_off():
    room = Room(4)
    room.meters[3].silent = True
    room.run(200)
    room.meters[3].silent = False
    room.poller.request_now(3)
    assert room.poller.wanted
    room.run(0.3)
    assert room.poller.reading(3).count == 1


def test_a_reading_out_of_range_is_dropped_and_counted():
    room = Room(1)
    room.run(1)
    room.meters[0].power_mw = 27_000_000
    room.run(60)
    assert room.poller.reading(0).power_mw == 0
    assert room.poller.counter(0, poller.GLITCHES) == 2
    assert room.poller.counter(0, poller.OK) == 1


def test_exceptions_and_damage_are_counted_apart():
    room = Room(2)
    room.meters[0].exception = 4
    room.bus.mangle = lambda reply: reply if reply[0] == 11 else reply[:-1] + bytes((reply[-1] ^ 1,))
    room.run(5)
    assert room.poller.counter(0, poller.EXCEPTIONS) >= 2
    assert room.poller.counter(1, poller.CRC_ERRORS) == 1


def test_age_grows_and_a_reading_older_than_an_hour_is_none_for_ever():
    room = Room(1)
    room.run(2)
    room.meters[0].silent = True
    room.run(50)
    assert 49000 <= room.poller.age_ms(0, room.ticks()) <= 52000
    room.run(3700)
    assert not room.poller.reading(0).valid
    room.bus.now_ms += 700_000_000  # past half of the tick period: a difference would look fresh
    assert room.poller.age_ms(0, room.ticks()) == poller.NO_READING_MS


def test_forty_energised_meters_share_the_bus_evenly_and_near_its_limit():
    room = Room(40)
    room.run(5)
    room.poller.energised([(1 << 30) - 1, (1 << 10) - 1])
    reads = room.reads(60)
    assert max(reads) - min(reads) <= 1
    wire_ms = 33 * 1.0417 + 3.5 * 11 / 9.6 + 30
    assert 60000 / sum(reads) <= 1.1 * wire_ms


def test_idle_meters_do_not_starve_behind_many_energised_ones():
    room = Room(40)
    room.run(5)
    room.poller.energised([(1 << 30) - 1, 0])
    assert min(room.reads(180)) >= 2


@pytest.mark.parametrize("trouble", ["a session begins or ends every few seconds", "an energised meter is dead"])
def test_idle_meters_do_not_starve_on_a_full_bus_on_which_something_happens(trouble):
    """Else an idle row counts as silent, and no session can begin there."""
    room = Room(40)
    room.run(60)
    full = (1 << 25) - 1
    if trouble == "an energised meter is dead":
        room.meters[3].silent = True
    oldest_ms = 0
    for turn in range(60):
        room.poller.energised([full | (turn & 1) << 25 if trouble.startswith("a session") else full, 0])
        room.run(5)
        oldest_ms = max([oldest_ms] + [room.poller.age_ms(i, room.ticks()) for i in range(26, 40)])
    assert oldest_ms < 75_000
