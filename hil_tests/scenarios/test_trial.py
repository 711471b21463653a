"""A changed configuration runs on trial: it stays when somebody confirms it; in every other case the old one comes back by itself."""

from __future__ import annotations

from binascii import crc32
from contextlib import suppress

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.console import ConsoleError
from shedbench.bench.residents import start_charging
from shedbench.places import SMALL_SITE as SITE
from shedguard.flash.image import read_partition, write_partition
from shedguard.formats import slots
from shedguard.site.image import compile_site, image_crc
from shedguard.site.load import loads

NEW_TEXT = SITE.read_text(encoding="utf-8").replace("held_open_s = 60", "held_open_s = 90")
SERVICE = "from shed.app import service as s\n"


def image(text: str) -> bytes:
    loaded = loads(text)
    return compile_site(loaded.site, loaded.board)


OLD, NEW = image(SITE.read_text(encoding="utf-8")), image(NEW_TEXT)


def push(bench: Bench, content: bytes) -> None:
    """What `shed config push` leaves in flash, and the board starts again."""
    place(bench, content)
    bench.board.start()
    bench.run("15 s")


def place(bench: Bench, content: bytes) -> None:
    """Kills the board and puts the new configuration into the slot not in use, to run on trial."""
    bench.board.kill()
    partition = read_partition(bench.process.flash, "shed_cfg")
    free = slots.free_place(partition)
    slot = slots.build_slot(content, free.sequence, confirmed=False).ljust(slots.SLOT_SIZE, b"\xff")
    write_partition(bench.process.flash, "shed_cfg", partition[: free.offset] + slot + partition[free.offset + slots.SLOT_SIZE :])


def configuration(bench: Bench) -> int:
    return bench.console.ask({"do": "hello"})[0]["cfg"]


def trial_s(bench: Bench) -> int:
    return bench.console.ask({"do": "status"})[0]["trial"]


def events(bench: Bench) -> list[tuple[int, int]]:
    """(sequence, event) of the trial records."""
    return [(record.image_sequence, record.event) for record in bench.journal.records("trial")]


def test_a_confirmed_configuration_stays_and_the_shed_sells_under_it(bench: Bench):
    push(bench, NEW)
    assert configuration(bench) == image_crc(NEW) and 500 < trial_s(bench) <= 600
    assert bench.console.ask({"do": "confirm"}, key=True) == [{"ok": True}]
    assert trial_s(bench) == 0
    bench.run("11 min")
    bench.board.power_cycle()
    bench.run("15 s")
    assert configuration(bench) == image_crc(NEW)
    assert events(bench) == [(2, 1), (2, 2)]
    start_charging(bench, 1)


def test_without_confirmation_the_old_one_is_back_after_ten_minutes_and_a_charging_bike_goes_on(bench: Bench):
    push(bench, NEW)
    start_charging(bench, 2)
    bench.run("9 min")
    assert configuration(bench) == image_crc(NEW) and bench.outlet(2).is_charging
    bench.run("90 s")
    assert configuration(bench) == image_crc(OLD) and trial_s(bench) == 0
    bench.until(bench.outlet(2).is_charging, within="60 s")
    assert events(bench) == [(2, 1), (2, 3)]


@pytest.mark.parametrize("after", ["200 ms", "1 s", "5 min"])
def test_a_power_cut_during_the_trial_brings_the_old_one_back(bench: Bench, after: str):
    push(bench, NEW)
    bench.run(after)
    bench.board.power_cycle()
    bench.run("15 s")
    assert configuration(bench) == image_crc(OLD)
    start_charging(bench, 1)


def test_nobody_confirms_without_authority_and_nothing_is_confirmed_twice(bench: Bench):
    with pytest.raises(ConsoleError, match="trial"):
        bench.console.ask({"do": "confirm"}, key=True)
    push(bench, NEW)
    with pytest.raises(ConsoleError, match="auth"):
        bench.console.ask({"do": "confirm"})
    assert trial_s(bench) > 0
    bench.key_switch.turn()
    bench.run("1 s")
    assert "ON TRIAL" in bench.console.type("status")
    assert bench.console.type("confirm").strip() == "done"
    assert trial_s(bench) == 0


