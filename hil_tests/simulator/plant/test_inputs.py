"""Loops, dry contacts, call point, key switch, buttons, gate."""

from __future__ import annotations

import struct

import pytest
from shedbench.link import link
from shedbench.plant.detectors import DryContact
from shedbench.plant.rig import Rig
from shedbench.plant.units import MS, S

AI1, DI1, DI2, DI3, S1, Y1 = 34, 35, 39, 36, 32, 23
LOW, HIGH, NOT_DRIVEN = b"\0", b"\1", b"\2"


def millivolts(rig: Rig) -> tuple[float, float]:
    microvolts, noise = struct.unpack_from("<II", rig.last_input(link.ADC_IN, AI1))
    return (microvolts - noise) / 1000, (microvolts + noise) / 1000


@pytest.mark.parametrize(
    ("fault", "alarm", "lower", "upper"),
    [
        ("ok", False, 1300, 2300),
        ("ok", True, 300, 1300),
        ("short", False, -100, 300),
        ("short", True, -100, 300),
        ("open", True, 2300, 3400),
    ],
)
def test_each_state_of_the_loop_lies_in_its_band_with_all_its_noise(fault: str, alarm: bool, lower: int, upper: int) -> None:
    rig = Rig()
    loop = rig.shed.loops["smoke bay"]
    if alarm:
        loop.alarm()
    loop.fault(fault)
    low, high = millivolts(rig)
    assert lower < low <= high < upper


def test_a_loop_clears() -> None:
    rig = Rig()
    loop = rig.shed.loops["smoke bay"]
    rest = millivolts(rig)
    loop.alarm()
    assert millivolts(rig) != rest
    loop.clear()
    assert millivolts(rig) == rest


def test_a_cut_loop_is_mended_and_not_cleared() -> None:
    loop = Rig().shed.loops["smoke bay"]
    loop.fault("open")
    with pytest.raises(ValueError, match="mends a loop"):
        loop.clear()
    loop.fault("ok")
    loop.clear()


def test_a_call_point_opens_its_contact_and_a_carrier_pull_up_shows_high() -> None:
    rig = Rig()
    assert rig.last_input(link.PIN_IN, DI1) == LOW
    rig.shed.call_points["call point door"].press()
    rig.run("10 ms")
    assert rig.last_input(link.PIN_IN, DI1) == HIGH
    rig.shed.call_points["call point door"].reset()
    rig.run("10 ms")
    assert rig.last_input(link.PIN_IN, DI1) == LOW


def test_key_switch_and_button() -> None:
    rig = Rig()
    assert rig.last_input(link.PIN_IN, DI2) == HIGH
    assert rig.last_input(link.PIN_IN, S1) == NOT_DRIVEN
    rig.shed.key_switches["key switch"].turn()
    rig.shed.buttons[1].press("200 ms")
    rig.run("100 ms")
    assert rig.last_input(link.PIN_IN, DI2) == LOW
    assert rig.last_input(link.PIN_IN, S1) == LOW
    rig.run("110 ms")
    assert rig.last_input(link.PIN_IN, S1) == NOT_DRIVEN


def test_bounce_is_short_ends_right_and_comes_from_the_seed() -> None:
    def edges(seed: int) -> list[int]:
        rig = Rig(seed=seed)
        contact = DryContact(rig.world, rig.port, "test", 5, closed=False, pulled_up=True)
        rig.take()
        for closed in (True, False, True, False, True):
            contact.set(closed)
            rig.run("100 ms")
        assert rig.last_input(link.PIN_IN, 5) == LOW
        return [r.at_ns for r in rig.records if r.type == link.PIN_IN and r.arg == 5]

    assert edges(1) == edges(1)
    assert edges(1) != edges(2)
    assert len(edges(1)) > 6
    assert all(at % (100 * MS) < 4 * MS for at in edges(1))


def test_a_stuck_contact_does_not_move() -> None:
    rig = Rig()
    point = rig.shed.call_points["call point door"]
    point.fault("stuck")
    point.press()
    rig.run("10 ms")
    assert rig.last_input(link.PIN_IN, DI1) == LOW


