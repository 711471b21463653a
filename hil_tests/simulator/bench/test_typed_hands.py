"""Lines typed beside a running board: each acts on the plant as it says; an unknown one is refused with a list of the known ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.typed_hands import Refused, TypedHands
from shedbench.places import REPOSITORY

CONTACTS = REPOSITORY / "hil_tests" / "sites" / "boards" / "kc868-a6.toml"


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench(power=False) as made:
        yield made


@pytest.fixture
def hands(bench: Bench) -> TypedHands:
    return TypedHands(bench)


def test_smoke_rises_and_is_gone_and_a_cut_wire_is_mended_not_cleared(bench: Bench, hands: TypedHands) -> None:
    loop = bench.plant.loops["smoke bay"]
    assert hands.do("smoke bay") == '"smoke bay": alarm' and loop.in_alarm
    assert hands.do("SMOKE smoke bay clear") and not loop.in_alarm
    hands.do("smoke bay open")
    with pytest.raises(Refused, match="smoke bay ok mends it"):
        hands.do("smoke bay clear")
    hands.do("smoke bay ok")
    assert loop.fault_name == "ok"


def test_a_call_point_stays_pressed_until_its_key() -> None:
    with Bench(CONTACTS, power=False) as bench:
        hands = TypedHands(bench)
        point, detector = bench.plant.call_points["call point door"], bench.plant.call_points["smoke bay"]
        hands.do("call door")
        assert not point.contact.closed and detector.contact.closed
        hands.do("smoke bay")  # a detector with a contact
        assert not detector.contact.closed
        hands.do("call door clear")
        assert point.contact.closed


@pytest.mark.parametrize(("how", "why"), [("open", "its wire is cut"), ("short", "its wire is shorted"), ("stuck", "its contact is stuck")])
def test_a_point_with_a_fault_is_not_cleared_and_the_advice_can_be_typed(how: str, why: str) -> None:
    with Bench(CONTACTS, power=False) as bench:
        hands = TypedHands(bench)
        for typed, name in (("call door", "call point door"), ("smoke smoke bay", "smoke bay")):
            point = bench.plant.call_points[name]
            hands.do(f"{typed} {how}")
            assert hands.do(typed) == f'"{name}": alarm, but {why}' and not point.contact.closed
            with pytest.raises(Refused, match=f"^{why}: .* mends it$") as refused:
                hands.do(f"{typed} clear")
            hands.do(str(refused.value).removeprefix(f"{why}: ").removesuffix(" mends it"))
            hands.do(f"{typed} clear")
            assert point.contact.fault_name == "ok" and point.contact.closed


@pytest.mark.parametrize("typed", ["bay", "smoke bay"])
def test_the_advice_for_a_shorted_loop_is_what_was_typed(bench: Bench, hands: TypedHands, typed: str) -> None:
    hands.do(f"smoke {typed} short")
    with pytest.raises(Refused, match=f"its wire is shorted: smoke {typed} ok mends it"):
        hands.do(f"smoke {typed} clear")
    hands.do(f"smoke {typed} ok")
    assert bench.plant.loops["smoke bay"].fault_name == "ok"


def test_capitals_change_nothing(bench: Bench, hands: TypedHands) -> None:
    hands.do("CARD Maintenance")
    assert bench.plant.readers["main"].uid == bytes.fromhex("C0FFEE01")
    hands.do("Plug 2  LAMP")
    assert bench.outlet(2).is_taken()
    assert hands.do("Breaker ROW a OFF") == "breaker row A off"
    hands.do("KEY On")
    assert bench.key_switch.contact.closed
    hands.do("Smoke Bay ALARM")
    assert bench.plant.loops["smoke bay"].in_alarm
    hands.do("smoke bay Clear")
    assert not bench.plant.loops["smoke bay"].in_alarm
    hands.do("METER 4 Off")
    assert bench.meter(4).fault_name == "off"


ACTS = (
    "smoke bay", "smoke bay clear", "call door open", "key on", "card maintenance", "card 0badcafe", "press 2", "plug 2", "plug 2 lamp",
    "plug 2 li48v 40", "unplug 3", "push", "push main", "exit main", "mains off", "mains 150", "breaker row A off", "weld 2", "weld 2 ok",
    "weld row A open", "meter 2 off", "look", "wait 0", "help",
)  # fmt: skip


@pytest.mark.parametrize("line", ACTS)
def test_a_word_that_would_do_nothing_is_refused_and_nothing_is_done(bench: Bench, hands: TypedHands, line: str) -> None:
    hands.do("plug 3")
    before = hands.do("look")
    with pytest.raises(Refused):
        hands.do(f"{line} extra")
    assert hands.do("look") == before
    hands.do(line)


def test_every_verb_was_tried_with_a_word_too_many(hands: TypedHands) -> None:
    assert {line.split()[0] for line in ACTS} == set(hands.verbs)


def test_people_tap_press_plug_and_push(bench: Bench, hands: TypedHands) -> None:
    bench.mains.on()
    reader = bench.plant.readers["main"]
    hands.do("card 0badcafe")
    assert reader.uid == bytes.fromhex("0BADCAFE")
    hands.do("card maintenance")
    assert reader.uid == bytes.fromhex("C0FFEE01")
    hands.do("press 2")
    assert bench.button(2).contact.closed
    assert hands.do("plug 2 lamp") == "outlet 2: lamp plugged in" and bench.outlet(2).is_taken()
    hands.do("plug 3 la60v 70%")
    assert bench.bike(3).soc == pytest.approx(0.7)
    assert hands.do("unplug 2") == "outlet 2: lamp unplugged"
    assert hands.do("push") == 'gate "main" pushed: it opens'
    hands.do("exit main")
    assert bench.gate("main").exit_button.is_cutting
    hands.do("key on")
    assert bench.key_switch.contact.closed


def test_power_goes_and_comes_and_contacts_weld(bench: Bench, hands: TypedHands) -> None:
    hands.do("weld 2")
    assert bench.relay(2).contact_is_closed() and bench.relay(3).contact_is_open()
    hands.do("weld row A")
    assert bench.outlet(2).is_energised() and "outlet 2: LIVE" in hands.do("look")
    hands.do("breaker row A off")
    assert not bench.outlet(2).is_energised()
    hands.do("breaker row A on")
    hands.do("mains off")
    assert not bench.outlet(2).is_energised()
    hands.do("mains 150")
    assert bench.mains.volts == 150.0
    hands.do("mains on")
    hands.do("weld row A ok")
    hands.do("meter 4 off")
    bench.run("1 s")
    assert not bench.outlet(2).is_energised() and not bench.meter(4).is_powered


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fly", "no verb 'fly': smoke, call"),
        ("fly", "look, wait, help; Ctrl-C ends the board"),
        ("quit", "Ctrl-C ends the board"),
        ("", "a line begins with a verb: smoke, call"),
        ("   ", "a line begins with a verb: smoke, call"),
        ("plug 2 " * 40, "a line has at most 200 characters: a verb and its words, as in `plug 2 li48v 40`"),
        ("x" * 100_000, "a line has at most 200 characters"),
        ("smoke attic", "no point 'attic'; there are smoke bay, call point door"),
        ("smoke", "say which point: there are smoke bay, call point door"),
        ("call", "say which point: there are smoke bay, call point door"),
        ("call point attic", "no point 'point attic'; there are smoke bay, call point door"),
        ("smoke bay burning", "'burning' is none of alarm, clear, ok, open, short"),
        ("call point door burning", "'burning' is none of alarm, clear, ok, open, short"),
        ("call door noisy", "a contact input's faults are ok, open"),
        ("press 9", "no button '9'; there are 1, 2, 3, 4"),
        ("press two", "there are 1, 2, 3, 4"),
        ("plug", "say which outlet: there are 1, 2, 3, 4"),
        ("plug 9", "no outlet '9'; there are 1, 2, 3, 4"),
        ("plug 1 rocket", "no load 'rocket'; there are la36_12"),
        ("plug 1 li48v half", "'half' is no percentage: 0 to 100, as in `plug 1 li48v 40`"),
        ("plug 1 li48v 400", "'400' is no percentage: 0 to 100, as in `plug 1 li48v 40`"),
        ("plug 1 li48v -1", "'-1' is no percentage: 0 to 100"),
        ("plug 1 li48v nan", "'nan' is no percentage: 0 to 100"),
        ("plug 1 li48v 1e999", "'1e999' is no percentage: 0 to 100"),
        ("plug 1 400", "'400' is no percentage: 0 to 100, as in `plug 1 li48v 40`"),
        ("plug 1 40 li48v", "'li48v' is too much: `plug OUTLET [KIND] [PERCENT]`"),
        ("plug 1 lamp 50 extra", "'extra' is too much: `plug OUTLET [KIND] [PERCENT]`"),
        ("plug 3", "outlet 3 is taken by li48v; unplug first"),
        ("plug 1 kettle 50", "a kettle has no charge to be 50 of: `plug 1 kettle`"),
        ("help extra", "'extra' is too much: `help`"),
        ("unplug 1", "nothing is plugged into outlet 1"),
        ("card", "say which card: 8, 14 or 20 hex digits, or resident, neighbour"),
        ("card XYZ", "no card 'xyz': 8, 14 or 20 hex digits, or resident, neighbour"),
        ("card 0102", "no card '0102': 8, 14 or 20 hex digits"),
        ("mains", "say off, on, or volts up to 400, as in `mains 150`"),
        ("mains maybe", "'maybe' is none of off, on, or volts up to 400"),
        ("mains 4000", "'4000' is none of off, on, or volts up to 400"),
        ("breaker", "say which group: there is row A"),
        ("breaker row A", "say on or off"),
        ("breaker row A half", "'half' is none of on, off"),
        ("breaker row", "no group 'row'; there is row A"),
        ("weld", "say which outlet or group: there are 1, 2, 3, 4, row A"),
        ("weld row B", "no outlet or group 'row b'; there are 1, 2, 3, 4, row A"),
        ("weld 2 sideways", "'sideways' is none of ok, welded, open"),
        ("meter 2", "say what its meter does: ok, off"),
        ("meter 2 angry", "a meter's faults are ok, off"),
        ("push back", "no gate 'back'; there is main"),
        ("key", "say on or off"),
        ("key sideways", "'sideways' is neither on nor off"),
        ("wait", "say how long: 0 to 86400, as in `wait 2.5`"),
        ("wait a bit", "'a bit' is no number of seconds: 0 to 86400, as in `wait 2.5`"),
        ("wait -1", "'-1' is no number of seconds"),
        ("wait nan", "'nan' is no number of seconds"),
        ("wait inf", "'inf' is no number of seconds"),
        ("wait 86401", "'86401' is no number of seconds"),
    ],
)
def test_what_nobody_can_follow_is_refused_with_what_there_is(hands: TypedHands, line: str, said: str) -> None:
    hands.do("plug 3")
    before = hands.do("look")
    with pytest.raises(Refused) as refused:
        hands.do(line)
    sentence = str(refused.value)
    assert said in sentence and len(sentence) < 400 and "\n" not in sentence and ". " not in sentence
    assert hands.do("look") == before and hands.held_until_ns == 0


def test_a_point_is_found_by_its_whole_name_behind_its_verb(bench: Bench, hands: TypedHands) -> None:
    point = bench.plant.call_points["call point door"]
    for line in ("call point door", "call door", "call call point door", "Call Point Door"):
        hands.do(line)
        assert not point.contact.closed, line
        hands.do(f"{line} clear")
        assert point.contact.closed, line


def test_a_percent_may_stand_without_a_kind_and_a_card_as_lists_print_it(bench: Bench, hands: TypedHands) -> None:
    bench.mains.on()
    hands.do("plug 1 70%")
    assert bench.bike(1).soc == pytest.approx(0.7)
    hands.do("plug 2 0")
    assert bench.bike(2).soc == 0
    hands.do("card 04:F1:FE:01:02:03:80")
    assert bench.plant.readers["main"].uid == bytes.fromhex("04F1FE01020380")


def test_waiting_holds_until_its_time(bench: Bench, hands: TypedHands) -> None:
    assert hands.do("Wait\t2.5") == "waiting 2.5 s, and so do the lines behind it" and hands.held_until_ns == bench.now_ns + 2_500_000_000


def test_help_has_every_verb_and_the_names_of_this_shed(hands: TypedHands) -> None:
    text = hands.do("help")
    assert all(f"\n{verb.form}" in f"\n{text}" for verb in hands.verbs.values())
    assert all(name in text for name in ("smoke bay", "call point door", "row A", "main", "C0FFEE01", "kettle", "wait SECONDS"))
