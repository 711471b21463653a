"""The gate: a known card opens it, an unknown one does not, and leaving is never denied."""

from __future__ import annotations

from hil_tests.bench.bench import Bench


def test_a_known_card_frees_the_gate_for_its_release_time(bench: Bench):
    assert bench.gate("main").is_locked
    bench.card("resident").tap()
    bench.until(bench.gate("main").is_free, within="500 ms")
    bench.run("8 s")
    assert bench.gate("main").is_locked


def test_an_unknown_card_opens_nothing_and_is_written_down(bench: Bench):
    bench.card("stranger").tap()
    bench.run("2 s")
    assert bench.gate("main").is_locked
    assert bench.journal.last("gate").reason == "unknown_card"
    bench.bike(1).plug("li48v", soc=0.2)
    bench.button(1).press()
    bench.run("10 s")
    assert bench.outlet(1).contact_is_open


def test_the_exit_button_frees_the_gate_with_a_dead_board(bench: Bench):
    bench.board.kill()
    bench.run("100 ms")
    assert bench.gate("main").is_free, "a dead board holds no lock"


def test_the_exit_button_frees_the_gate_of_a_hung_board_that_still_holds_it(bench: Bench):
    bench.board.fault("stall", "60 s")
    bench.run("10 ms")
    assert bench.gate("main").is_locked
    bench.gate("main").exit_button.press()
    bench.until(bench.gate("main").is_free, within="100 ms")


def test_a_power_failure_frees_the_gate(bench: Bench):
    bench.mains.off()
    bench.until(bench.gate("main").is_free, within="1 s")
