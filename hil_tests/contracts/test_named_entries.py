"""Where a file names entries of a closed list (holders that prove, causes that cost less), each name is one of its list.

Hazard: an entry that is misspelled or was renamed is never met, and an outlet that is proven live counts as one not seen off yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import pytest
from shedbench.audit import live as live_audit
from shedbench.audit import sessions
from shedbench.demo import snapshot, words
from shedguard.deploy import self_test
from shedguard.doctor import board as doctor
from shedguard.flash import live_check
from shedguard.formats import lists, texts
from shedguard.formats.records import JOURNAL_KINDS
from shedguard.link import live

# By where they stand: the names, and their list.
NAMED: Final[Mapping[str, tuple[Iterable[str], Mapping[int, str]]]] = {
    "link.live._PROVEN": (live._PROVEN, lists.HOLDERS),
    "lists.BREAKER_FIRST": (lists.BREAKER_FIRST, lists.FAULTS),
    "lists.BREAKER_HOLDERS": (lists.BREAKER_HOLDERS, lists.HOLDERS),
    "lists.FAULT_ARGUMENTS": (lists.FAULT_ARGUMENTS, lists.FAULTS),
    "doctor.board._TOLD_APART": (doctor._TOLD_APART, lists.FAULTS),
    "audit.sessions.OF_THE_SHED": (sessions.OF_THE_SHED, lists.STOP_CAUSES),
    "audit.live.TELLS": ((*live_audit.TELLS, live_audit.ROW_TELLS), lists.FAULTS),
    "demo.snapshot.TRIP": ((snapshot.TRIP,), lists.HOLDERS),
    "demo.words, events of a gate": ((words.GRANTED, words.DENIED, words.FREED, *words.SHUT_AGAIN), lists.GATE_EVENTS),
    "demo.words._TELLERS": (words._TELLERS, {number: kind.name for number, kind in JOURNAL_KINDS.items()}),
}


@pytest.mark.parametrize("where", NAMED)
def test_what_a_file_names_is_an_entry_of_its_list(where: str):
    names, numbers = NAMED[where]
    assert set(names) <= set(numbers.values())


def test_only_a_free_and_a_settled_outlet_have_no_session():
    assert {lists.OUTLET_STATES[number] for number in live_check._OVER} == {"idle", "done"}


def test_the_self_test_has_a_word_for_each_state_of_a_point():
    assert [word.split()[0] for word in self_test._POINT_STATES] == list(lists.POINT_STATES.values())


def test_every_holder_that_proves_a_live_outlet_is_told_in_words():
    assert all(texts.text("holder", name) != name for name in live._PROVEN)


@pytest.mark.parametrize("number", lists.HOLDERS, ids=lists.HOLDERS.get)
def test_the_demo_says_of_each_holder_what_the_tools_say_and_the_breaker_first(number: int):
    holder = lists.HOLDERS[number]
    why, urgent = snapshot.why_off([number], on=False)
    assert why.endswith(texts.text("held", holder)) and why.startswith(snapshot.BREAKER_OFF) == (holder in lists.BREAKER_HOLDERS)
    assert urgent == (holder in {"trip", *lists.BREAKER_HOLDERS})


def test_the_demo_says_a_welded_relay_before_all_other_reasons_and_also_of_a_socket_that_is_on():
    welded = next(number for number, name in lists.HOLDERS.items() if name == "welded")
    trip = next(number for number, name in lists.HOLDERS.items() if name == "trip")
    assert snapshot.why_off([trip, welded], on=True) == ("BREAKER OFF: relay welded", True)
    assert snapshot.why_off([trip], on=True) == snapshot.why_off([], on=False) == ("", False)
