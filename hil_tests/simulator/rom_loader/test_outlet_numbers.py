"""Which socket the board's console and each tool name, with a site file and without, if the socket's number is not its position in the
file.

Hazard: a crew that switches off, or touches, the wrong one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from shedbench.bench.bench import Bench
from shedbench.bench.residents import start_charging
from shedguard.commands import cli
from shedguard.errors import OK

from hil_tests.scenarios.changed_site import shed

from .rig import SITE, Rig

# In the order of the file: outlets 3, 4, 1, 2 with the meters 14, 11, 13, 12.
ORDER = {
    **{str(old): (f"number = {old}\n", f"number = #{new}\n") for old, new in zip((1, 2, 3, 4), (3, 4, 1, 2), strict=True)},
    **{str(old): (f"address = {old},", f"address = #{new},") for old, new in zip((11, 12, 13, 14), (14, 11, 13, 12), strict=True)},
    "#": ("= #", "= "),
}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with shed(5, tmp_path, SITE, ORDER) as bench:
        yield bench


def told(bench: Bench, *verbs: tuple[str, int]) -> list[str]:
    """The tools' output about the board, each with its exit code at the end."""
    rig = Rig(bench, 0.0, 10.0)
    try:
        return [rig.tells(*line.split(), "--port", rig.port.url, code=code) for line, code in verbs]
    finally:
        rig.port.close()


def test_a_welded_relay_is_told_of_its_own_socket(bench: Bench, tmp_path: Path) -> None:
    start_charging(bench, 3)
    bench.relay(3).fault("welded")
    bench.contactor("row A").fault("welded")
    bench.console.ask({"do": "stop", "o": 3}, key=True)
    bench.run("1 min")
    assert bench.outlet(3).is_energised() and not bench.outlet(1).is_energised()
    assert "LIVE although commanded off, outlet 3" in bench.console.type("faults")
    site = tmp_path / "site.toml"
    lines = [("doctor", 1), ("faults --lang en", 5), (f"faults --lang en --site {site}", 5), (f"faults --lang en --site {SITE}", 5)]
    for said in told(bench, *lines, ("log", 0), (f"log --site {SITE}", 0)):
        assert "outlet 3: " in said and "outlet 1: " not in said, said
    chinese, status, log, sessions = told(bench, ("faults --lang zh", 5), ("status", 5), ("log --json", 0), ("sessions", 0))
    assert "3 号插座: " in chinese and "1 号插座" not in chinese
    assert "outlet 3 may be live" in status
    assert {record["outlet"] for record in json.loads(log) if "outlet" in record} == {3}
    head, row, *_ = sessions.splitlines()  # after them: what can be done
    assert head.split()[1] == "outlet" and row.split()[1] == "3"


def test_a_silent_meter_is_called_by_the_socket_it_watches(bench: Bench, tmp_path: Path) -> None:
    start_charging(bench, 1)
    bench.meter(1).fault("off")
    bench.run("1 min")
    assert "meter silent, meter of outlet 1: " in bench.console.type("faults")
    assert "meter silent, meter of outlet 1" in bench.console.type("log 20")
    assert "meter of outlet 1 " in bench.console.type("status")
    site = tmp_path / "site.toml"
    known, unknown, status, doctor, chinese, log = told(
        bench, (f"faults --lang en --site {site}", 5), ("faults --lang en", 5), (f"status --site {site}", 5), ("doctor", 1),
        (f"faults --lang zh --site {site}", 5), (f"log --site {site}", 0),
    )  # fmt: skip
    assert "meter of outlet 1 (address 13): silent: switch the breaker off" in known
    assert "meter of outlet 1: silent: switch the breaker off" in unknown
    assert "outlet 1 (address 13)" in status and "outlet 3 (address 14)" in status
    assert "meter of outlet 1: silent" in doctor
    assert "1 号插座的电表（地址 13）: " in chinese
    assert "FAULT meter of outlet 1 (address 13): silent" in log


def test_a_journal_read_from_flash_names_sockets_by_the_flash_s_own_configuration(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    start_charging(bench, 3)
    bench.console.ask({"do": "stop", "o": 3}, key=True)
    bench.run("1 min")
    assert cli.run(["log", "--flash", str(bench.process.flash)]) == OK
    said = capsys.readouterr().out
    assert "outlet 3: session" in said and "outlet 1" not in said and "in place" not in said
    assert cli.run(["sessions", "--json", "--flash", str(bench.process.flash)]) == OK
    assert [session["outlet"] for session in json.loads(capsys.readouterr().out)] == [3]