def locked(rig: Rig) -> None:
    rig.strobe(True)
    rig.drive(Y1, True)
    rig.run("1 s")
    assert rig.shed.gates["main"].is_locked


def test_the_gate_is_free_without_a_board_and_held_with_it() -> None:
    rig = Rig()
    gate = rig.shed.gates["main"]
    assert gate.is_free
    locked(rig)
    assert not gate.push()
    rig.drive(Y1, None)
    rig.run("20 ms")
    assert gate.is_free


def test_a_lock_pin_alone_holds_no_gate_and_a_strobe_that_stops_frees_it() -> None:
    rig = Rig()
    gate = rig.shed.gates["main"]
    rig.drive(Y1, True)
    rig.run("1 s")
    assert gate.is_free
    locked(rig)
    last = rig.world.now_ns
    rig.strobe(False, last)
    rig.run("699 ms")
    assert gate.is_locked
    rig.run("30 ms")
    assert gate.is_free and gate.freed_at_ns == last + (700 + 20) * MS and gate.push()


def test_the_gate_is_free_when_the_power_goes() -> None:
    rig = Rig()
    locked(rig)
    off = rig.world.now_ns
    rig.shed.mains.off()
    rig.run("1 s")
    assert rig.shed.gates["main"].is_free
    assert rig.shed.gates["main"].freed_at_ns == off + (30 + 20) * MS


def test_a_board_fed_from_a_laptop_does_not_hold_the_gate_without_mains() -> None:
    rig = Rig()
    locked(rig)
    rig.shed.mains.off()
    rig.run("31 ms")
    rig.drive(Y1, True)
    rig.run("1 s")
    assert rig.shed.gates["main"].is_free


def test_nothing_is_said_to_the_board_about_its_past() -> None:
    rig = Rig()
    rig.run("1 s")
    rig.port.board_now_ns = rig.world.now_ns + 300  # its clock overshoots a horizon by the rest of an opcode
    rig.shed.loops["smoke bay"].alarm()
    rig.take()
    assert rig.records[-1].at_ns == rig.world.now_ns + 300


def test_the_exit_button_needs_no_board_and_holds_thirty_seconds() -> None:
    rig = Rig()
    locked(rig)
    gate = rig.shed.gates["main"]
    gate.exit_button.press()
    rig.run("20 ms")
    assert gate.is_free
    rig.run("29900 ms")
    assert gate.is_free
    assert rig.port.drive[Y1] == 2  # the board still wants it locked
    rig.run("200 ms")
    assert gate.is_locked


def test_the_fire_relay_frees_the_gate() -> None:
    rig = Rig()
    locked(rig)
    rig.shed.gates["main"].fire_relay(cut=True)
    rig.run("20 ms")
    assert rig.shed.gates["main"].is_free


def test_a_push_opens_a_free_door_and_its_contact_tells() -> None:
    rig = Rig()
    gate = rig.shed.gates["main"]
    assert rig.last_input(link.PIN_IN, DI3) == LOW
    assert gate.push("3 s")
    rig.run("310 ms")
    assert gate.door_open
    assert rig.last_input(link.PIN_IN, DI3) == HIGH
    rig.strobe(True)
    rig.drive(Y1, True)
    rig.run("1 s")
    assert not gate.is_locked  # the magnet pulls, the door is still open
    rig.run(3 * S)
    assert gate.is_locked
    assert rig.last_input(link.PIN_IN, DI3) == LOW


def test_a_forced_door_opens_against_the_magnet() -> None:
    rig = Rig()
    locked(rig)
    rig.shed.gates["main"].force()
    rig.run("1 s")
    assert rig.shed.gates["main"].door_open


@pytest.mark.parametrize("period", ["200 us", "700 us", "3 ms"])
def test_a_contact_that_flaps_faster_than_it_bounces_ends_where_it_was_set(period: str) -> None:
    rig = Rig()
    contact = DryContact(rig.world, rig.port, "flapping", DI2, closed=False, pulled_up=True)
    for turn in range(1000):
        contact.set(turn % 2 == 0)
        rig.run(period)
        if turn % 10 == 9:
            rig.run("10 ms")
            assert rig.last_input(link.PIN_IN, DI2) == HIGH, f"open since turn {turn}"
