"""A bench's journal as a test sees it: the site's names and the closed lists' words, with the board's own numbers beside them."""

from __future__ import annotations

from pathlib import Path

import pytest
from shedbench.bench.bench import Bench
from shedbench.places import REPOSITORY
from shedguard.flash.image import write_partition
from shedguard.formats.partition_table import SHEDGUARD, find
from shedguard.formats.records import JOURNAL_KINDS, JOURNAL_MAGIC, LIVE_KINDS, LIVE_MAGIC, Record, build_log, encode_payload

SITE = REPOSITORY / "hil_tests/sites/small.toml"
SESSION = {"session": 1 << 16, "outlet": 2, "card": bytes(11), "start_s": 1, "energised_s": 60, "energy_mwh": 5, "price_fen": 100}
ENDED = Record(0, "session_end", {**SESSION, "meter_start_wh": 0, "meter_end_wh": 0, "stop_cause": 2})
RUNNING = Record(0, "live", {**SESSION, "meter_wh": 0, "peak_mw": 0, "cause": 9})


@pytest.fixture
def bench(tmp_path: Path):
    """A board without power, of a site whose sockets say 11 to 14."""
    text = SITE.read_text(encoding="utf-8")
    for number in (1, 2, 3, 4):
        text = text.replace(f"number = {number}\n", f"number = {number + 10}\n")
    site = tmp_path / "elevens.toml"
    site.write_text(text, encoding="utf-8")
    with Bench(site=site, power=False) as bench:
        yield bench


def written(bench: Bench, *records: Record) -> None:
    rows = [encode_payload(JOURNAL_KINDS, record) for record in records]
    write_partition(bench.process.flash, "shed_journal", build_log(find(SHEDGUARD, "shed_journal").size, JOURNAL_MAGIC, rows))


def test_an_outlet_is_the_number_on_its_socket_and_its_place_is_in_the_fields(bench: Bench):
    written(bench, ENDED)
    session = bench.journal.last("session_end")
    assert (session.outlet, session.stop_cause) == (13, "unplugged")
    assert (session.fields["outlet"], session.fields["stop_cause"]) == (2, 2)


def test_what_a_fault_counts_is_named_as_the_site_names_it(bench: Bench):
    counted = {9: (3, 14), 10: (0, "smoke bay"), 8: (1, 12), 17: (0, "main"), 1: (3, 3)}
    written(bench, *(Record(0, "fault", {"fault": code, "argument": index}) for code, (index, _name) in counted.items()))
    found = {fault.fields["fault"]: fault.argument for fault in bench.journal.records("fault")}
    assert found == {code: name for code, (_index, name) in counted.items()}
    assert bench.journal.records("fault")[0].fault == "welded"


def test_who_reset_a_trip_and_what_restarted_the_board_are_words(bench: Bench):
    written(
        bench,
        Record(0, "boot", {"reset_cause": 3, "fault": 20, "argument": 0, "boots": 4}),
        Record(0, "trip_reset", {"cause": 0, "authority": 2, "latched": 0}),
    )
    boot, reset = bench.journal.records()
    assert (boot.reset_cause, boot.fault, boot.boots) == ("watchdog", "watchdog", 4)
    assert (reset.cause, reset.authority) == (bench.plant.wiring.causes[0], "key_switch")


def test_the_cause_in_a_checkpoint_is_a_stop_cause_and_no_row_of_the_matrix(bench: Bench):
    rows = [encode_payload(LIVE_KINDS, RUNNING)]
    write_partition(bench.process.flash, "shed_live", build_log(find(SHEDGUARD, "shed_live").size, LIVE_MAGIC, rows))
    (checkpoint,) = bench.journal.live()
    assert (checkpoint.outlet, checkpoint.cause) == (13, "user")


def test_a_field_that_no_record_of_the_kind_has_is_named(bench: Bench):
    written(bench, ENDED)
    with pytest.raises(AttributeError, match="a session_end record has no field 'relay'; it has session, outlet"):
        _ = bench.journal.last("session_end").relay


def test_why_a_press_was_refused_is_a_word(bench: Bench):
    written(bench, Record(0, "press_refused", {"outlet": 0, "reason": 3, "card": bytes(11)}))
    press = bench.journal.last("press_refused")
    assert (press.outlet, press.reason) == (11, "anothers")
