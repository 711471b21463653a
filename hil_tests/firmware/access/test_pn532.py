"""The PN532 driver against a reader at frame level: one report per presentation, and a dead reader is retried for ever."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shed.access.pn532 import Pn532

TICKS = 1 << 30
ACK = b"\x00\x00\xff\x00\xff\x00"


def frame(data):
    return b"\x00\x00\xff" + bytes([len(data), -len(data) & 0xFF]) + data + bytes([-sum(data) & 0xFF, 0])


class Reader:
    """Answers after `delay_ms`, InListPassiveTarget only once there is a card (endless retries); a new command ends the old one.
    `dead`, `stuck`, `noise` spoil it."""

    def __init__(self):
        self.now_ms = 0
        self._card = None
        self.listing = False
        self.stuck = False
        self.dead = False
        self.knows_rf = True
        self.delay_ms = 6
        self.queue = []
        self.commands = []
        self.noise: Callable[[], bytes] = lambda: b""
        self.awake = False

    def write(self, data):
        data = bytes(data)
        if data.startswith(b"\x55\x55"):
            self.awake = True
            return
        assert data == frame(data[5:-2]), "a malformed command"
        command = data[6]
        self.commands.append((self.now_ms, command))
        if self.dead or not self.awake:
            return
        self.listing = False
        self.queue.append((self.now_ms + 1, ACK))
        if self.stuck:
            return
        if command == 0x14:
            reply = b"\xd5\x15"
        elif command == 0x32:
            reply = b"\xd5\x33"
        elif command == 0x02:
            reply = b"\xd5\x03\x32\x01\x06\x07"
        else:
            self.listing = True
            self.look()
            return
        answer = frame(b"\x7f") if command == 0x32 and not self.knows_rf else frame(reply)
        self.queue.append((self.now_ms + self.delay_ms, self.noise() + answer))

    @property
    def card(self):
        return self._card

    @card.setter
    def card(self, number):
        self._card = number
        self.look()

    def look(self):
        """The chip sees what is in the field."""
        if self.listing and self._card is not None and not self.dead and not self.stuck:
            self.listing = False
            reply = b"\xd5\x4b\x01\x01\x00\x04\x08" + bytes([len(self._card)]) + self._card
            self.queue.append((self.now_ms + self.delay_ms, self.noise() + frame(reply)))

    def pending(self):
        return b"".join(data for at, data in self.queue if at <= self.now_ms)

    def any(self):
        return len(self.pending())

    def readinto(self, buf):
        ready = self.pending()
        rest = [(at, data) for at, data in self.queue if at > self.now_ms]
        count = min(len(buf), len(ready))
        buf[:count] = ready[:count]
        self.queue = ([(0, ready[count:])] if ready[count:] else []) + rest
        return count or None


class Desk:
    """The driver with its reader, run at the times the driver asks for."""

    def __init__(self, start_ms=0):
        self.reader = Reader()
        self.driver = Pn532(self.reader)
        self.start_ms = start_ms
        self.cards = []
        self.due_ms = 0
        self.run(400)

    def run(self, span_ms):
        end = self.reader.now_ms + span_ms
        here = self.driver.present
        while self.due_ms <= end:
            self.reader.now_ms = max(self.reader.now_ms, self.due_ms)
            wait = self.driver.step((self.start_ms + self.reader.now_ms) % TICKS)
            assert 1 <= wait <= 30000
            self.due_ms = self.reader.now_ms + wait
            card = self.driver.present
            if card is not None and card != here:
                self.cards.append((self.reader.now_ms, card))
            here = card
        self.reader.now_ms = end


@pytest.mark.parametrize("number", [b"\x00\x01\x02\x03", bytes(range(7)), bytes(range(10))])
def test_a_card_is_reported_once_with_its_length_and_its_leading_zeros(number):
    desk = Desk()
    desk.reader.card = number
    desk.run(5000)
    assert [card for _t, card in desk.cards] == [bytes([len(number)]) + number + bytes(10 - len(number))]


@pytest.mark.parametrize("start_ms", [0, TICKS - 2000, TICKS // 2 - 2000])
def test_a_card_in_the_field_is_seen_within_one_poll_period_and_an_exchange(start_ms):
    desk = Desk(start_ms)
    for _ in range(40):
        desk.run(1013)
        put_ms = desk.reader.now_ms
        desk.reader.card = b"abcd"
        desk.run(200)
        assert desk.cards.pop()[0] - put_ms <= 40 + 12
        desk.reader.card = None


def test_a_card_that_left_and_came_back_is_reported_again_but_one_missed_poll_is_no_leaving():
    desk = Desk()
    desk.reader.card = b"abcd"
    desk.run(500)
    desk.reader.card = None
    desk.run(60)
    desk.reader.card = b"abcd"
    desk.run(500)
    assert len(desk.cards) == 1
    desk.reader.card = None
    desk.run(700)
    desk.reader.card = b"abcd"
    desk.run(100)
    assert len(desk.cards) == 2


def test_another_card_is_reported_though_the_first_never_left():
    desk = Desk()
    desk.reader.card = b"abcd"
    desk.run(100)
    desk.reader.card = b"efgh"
    desk.run(300)
    assert [card[1:5] for _t, card in desk.cards] == [b"abcd", b"efgh"]


def test_an_empty_field_costs_one_question_a_second():
    desk = Desk()
    before = len(desk.reader.commands)
    desk.run(60_000)
    assert 100 <= len(desk.reader.commands) - before <= 130


def test_a_reader_that_acknowledges_and_never_answers_is_found_silent():
    desk = Desk()
    desk.reader.stuck = True
    desk.run(2500)
    assert desk.driver.silent is True
    desk.reader.stuck = False
    desk.run(5000)
    assert desk.driver.silent is False


def test_a_reader_that_dies_is_silent_within_two_seconds_and_comes_back_by_itself():
    desk = Desk()
    desk.reader.dead = True
    desk.run(2000)
    assert desk.driver.silent is True
    desk.run(3_600_000)
    wakes = [at for at, command in desk.reader.commands if command == 0x14]
    assert len(wakes) < 140
    desk.reader.dead = False
    desk.reader.awake = False
    desk.run(31_000)
    assert desk.driver.silent is False
    desk.reader.card = b"abcd"
    desk.run(100)
    assert len(desk.cards) == 1


def test_a_reader_that_was_never_there_is_silent_soon_after_boot():
    desk = Desk.__new__(Desk)
    desk.reader, desk.start_ms, desk.cards, desk.due_ms = Reader(), 0, [], 0
    desk.reader.dead = True
    desk.driver = Pn532(desk.reader)
    desk.run(300)
    assert desk.driver.silent is True


def test_a_single_lost_answer_is_no_fault():
    desk = Desk()
    desk.reader.dead = True
    desk.run(1000)
    desk.reader.dead = False
    desk.run(500)
    assert desk.driver.silent is False
    assert desk.driver.timeouts >= 1


def test_a_reader_without_rf_configuration_still_works():
    desk = Desk.__new__(Desk)
    desk.reader, desk.start_ms, desk.cards, desk.due_ms = Reader(), 0, [], 0
    desk.reader.knows_rf = False
    desk.driver = Pn532(desk.reader)
    desk.reader.card = b"abcd"
    desk.run(600)
    assert len(desk.cards) == 1
    assert desk.driver.silent is False


def test_an_answer_in_pieces_and_an_answer_behind_noise_are_read():
    desk = Desk()
    rng = random.Random(5)
    desk.reader.noise = lambda: bytes(rng.choice((0x00, 0xFF, 0x55, 0xD5)) for _ in range(20))
    for n in range(50):
        desk.reader.card = bytes([n]) * 4
        desk.run(300)
    assert len(desk.cards) >= 45
    assert all(card[0] == 4 and len(set(card[1:5])) == 1 for _t, card in desk.cards)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=120), min_size=1, max_size=20), st.integers(0, TICKS - 1))
def test_garbage_from_the_reader_never_raises_and_never_becomes_a_card_without_a_checksum(pieces, start_ms):
    desk = Desk(start_ms)
    desk.reader.dead = True
    for piece in pieces:
        desk.reader.queue.append((desk.reader.now_ms, piece))
        desk.run(50)
    assert desk.cards == []


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_a_well_formed_answer_with_a_wrong_inside_never_raises(inside):
    desk = Desk()
    desk.reader.dead = True
    desk.run(1)
    for reply in (0x15, 0x33, 0x4B):
        desk.reader.queue.append((desk.reader.now_ms, frame(b"\xd5" + bytes([reply]) + inside)))
        desk.run(40)
    assert all(card[0] in (4, 7, 10) for _t, card in desk.cards)
