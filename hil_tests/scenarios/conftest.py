"""What every scenario starts from: the small shed, in service, with its seed printed; and the tables that scenarios measure."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil_tests.bench import variant
from hil_tests.bench.bench import Bench

SITE = Path(__file__).parents[1] / "sites" / "small.toml"
LAW_1_ROWS = pytest.StashKey[list[tuple[str, float, float]]]()


SEED = 363358942  # of `make test`, so that the same tree gives the same answer; `make long` draws


def pytest_addoption(parser: pytest.Parser) -> None:
    default = int(os.environ.get("SHEDGUARD_SEED", SEED))
    parser.addoption("--seed", type=int, default=default, help="seed of the benches; 0 draws and prints one")
    parser.addoption("--near-wrap", action="store_true", help="power-on 17 s before ticks_ms wraps")
    parser.addoption("--cpu-mhz", type=int, choices=(160, 240), default=None, help="in the board file (default: as it stands there)")
    parser.addoption("--program", choices=("frozen", "stock"), default="frozen", help="in the image, or in a stock board's file system")
    parser.addoption("--flash-timing", choices=("typical", "worst"), default=None, help="of the emulated flash (default: typical)")


def pytest_configure(config: pytest.Config) -> None:
    timing = config.getoption("--flash-timing")
    arguments = () if timing is None else ("--flash-timing", timing)
    offset_ms = variant.NEAR_WRAP_MS if config.getoption("--near-wrap") else 0
    variant.choose(variant.Variant(config.getoption("--cpu-mhz"), offset_ms, arguments, str(config.getoption("--program"))))


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> int:
    given = request.config.getoption("--seed")
    return given or random.SystemRandom().randrange(1, 1 << 31)


@pytest.fixture
def bench(seed: int, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A four-outlet shed whose board has booted and passed its hold-off: in service, nothing charging."""
    print(f"seed {seed} (repeat with --seed {seed})")
    with Bench(site=SITE, seed=seed) as bench:
        bench.run("15 s")
        yield bench
        if getattr(request.node, "failed_call", False):
            bench.save_artifacts(Path("build") / "failed" / request.node.name)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        item.failed_call = True  # type: ignore[attr-defined]
    for name, value in report.user_properties:
        if name == "law 1":
            report.law_1 = value


def pytest_terminal_summary(terminalreporter) -> None:
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    rows = [report.law_1 for report in reports if hasattr(report, "law_1") and report.when == "call"]
    if rows:
        terminalreporter.section("law 1: time until no outlet is fed (virtual)")
        for what, ms, limit_ms in sorted(rows):
            terminalreporter.write_line(f"{what:<48} {ms:8.1f} ms  (limit {limit_ms:.0f} ms)")


def longest_scan_us() -> int:
    """A pass may take 3 ms of its 5 at 240 MHz. The same program takes half as long again at 160: 4.5 ms (safety/scan.py)."""
    return 3000 * 240 // (variant.chosen().cpu_mhz or 240)


RESIDENTS = ("resident", "neighbour", "tenant", "visitor")  # a card counts three times, then once in 30 s


def start_charging(bench: Bench, outlet: int, pack: str = "li48v", soc: float = 0.2, card: str = "resident") -> None:
    """A resident plugs the bike in, shows the card at the gate, presses the outlet's button; the plant says when current flows."""
    bench.bike(outlet).plug(pack, soc=soc)
    bench.card(card).tap()
    bench.run("1 s")
    bench.button(outlet).press()
    bench.until(bench.outlet(outlet).is_charging, within="20 s")
