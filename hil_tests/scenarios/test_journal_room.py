"""Repeated events are counted; sessions and trips stay, however many there are."""

from __future__ import annotations

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging

SERVICE = "from shed.app import service as s\n"


def told(bench: Bench, kind: int) -> int:
    """The number of a kind in the journal: records, and those that were only counted."""
    own = {6: "gate", 7: "fault", 9: "point"}[kind]
    return len(bench.journal.records(own)) + sum(r.fields["count"] for r in bench.journal.records("repeats") if r.of == kind)


def flapping(bench: Bench, contact, on_ms: int, off_ms: int, times: int) -> list[int]:
    """Toggles it this many times from now on; the number of turns so far is element 0."""
    turns = [0]

    def go() -> None:
        contact.set(not contact.closed)
        turns[0] += 1
        if turns[0] < times:
            timer.start((off_ms if turns[0] % 2 else on_ms) * 1_000_000)

    timer = bench.world.timer(go)
    timer.start(1)
    return turns


@pytest.mark.parametrize(("times", "quiet"), [(60, "8 min"), pytest.param(240, "65 min", marks=pytest.mark.long)])
def test_a_call_point_with_a_loose_wire_is_a_few_records_and_a_true_count_and_a_person_who_comes_again_is_a_record_anew(
    bench: Bench, times: int, quiet: str
):
    """The count of an event that goes on is recorded after one minute, two, four ... at most an hour."""
    bench.card("resident").tap()
    turns = flapping(bench, bench.call_point("door").contact, 6_000, 4_000, times)  # each longer than the point takes to follow
    bench.run(f"{times * 5} s")
    assert len(bench.journal.records()) < 40
    bench.run(quiet)
    assert turns[0] == times
    assert 0.8 * turns[0] < told(bench, 9) <= turns[0] + 2
    bench.card("resident").tap()
    bench.run("2 min")
    assert len([r for r in bench.journal.records("gate") if r.event == "granted"]) == 2
    assert 6 not in {r.of for r in bench.journal.records("repeats")}


def test_a_strange_card_at_the_edge_of_the_reader_is_one_record_a_minute_at_most(bench: Bench):
    for _ in range(60):
        bench.card("stranger").tap()
        bench.run("4500 ms")  # away for longer than one presence lasts
    strange = [r for r in bench.journal.records("gate") if r.event == "denied"]
    assert 1 <= len(strange) <= 10
    bench.run("10 min")
    assert told(bench, 6) >= 5  # its first three sights count, then one in 30 s (decision 0019)


def test_two_cards_in_a_purse_are_two_things(bench: Bench):
    for _ in range(30):
        for name in ("resident", "neighbour"):
            bench.card(name).tap()
            bench.run("1500 ms")
    granted = [r for r in bench.journal.records("gate") if r.event == "granted"]
    assert {bytes(r.card) for r in granted[:2]} == {bytes(r.card) for r in granted}
    assert len({bytes(r.card) for r in granted}) == 2 and len(granted) <= 4


@pytest.mark.long
def test_a_person_each_hour_is_a_record_of_its_own(bench: Bench):
    for _ in range(3):
        bench.card("resident").tap()
        bench.run("1 h")
    assert len([r for r in bench.journal.records("gate") if r.event == "granted"]) == 3
    assert not bench.journal.records("repeats")


def test_mains_that_come_and_go_all_day_push_no_session_out(bench: Bench):
    """The records of a start, also of a resumed session, are events: they do not fill the sessions' own sectors."""
    start_charging(bench, 1)
    bench.run("1 min")
    bench.board.power_cycle()
    bench.run("15 s")
    used = "r = s.journal.ring\nprint(r.head * 4096 + r._end)"
    before = int(bench.board.probe(SERVICE + used))
    for _ in range(5):
        bench.board.power_cycle()
        bench.run("20 s")
    assert int(bench.board.probe(SERVICE + used)) == before
    assert len(bench.journal.records("boot")) == 7
    bench.bike(1).unplug()
    bench.run("3 min")
    assert len(bench.journal.sessions()) == 1


@pytest.mark.parametrize("what", ["events", "sessions"])
def test_what_found_no_room_is_said_with_its_number(bench: Bench, what: str):
    ring = "s.journal.events" if what == "events" else "s.journal.ring"
    fill = "while s.journal.write(9, 0, 0) >= 0: pass\n" if what == "events" else "while s.journal.write(16, 1, 1, 0) >= 0: pass\n"
    bench.board.probe(SERVICE + f"r = {ring}\nkeep = r._keep\nr._keep = 0\n{fill}", within="60 s")
    lost = 3
    write = "s.books.write(9, 0, 1)" if what == "events" else "s.books.write(16, 1, 1, 0)"
    bench.board.probe(SERVICE + f"for i in range({lost}): {write}\nr._keep = keep")
    bench.run("10 s")
    said = bench.journal.last("lost")
    assert (said.events, said.refused) == ((lost, 0) if what == "events" else (0, lost))
    start_charging(bench, 1)


def test_events_without_room_stop_no_session(bench: Bench):
    bench.board.probe(SERVICE + "r = s.journal.events\nr._keep = 0\nwhile s.journal.write(9, 0, 0) >= 0: pass\n", within="60 s")
    start_charging(bench, 1)
    bench.bike(1).unplug()
    bench.run("3 min")
    assert len(bench.journal.sessions()) == 1


def test_a_flash_error_behind_a_settlement_that_stands_settles_no_session_twice(bench: Bench):
    start_charging(bench, 1)
    bench.run("1 min")
    bench.board.probe(
        SERVICE + "r = s.journal.ring._region\nwas = r.program\ndef late(at, data):\n    was(at, data)\n    if data[0] == 5:\n"
        "        r.program = was\n        raise OSError(5)\nr.program = late"
    )
    bench.bike(1).unplug()
    bench.run("3 min")
    assert len(bench.journal.sessions()) == 1 and not bench.journal.problems()
