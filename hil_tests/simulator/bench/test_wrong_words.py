"""What a test writes wrong is told in a sentence at the verb, with what to write; not later, and not as another part's failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from shedbench.bench.bench import Bench, BenchTimeout


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench(power=False) as made:
        yield made


NUMBERS: dict[str, Callable[[Any, Any], object]] = {
    "millivolts": lambda bench, value: bench.smoke("bay").hum(value),
    "hz": lambda bench, value: bench.smoke("bay").hum(900, hz=value),
    "volts": lambda bench, value: bench.mains.sag(volts=value),
    "factor": lambda bench, value: bench.meter(1).scale(value),
    "watt_hours": lambda bench, value: bench.meter(1).misreads(value),
    "readings": lambda bench, value: bench.meter(1).misreads(1, readings=value),
    "soc": lambda bench, value: bench.bike(1).plug("li48v", soc=value),
    "share": lambda bench, value: bench.board.rtc_decays(value),
}


@pytest.mark.parametrize("value", ["900 mV", None, True])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_with_a_unit_is_refused_at_the_verb(bench: Bench, tmp_path: Path, name: str, value: object):
    with pytest.raises(TypeError, match=rf"^{name} is a number without a unit, not {value!r}$"):
        NUMBERS[name](bench, value)
    bench.save_artifacts(tmp_path)


@pytest.mark.parametrize("millivolts", [900, 900.4])
def test_a_hum_may_be_a_fraction(bench: Bench, tmp_path: Path, millivolts: float):
    bench.smoke("bay").hum(millivolts)
    bench.save_artifacts(tmp_path)


@pytest.mark.parametrize("verb", [Bench.until, Bench.stays])
@pytest.mark.parametrize("value", [False, True, None])
def test_a_bool_is_no_condition(bench: Bench, verb: Callable[..., object], value: object):
    before = bench.now_ns
    with pytest.raises(TypeError, match=rf"^not a condition: {value!r}; write it without \(\)"):
        verb(bench, value, "1 s")
    assert bench.now_ns == before


def test_what_is_no_condition_is_not_combined_with_one(bench: Bench):
    energised: Any = bench.outlet(1).is_energised
    for combine in (lambda: energised & False, lambda: energised | True, lambda: True & energised):
        with pytest.raises(TypeError, match=r"^not a condition: (True|False); write it without \(\)"):
            combine()


@pytest.mark.parametrize("within", [5, 999_999])
def test_a_time_without_a_unit_that_was_too_short_is_told(bench: Bench, within: int):
    with pytest.raises(
        BenchTimeout, match=rf"^not within {within} ns \(a number without a unit is nanoseconds; write '5 s'\): outlet 1 is energised"
    ):
        bench.until(bench.outlet(1).is_energised, within=within)


def test_any_other_time_is_told_as_it_was_written(bench: Bench):
    with pytest.raises(BenchTimeout, match=r"^not within 5 ms: "):
        bench.until(bench.outlet(1).is_energised, within="5 ms")
