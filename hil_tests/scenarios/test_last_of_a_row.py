"""The last session of a row: its contactor waits until its meter shows the relay open, and not where it must open at once."""

from __future__ import annotations

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging

from .test_live_outlets import OFF, faults, stop, told


def test_a_relay_that_welds_in_the_rows_only_session_is_told_at_its_own_stop(bench: Bench) -> None:
    start_charging(bench, 3)
    bench.relay(3).fault("welded")
    stop(bench, 3)
    bench.until(lambda: (9, 2) in faults(bench), within="10 s")
    bench.stays(lambda: not bench.outlet(3).is_energised(), "1 min")
    assert "breaker off" in bench.console.type("why 3") and (9, 2) in faults(bench)
    assert "switch the breaker off: fault 9" in bench.console.type("faults") and told(bench, 3) == OFF, "behind the open contactor"
    assert [session.stop_cause for session in bench.journal.sessions()] == ["welded"]


def test_a_relay_that_obeys_opens_at_once_and_its_contactor_seconds_later(bench: Bench) -> None:
    start_charging(bench, 3)
    stop(bench, 3)
    bench.until(bench.relay(3).contact_is_open, within="1 s")
    bench.until(bench.contactor("row A").contact_is_open, within="8 s")
    bench.run("5 s")
    assert told(bench, 3) == OFF and faults(bench) == set()


@pytest.mark.parametrize("after", ["200 ms", "1 s", "2 s"])
def test_smoke_while_the_contactor_waits_opens_it_at_once(bench: Bench, after: str) -> None:
    start_charging(bench, 3)
    bench.relay(3).fault("welded")
    stop(bench, 3)
    bench.run(after)
    bench.smoke("bay").alarm()
    bench.until(bench.contactor("row A").contact_is_open, within="150 ms")
    bench.stays(lambda: not bench.outlet(3).is_energised(), "30 s")


def test_a_board_that_dies_while_the_contactor_waits_holds_it_no_longer(bench: Bench) -> None:
    start_charging(bench, 3)
    bench.relay(3).fault("welded")
    stop(bench, 3)
    bench.run("500 ms")
    bench.board.kill()
    bench.until(bench.contactor("row A").contact_is_open, within="1 s")


def test_with_a_silent_meter_the_contactor_waits_ten_seconds_at_most(bench: Bench) -> None:
    start_charging(bench, 3)
    bench.meter(3).fault("off")
    bench.run("500 ms")
    stop(bench, 3)
    bench.until(bench.contactor("row A").contact_is_open, within="10 s")
