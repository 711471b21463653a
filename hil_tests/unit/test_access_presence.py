"""Presence: one card at a reader counts once, however often the reader loses it."""

import pytest
from shed.access.presence import Presence

TICKS = 1 << 30
A, B = (bytes([4, n, n, n, n]) + bytes(6) for n in (1, 2))


@pytest.mark.parametrize("start_ms", [0, TICKS - 2000, TICKS // 2 - 2000])
@pytest.mark.parametrize("gap_ms", [150, 500, 1100, 2900])
def test_a_card_that_comes_and_goes_is_one_presence_until_it_was_away_for_three_seconds(start_ms, gap_ms):
    presence = Presence()
    now_ms = start_ms
    news = 0
    for _ in range(200):
        news += presence.is_new(A, now_ms % TICKS)
        now_ms += gap_ms
    assert news == 1
    now_ms += 3000
    assert presence.is_new(A, now_ms % TICKS)


def test_two_cards_in_one_purse_are_one_presence_each():
    presence = Presence()
    assert [presence.is_new((A, B)[i % 2], i * 450) for i in range(100)] == [True, True] + [False] * 98


def test_a_card_behind_another_counts_at_once():
    presence = Presence()
    assert presence.is_new(A, 0)
    assert presence.is_new(B, 500)


def test_somebody_who_holds_card_after_card_to_the_reader_is_seen_each_time_and_remembered_in_bounds():
    presence = Presence()
    cards = [bytes([4, n]) + bytes(9) for n in range(40)]
    assert all(presence.is_new(card, 100 * n) for n, card in enumerate(cards))
    assert len(presence._cards) <= 6
