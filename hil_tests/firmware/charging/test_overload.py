"""The heat of an overload in bursts, reading by reading (decision 0030): the effect of one wrong reading, and of an open relay."""

import pytest
from shed.charging import stop_causes
from shed.charging.load_watch import LoadWatch
from shed.charging.rules import Rules

from hil_tests.firmware.charging.metered_shed import DEFAULTS

LIMIT_MW = 1_000_000
RULES = Rules(tuple(DEFAULTS.values()))


def read(watch: LoadWatch, power_w: int, span_ms: int) -> int:
    return watch.look(RULES, power_w * 1000, span_ms, 200_000, 600_000, LIMIT_MW)


@pytest.mark.parametrize("span_ms", [200, 1000, 2000, 3500, 5000, 16000])
@pytest.mark.parametrize("wrong_w", [1900, 3000, 9000, 23_000, 1_000_000])
@pytest.mark.parametrize("load_w", [150, 1000])
def test_a_single_wrong_reading_ends_nothing_however_high_it_is_and_however_long_nothing_was_read(load_w, wrong_w, span_ms):
    watch = LoadWatch()
    for power_w in (load_w, load_w, wrong_w, load_w, load_w, load_w):
        assert read(watch, power_w, span_ms) == 0


def bursts(watch: LoadWatch, most: int) -> int:
    """Two seconds of 1.9 kW, one of 0.9 kW, again and again. Returns the number of readings until the stop, at most `most`."""
    for n in range(most):
        if read(watch, 900 if n % 3 == 2 else 1900, 1000) == stop_causes.OVER_POWER:
            return n
    return most


def test_what_an_outlet_has_warmed_by_is_forgotten_while_its_relay_is_open():
    """A cut and a hold-off last longer than the memory of the measure."""
    readings = bursts(LoadWatch(), 100)
    assert 6 <= readings < 20
    watch = LoadWatch()
    for _ in range(5):
        assert bursts(watch, readings - 1) == readings - 1
        watch.restart()
