"""Blind means off: what a fire point that does not work switches off, and nothing more (decision 0014)."""

from __future__ import annotations

from pathlib import Path

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.places import SMALL_SITE as SITE

from hil_tests.scenarios.changed_site import shed

SITES = SITE.parent
SERVICE = "from shed.app import service as s\n"
FLAPPING = (
    SERVICE
    + """
level = [0]
def flap():
    level[0] ^= 1
    return level[0]
s.points._direct = 0
s.points._contacts = tuple([(bit, flap if bit == 2 else read, normal) for bit, read, normal in s.points._contacts])
"""
)
BLOCK_S, PRICE_FEN = 300 * 60, 100  # the tariff of small.toml


GRACE_1 = ('heartbeat = "HB"', 'heartbeat = "HB"\nblind_grace_min = 1')
ONE_ROOM = ('kind = "loop"', 'kind = "loop"\nzone = "room"')


def faults(bench: Bench) -> set[tuple[int, int]]:
    """Code and argument of each live fault."""
    return {(row["f"], row["a"]) for row in bench.console.ask({"do": "faults"}) if "f" in row and row["live"]}


def presses(bench: Bench, outlet: int, card: str) -> None:
    bench.bike(outlet).plug("li48v", soc=0.2)
    bench.card(card).tap()
    bench.run("1 s")
    bench.button(outlet).press()


def nobody_frees(bench: Bench) -> None:
    assert bench.gate("main").is_locked and not bench.journal.records("trip")


@pytest.mark.parametrize("fault", ["open", "short", "hum"])
def test_under_a_detector_that_sees_nothing_sessions_end_after_the_grace_and_none_begins(bench: Bench, fault: str):
    start_charging(bench, 1)
    loop = bench.smoke("bay")
    loop.hum(800) if fault == "hum" else loop.fault(fault)
    bench.run("3 s")
    assert (10, 0) in faults(bench)
    presses(bench, 2, "neighbour")
    bench.stays(bench.outlet(2).contact_is_open, "30 s")
    bench.stays(bench.outlet(1).contact_is_closed, "9 min")
    bench.until(bench.outlet(1).contact_is_open, within="90 s")
    bench.run("20 s")
    session = bench.journal.sessions()[-1]
    assert session.stop_cause == "blind"
    assert session.price_fen == round(bench.outlet(1).energised_s) * PRICE_FEN // BLOCK_S < PRICE_FEN
    nobody_frees(bench)
    loop.hum(0)
    loop.fault("ok")
    bench.run("5 s")
    assert not faults(bench)
    bench.bike(1).unplug()
    start_charging(bench, 1)


def test_a_moment_of_quiet_gives_no_new_grace(bench: Bench):
    """A loose wire: open for nine and a half minutes, normal for eight seconds, and so on."""
    start_charging(bench, 1)
    for _ in range(3):
        bench.smoke("bay").fault("open")
        if bench.wait(bench.outlet(1).contact_is_open, 570 * 10**9):
            break
        bench.smoke("bay").fault("ok")
        bench.run("8 s")
    assert bench.outlet(1).contact_is_open
    bench.run("20 s")
    assert bench.journal.sessions()[-1].stop_cause == "blind"


@pytest.mark.parametrize(("minutes", "least_s", "most_s"), [(0, 0, 2), (2, 115, 125)])
def test_the_grace_is_the_sites(seed: int, tmp_path: Path, minutes: int, least_s: int, most_s: int):
    with shed(seed, tmp_path, SITE, {"grace": ("hold_off_s = 10", f"hold_off_s = 10\nblind_grace_min = {minutes}")}) as bench:
        start_charging(bench, 1)
        began_ns = bench.now_ns
        bench.smoke("bay").fault("open")
        bench.until(bench.outlet(1).contact_is_open, within="3 min")
        assert least_s <= (bench.now_ns - began_ns) / 1e9 <= most_s


