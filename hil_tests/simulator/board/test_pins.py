"""machine.Pin: modes, pulls, open drain, refusals, edges, strapping."""

from __future__ import annotations

from pathlib import Path

import pytest
from shedbench.link import link

from hil_tests.simulator.board.driver import MS, Board, S


@pytest.mark.parametrize("gpio", [34, 35, 36, 39])
def test_input_only_pins_have_no_pulls_and_cannot_be_outputs(board: Board, gpio: int) -> None:
    out = board.raw(
        f"from machine import Pin\np=Pin({gpio},Pin.IN,Pin.PULL_UP)\nprint(p())\n"
        f"for mode in (Pin.OUT,Pin.OPEN_DRAIN):\n try:\n  Pin({gpio},mode)\n except ValueError as e: print(e)\n"
    )
    assert out == "0\npin can only be input\npin can only be input\n"
    assert board.pin(gpio) == 0  # the plant sees no pull either


def test_a_pull_reads_back_on_a_floating_input_and_yields_to_a_driver(board: Board) -> None:
    read = "print(p())"
    board.raw("from machine import Pin\np=Pin(13,Pin.IN,Pin.PULL_UP)")
    assert board.pin(13) == 3
    assert board.raw(read) == "1\n"
    board.drive(13, 0)
    assert board.raw(read) == "0\n"
    board.drive(13, 2)
    assert board.raw(read + "\np.init(Pin.IN,Pin.PULL_DOWN)\n" + read) == "1\n0\n"
    assert board.pin(13) == 4
    board.drive(13, 1)
    assert board.raw(read) == "1\n"
    board.drive(13, 2)
    assert board.raw("p.init(pull=None)\n" + read) == "0\n"
    assert board.pin(13) == 0


def test_open_drain_reads_the_line_and_not_what_it_was_told(board: Board) -> None:
    board.raw("from machine import Pin\np=Pin(14,Pin.OPEN_DRAIN,Pin.PULL_UP,value=1)")
    assert board.raw("print(p())") == "1\n"
    board.drive(14, 0)  # another device holds the line
    assert board.raw("print(p())") == "0\n"
    assert board.raw("p(0)\nprint(p())") == "0\n"
    assert board.pin(14) == 1
    board.drive(14, 2)
    assert board.raw("p(1)\nprint(p())") == "1\n"
    assert board.pin(14) == 3


def test_an_output_reads_its_own_level_and_toggle_follows_the_latch(board: Board) -> None:
    out = board.raw(
        "from machine import Pin\np=Pin(18,Pin.OUT,value=1)\nprint(p())\np.toggle()\nprint(p())\np.on()\nprint(p())\np.off()\nprint(p())"
    )
    assert out == "1\n0\n1\n0\n"


def test_level_comes_before_direction(board: Board) -> None:
    """A latch that was set while the pad was an input shows when it becomes an output, without a glitch."""
    mark = len(board.records)
    board.raw("from machine import Pin\np=Pin(19,Pin.IN)\np(1)\np.init(Pin.OUT)\nPin(21,Pin.OUT,value=1)\nPin(22,Pin.OUT)")
    seen = [(r.arg, r.payload[0]) for r in board.records[mark:] if r.type == link.PIN]
    assert seen == [(19, 2), (21, 2), (22, 1)]


def test_only_the_edges_that_were_asked_for_interrupt(board: Board) -> None:
    board.drive(23, 0)
    board.raw(
        "from machine import Pin\nr=f=0\ndef cb(p):\n global r,f\n if p(): r+=1\n else: f+=1\np=Pin(23,Pin.IN)\nq=p.irq(cb,Pin.IRQ_RISING)"
    )

    def pulse() -> str:
        board.drive(23, 1, board.now + MS)
        board.drive(23, 0, board.now + 20 * MS)
        board.run(40 * MS)
        return board.probe("print(r,f)").strip()

    assert pulse() == "1 0"
    assert board.raw("print(q.trigger(Pin.IRQ_FALLING))") == "1\n"
    assert pulse() == "1 1"
    board.raw("p.irq(None)")
    assert pulse() == "1 1"


def test_the_bootloader_looks_at_its_straps(flash: Path) -> None:
    """GPIO0 low at reset is the serial loader, GPIO12 high a flash at the wrong voltage: neither boots, and later levels do not matter."""
    for gpio, level, word in ((0, 0, "download"), (12, 1, "1.8 V")):
        with Board(flash) as b:
            b.drive(gpio, level)
            b.power(1)
            b.run(5 * S)
            assert not b.of(link.BOOT)
            assert any(word in note for note in b.notes())
            b.drive(gpio, 2)
            b.run(5 * S)
            assert not b.of(link.BOOT)
            b.put(link.ENABLE, 0)
            b.run(10 * MS)
            b.put(link.ENABLE, 1)
            b.expect(b">>> ")


def test_a_strap_that_moves_while_the_board_runs_changes_nothing(board: Board) -> None:
    board.drive(0, 0)
    board.drive(12, 1)
    assert board.raw("print(1)") == "1\n"
