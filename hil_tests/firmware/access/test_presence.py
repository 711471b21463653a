"""Presence: one card at a reader counts once, however often the reader loses it."""

import pytest
from shed.access.presence import ANEW, GATE_ONLY, NOT, Presence

TICKS = 1 << 30
RELEASE_MS = 5000
A, B = (bytes([4, n, n, n, n]) + bytes(6) for n in (1, 2))


def at_a_reader_that_was_empty(release_ms: int = RELEASE_MS) -> Presence:
    presence = Presence(release_ms)
    presence.empty = True
    return presence


@pytest.mark.parametrize("start_ms", [0, TICKS - 2000, TICKS // 2 - 2000])
@pytest.mark.parametrize("gap_ms", [150, 500, 900])
def test_a_card_that_comes_and_goes_is_one_presence_until_it_was_away_for_three_seconds(start_ms, gap_ms):
    presence = at_a_reader_that_was_empty()
    now_ms = start_ms
    seen = []
    for _ in range(200):
        seen.append(presence.sight(A, now_ms % TICKS))
        now_ms += gap_ms
    assert seen == [ANEW] + [NOT] * 199
    now_ms += 3000
    assert presence.sight(A, now_ms % TICKS) == ANEW


@pytest.mark.parametrize("release_ms", [3000, 5000, 10000, 30000])
@pytest.mark.parametrize("gap_ms", [1100, 2900, 3200, 4000, 5500, 9000, 20000])
def test_a_card_at_the_edge_holds_the_gate_free_for_a_sixth_of_the_time_at_most(release_ms, gap_ms):
    presence = at_a_reader_that_was_empty(release_ms)
    hour_ms = 3_600_000
    counted = [at for at in range(0, hour_ms, gap_ms) if presence.sight(A, at) != NOT]
    assert len(counted) * release_ms <= hour_ms // 6 + 3 * release_ms
    assert len([at for at in counted if at < 60_000]) <= 5


def test_who_missed_the_release_and_taps_every_two_seconds_is_let_in_again_when_it_is_over():
    presence = at_a_reader_that_was_empty()
    counted = [(at, sight) for at in range(0, 20_000, 2000) if (sight := presence.sight(A, at)) != NOT]
    assert counted == [(0, ANEW), (6000, GATE_ONLY), (12_000, GATE_ONLY)]


def test_a_card_that_lies_there_when_the_reader_begins_counts_only_after_it_was_away():
    presence = Presence(RELEASE_MS)
    assert all(presence.sight(A, at) == NOT for at in range(0, 60_000, 200))
    presence.empty = True
    assert presence.sight(A, 63_100) == ANEW


def test_two_cards_in_one_purse_are_one_presence_each():
    presence = at_a_reader_that_was_empty()
    assert [presence.sight((A, B)[i % 2], i * 450) for i in range(100)] == [ANEW, ANEW] + [NOT] * 98


def test_a_card_behind_another_counts_at_once():
    presence = at_a_reader_that_was_empty()
    assert presence.sight(A, 0) == ANEW
    assert presence.sight(B, 500) == ANEW


def test_somebody_who_holds_card_after_card_to_the_reader_is_seen_each_time_and_remembered_in_bounds():
    presence = at_a_reader_that_was_empty()
    cards = [bytes([4, n]) + bytes(9) for n in range(40)]
    assert all(presence.sight(card, 100 * n) == ANEW for n, card in enumerate(cards))
    assert len(presence._cards) <= 6
