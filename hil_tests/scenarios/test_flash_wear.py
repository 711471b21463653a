"""Law 10 on flash: a sector is erased with outlets on only when none is left, with every point normal, and at most once a minute."""

from __future__ import annotations

from itertools import pairwise

from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging

ERASE = 2
SERVICE = "from shed.app import service as s\n"
# Records of trials are small, and share the ring of the sessions; few at a time, so that neither lease nor watchdog runs out.
FILL = SERVICE + "n = 0\nwhile s.journal.ring.ahead and n < 120:\n    s.books.write(16, 1, 1, 0)\n    n += 1\nprint(s.journal.ring.ahead)"


def fill_journal(bench: Bench) -> None:
    """Use up the erased sectors of the journal, while outlets that are on stay on."""
    bench.board.probe(SERVICE + "s.journal.ring._keep = 1")  # blank sectors further on do not count as ready
    for _ in range(40):
        if int(bench.board.probe(FILL)) == 0:
            return
        bench.run("300 ms")
    raise AssertionError("the journal does not fill")


def used(bench: Bench) -> None:
    """The sectors after the ready ones hold old records, as in a shed that is years old."""
    bench.board.probe(SERVICE + "r = s.journal.ring\nfor k in range(9, 16):\n    r._region.program(k * 4096, b'old')")


def erases(bench: Bench) -> list[int]:
    return [at for at, kind, _offset, _length in bench.board.flash_operations if kind == ERASE]


def test_with_outlets_on_a_sector_is_erased_only_when_none_is_left_and_once_a_minute(bench: Bench):
    used(bench)
    start_charging(bench, 1)
    bench.board.trace_flash()
    bench.run("2 min")
    assert erases(bench) == [], "sectors are ready: nothing is erased under an outlet that is on"
    for _ in range(3):
        fill_journal(bench)
        bench.run("65 s")
    times = erases(bench)
    assert len(times) >= 3 and min(b - a for a, b in pairwise(times)) >= 60_000_000_000
    assert bench.outlet(1).contact_is_closed and len(bench.board.boots) == 1
    assert bench.console.ask({"do": "status"})[0]["forced"] == len(times)
    bench.bike(1).unplug()
    bench.until(bench.outlet(1).contact_is_open, within="3 min")
    bench.run("10 s")
    assert bench.journal.sessions()[-1].stop_cause == "unplugged"


def test_with_a_point_off_normal_nothing_is_erased_under_an_outlet_that_is_on(bench: Bench):
    used(bench)
    start_charging(bench, 1)
    bench.smoke("bay").fault("open")
    bench.run("2 s")
    bench.board.trace_flash()
    fill_journal(bench)
    bench.run("90 s")
    assert bench.outlet(1).contact_is_closed and erases(bench) == []
    bench.smoke("bay").fault("ok")
    bench.run("5 s")
    assert len(erases(bench)) == 1


def test_a_key_left_on_holds_up_no_erase_with_outlets_on_nor_with_none(bench: Bench):
    used(bench)
    bench.key_switch.turn(True)
    bench.run("2 s")
    bench.board.trace_flash()
    for _ in range(2):  # the first may find blank sectors behind
        fill_journal(bench)
        bench.run("5 s")
    assert erases(bench), "nothing is energised"
    start_charging(bench, 1)
    before = len(erases(bench))
    fill_journal(bench)
    bench.run("65 s")
    assert len(erases(bench)) == before + 1 and bench.outlet(1).contact_is_closed


def test_an_alarm_that_has_cut_everything_holds_up_no_erase(bench: Bench):
    used(bench)
    bench.smoke("bay").alarm()
    bench.run("3 s")
    bench.board.trace_flash()
    for _ in range(2):
        fill_journal(bench)
        bench.run("5 s")
    assert erases(bench)
