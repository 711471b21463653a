"""The reset circuit: which sequences of DTR and RTS reset the board. States are (DTR, RTS), True is asserted."""

from __future__ import annotations

import fcntl
import os
import random
import struct
import termios
from typing import Any

import pytest
from shedbench.rom_loader.circuit import Edge, ResetCircuit
from shedbench.rom_loader.modem_lines import GRACE_NS, ModemLines
from shedguard.link import ports

MS = 1_000_000
BOTH, NONE, DTR_ONLY, RTS_ONLY = (True, True), (False, False), (True, False), (False, True)


def play(states: list[tuple[bool, bool]], gap_ns: int, start: tuple[bool, bool] = NONE) -> list[Edge]:
    """The edges when the lines take ``states`` one after the other."""
    circuit = ResetCircuit()
    circuit.lines(*start, 0)
    edges: list[Edge] = []
    now = 1000 * MS
    for state in states:
        edges += circuit.lines(*state, now)
        now += gap_ns
    return edges + circuit.advance(now + 1000 * MS)


def test_rts_alone_resets_and_both_or_none_do_not() -> None:
    assert [edge.running for edge in play([RTS_ONLY, NONE], MS)] == [False, True]
    assert [edge.running for edge in play([RTS_ONLY], MS)] == [False]
    assert not play([BOTH, NONE, DTR_ONLY, NONE], MS)


@pytest.mark.parametrize(
    ("opening", "resets"),
    [
        ([BOTH, NONE], False),  # what the kernel and open_quietly do: two single steps
        ([BOTH, DTR_ONLY, NONE], False),  # RTS released before DTR
        ([BOTH, RTS_ONLY, NONE], True),  # DTR before RTS: careless
        ([RTS_ONLY, BOTH], True),  # RTS asserted first
        ([DTR_ONLY, BOTH], False),  # DTR asserted first
    ],
)
def test_the_order_of_the_lines_decides(opening: list[tuple[bool, bool]], resets: bool) -> None:
    for gap_ns in (MS // 8, MS, 20 * MS):  # one USB microframe apart, one frame, slow
        assert bool(play(opening, gap_ns)) is resets


def test_a_glitch_shorter_than_the_capacitor_needs_is_no_reset() -> None:
    assert not play([BOTH, RTS_ONLY, NONE], 50_000)
    assert play([BOTH, RTS_ONLY, NONE], 110_000)


def test_en_rises_slowly_and_gpio0_counts_when_it_has_risen() -> None:
    fall, rise = play([RTS_ONLY, NONE], 100 * MS)
    assert 0 < fall.at_ns - 1000 * MS < MS and 10 * MS < rise.at_ns - 1100 * MS < 15 * MS
    assert not rise.gpio0_low
    assert play([RTS_ONLY, DTR_ONLY], 100 * MS)[-1].gpio0_low
    # GPIO0 falls 5 ms after EN was released, which is in time; after 20 ms it is not.
    circuit = ResetCircuit()
    for late_ms, low in ((5, True), (20, False)):
        now = circuit._at_ns + 1000 * MS
        circuit.lines(*RTS_ONLY, now)
        circuit.lines(*BOTH, now + 100 * MS)
        edges = circuit.lines(*DTR_ONLY, now + (100 + late_ms) * MS) + circuit.advance(now + 500 * MS)
        assert edges[-1].gpio0_low is low
        circuit.lines(*NONE, now + 501 * MS)


def test_a_thousand_quiet_opens_leave_the_board_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real kernel calls of open_quietly, played into the circuit. The driver asserts both lines at the open, in one step."""
    asked: list[tuple[bool, bool]] = []
    real = fcntl.ioctl

    def recorded(fd: int, request: int, argument: Any = 0) -> Any:
        if request in (termios.TIOCMSET, termios.TIOCMBIS, termios.TIOCMBIC):
            assert request == termios.TIOCMSET, "one line at a time"
            bits = struct.unpack("i", argument)[0]
            asked.append((bool(bits & termios.TIOCM_DTR), bool(bits & termios.TIOCM_RTS)))
        return real(fd, request, argument)

    monkeypatch.setattr(ports.fcntl, "ioctl", recorded)
    chance = random.Random(1)
    master, slave = os.openpty()
    circuit, now, edges = ResetCircuit(), 0, []
    for _ in range(1000):
        asked.clear()
        ports.open_quietly(os.ttyname(slave)).close()
        assert asked == [NONE]
        for state in [BOTH, *asked]:
            now += chance.randrange(20_000, 30 * MS)
            edges += circuit.lines(*state, now)
        assert not termios.tcgetattr(slave)[2] & termios.HUPCL
    edges += circuit.advance(now + 1000 * MS)
    os.close(master)
    os.close(slave)
    assert not edges


def lines(changes: list[tuple[int, str, bool]]) -> tuple[list[Edge], ModemLines]:
    """Changes (at ms, line, asserted) as a client requests them over a network."""
    modem = ModemLines(ResetCircuit())
    edges: list[Edge] = []
    for at_ms, line, on in changes:
        edges += modem.set(at_ms * MS, **{line: on})
    return edges + modem.poll(5000 * MS), modem


def test_the_classic_sequence_over_a_network_ends_in_the_loader() -> None:
    """esptool's ClassicReset with pyserial's 50 ms between two lines, which without help would miss GPIO0 by far."""
    edges, modem = lines(
        [
            (0, "dtr", True),
            (50, "rts", True),
            (100, "dtr", False),
            (150, "rts", True),
            (300, "dtr", True),
            (350, "rts", False),
            (450, "dtr", False),
        ]
    )
    assert [edge.running for edge in edges] == [False, True] and edges[-1].gpio0_low
    assert not modem.dtr and not modem.rts
    without = ResetCircuit()
    without.lines(*RTS_ONLY, 0)
    without.lines(*BOTH, 300 * MS)
    assert not without.lines(*DTR_ONLY, 350 * MS)[-1].gpio0_low


def test_only_that_sequence_is_helped() -> None:
    opened, _ = lines([(0, "dtr", True), (50, "rts", True)])  # pyserial's open
    assert not opened
    released, _ = lines([(0, "dtr", False), (50, "rts", False)])
    assert not released
    hard, _ = lines([(0, "rts", True), (100, "rts", False)])
    assert [edge.running for edge in hard] == [False, True] and not hard[-1].gpio0_low
    careless, _ = lines([(0, "rts", True), (50, "dtr", True)])
    assert [edge.running for edge in careless] == [False, True] and not careless[-1].gpio0_low
    assert careless[-1].at_ns > 50 * MS + GRACE_NS
