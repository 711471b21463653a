"""The rule of decision 0020 in any order of cards and presses: a session on another's card only in the two cases of its "What stays"."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from shed.charging import grants
from shed.charging.grants import Grants

from hil_tests.firmware.charging.metered_shed import Shed

PEOPLE = 12
GRANT_S = 180
SELECTED_S = 30


def card_of(person: int) -> bytes:
    return bytes((4, 7, 7, 7, person, 0, 0, 0, 0, 0, 0))


@dataclass
class Outlets:
    """What Grants needs of a shed: sessions begin and stop at once, except at a blocked outlet or one whose session is still ending."""

    sessions: list[SimpleNamespace | None] = field(default_factory=lambda: [None] * PEOPLE)
    blocked: set[int] = field(default_factory=set)
    ending: set[int] = field(default_factory=set)
    rules: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(grant_ms=GRANT_S * 1000))
    begun: list[tuple[int, bytes]] = field(default_factory=list)
    stopped: list[bytes] = field(default_factory=list)
    refused: int = 0

    @property
    def sink(self):
        return self

    def press_refused(self, _outlet, _reason, _card):
        self.refused += 1

    def may_begin(self, outlet):
        return outlet not in self.blocked

    def begin(self, outlet, card):
        assert self.sessions[outlet] is None
        self.sessions[outlet] = SimpleNamespace(card=card)
        self.begun.append((outlet, card))

    def stop(self, outlet, _cause):
        session = self.sessions[outlet]
        if session is None or outlet in self.ending:
            return False
        self.ending.add(outlet)
        self.stopped.append(session.card)
        return True

    def is_over(self, outlet):
        self.sessions[outlet] = None
        self.ending.discard(outlet)


@dataclass
class People:
    """Everything that each person has done: person n has card n and a bike at outlet n."""

    now_s: float = 0.0
    tapped: dict[int, float] = field(default_factory=dict)  # not used yet
    pressed: dict[int, tuple[float, set[int]]] = field(default_factory=dict)  # when, and whose grants were open; no session began by it yet

    def open(self) -> set[int]:
        return {who for who, at_s in self.tapped.items() if self.now_s - at_s < GRANT_S}

    def may_stand_at_a_button(self) -> set[int]:
        return {who for who, at_s in self.tapped.items() if self.now_s - at_s < 2 * GRANT_S}

    def single(self, owner: int) -> bool:
        """First case: a single open grant, and the first press uses it."""
        return self.may_stand_at_a_button() == self.open() == {owner}

    def taken_for_the_presser(self, owner: int, presser: int) -> bool:
        """Second case: a card open at another's press, tapped again within 30 s, whose owner has not pressed (or was served)."""
        at_s, cards = self.pressed.get(presser, (-1000.0, set()))
        own_s, _ = self.pressed.get(owner, (-1000.0, set()))
        return owner in cards and self.now_s - at_s <= SELECTED_S and self.now_s - own_s >= SELECTED_S


def live_through(acts) -> tuple[Outlets, int]:
    """Plays all actions at the shed. Returns how many sessions began on another's card, each in one of the two cases."""
    outlets, people, taken = Outlets(), People(), 0
    doors = Grants(outlets)
    for seconds, what, who in acts:
        people.now_s += seconds
        doors.step(round(seconds * 1000))
        began, stopped = len(outlets.begun), len(outlets.stopped)
        if what == "tap":
            doors.tap(card_of(who))
        elif what == "press":
            doors.press(who)
        elif what == "block":
            outlets.blocked ^= {who}
        elif what == "end":
            outlets.is_over(who)
        for outlet, card in outlets.begun[began:]:
            owner = card[4]
            if owner != outlet:
                taken += 1
                allowed = people.single(owner) if what == "press" else people.taken_for_the_presser(owner, outlet)
                assert allowed, f"{what} of {who}: the session of person {outlet} began on the card of {owner}"
        for outlet, _ in outlets.begun[began:]:
            people.pressed.pop(outlet, None)
        used = {card[4] for _, card in outlets.begun[began:]} | {card[4] for card in outlets.stopped[stopped:]}
        if what == "press" and people.open() and not used:
            people.pressed[who] = people.now_s, people.open()
        elif what == "tap" and who not in used:
            people.tapped[who] = people.now_s
        for card in used:
            people.tapped.pop(card, None)
    return outlets, taken