def ruined_pin(content: bytes) -> bytes:
    """The first relay on a pin of the flash chip: whole, and the chip refuses it."""
    at = content.index(b"\x04\x08\x04\x00") + 4 + 2
    changed = content[:at] + b"\x06" + content[at + 1 :]
    return changed[:8] + crc32(changed[12:]).to_bytes(4, "little") + changed[12:]


def test_a_configuration_that_crashes_at_boot_is_back_to_the_old_one_by_itself(bench: Bench):
    before = len(bench.board.boots)
    push(bench, ruined_pin(NEW))
    bench.run("15 s")
    assert len(bench.board.boots) == before + 2, "one failed boot, one with the old configuration"
    assert bench.console.ask({"do": "hello"})[0]["mode"] == "service" and configuration(bench) == image_crc(OLD)
    start_charging(bench, 1)


@pytest.mark.parametrize("trouble", ["watchdog", "task exception"])
def test_a_trial_that_hangs_or_dies_in_service_ends(bench: Bench, trouble: str):
    push(bench, NEW)
    if trouble == "watchdog":
        bench.board.fault("stall", "20 s")
    else:
        bench.board.probe(SERVICE + "def bad(now_ms):\n    return 1 // 0\ns.executive.add('bad', bad, 1)\n")
    bench.run("40 s")
    assert configuration(bench) == image_crc(OLD) and events(bench)[-1] == (2, 3)


def test_an_image_that_is_no_image_is_rejected_in_the_same_boot(bench: Bench):
    before = len(bench.board.boots)
    push(bench, NEW[:-1])
    assert len(bench.board.boots) == before + 1
    assert configuration(bench) == image_crc(OLD) and events(bench) == [(2, 3)]


# A new object: a stock image has dropped the functions that only a boot calls.
SELF_TEST = """
import sys
del sys.modules["shed.service.tasks"]
import shed.service.tasks
s.watchdog.armed = False
shed.service.tasks.Service._self_test(s)
"""


def test_a_failed_self_test_ends_the_trial_and_cannot_be_confirmed(bench: Bench):
    push(bench, NEW)
    bench.board.probe(SERVICE + SELF_TEST)
    with pytest.raises(ConsoleError, match="trial"):
        bench.console.ask({"do": "confirm"}, key=True)
    bench.run("30 s")
    assert configuration(bench) == image_crc(OLD)


def test_a_new_configuration_is_the_way_out_of_safe_mode_and_a_bad_one_is_not(bench: Bench):
    for _ in range(6):
        bench.board.probe(SERVICE + "def bad(now_ms):\n    return 1 // 0\ns.executive.add('bad', bad, 1)\n")
        bench.run("6 s")
    assert bench.console.ask({"do": "hello"})[0]["mode"] == "safe"
    push(bench, ruined_pin(NEW))
    bench.run("15 s")
    assert configuration(bench) == image_crc(OLD)
    push(bench, NEW)
    assert bench.console.ask({"do": "hello"})[0]["mode"] == "service" and configuration(bench) == image_crc(NEW)
    bench.console.ask({"do": "confirm"}, key=True)
    bench.run("70 s")
    bench.board.power_cycle()
    bench.run("15 s")
    start_charging(bench, 1)


@pytest.mark.parametrize("kind", ["before", "torn"])
@pytest.mark.parametrize("nth", range(3))
def test_a_cut_at_a_flash_operation_of_the_confirmation_leaves_the_old_or_the_new(bench: Bench, nth: int, kind: str):
    """The slot's bit comes first, then the journal's record."""
    push(bench, NEW)
    bench.board.fault("power-cut-at-write", nth, kind=kind)
    with suppress(ConsoleError):
        bench.console.ask({"do": "confirm"}, key=True)
    bench.run("5 s")
    bench.board.power_cycle()
    bench.run("30 s")
    assert configuration(bench) in (image_crc(OLD), image_crc(NEW))
    assert trial_s(bench) == 0
    start_charging(bench, 1)
