"""The gate: entering needs a grant, leaving never does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shed.access import cards, gate
from shed.access.gate import Gate

CARD = bytes([4, 9, 9, 9, 9]) + bytes(6)
TICKS = 1 << 30


class Door:
    """A gate, its door, and time in steps of 20 ms."""

    def __init__(self, start_ms=0):
        self.events = []
        self.gate = Gate(5000, 60000, lambda event, reason, card: self.events.append((event, reason, card)))
        self.now_ms = start_ms
        self.open = 0
        self.freed = 0
        self.coil = 0
        self.run(100)

    def run(self, span_ms):
        for _ in range(span_ms // 20):
            self.coil = self.gate.step(self.now_ms, self.open, self.freed)
            self.now_ms = (self.now_ms + 20) % TICKS

    def grant(self):
        self.gate.grant(self.now_ms, CARD)

    def kinds(self):
        return [event[0] for event in self.events]


@pytest.mark.parametrize("start_ms", [0, TICKS - 3000, TICKS // 2 - 3000])
def test_a_grant_releases_the_lock_for_the_release_time(start_ms):
    door = Door(start_ms)
    assert door.coil == 1
    door.grant()
    door.run(4980)
    assert door.coil == 0
    door.run(60)
    assert door.coil == 1
    assert door.events == [(gate.GRANTED, cards.OK, CARD), (gate.LOCKED_AGAIN, 0, CARD)]


def test_a_door_that_was_used_locks_again_when_it_closes():
    door = Door()
    door.grant()
    door.run(1000)
    door.open = 1
    door.run(20000)
    assert door.coil == 0
    assert door.gate.state == gate.OPEN
    door.open = 0
    door.run(300)
    assert door.coil == 1
    assert door.kinds() == [gate.GRANTED, gate.LOCKED_AGAIN]


def test_a_door_pushed_in_the_last_moment_of_the_release_is_not_forced():
    door = Door()
    door.grant()
    door.run(4900)
    door.open = 1
    door.run(1000)
    assert door.coil == 0
    assert gate.FORCED not in door.kinds()


def test_a_door_held_open_is_told_once_and_again_when_it_closed():
    door = Door()
    door.grant()
    door.open = 1
    door.run(59000)
    assert door.coil == 0
    door.run(11000)
    assert door.gate.state == gate.HELD_OPEN
    assert door.coil == 1, "it locks as soon as it is shut, or at once if only the contact says that it is open"
    door.open = 0
    door.run(400)
    assert door.kinds() == [gate.GRANTED, gate.HELD, gate.CLOSED_AGAIN]
    assert door.coil == 1


def test_a_door_that_opens_without_a_grant_was_forced_and_the_lock_never_lets_go():
    door = Door()
    door.open = 1
    for _ in range(20):
        door.run(20)
        assert door.coil == 1
    assert door.gate.forced is True
    door.open = 0
    door.run(9000)
    assert door.kinds() == [gate.FORCED]
    door.run(2000)
    assert door.kinds() == [gate.FORCED, gate.CLOSED_AGAIN]
    assert door.gate.forced is False


def test_a_door_that_rattles_all_night_stays_held_and_is_one_event():
    door = Door()
    for _ in range(500):
        door.open = 1
        for _ in range(18):
            door.run(20)
            assert door.coil == 1
        door.open = 0
        door.run(400)
    door.run(11000)
    assert door.kinds() == [gate.FORCED, gate.CLOSED_AGAIN]


def test_a_contact_that_is_broken_neither_frees_the_gate_nor_locks_anybody_out():
    door = Door()
    door.open = 1
    door.run(3600_000)
    assert door.coil == 1
    for _ in range(3):
        door.grant()
        door.run(4900)
        assert door.coil == 0, "a valid card opens"
        door.run(200)
        assert door.coil == 1, "and the release time ends"
        door.run(5000)
    assert door.kinds() == [gate.FORCED, gate.GRANTED, gate.GRANTED, gate.GRANTED]


def test_a_contact_that_breaks_while_the_door_is_open_frees_the_gate_for_a_minute_at_most():
    for held_open_ms in (60000, 0):
        door = Door()
        door.gate = Gate(5000, held_open_ms, door.gate._sink)
        door.grant()
        door.open = 1
        door.run(62000)
        assert door.coil == 1


def test_a_contact_that_chatters_does_not_stretch_the_release():
    door = Door()
    door.grant()
    for _ in range(60):
        door.open ^= 1
        door.run(100)
    assert door.coil == 1
    assert door.kinds() == [gate.GRANTED, gate.LOCKED_AGAIN]


def test_a_card_in_order_ends_the_event_of_a_door_that_was_forced_and_shut():
    door = Door()
    door.open = 1
    door.run(1000)
    door.open = 0
    door.run(1000)
    door.grant()
    door.run(1000)
    assert door.coil == 0
    door.open = 1
    door.run(2000)
    door.open = 0
    door.run(1000)
    assert door.coil == 1
    assert door.kinds() == [gate.FORCED, gate.CLOSED_AGAIN, gate.GRANTED, gate.LOCKED_AGAIN]


def test_a_contact_that_bounces_is_no_alarm():
    door = Door()
    for _ in range(50):
        door.open ^= 1
        door.run(100)
    assert door.kinds() == []


def test_an_exit_button_releases_like_a_card_but_is_named_exit():
    door = Door()
    door.gate.grant(door.now_ms, reason=cards.EXIT)
    door.run(20)
    assert door.coil == 0
    assert door.events == [(gate.GRANTED, cards.EXIT, gate.NO_CARD)]


@pytest.mark.parametrize("open_before", [0, 1])
def test_a_trip_frees_the_gate_at_once_and_until_it_is_reset(open_before):
    door = Door()
    door.open = open_before
    door.run(400)
    door.events.clear()
    door.freed = 1
    door.run(20)
    assert door.coil == 0
    door.run(600000)
    assert door.coil == 0
    assert door.events == [(gate.FREED, cards.TRIP, gate.NO_CARD)]
    door.open = 0
    door.run(400)
    door.freed = 0
    door.run(400)
    assert door.coil == 1
    assert door.kinds() == [gate.FREED, gate.LOCKED_AGAIN]


def test_a_reset_with_the_door_open_locks_when_the_door_closes_and_alarms_nobody():
    door = Door()
    door.freed = door.open = 1
    door.run(1000)
    door.freed = 0
    door.run(1000)
    assert door.coil == 0
    door.open = 0
    door.run(400)
    assert door.coil == 1
    assert door.kinds() == [gate.FREED, gate.LOCKED_AGAIN]


def test_refused_cards_are_told_and_a_lock_out_only_once():
    door = Door()
    for reason in (cards.UNKNOWN_CARD, cards.UNKNOWN_CARD, cards.LOCKED_OUT, cards.LOCKED_OUT, cards.LOCKED_OUT, cards.UNKNOWN_CARD):
        door.gate.deny(reason, CARD)
    assert [reason for _e, reason, _c in door.events] == [cards.UNKNOWN_CARD] * 2 + [cards.LOCKED_OUT, cards.UNKNOWN_CARD]
    door.run(20)
    assert door.coil == 1


@given(
    st.lists(st.tuples(st.sampled_from(["grant", "deny", "door", "free", "wait"]), st.integers(1, 4000)), max_size=60),
    st.integers(0, TICKS - 1),
)
def test_the_coil_is_never_energised_while_freed_and_always_in_a_quiet_closed_shed(steps, start_ms):
    door = Door(start_ms)
    for what, span in steps:
        if what == "grant":
            door.grant()
        elif what == "deny":
            door.gate.deny(cards.UNKNOWN_CARD, CARD)
        elif what == "door":
            door.open ^= 1
        elif what == "free":
            door.freed ^= 1
        for _ in range(span // 20):
            door.run(20)
            assert not (door.freed and door.coil)
    door.open = door.freed = 0
    door.run(6000)
    assert door.coil == 1
    assert door.gate.state == gate.LOCKED


@given(
    st.lists(st.tuples(st.sampled_from(["grant", "door", "free", "wait", "rattle"]), st.integers(1, 9000)), max_size=50),
    st.integers(0, TICKS - 1),
)
def test_without_a_grant_or_a_trip_within_the_last_minute_the_coil_holds_whatever_the_contact_says(steps, start_ms):
    door = Door(start_ms)
    allowed_ms = 0  # how long the coil may still be off
    for what, span in steps:
        if what == "grant":
            door.grant()
            allowed_ms = 65000 + 500
        elif what == "door":
            door.open ^= 1
        elif what == "free":
            door.freed ^= 1
        for step in range(span // 20):
            if what == "rattle" and step % 9 == 0:
                door.open ^= 1
            door.run(20)
            allowed_ms = 60000 + 500 if door.freed else allowed_ms - 20
            assert door.coil or allowed_ms > 0
