"""Sources of typed lines: a pipe in pieces, a terminal owned by another process, endless input."""

from __future__ import annotations

import os

import pytest
from shedbench.bench.typed_hands import LONGEST
from shedbench.emulate.typed import TypedLines


def test_lines_come_from_a_pipe_in_pieces_and_its_end_ends_nothing() -> None:
    reading, writing = os.pipe()
    typed = TypedLines(reading)
    try:
        assert list(typed.take()) == []
        os.write(writing, b"smo")
        assert list(typed.take()) == []
        os.write(writing, "ke bay\n\n# later\r\nsmoke 东\nmains off".encode())
        first = typed.take()
        assert next(first) == "smoke bay"  # who waits in between finds the rest next time
        assert list(typed.take()) == ["smoke 东"]
    finally:
        os.close(writing)
    assert list(typed.take()) == ["mains off"] and list(typed.take()) == []
    os.close(reading)
    assert list(typed.take()) == []


def test_a_terminal_that_is_anothers_and_an_input_that_is_not_there_are_left_alone() -> None:
    master, slave = os.openpty()
    os.write(master, b"mains off\n")
    assert list(TypedLines(slave).take()) == []
    os.close(master)
    os.close(slave)
    assert list(TypedLines(slave).take()) == []


def test_a_line_without_an_end_fills_no_memory_and_one_behind_it_is_read() -> None:
    reading, writing = os.pipe()
    typed = TypedLines(reading)
    for _ in range(100):
        os.write(writing, b"x" * 4096)
        assert list(typed.take()) == []
    os.write(writing, b"\nmains off\n")
    long, next_line = typed.take()
    assert LONGEST < len(long) < 4096 and next_line == "mains off"
    os.close(writing)
    os.close(reading)


def test_lines_that_never_end_hold_nobody_up() -> None:
    read = 0

    def endless(_descriptor: int, size: int) -> bytes:
        nonlocal read
        read += size
        assert read < 1 << 20, "it reads without end"
        return b"look\n" * (size // 5)

    with open("/dev/zero", "rb") as always, pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "read", endless)
        assert "look" in list(TypedLines(always.fileno()).take())
