"""The reference of full size passes the check, and is what it is said to be: hil_tests/sites/full."""

from __future__ import annotations

import pytest
from shedbench.places import SITES
from shedguard.boards import check
from shedguard.site.image import compile_site
from shedguard.site.load import load

FULL = SITES / "full"


@pytest.mark.parametrize(("name", "buses", "readers"), [("two-buses", 2, 0), ("reader", 1, 1)])
def test_the_site_of_full_size_holds_together(name: str, buses: int, readers: int) -> None:
    loaded = load(FULL / f"{name}.toml")
    site = loaded.site
    assert loaded.board.board.name == "s3-full"
    warned = {"stock" if "stock MicroPython image" in warning.what else warning.what for warning in loaded.warnings}
    assert warned == {"stock"} | ({'gate "main" has no reader: no card opens it'} if not readers else set()), "for the frozen program"
    assert (len(site.outlet), len(site.point), len(site.bus), len(site.reader)) == (40, 16, buses, readers)
    assert sum(point.kind == "loop" for point in site.point) == 8 and all(point.fire for point in site.point)
    assert compile_site(site, loaded.board)


def test_its_board_has_only_the_note_that_two_ports_share_a_uart() -> None:
    board = load(FULL / "reader.toml").board
    notes = check.problems(board)
    assert [note.severity for note in notes] == ["warning"] and "share UART 2" in notes[0].what
    free = {11, 12, 13, *range(33, 38)}
    used = {terminal.gpio for terminal in board.terminal.values()} | {pin for port in board.port.values() for pin in port.gpios()}
    used |= {pin for wires in board.bus.values() for pin in wires.gpios()}
    assert not free & used, "SPI for a reader, and the pins of octal PSRAM"
