"""The hint at a name that is not there: the one that is meant, or none. A wrong one may be the gate's lock for an outlet's relay."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from shedbench.places import REPOSITORY
from shedguard.boards.known import load
from shedguard.files.problems import did_you_mean

from hil_tests.host.inside import shed

SMALL = (REPOSITORY / "hil_tests" / "sites" / "small.toml").read_text(encoding="utf-8")
TERMINALS = list(load("devkitc-shed4").terminal)


def hint(old: str, new: str, folder: Path) -> str:
    """The hint of `shed config check` at this line of the site file."""
    assert old in SMALL
    file = folder / "site.toml"
    file.write_text(SMALL.replace(old, new, 1), encoding="utf-8")
    done = shed("config", "check", str(file))
    (found,) = [block for block in re.split(r"^(?=\S+:\d+: error)", done.stderr, flags=re.MULTILINE) if "does not have" in block]
    assert done.returncode == 2
    return found.split("hint: ")[1].splitlines()[0]


@pytest.mark.parametrize("name", TERMINALS)
def test_a_terminal_in_small_letters_is_that_terminal_and_no_other(name: str) -> None:
    assert did_you_mean(name.lower(), TERMINALS) == f'did you mean "{name}"?'


@pytest.mark.parametrize("name", ["K1", "K2", "K3", "K4"])
def test_a_relay_in_small_letters_is_not_the_gates_lock(name: str, tmp_path: Path) -> None:
    assert hint(f'relay = "{name}"', f'relay = "{name.lower()}"', tmp_path) == f'did you mean "{name}"?'


@pytest.mark.parametrize(("typed", "meant"), [("K5", "K1"), ("Q1", "K1"), ("k-2", "K2"), ("y2", "Y1")])
def test_of_equally_near_outputs_one_that_begins_alike_is_named(typed: str, meant: str, tmp_path: Path) -> None:
    assert hint('relay = "K1"', f'relay = "{typed}"', tmp_path) == f'did you mean "{meant}"?'


@pytest.mark.parametrize("typed", ["s1", "ai1"])
def test_an_input_in_small_letters_is_not_offered_as_a_relay_nor_is_an_output_that_looks_like_it(typed: str, tmp_path: Path) -> None:
    said = hint('relay = "K1"', f'relay = "{typed}"', tmp_path)
    assert "did you mean" not in said and said.startswith(f"{typed.upper()} is an ") and "K1, K2, K3, K4" in said


def test_names_that_differ_in_their_capitals_only_are_told_apart() -> None:
    assert did_you_mean("row B", ["ROW A", "row A"]) == 'did you mean "row A"?'
    assert did_you_mean("ROW B", ["row A", "ROW A"]) == 'did you mean "ROW A"?'
