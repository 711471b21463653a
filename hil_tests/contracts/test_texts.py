"""Every name of every closed list has a text in every language, and what to do if a person can do something; no text is left over."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from types import MappingProxyType

import pytest
from shedguard.cards import cells
from shedguard.formats import lists, phrases, texts

Tables = Mapping[str, Mapping[str, str]]
CHINESE = re.compile("[\u4e00-\u9fff]")

TABLES: dict[str, Mapping[int, str]] = {
    "stop": lists.STOP_CAUSES, "holder": lists.HOLDERS, "fault": lists.FAULTS, "first": lists.FAULTS, "access": lists.ACCESS_REASONS,
    "press": lists.PRESS_REASONS, "authority": lists.AUTHORITIES, "reset": lists.RESET_CAUSES, "gate": lists.GATE_EVENTS,
    "trial": lists.TRIALS, "point": lists.POINT_STATES, "outlet": lists.OUTLET_STATES, "gate_state": lists.GATE_STATES, "role": lists.ROLES,
    "held": lists.HOLDERS,
}  # fmt: skip
# These need no action; for all others of their lists `do` says which. (Holders and press reasons say it themselves.)
NOTHING_TO_DO = {
    "stop": {"full", "unplugged", "max_time", "paid_time", "no_load", "user", "operator", "outage_gone", "min_power", "maintenance",
             "backstop", "waited", "load_swapped"},
    "access": {"ok", "outside_window", "locked_out", "exit", "trip"},
    "gate": {"granted", "denied", "closed", "freed", "locked"},
    "point": {"normal"},
    "trial": {"begun", "confirmed"},
    "reset": {"power_on", "hard", "deep_sleep", "soft"},
}  # fmt: skip


def complaints(tongue: str, tables: Tables) -> list[str]:
    """What is missing, left over, not in the language, or used twice in the texts of one language."""
    wanted = {table: set(numbers.values()) for table, numbers in TABLES.items()}
    wanted["subject"] = set(lists.FAULT_ARGUMENTS.values()) - {"outlet", "meter"}  # these two have a number in front
    wanted["do"] = {f"{table} {name}" for table, idle in NOTHING_TO_DO.items() for name in wanted[table] - idle}
    found = [f"table {table}" for table in wanted.keys() ^ tables.keys()]
    for table in wanted.keys() & tables.keys():
        found += [f"{table}: {name}" for name in wanted[table] ^ tables[table].keys()]
        found += [f"{table}: {name} in {tongue}" for name, said in tables[table].items() if bool(CHINESE.search(said)) == (tongue == "en")]
        if table not in ("first", "do"):  # several may need the same action; a meter may be silent, and a reader
            told = {name: (said, lists.FAULT_ARGUMENTS.get(name)) for name, said in tables[table].items()}
            found += [f"{table}: {name} as another" for name, said in told.items() if list(told.values()).count(said) > 1]
    return found


@pytest.mark.parametrize("tongue", texts.LANGUAGES)
def test_each_language_has_a_text_for_every_name_and_none_for_nothing(tongue: str) -> None:
    assert complaints(tongue, texts.LANGUAGES[tongue]) == []


@pytest.mark.parametrize("tongue", texts.LANGUAGES)
@pytest.mark.parametrize("table", [*TABLES, "do", "subject"])
def test_one_entry_less_one_more_and_one_untranslated_are_found(table: str, tongue: str) -> None:
    whole = texts.LANGUAGES[tongue]
    name, said = next(iter(whole[table].items()))
    less = {key: words for key, words in whole[table].items() if key != name}
    foreign = "?" if tongue == "zh" else "无"
    for changed in (less, {**whole[table], "nothing": said + "."}, less | {f"{name}s": said}, {**whole[table], name: foreign}):
        assert complaints(tongue, {**whole, table: changed})
    assert complaints(tongue, {key: words for key, words in whole.items() if key != table}) == [f"table {table}"]


def test_every_closed_list_of_the_tools_has_its_table() -> None:
    """A new list without texts fails here."""
    known = [id(numbers) for numbers in TABLES.values()]
    tables = {name: value for name, value in vars(lists).items() if isinstance(value, MappingProxyType)}
    closed = {name for name, value in tables.items() if all(isinstance(key, int) for key in value)}
    assert len(closed) > 10
    assert {name for name in closed if id(tables[name]) not in known} == set()


def test_nothing_to_do_names_entries_that_exist() -> None:
    for table, idle in NOTHING_TO_DO.items():
        assert idle < set(TABLES[table].values()), table


def test_the_breaker_stands_first_in_both_languages_where_a_socket_may_be_live() -> None:
    for name in lists.BREAKER_FIRST:
        assert texts.text("first", name).startswith("switch the breaker off"), name
        assert re.search("^(碰插座之前)?(先|立即)拉断路器", texts.text("first", name, "zh")), name
    for name in lists.BREAKER_HOLDERS:
        assert texts.text("holder", name).startswith("switch the breaker off") and texts.text("holder", name, "zh").startswith("先拉断路器")
    for tongue, words in (("en", "breaker"), ("zh", "断路器")):
        for name in ("meter_stale", "welded"):
            assert words in texts.what_to_do("stop", name, tongue)


def test_a_session_that_ended_beside_a_weld_is_not_only_sent_to_the_breaker() -> None:
    """The board opened the contactor for a relay that is welded (9) or an outlet that is live (28): no breaker has tripped."""
    for tongue in texts.LANGUAGES:
        do = texts.what_to_do("stop", "supply_lost", tongue)
        assert "9" in do and "28" in do and "shed faults" in do
        assert {lists.FAULTS[9], lists.FAULTS[28]} == {"welded", "live_outlet"}


def test_a_command_of_one_language_is_in_the_other_too() -> None:
    """What the crew types to end it."""
    for table in ("first", "do", "holder"):
        for name, said in texts.LANGUAGES["en"][table].items():
            chinese = re.findall(r"shed ([a-z]+)", texts.LANGUAGES["zh"][table][name])
            assert set(re.findall(r"`shed ([a-z]+)", said)) == set(chinese), (table, name)


def gaps(sentence: str) -> set[tuple[str | None, str | None]]:
    return {(name, form) for _, name, form, _ in string.Formatter().parse(sentence) if name is not None}


def test_the_sentences_of_each_language_have_the_same_gaps() -> None:
    english, chinese = phrases.PHRASES["en"], phrases.PHRASES["zh"]
    assert set(english) == set(chinese)
    assert {name for name in english if gaps(english[name]) != gaps(chinese[name])} == set()
    plain = {name for name, said in chinese.items() if not CHINESE.search(re.sub(r"\{.*?\}", "", said))}
    assert plain <= {"do", "comma", "named", "numbered", "why", "where", "by", "point"}, "marks only"
    assert not any(CHINESE.search(said) for said in english.values())
    assert all(english[name].count("|") == chinese[name].count("|") for name in english if name.endswith("_heads"))


def test_the_roles_read_in_a_sheet_as_they_are_told() -> None:
    for name in lists.ROLES.values():
        assert cells._ROLE_WORDS[texts.text("role", name, "zh")] == name
