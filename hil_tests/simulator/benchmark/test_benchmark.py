"""The benchmark's own arithmetic and its options; the measured values are in docs/benchmarks.md."""

from __future__ import annotations

import json

import pytest
from shedbench import benchmark
from shedbench.benchmark.figures import KEYS
from shedbench.benchmark.goals import GOALS, judge
from shedbench.benchmark.rig import percentile
from shedguard.errors import INVALID, ShedError


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (0.999, 100), (1.0, 100), (0.001, 1)])
def test_a_percentile_is_a_sample_that_this_share_does_not_exceed(share: float, expected: int):
    assert percentile(list(range(100, 0, -1)), share) == expected


def test_every_goal_names_a_key_and_a_miss_comes_with_its_reason():
    assert set(GOALS) <= set(KEYS)
    judged = judge("code_ram_bytes", {"bytes": 80_000, "conditions": "made up"})
    assert judged["goals"] == {"bytes": 75_000}
    assert "80000" in judged["missed"][0] and "frozen" in judged["missed"][0]
    assert judge("code_ram_bytes", {"bytes": 75_000, "conditions": "made up"})["missed"] == []
    for frozen, stock in ((89_999, 50_000), (90_000, 49_999)):
        (missed,) = judge("heap_free_bytes", {"service": frozen, "stock": {"service": stock}, "conditions": "made up"})["missed"]
        assert ("stock" in missed) == (stock < 50_000)


def test_an_unknown_key_is_refused_and_the_known_ones_are_named():
    with pytest.raises(ShedError) as refused:
        benchmark.main(only=["boot_mss"])
    assert refused.value.code == INVALID and "boot_ms" in str(refused.value)


def test_json_has_the_asked_key_alone_with_its_conditions(capsys: pytest.CaptureFixture[str]):
    assert benchmark.main(as_json=True, only=["boot_ms"], n=10) == 0
    printed = capsys.readouterr()
    figures = json.loads(printed.out)
    assert list(figures) == ["boot_ms"]
    assert 0 < figures["boot_ms"]["first_write"] < figures["boot_ms"]["service"]
    assert "modelled" in figures["boot_ms"]["conditions"]


def test_latencies_are_measured_for_every_kind_of_input():
    found = KEYS["trip_latency_us"](3, 20)
    for kind in ("direct", "loop", "direct_bouncing", "erase_in_flight"):
        assert 0 < found[kind]["contactor"]["p50"] <= found[kind]["p50"] <= found[kind]["p99_9"] <= found[kind]["max"] < 500_000
    assert found["direct"]["n"] == found["loop"]["n"] == 20


def test_a_measurement_that_fails_leaves_its_key_out_and_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def broken(_seed: int, _n: int) -> dict[str, object]:
        raise RuntimeError("no such board")

    monkeypatch.setitem(KEYS, "scan_us", broken)
    assert benchmark.main(as_json=True, only=["scan_us"]) == 6
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {} and "no such board" in printed.err
