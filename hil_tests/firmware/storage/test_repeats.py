"""Repeated events: one record, then counts at growing intervals, and none uncounted."""

from hypothesis import given, settings
from hypothesis import strategies as st
from shed.storage.journal import GATE, POINT, REPEATS, TRIP
from shed.storage.repeats import Repeats

CARDS = [bytes([4, n]) + bytes(9) for n in range(30)]


class Book:
    def __init__(self):
        self.rows = []
        self.repeats = Repeats(lambda *row: self.rows.append(row))
        self.firsts = 0

    def run(self, from_s, to_s, things):
        for now_s in range(from_s, to_s):
            for kind, detail, card in things:
                self.firsts += self.repeats.is_first(now_s, kind, detail, card)
            for _ in range(3):
                self.repeats.step(now_s)

    def counted(self):
        return sum(row[3] for row in self.rows)


def test_one_thing_a_second_for_a_day_is_one_record_and_a_count_that_gets_rare():
    book = Book()
    book.run(0, 86400, [(POINT, 1, CARDS[0])])
    assert book.firsts == 1
    assert len(book.rows) < 35
    book.run(86400, 86400 + 3700, [])
    assert book.firsts + book.counted() == 86400
    assert {row[0] for row in book.rows} == {REPEATS}


def test_after_a_quiet_minute_the_next_is_a_first_again():
    book = Book()
    for at_s in (0, 90, 200):
        book.run(at_s, at_s + 1, [(GATE, 1, CARDS[1])])
        book.run(at_s + 1, at_s + 80, [])
    assert book.firsts == 3
    assert book.rows == []


def test_two_cards_are_two_things():
    book = Book()
    book.run(0, 30, [(GATE, 1, CARDS[1]), (GATE, 1, CARDS[2])])
    book.run(30, 70, [])
    assert book.firsts == 2
    assert sorted(row[5][1] for row in book.rows) == [1, 2]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 29), st.integers(0, 40)), max_size=400))
def test_nothing_is_lost_uncounted_and_a_minute_has_at_most_sixty_firsts(moves):
    book = Book()
    now_s = happened = 0
    minute = []
    for card, pause_s in moves:
        happened += 1
        if book.repeats.is_first(now_s, GATE, 0, CARDS[card]):
            book.firsts += 1
            minute.append(now_s)
        book.run(now_s, now_s + pause_s, [])
        now_s += pause_s
    assert all(len([t for t in minute if at <= t < at + 60]) <= 120 for at in minute)
    book.run(now_s, now_s + 2 * 3700, [])
    assert book.firsts + book.counted() == happened


def test_nothing_else_takes_the_place_of_a_trip():
    """Sixty strange things in a minute, and then the sixty first trips have a record each; a trip more is counted."""
    book = Book()
    book.run(0, 1, [])
    for n in range(70):
        book.run(1, 2, [(POINT, n, CARDS[0])])
    assert book.firsts == 60
    for cause in range(30):
        for again in range(3):
            book.run(1, 2, [(TRIP, cause << 8 | again, bytes(11))])
    assert book.firsts == 120
    book.run(60, 62, [])
    assert any(row[1] == 0 and row[3] == 70 + 90 - 120 for row in book.rows), "and none is uncounted"
