"""The gate: a known card opens it, an unknown one does not, and leaving is never denied."""

from __future__ import annotations

from shedbench.bench.bench import Bench


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


def test_a_door_rattled_on_its_play_stays_held_and_a_push_does_not_open_it(bench: Bench):
    gate = bench.gate("main")
    contact = gate.plant.contact
    assert contact is not None
    contact.bounces = False
    for open_ms, shut_ms in ((350, 200), (250, 250), (1500, 100), (210, 900)) * 3:
        contact.set(False)
        bench.run(f"{open_ms} ms")
        assert not gate.push(), f"opens without a card after the contact was open for {open_ms} ms"
        contact.set(True)
        bench.run(f"{shut_ms} ms")
        assert not gate.push()
    bench.run("15 s")
    assert [record.event for record in bench.journal.records("gate")].count("forced") == 1


def faults(bench: Bench) -> dict[int, tuple[int, int]]:
    """By code: which gate, and whether the fault is still live."""
    return {row["f"]: (row["a"], row["live"]) for row in bench.console.ask({"do": "faults"}) if "f" in row}


def test_a_gate_that_was_forced_is_a_fault_until_it_was_shut_for_ten_seconds(bench: Bench):
    contact = bench.gate("main").plant.contact
    assert contact is not None
    contact.set(False)
    bench.run("2 s")
    assert faults(bench)[17] == (0, 1)
    assert 18 not in faults(bench)
    contact.set(True)
    bench.run("12 s")
    assert faults(bench)[17] == (0, 0)
    assert bench.gate("main").is_locked
    bench.bike(1).plug("li48v", soc=0.2)
    bench.card("resident").tap()
    bench.run("1 s")
    bench.button(1).press()
    bench.until(bench.outlet(1).contact_is_closed, within="10 s")


def test_a_gate_that_is_held_open_is_a_fault_until_it_is_shut(bench: Bench):
    gate = bench.gate("main")
    bench.card("resident").tap()
    bench.until(gate.is_free, within="500 ms")
    assert gate.push("80 s")
    bench.run("70 s")
    assert faults(bench)[18] == (0, 1)
    assert 17 not in faults(bench)
    bench.run("15 s")
    assert faults(bench)[18] == (0, 0)
    assert gate.is_locked


def test_with_a_broken_door_contact_the_gate_holds_and_a_card_still_opens_it(bench: Bench):
    gate = bench.gate("main")
    assert gate.plant.contact is not None
    gate.plant.contact.set(False)
    bench.run("30 s")
    assert not gate.push()
    bench.card("resident").tap()
    bench.run("1 s")
    assert gate.is_free
    bench.run("10 s")
    assert not gate.push()


def test_a_card_that_the_reader_loses_and_finds_again_frees_the_gate_once(bench: Bench):
    """As an owner leaves it on the reader: seen for 3 s, lost for half a second, and so on."""
    for _ in range(20):
        bench.card("resident").tap("3 s")
        bench.run("3500 ms")
    assert bench.gate("main").is_locked
    granted = [record for record in bench.journal.records("gate") if record.event == "granted"]
    assert len(granted) == 1


def test_two_cards_in_a_purse_on_the_reader_free_the_gate_once_each(bench: Bench):
    for _ in range(20):
        bench.card("resident").tap("600 ms")
        bench.run("900 ms")
        bench.card("stranger").tap("600 ms")
        bench.run("900 ms")
    assert bench.gate("main").is_locked
    events = [(record.event, record.card) for record in bench.journal.records("gate")]
    assert len([event for event, _card in events if event == "granted"]) == 1
    assert len([event for event, _card in events if event == "denied"]) == 1
