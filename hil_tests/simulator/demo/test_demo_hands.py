"""Keys of the live demo: an impossible act is refused with the possible ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shedbench.bench.bench import Bench
from shedbench.demo.hands import Hands


@pytest.fixture
def hands() -> Iterator[Hands]:
    with Bench(power=False) as bench:
        yield Hands(bench)


def test_a_number_without_an_outlet_is_answered_with_the_outlets(hands: Hands) -> None:
    assert hands.press("3") is None and hands.selected == 3
    for key in "90":
        assert hands.press(key) == f"there is no outlet {key}: 1, 2, 3, 4" and hands.selected == 3


@pytest.mark.parametrize("key", ["x", "?", "\u00e9", "\u0663"])
def test_a_key_that_stands_for_nothing_is_answered_with_those_that_do(hands: Hands, key: str) -> None:
    said = hands.press(key)
    assert said is not None and said.startswith(f"no key {key!r}: an outlet's number, a p u b c n s m g e r, ") and "q leaves" in said


@pytest.mark.parametrize("key", [" ", "\n", "\t", "\x00"])
def test_a_blank_is_no_key(hands: Hands, key: str) -> None:
    assert hands.press(key) is None


def test_what_cannot_be_done_says_which_key_can(hands: Hands) -> None:
    assert hands.press("u") == "nothing is plugged into outlet 1: [p] plugs a bike in"
    assert hands.press("p") is None
    assert hands.press("p") == "outlet 1 is taken: [u] unplugs"
    assert hands.press("r") == "the board is off: nobody can reset a trip now"
