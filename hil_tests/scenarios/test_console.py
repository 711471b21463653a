"""The console in service: reading changes nothing, REPL bytes change nothing, writing needs authorisation."""

from __future__ import annotations

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.console import ConsoleError
from shedbench.bench.residents import start_charging
from shedbench.places import SMALL_SITE as SITE


@pytest.mark.parametrize("noise", [b"\x01", b"\x02", b"\x03\x03", b"\x04", b"\x05A\x01", b"\r\x03\x03\r\x01\x04", bytes(range(256))])
def test_repl_bytes_in_service_change_nothing(bench: Bench, noise: bytes):
    start_charging(bench, 1)
    boots = len(bench.board.boots)
    closed_at_ns = bench.outlet(1).closed_at_ns
    bench.console.send(noise)
    bench.run("10 s")
    bench.console.send(b"\r")
    bench.run("1 s")
    assert bench.outlet(1).contact_is_closed and bench.outlet(1).closed_at_ns == closed_at_ns
    assert len(bench.board.boots) == boots
    assert "outlet 1" in bench.console.type("status")


def test_why_names_the_reason_an_outlet_is_off(bench: Bench):
    assert "session" in bench.console.type("why 2")
    assert bench.console.ask({"do": "why", "o": 2})[0]["on"] == 0


def test_writing_without_authorisation_is_refused_and_says_what_would_help(bench: Bench):
    start_charging(bench, 1)
    with pytest.raises(ConsoleError) as refusal:
        bench.console.ask({"do": "stop", "o": 1})
    assert refusal.value.body and refusal.value.body["err"] == "auth" and refusal.value.body["hint"]
    bench.run("5 s")
    assert bench.outlet(1).is_charging


def test_the_key_switch_authorises_one_typed_command(bench: Bench):
    bench.smoke("bay").alarm()
    bench.run("1 s")
    bench.smoke("bay").clear()
    bench.run("5 s")
    assert bench.gate("main").is_free
    bench.key_switch.turn()
    bench.run("1 s")
    bench.console.type("clear")
    bench.until(bench.gate("main").is_locked, within="2 s")


def test_repl_makes_everything_safe_and_leads_to_a_plain_prompt_and_a_reset_leads_back(bench: Bench):
    start_charging(bench, 1)
    bench.console.ask({"do": "repl"}, key=True)
    bench.until(bench.outlet(1).contact_is_open, within="100 ms")
    bench.run("10 s")
    bench.console.send(b"\x03")
    bench.run("1 s")
    assert bench.console.type("2 + 2") == "4"
    bench.run("60 s")
    assert bench.outlet(1).contact_is_open, "no outlet without a scan, and no watchdog in maintenance"
    bench.console.send(b"import machine; machine.reset()\r")
    bench.until(bench.outlet(1).is_charging, within="60 s")


def test_what_runs_is_micropython_with_31_bit_small_integers(bench: Bench):
    said = bench.board.probe("import sys; print(sys.implementation.name, sys.maxsize, sys.platform)")
    assert said.split() == ["micropython", str(2**31 - 1), "esp32"]


def test_the_words_for_people_leave_a_scarce_memory_a_minute_after_the_last_typed_line(seed: int):
    """On the stock image; if there is room they stay."""
    loaded = "import sys; print('shed.console.typed' in sys.modules)"
    with Bench(site=SITE, seed=seed, program="frozen") as bench:
        bench.run("15 s")
        assert bench.board.probe(loaded).strip() == "True"
    with Bench(site=SITE, seed=seed, program="stock") as bench:
        bench.run("15 s")
        _words_come_and_go(bench, loaded)


def _words_come_and_go(bench: Bench, loaded: str) -> None:
    assert bench.board.probe(loaded).strip() == "False"
    assert "outlet 1" in bench.console.type("status")
    assert bench.board.probe(loaded).strip() == "True"
    bench.run("65 s")
    assert bench.board.probe(loaded).strip() == "False"
    assert "outlet 1" in bench.console.type("status")
