"""Scenarios run with the program frozen into the board's image. These, a few of each kind, run in `make test` on a stock image too: the
program as bytecode in the file system, loaded into RAM. `python -m pytest hil_tests/scenarios --program stock` runs them all that way,
and so does `make long` (test_variants.py).

Hazard: a program that fits and answers in time on one image may not on the other: 130 KB of heap are free there, half of that here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from shedbench.bench import variant
from shedbench.bench.bench import Bench
from shedbench.benchmark.rig import charge_all
from shedbench.campaign import campaign
from shedbench.places import SMALL_SITE as SITE
from shedguard.flash.image import read_partition
from shedguard.formats import file_system
from shedguard.paths import firmware_dir

from hil_tests.scenarios import (
    test_bad_starts,
    test_boards,
    test_console,
    test_disturbance,
    test_expanders,
    test_fire,
    test_gate,
    test_law_1,
    test_power_cuts,
    test_sessions,
    test_trial,
    test_trips,
)

HEAP_NOW_AND_LEFT = "import gc\nn = gc.mem_free()\ngc.collect()\nprint(n, gc.mem_free())"
TOLD_LATE = 11_000  # what a board allocates in the second in which it notices a collection (1600), and for a status just asked (9400)
HANG = next(row for row in test_law_1.ROWS if row.name.startswith("watchdog"))

Body = Callable[[Bench], object]
SUBSET: list[tuple[str, Body]] = [
    ("boot", test_boards.test_from_power_on_to_service_every_output_is_safe),
    ("boot with years behind it", test_bad_starts.test_a_board_with_a_full_journal_starts_in_time),
    ("boot into safe mode", test_bad_starts.test_safe_mode_frees_the_gate_and_a_person_clears_the_way_out),
    ("boot of a refused configuration", test_bad_starts.test_a_configuration_that_the_chip_refuses_ends_in_safe_mode_with_a_console),
    ("charge", test_sessions.test_unplugging_ends_the_session_within_a_minute),
    ("charge through an expander", test_expanders.test_a_session_runs_through_a_relay_on_an_expander_and_is_settled),
    ("charge with a hung bus", test_expanders.test_a_hung_bus_is_clocked_free_and_sells_again),
    ("a card at the gate", test_gate.test_a_known_card_frees_the_gate_for_its_release_time),
    ("trip", test_fire.test_smoke_opens_every_outlet_and_frees_the_gate),
    ("trip by hand", test_fire.test_the_call_point_trips_faster_than_smoke),
    ("trip kept over a cut", test_fire.test_a_trip_survives_a_power_cut),
    ("trips at once", test_trips.test_two_trips_at_once_are_both_latched_and_both_named),
    ("trip in the largest shed", test_trips.test_the_largest_shed_trips_without_allocating),
    ("cut of a session", test_sessions.test_a_kill_in_mid_session_loses_no_session_and_settles_it_once),
    ("cut before a settlement", test_power_cuts.test_a_session_that_its_user_stopped_is_settled_after_a_cut),
    ("hang", lambda bench: test_law_1.test_no_outlet_stays_fed_without_a_live_scan(bench, HANG, lambda name, value: None)),
    ("console: why", test_console.test_why_names_the_reason_an_outlet_is_off),
    ("console: maintenance", test_console.test_repl_makes_everything_safe_and_leads_to_a_plain_prompt_and_a_reset_leads_back),
    ("console: requests", test_disturbance.test_requests_that_nobody_meant_restart_nothing),
    ("configuration on trial", test_trial.test_a_confirmed_configuration_stays_and_the_shed_sells_under_it),
    ("memory runs out", lambda bench: test_bad_starts.test_a_board_out_of_memory_opens_and_comes_back(bench, 1)),
]
SITES = {test_boards: test_boards.SHEDS[0], test_expanders: test_expanders.EXPANDERS / "pcf.toml"}
MODULE_OF = "import gc\nimport shed.app\ngc.collect()\nprint(shed.app.__file__, gc.mem_free())"
STOCK_FREE_AT_LEAST = 50_000  # of the small site with its four outlets charging, in bytes
FROZEN_SAVES_AT_LEAST = 50_000  # the bytecode of what stays in memory


@pytest.fixture
def stock() -> Iterator[None]:
    """Benches made now have the program in their file system, whatever else was chosen for the run."""
    with variant.use(variant.with_program("stock")):
        yield


@pytest.mark.parametrize(("what", "body"), SUBSET, ids=[what for what, _ in SUBSET])
@pytest.mark.usefixtures("stock")
def test_a_scenario_passes_with_the_program_in_the_file_system_of_a_stock_image(what: str, body: Body, seed: int):
    site = next((place for module, place in SITES.items() if body.__module__ == module.__name__), SITE)
    with Bench(site=site, seed=seed) as bench:
        bench.run("15 s")
        body(bench)


@pytest.mark.usefixtures("stock")
def test_a_random_quarter_of_an_hour_is_settled_to_the_fen_on_a_stock_image(seed: int):
    assert campaign(seed, 0.25) == []


def test_which_program_runs_is_seen_where_its_modules_come_from_and_in_the_memory(seed: int):
    def look(program: str) -> tuple[str, int]:
        with Bench(site=SITE, seed=seed, program=program) as bench:
            bench.run("15 s")
            charge_all(bench)
            bench.run("2 min")
            file, free = bench.board.probe(MODULE_OF).split()
            return file, int(free)

    (frozen_file, frozen_free), (stock_file, stock_free) = look("frozen"), look("stock")
    assert (frozen_file, stock_file) == ("shed/app.py", "shed/app.mpy")
    assert stock_free >= STOCK_FREE_AT_LEAST
    assert frozen_free >= stock_free + FROZEN_SAVES_AT_LEAST


@pytest.mark.usefixtures("stock")
def test_a_traceback_on_a_stock_image_names_module_and_line_as_they_are_in_the_sources(seed: int):
    with Bench(site=SITE, seed=seed) as bench:
        bench.run("15 s")
        bench.board.probe("from shed.app import service as s\ns.entrance.cards = None")
        bench.card("resident").tap()
        bench.run("2 s")
        found = re.findall(r'File "shed\.service\.entrance", line (\d+)', bench.console.text())
    source = (firmware_dir() / "shed" / "service" / "entrance.py").read_text(encoding="utf-8").splitlines()
    assert "self.cards." in source[int(found[-1]) - 1]


def test_a_frozen_boards_file_system_holds_what_starts_the_program_and_nothing_that_could_run_in_its_place(seed: int):
    with Bench(site=SITE, seed=seed, program="frozen", power=False) as bench:
        assert set(file_system.read(read_partition(bench.process.flash, "vfs"))) == {"/boot.py", "/main.py"}


def test_status_tells_what_is_free_after_a_collection_and_not_what_happens_to_be(seed: int):
    """A person reads it as what is left: garbage not yet collected must not look like a lack of memory."""
    with Bench(site=SITE, seed=seed, program="stock") as bench:
        bench.run("20 s")
        moments: list[int] = []
        for _ in range(10):
            bench.run("2700 ms")
            told = int(bench.console.ask({"do": "status"})[0]["heap"])
            now, left = bench.branch(lambda fork: [int(word) for word in fork.board.probe(HEAP_NOW_AND_LEFT).split()])
            moments.append(left - now)
            assert left - TOLD_LATE <= told <= left + 2048
        assert max(moments) > TOLD_LATE, "the figure of the moment would have been far off"
