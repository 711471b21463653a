"""Keys of the site file whose default serves most sheds, written otherwise: the shed does what its file says, not what the default says.

Hazard: a key that the site file takes, the image carries and the board ignores. [charging] has its tests in
hil_tests/firmware/charging/test_charging_keys.py; that each key reaches the image, hil_tests/contracts/test_keys.py.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.places import SMALL_SITE
from shedguard.site.meters import METERS

from hil_tests.scenarios.changed_site import shed

SMOKE = 'bands_mv = { short = 300, alarm = 1300, normal = 2300 }'  # the last line of the small shed's detector
BUS = "baud = 9600"
CONTACT = 'contact = "DI3"'


def clears(bench: Bench) -> bool:
    """Whether the key switch and `clear` end the trip."""
    bench.console.ask({"do": "clear"}, key=True)
    bench.run("1 s")
    return bench.gate("main").is_locked()


@pytest.mark.parametrize("release_s", [2, 12])
def test_a_card_frees_the_gate_for_the_release_s_of_the_file(seed: int, tmp_path: Path, release_s: int):
    with shed(seed, tmp_path, SMALL_SITE, {"release": ("release_s = 5", f"release_s = {release_s}")}) as bench:
        gate = bench.gate("main")
        bench.card("resident").tap()
        bench.until(gate.is_free, within="500 ms")
        bench.stays(gate.is_free, f"{release_s * 1000 - 500} ms")
        bench.until(gate.is_locked, within="1 s")


@pytest.mark.parametrize("normally", ["closed", "open"])
def test_the_lock_waits_for_the_open_door_by_the_contact_normally_of_the_file(seed: int, tmp_path: Path, normally: str):
    """The door's contact is of that kind. Behind a door that stands open the coil is off, beyond the 5 s of its release."""
    with shed(seed, tmp_path, SMALL_SITE, {"contact": (CONTACT, f'{CONTACT}\ncontact_normally = "{normally}"')}) as bench:
        gate = bench.gate("main")
        bench.card("resident").tap()
        bench.until(gate.is_free, within="500 ms")
        assert gate.push(walk_through="15 s")
        bench.stays(gate.is_free, "15 s")
        bench.until(gate.is_locked, within="2 s")
        assert "forced" not in [record.event for record in bench.journal.records("gate")]


@pytest.mark.parametrize(("samples", "cuts"), [(3, True), (20, False)])
def test_a_blink_of_a_detector_cuts_or_not_by_the_trip_samples_of_the_file(seed: int, tmp_path: Path, samples: int, cuts: bool):
    """60 ms are twelve samples. Smoke that stays cuts with either, later with more samples."""
    with shed(seed, tmp_path, SMALL_SITE, {"samples": (SMOKE, f"{SMOKE}\ntrip_samples = {samples}")}) as bench:
        start_charging(bench, 1)
        bench.smoke("bay").alarm()
        bench.run("60 ms")
        bench.smoke("bay").clear()
        bench.run("1 s")
        assert bench.outlet(1).contact_is_open() == cuts
        bench.smoke("bay").alarm()
        bench.until(bench.outlet(1).contact_is_open, within="200 ms")


@pytest.mark.parametrize(("clear_ms", "after_4_s"), [(2000, True), (8000, False)])
def test_a_trip_can_be_cleared_once_the_point_was_quiet_for_the_clear_ms_of_the_file(
    seed: int, tmp_path: Path, clear_ms: int, after_4_s: bool
):
    with shed(seed, tmp_path, SMALL_SITE, {"clear": (SMOKE, f"{SMOKE}\nclear_ms = {clear_ms}")}) as bench:
        bench.smoke("bay").alarm()
        bench.until(bench.gate("main").is_free, within="70 ms")
        bench.smoke("bay").clear()
        bench.run("4 s")
        assert clears(bench) == after_4_s
        bench.run("5 s")
        assert clears(bench)


@pytest.mark.parametrize("parity", ["none", "odd", "even"])
def test_the_board_speaks_on_the_meters_line_with_the_parity_of_the_file(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parity: str
):
    """As if a kind of meter with any parity were known. The plant's meters speak 8N1: with another they do not understand the board, whose
    outlets then stay off."""
    monkeypatch.setitem(METERS, "pzem-016", replace(METERS["pzem-016"], parities=("none", "odd", "even")))
    with shed(seed, tmp_path, SMALL_SITE, {"parity": (BUS, f'{BUS}\nparity = "{parity}"')}) as bench:
        bench.bike(1).plug("li48v", soc=0.2)
        bench.card("resident").tap()
        bench.run("1 s")
        bench.button(1).press()
        bench.run("20 s")
        assert bench.outlet(1).is_charging() == (parity == "none")
        line = bench.plant.buses["rs485-1"]
        assert line.requests and bool(line.replies) == (parity == "none")
        heard = {line.rpartition("format ")[2][:6] for line in bench.events.tail(10_000) if "nobody understands" in line}
        assert heard == {"none": set(), "odd": {"080101"}, "even": {"080201"}}[parity]
