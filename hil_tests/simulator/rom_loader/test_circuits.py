"""Reset circuits other than a DevKit's: which changes of DTR and RTS, and which buttons, reset which board."""

from __future__ import annotations

import pytest
from shedbench.rom_loader.circuit import ResetCircuit
from shedbench.rom_loader.circuits import CIRCUITS, ByHand, UsbSerialJtag

MS = 1_000_000
BOTH, DTR, RTS, NONE = (True, True), (True, False), (False, True), (False, False)


def play(circuit: ResetCircuit, *states: tuple[bool, bool]) -> list[str]:
    """The chip's reactions while the lines go through ``states``, 100 ms each."""
    edges = []
    for number, (dtr, rts) in enumerate(states):
        edges += circuit.lines(dtr, rts, number * 100 * MS)
    edges += circuit.advance(len(states) * 100 * MS)
    return ["loader" if edge.gpio0_low else "program" for edge in edges if edge.running]


def test_usb_opened_and_closed_in_one_step_resets_nothing() -> None:
    assert play(UsbSerialJtag(), BOTH, NONE) == []


def test_usb_closed_rts_first_resets_nothing_and_dtr_first_does() -> None:
    assert play(UsbSerialJtag(), BOTH, DTR, NONE) == []
    assert play(UsbSerialJtag(), BOTH, RTS, NONE) == ["program"]


def test_usb_goes_into_its_loader_by_esptools_own_sequence_only() -> None:
    assert play(UsbSerialJtag(), NONE, DTR, BOTH, RTS, NONE) == ["loader"]
    assert play(UsbSerialJtag(), NONE, RTS, BOTH, DTR, NONE) == ["program"]
    assert play(ResetCircuit(), NONE, RTS, DTR, NONE) == ["loader"]


def test_a_flag_that_was_cleared_does_not_count() -> None:
    assert play(UsbSerialJtag(), DTR, NONE, RTS, NONE) == ["program"]


def test_no_line_moves_a_board_without_a_circuit() -> None:
    assert play(ByHand(), BOTH, RTS, DTR, RTS, NONE) == []


@pytest.mark.parametrize("name", ["auto", "usb", "manual"])
def test_buttons_work_on_every_board(name: str) -> None:
    circuit = CIRCUITS[name]()
    assert circuit.buttons(boot=True, reset=True, now_ns=MS) == []
    (down,) = circuit.buttons(boot=True, reset=False, now_ns=21 * MS)
    (up,) = circuit.buttons(boot=False, reset=False, now_ns=71 * MS)
    assert not down.running and up.running and up.gpio0_low
    circuit.buttons(boot=False, reset=True, now_ns=100 * MS)
    circuit.buttons(boot=False, reset=False, now_ns=120 * MS)
    (up,) = circuit.advance(200 * MS)
    assert up.running and not up.gpio0_low