def test_sessions_go_on_while_another_detector_looks_and_end_when_none_does(seed: int, tmp_path: Path):
    with shed(seed, tmp_path, SITES / "loops" / "eight.toml", {"grace": GRACE_1, "zone": ONE_ROOM}) as bench:
        start_charging(bench, 1)
        for number in range(1, 8):
            bench.smoke(str(number)).fault("open")
        bench.stays(bench.outlet(1).contact_is_closed, "3 min")
        bench.smoke("8").fault("short")
        bench.until(bench.outlet(1).contact_is_open, within="62 s")


def test_a_busy_board_stretches_no_grace(seed: int, tmp_path: Path):
    """A busy board is slow: each turn of 100 ms comes some 60 ms late, and the minute is still a minute."""
    with shed(seed, tmp_path, SITE, {"grace": GRACE_1}) as bench:
        start_charging(bench, 1)
        bench.board.probe(
            SERVICE + "from time import sleep_ms\ndef busy(now_ms):\n    sleep_ms(60)\n    return 1\ns.executive.add('busy', busy, 100)\n"
        )
        bench.smoke("bay").fault("open")
        bench.stays(bench.outlet(1).contact_is_closed, "58 s")
        bench.until(bench.outlet(1).contact_is_open, within="4 s")


@pytest.mark.parametrize("zone", ["", 'zone = "far end"'])
def test_a_detector_of_another_room_hears_nothing_of_this_one(seed: int, tmp_path: Path, zone: str):
    """Every fire point cuts every group, so groups do not show which detectors watch the same room: zones do."""
    apart = ('terminal = "AI8"', f'terminal = "AI8"\n{zone}')
    changes = {"grace": GRACE_1, "zone": ONE_ROOM, "8": ('zone = "room"\nterminal = "AI8"', 'terminal = "AI8"'), "apart": apart}
    with shed(seed, tmp_path, SITES / "loops" / "eight.toml", changes) as bench:
        start_charging(bench, 1)
        bench.smoke("8").fault("open")
        bench.stays(bench.outlet(1).contact_is_closed, "55 s")
        bench.until(bench.outlet(1).contact_is_open, within="10 s")


@pytest.mark.long
def test_without_supply_a_session_waits_half_an_hour_also_while_a_detector_is_at_fault_and_feeds_no_other_bike(seed: int, tmp_path: Path):
    with shed(seed, tmp_path, SITES / "loops" / "eight.toml", {"zone": ONE_ROOM}) as bench:
        for number, card in ((1, "resident"), (2, "neighbour")):
            start_charging(bench, number, card=card)
        bench.run("2 min")
        bench.breaker("row A").trip()
        bench.smoke("1").fault("open")
        bench.run("31 min")
        ends = bench.journal.sessions()
        assert [end.stop_cause for end in ends] == ["supply_lost"] * 2 and all(end.price_fen < 2 for end in ends)
        bench.breaker("row A").close()
        bench.smoke("1").fault("ok")
        bench.stays(bench.outlet(1).contact_is_open, "1 min")


def test_a_call_point_at_fault_is_named_and_ends_no_session_while_a_detector_looks(seed: int, tmp_path: Path):
    """It is a contact: only its flapping shows that it is at fault. On the wire three samples in a row agree by chance, and that is a trip:
    so each sample differs from the one before."""
    changes = {"grace": ("hold_off_s = 10", "hold_off_s = 10\nblind_grace_min = 1"), "zone": ("fire = true", 'fire = true\nzone = "shed"')}
    with shed(seed, tmp_path, SITE, changes) as bench:
        start_charging(bench, 1)
        bench.board.probe(FLAPPING)
        bench.run("3 s")
        assert (10, 1) in faults(bench)
        bench.stays(bench.outlet(1).contact_is_closed, "2 min")
        bench.smoke("bay").fault("open")
        bench.until(bench.outlet(1).contact_is_open, within="62 s")


def test_a_session_does_not_go_on_after_an_outage_until_the_detectors_see(bench: Bench):
    start_charging(bench, 1)
    bench.run("1 min")
    bench.mains.off()
    bench.run("10 s")
    bench.smoke("bay").fault("open")
    bench.mains.on()
    bench.stays(bench.outlet(1).contact_is_open, "3 min")
    assert not bench.journal.records("session_resumed")
    bench.smoke("bay").fault("ok")
    bench.until(bench.outlet(1).is_charging, within="30 s")
    assert not bench.journal.sessions()


