"""Boards with expanders: their entries in the image, and what a site may not put on them."""

from __future__ import annotations

import pytest
from shedbench.places import REPOSITORY
from shedguard.boards.known import load_file
from shedguard.boards.model import Board
from shedguard.errors import INVALID
from shedguard.files.problems import FileProblems, Problem
from shedguard.site.image import compile_site, read_sections
from shedguard.site.load import LoadedSite, load, loads

SITES = REPOSITORY / "hil_tests" / "sites" / "expanders"
GOLDEN = REPOSITORY / "hil_tests" / "golden"
NAMES = ("pcf", "mixed")


def board(name: str) -> Board:
    return load_file(SITES / f"bench-{name}.toml")


def site(name: str) -> LoadedSite:
    return load(SITES / f"{name}.toml", board(name))


def refused(name: str, old: str, new: str) -> FileProblems:
    text = (SITES / f"{name}.toml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(FileProblems) as caught:
        loads(text.replace(old, new, 1), "site.toml", board(name))
    assert caught.value.code == INVALID
    return caught.value


def first_error(found: FileProblems) -> Problem:
    return next(problem for problem in found.problems if problem.severity == "error")


@pytest.mark.parametrize("name", NAMES)
def test_the_image_is_the_golden_one(name: str) -> None:
    found = site(name)
    golden = (GOLDEN / f"site-expanders-{name}.bin").read_bytes()
    assert compile_site(found.site, found.board, only=read_sections(golden)) == golden


def test_the_image_of_the_pcf_board_says_what_its_files_say() -> None:
    sections = read_sections((GOLDEN / "site-expanders-pcf.bin").read_bytes())
    assert sections[14] == [(1, 18, 25, 10, 0, 0)]
    assert sections[15] == [(1, 0, 0x24, 0xFF, 0), (1, 0, 0x25, 0xFF, 0), (2, 0, 0x20, 0xFFFF, 0xFFFF), (1, 0, 0x22, 0xFF, 0xFF)]
    assert sections[4][0][2:5] == (256, 0, 288), "relay on bit 0 of the first chip, low energises; button on bit 0 of the third"
    assert sections[4][15][2] == 256 + 16 + 7
    assert sections[4][16][2:4] == (16, 1)
    assert sections[6][1][:3] == (1, 256 + 3 * 16, 0b0011), "closed, fire; no pull-up of the ESP32's, and no edge hints"


def test_the_image_of_the_mixed_board_says_what_its_files_say() -> None:
    sections = read_sections((GOLDEN / "site-expanders-mixed.bin").read_bytes())
    assert sections[14] == [(1, 18, 25, 40, 0, 0), (2, 16, 17, 32, 33, 0)]
    assert sections[15] == [(3, 0, 0x20, 0xC0, 0xC0), (4, 1, 0, 0, 0)]


def test_a_board_without_expanders_has_the_image_it_always_had() -> None:
    assert not {14, 15} & set(read_sections((GOLDEN / "site-small.bin").read_bytes()))


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('contactor = "KM1"', 'contactor = "K1"', "group.0.contactor"),
        ('heartbeat = "HB"', 'heartbeat = "K1"', "safety.heartbeat"),
        ('lock = "Y1"', 'lock = "K1"', "gate.0.lock"),
    ],
)
def test_what_must_let_go_by_itself_cannot_be_on_an_expander(old: str, new: str, key: str) -> None:
    text = (SITES / "pcf.toml").read_text(encoding="utf-8").replace(old, new, 1)
    problems = refused("pcf", old, new).problems
    found = next(problem for problem in problems if ".".join(map(str, problem.path)) == key and "U1 bit 0" in problem.what)
    assert text.splitlines()[found.line - 1].strip() == new
    assert "bus fails" in found.cause
    assert "on a GPIO: KM1, KM2, HB, Y1, K17, K18" in found.hint


def test_a_loop_cannot_be_on_an_expander() -> None:
    found = first_error(refused("pcf", 'terminal = "AI1"', 'terminal = "D3"'))
    assert "cannot be point" in found.what and "analog terminals of bench-pcf: AI1" in found.hint


def test_a_bit_serves_once() -> None:
    found = first_error(refused("pcf", 'relay = "K2"', 'relay = "K1"'))
    assert "U1 bit 0" in found.what and "used twice" in found.what


def test_more_outlets_than_this_version_carries_are_refused_in_words() -> None:
    """31 once passed the check and put the board into safe mode."""
    text = (SITES / "pcf.toml").read_text(encoding="utf-8")
    first = text.index("[[outlet]]")
    table = text[first : text.index("[[outlet]]", first + 1)]
    many = text[:first] + "".join(
        table.replace("number = 1\n", f"number = {n}\n").replace("address = 11,", f"address = {n},") for n in range(1, 42)
    )
    with pytest.raises(FileProblems) as caught:
        loads(many + text[text.index("[[point]]") :], "many.toml", board("pcf"))
    said = str(caught.value)
    assert "41 of outlet" in said and "at most 40" in said and "second board" in said