SHORT = st.sampled_from((0.2, 1, 2, 5, 16))
LONG = st.sampled_from((0.3, 2, 11, 31, 100, 179, 200, 370))
DEEDS = st.sampled_from(("tap", "tap", "press", "press", "block", "end"))


@st.composite
def evenings(draw):
    """Some come in together, with their bikes for these outlets; then anything, in any order."""
    crowd = draw(st.integers(2, PEOPLE))
    acts = st.tuples(draw(st.sampled_from((SHORT, LONG))), DEEDS, st.integers(0, crowd - 1))
    return [*((1, "tap", who) for who in range(crowd)), *draw(st.lists(acts, min_size=8, max_size=40))]


@settings(max_examples=1200, deadline=None, derandomize=True)
@given(evenings())
def test_in_whatever_order_twelve_people_tap_and_press_nobodys_press_is_sold_on_anothers_card(acts):
    outlets, taken = live_through(acts)
    event(f"sessions: {min(len(outlets.begun), 3)}, on another's card: {min(taken, 1)}")


@st.composite
def rushes(draw):
    """More come in together than the shed has places for. Most press and tap again, one after the other; some press only, or are late."""
    pause = draw(st.sampled_from((0.5, 2, 3.5)))
    crowd = draw(st.integers(8, PEOPLE))
    acts = [(pause, "tap", who) for who in range(crowd)]
    for who in draw(st.permutations(range(crowd))):
        acts += [(pause, what, who) for what in draw(st.sampled_from((("press", "tap"),) * 5 + (("press",), ("tap", "press"))))]
    late = st.tuples(st.sampled_from((1, 100, 200)), st.sampled_from(("tap", "press")), st.integers(0, crowd - 1))
    return acts + draw(st.lists(late, max_size=6))


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(rushes())
def test_whoever_finds_no_place_in_a_rush_is_served_on_nobodys_card(acts):
    outlets, taken = live_through(acts)
    event(f"sessions: {min(len(outlets.begun), 8)}, on another's card: {min(taken, 1)}")


@pytest.mark.parametrize("later_s", [0, 100, 200, 320])
@pytest.mark.parametrize("crowd", range(1, PEOPLE))
def test_who_found_no_place_in_a_crowd_is_not_served_on_the_card_of_the_last_of_it(crowd, later_s):
    shed = Shed(PEOPLE)
    shed.run(3)
    for person in range(crowd + 1):
        shed.tap(card_of(person))
    for person in range(1, crowd):
        shed.press(person)
        shed.tap(card_of(person))
        shed.run(2)
    shed.run(later_s)
    shed.tap(card_of(crowd))
    assert shed.press(0) == grants.UNCLEAR, "the first and the last are left: it is not known whose press it is"
    shed.run(5)
    assert 0 not in [start[1] for start in shed.sink.of("session_start")]


def test_who_presses_an_outlet_where_no_session_may_begin_and_taps_again_does_not_pay_for_another():
    """The sign beside the buttons: no click? Card again."""
    shed = Shed(3)
    shed.run(3)
    shed.trips = 1 << 2
    shed.run(1)
    for person in (0, 2):
        shed.tap(card_of(person))
    assert shed.press(0) == grants.UNCLEAR
    assert shed.press(2) == grants.REFUSED
    shed.tap(card_of(2))
    shed.run(5)
    assert shed.sink.of("session_start") == []


def test_the_rule_lets_people_charge():
    """Eight come in together; each presses and taps once more."""
    acts = [(1, "tap", who) for who in range(8)]
    for who in range(8):
        acts += [(2, "press", who), (2, "tap", who)]
    outlets, taken = live_through(acts)
    assert outlets.begun == [(who, card_of(who)) for who in range(8)] and not taken
