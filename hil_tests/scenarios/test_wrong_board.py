"""A board whose boot file and configuration were made for different boards: half of an installation, or a controller from another shed.

Hazard: pin numbers of one product on another. What is a button there is a contactor here.
"""

from __future__ import annotations

import struct
from zlib import crc32

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedbench.places import SITES, TESTS
from shedbench.places import SMALL_SITE as SITE
from shedguard.flash.image import read_partition, write_partition
from shedguard.formats import slots
from shedguard.site.image import compile_site, read_sections
from shedguard.site.load import load

OTHERS = SITES / "boards"
WRONG_BOARD = 31
OUTPUTS = (16, 17, 18, 19, 21, 22, 23)  # of the board that is there


def image_for(name: str) -> bytes:
    found = load(OTHERS / f"{name}.toml")
    return compile_site(found.site, found.board)


def configure(bench: Bench, image: bytes, confirmed: bool = True) -> None:
    """With the board killed: ``image`` is the newest configuration."""
    partition = bytearray(read_partition(bench.process.flash, "shed_cfg"))
    where = slots.free_place(bytes(partition))
    data = slots.build_slot(image, where.sequence, confirmed)
    partition[where.offset : where.offset + len(data)] = data
    write_partition(bench.process.flash, "shed_cfg", bytes(partition))


@pytest.fixture
def charged(bench: Bench) -> Bench:
    start_charging(bench, 1)
    bench.board.kill()
    bench.run("2 s")
    return bench


@pytest.mark.parametrize("name", ["kc868-a6", "esp32-devkitc", "olimex-esp32-evb", "kc868-a16"])
def test_no_pin_of_another_boards_configuration_is_driven(charged: Bench, name: str):
    bench = charged
    configure(bench, image_for(name))
    driven: set[int] = set()
    for pin in range(40):
        bench.port.on_pin(pin, lambda drive, pin=pin: driven.add(pin) if drive in (1, 2) else None)
    before = len(bench.board.boots)
    bench.board.start()
    bench.run("60 s")
    assert len(bench.board.boots) == before + 1, "it does not restart again"
    assert driven <= set(OUTPUTS) and not any(bench.port.energises(pin) for pin in OUTPUTS)
    assert all(bench.outlet(n).contact_is_open for n in (1, 2, 3, 4)) and bench.gate("main").is_free
    assert bench.console.ask({"do": "hello"})[0]["mode"] == "safe"
    assert WRONG_BOARD in [row["f"] for row in bench.console.ask({"do": "faults"}) if row.get("live")]
    assert "another board" in bench.console.type("why 1") and "another board" in bench.console.type("faults")


def test_an_outlet_that_nobody_sees_is_not_called_off_while_it_is_live(charged: Bench):
    bench = charged
    bench.relay(1).fault("welded")
    bench.contactor("row A").fault("welded")
    configure(bench, image_for("kc868-a6"))
    bench.board.start()
    bench.run("60 s")
    assert bench.outlet(1).is_energised
    assert bench.console.ask({"do": "why", "o": 1})[0]["on"] == 2
    said = bench.console.type("why 1")
    assert "is off" not in said and "may be live" in said


def test_a_configuration_of_another_board_on_trial_is_rejected_at_once_and_the_session_goes_on(charged: Bench):
    bench = charged
    configure(bench, image_for("kc868-a6"), confirmed=False)
    bench.board.start()
    bench.until(bench.outlet(1).is_charging, within="60 s")
    assert bench.journal.last("trial").event == 3, "rejected"


def test_an_image_of_an_earlier_version_that_names_no_board_still_serves(charged: Bench):
    bench = charged
    small = load(SITE)
    earlier = read_sections((TESTS / "golden" / "site-small.bin").read_bytes())
    configure(bench, compile_site(small.site, small.board, only=earlier))
    bench.board.start()
    bench.until(bench.outlet(1).is_charging, within="60 s")


def test_a_section_that_is_too_short_is_a_bad_configuration_and_not_a_crash(charged: Bench):
    bench = charged
    small = load(SITE)
    body = compile_site(small.site, small.board)[12:-8] + struct.pack("<BBHH", 17, 2, 1, 7)
    count = struct.unpack_from("<H", compile_site(small.site, small.board), 6)[0]
    configure(bench, struct.pack("<4sHHI", b"SGI1", 1, count, crc32(body)) + body)
    bench.board.start()
    bench.run("30 s")
    assert bench.console.ask({"do": "hello"})[0]["mode"] == "safe" and bench.gate("main").is_free