def test_a_relay_that_waits_for_the_hold_off_does_not_close_under_a_detector_that_failed_meanwhile(bench: Bench):
    start_charging(bench, 1)
    bench.run("1 min")
    bench.mains.off()
    bench.run("10 s")
    bench.mains.on()
    bench.until(lambda: bool(bench.journal.records("session_resumed")), within="8 s")
    assert bench.outlet(1).contact_is_open
    bench.smoke("bay").fault("open")
    bench.stays(bench.outlet(1).contact_is_open, "1 min")


def test_a_session_that_waits_for_the_detectors_is_settled_after_the_grace(bench: Bench):
    start_charging(bench, 1)
    bench.run("1 min")
    bench.mains.off()
    bench.run("10 s")
    bench.smoke("bay").fault("open")
    bench.mains.on()
    bench.run("9 min")
    assert not bench.journal.sessions()
    bench.run("3 min")
    bench.smoke("bay").fault("ok")
    bench.stays(bench.outlet(1).contact_is_open, "1 min")
    (session,) = bench.journal.sessions()
    assert (session.stop_cause, session.price_fen) == ("blind", session.energised_s * PRICE_FEN // BLOCK_S)
    assert session.energised_s < 180, "a minute or two: less than a fen"


@pytest.mark.parametrize("name", ["pcf", "mixed"])
def test_a_call_point_on_a_dead_bus_cuts_after_two_seconds_and_frees_nobody(seed: int, name: str):
    with Bench(site=SITES / "expanders" / f"{name}.toml", seed=seed) as bench:
        bench.run("15 s")
        outlet = sorted(bench.plant.outlets)[-1]
        start_charging(bench, outlet)
        bench.run("10 s")
        for bus in bench.plant.expander_buses.values():
            if bus.is_i2c:
                bus.fault("sda-short")
        began_ns = bench.now_ns
        bench.until(bench.outlet(outlet).contact_is_open, within="2600 ms")
        assert bench.now_ns - began_ns > 0
        bench.run("20 s")
        assert any(code == 30 for code, _ in faults(bench))
        nobody_frees(bench)
        for bus in bench.plant.expander_buses.values():
            if bus.is_i2c:
                bus.fault("ok")
        bench.console.ask({"do": "clear"}, key=True)
        bench.run("10 s")
        assert bench.outlet(outlet).contact_is_open, "a session that was cut does not resume"
        bench.bike(outlet).unplug()
        start_charging(bench, outlet)


def test_a_loop_that_the_converter_cannot_read_is_named_and_cuts_and_the_board_serves_on(bench: Bench):
    start_charging(bench, 1)
    boots = len(bench.journal.records("boot"))
    bench.board.probe(
        SERVICE
        + "def unreadable():\n    raise OSError(-258)\n"
        + "l = s.points._loops\nreal = l._looks\nl._looks = tuple([(b, unreadable, a, n) for b, _, a, n in real])"
    )
    bench.until(bench.outlet(1).contact_is_open, within="2600 ms")
    bench.run("1 min")
    assert {(10, 0), (30, 0)} <= faults(bench)
    assert len(bench.journal.records("boot")) == boots and bench.journal.sessions()[-1].stop_cause == "blind"
    nobody_frees(bench)
    bench.call_point("door").press()
    bench.until(bench.gate("main").is_free, within="40 ms")


def test_a_cut_loop_that_is_no_fire_point_is_named_when_an_armed_cause_looks_at_it(seed: int, tmp_path: Path):
    with shed(seed, tmp_path, SITE, {"fire": ('terminal = "AI1"\nfire = true', 'terminal = "AI1"\nfire = false')}) as bench:
        start_charging(bench, 1)
        bench.smoke("bay").fault("open")
        bench.run("2 s")
        assert faults(bench) == {(10, 0)}
        assert bench.outlet(1).is_charging
        presses(bench, 2, "neighbour")
        bench.until(bench.outlet(2).is_charging, within="20 s")
