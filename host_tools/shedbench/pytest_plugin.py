"""For pytest: a bench for every test that asks for one, and the evidence of every test that failed with one, also with its own.

Fixtures ``seed``, ``site`` (override it for a shed of your own) and ``bench``; options for the seed and for the kind of board. See
docs/bench.md. Every pytest of an environment with ShedGuard loads this file, so it imports late what it does not need at once.
"""

from __future__ import annotations

import os
import random
import re
import shlex
import shutil
import sys
import zlib
from collections.abc import Generator, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from .bench import evidence

if TYPE_CHECKING:
    from .bench.bench import Bench

SEED: Final = 363358942  # the default: the same tree gives the same result
SEED_VARIABLE: Final = "SHEDGUARD_SEED"  # of the environment
LAST_EVENTS: Final = 30
_TITLE: Final = "shedguard"
_LONGEST_NAME: Final = 120
_BENCHES: Final = pytest.StashKey[list["Bench"]]()  # of the fixture
_KEEPER: Final = pytest.StashKey[evidence.Keeper]()
_TOLD: Final = "Last events:"  # the message of a BenchTimeout has them


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options are added once for a whole run: no conftest.py repeats them."""
    group = parser.getgroup(_TITLE, "benches of ShedGuard")
    group.addoption("--seed", type=int, default=_default_seed(), help="seed of the benches; 0 draws one, which a failure prints")
    group.addoption("--near-wrap", action="store_true", help="power-on 17 s before ticks_ms wraps")
    group.addoption("--cpu-mhz", type=int, choices=(160, 240), default=None, help="in the board file (default: as it stands there)")
    group.addoption("--program", choices=("frozen", "stock"), default="frozen", help="in the image, or in a stock board's file system")
    group.addoption("--flash-timing", choices=("typical", "worst"), default=None, help="of the emulated flash (default: typical)")


def _default_seed() -> int:
    text = os.environ.get(SEED_VARIABLE, str(SEED))
    try:
        return int(text)
    except ValueError:
        raise pytest.UsageError(f"a seed is a whole number: {SEED_VARIABLE} of the environment is {text!r}; change or unset it") from None


def pytest_configure(config: pytest.Config) -> None:
    """Every bench of this run is on the board that the options name."""
    options = _board_options(config)
    if options:
        from .bench import variant

        timing = config.getoption("--flash-timing")
        arguments = () if timing is None else ("--flash-timing", timing)
        offset_ms = variant.NEAR_WRAP_MS if config.getoption("--near-wrap") else 0
        variant.choose(variant.Variant(config.getoption("--cpu-mhz"), offset_ms, arguments, str(config.getoption("--program"))))


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of every random choice of this run."""
    given = request.config.getoption("--seed")
    return given or random.SystemRandom().randrange(1, 1 << 31)


@pytest.fixture
def site() -> str | Path:
    """The site file that ``bench`` is built from: the small shed with four outlets."""
    from .places import SMALL_SITE

    return SMALL_SITE


@pytest.fixture
def bench(request: pytest.FixtureRequest, site: str | Path, seed: int) -> Bench:
    """The shed of ``site``; its board has booted and passed its hold-off: in service, nothing charging."""
    if not Path(site).is_file():
        pytest.fail(f"no site file {Path(site).absolute()}", pytrace=False)
    _ensure_board(request.config)
    from .bench.bench import Bench

    bench = Bench(site=site, seed=seed)
    request.node.stash.setdefault(_BENCHES, []).append(bench)  # closed when the last report of the test is made
    bench.run("15 s")
    return bench


def _ensure_board(config: pytest.Config) -> None:
    """At first use an installed tool builds it: what it says meanwhile goes past pytest's capture, as it takes minutes."""
    from .places import ensure_board
    from .setup.report import SetupError

    capture: Any = config.pluginmanager.getplugin("capturemanager")
    try:
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            ensure_board()
    except SetupError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None  # else pytest prints the same sentence twice


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Keeps the fixture's bench open until the last report of its test, and the files of every other bench that the test made."""
    keeper = item.stash[_KEEPER] = evidence.Keeper()
    with evidence.keeping(keeper):
        try:
            return (yield)
        finally:
            for bench in item.stash.get(_BENCHES, []):
                bench.close()
            item.stash[_BENCHES] = []
            keeper.let_go()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds to a failed test: last events, artefacts, and how it is run again."""
    report = yield
    if report.failed:
        told = call.excinfo is not None and _TOLD in str(call.excinfo.value)
        words = "\n".join(_evidence(item, told))
        if words:
            report.sections.append((_TITLE, words))
    return report


def _evidence(item: pytest.Item, told: bool) -> Iterator[str]:
    values: dict[str, Any] = getattr(item, "funcargs", {})
    benches = _benches(item, values)
    for number, bench in enumerate(benches):
        if not told:
            yield "\n".join((_TOLD, *bench.events.tail(LAST_EVENTS)))
        out = item.config.rootpath / "build" / "failed" / (folder_name(item.nodeid) + (f".{number + 1}" if number else ""))
        try:
            bench.save_artifacts(out)
            yield f"artefacts: {out} (seed, events, waveform, serial, flash)"
            yield from _branches(bench, out, told)
        except Exception as error:  # noqa: BLE001 - no error here may hide why the test failed
            yield f"artefacts: not saved in {out}: {error}"
    if benches or "seed" in values:
        yield f"again: {again(item, values.get('seed'))}"


def _branches(bench: evidence.Witness, out: Path, told: bool) -> Iterator[str]:
    """What the branches of a bench left that raised."""
    for number, folder in enumerate(evidence.branches(bench), 1):
        kept = out / f"branch.{number}"
        shutil.copytree(folder, kept, dirs_exist_ok=True)
        if not told:
            events = (kept / "events.txt").read_text(encoding="utf-8").splitlines()
            yield "\n".join(("Last events of its branch:", *events[-LAST_EVENTS:]))
        yield f"artefacts of its branch: {kept}"


def _benches(item: pytest.Item, values: dict[str, Any]) -> list[evidence.Witness]:
    """The benches that were made during the test, and those that fixtures of a wider scope hand to it."""
    keeper = item.stash.get(_KEEPER, None)
    benches = list(keeper.benches) if keeper else []
    known = sys.modules.get("shedbench.bench.bench")
    if known is not None:
        benches += [given for given in values.values() if isinstance(given, known.Bench) and given not in benches]
    return benches


def folder_name(node: str) -> str:
    """A folder name that no other test has, without characters special to a shell."""
    name = re.sub(r"[^\w.-]+", "-", node.replace("::", "-").replace("/", "-"), flags=re.ASCII).strip("-")
    is_plain = len(name) <= _LONGEST_NAME and re.fullmatch(r"[\w.:/-]+", node, re.ASCII)
    return name if is_plain else f"{name[:_LONGEST_NAME]}-{zlib.crc32(node.encode()):08x}"


def again(item: pytest.Item, seed: int | None) -> str:
    """The line that runs ``item`` again on the same board with the same seed, from where pytest was started. A test without the fixture
    has no seed but its own."""
    config = item.config
    python = Path(sys.executable)
    here = config.invocation_params.dir
    words = [str(python.relative_to(here) if python.is_relative_to(here) else python), "-m", "pytest"]
    marks = str(config.getoption("markexpr", ""))
    if marks and marks not in config.getini("addopts"):
        words += ["-m", marks]
    test = os.path.relpath(item.path, here) + "".join(item.nodeid.partition("::")[1:])
    seeds = [] if seed is None else [f"--seed={seed}"]
    return shlex.join([*words, test, *seeds, *_board_options(config)])


def _board_options(config: pytest.Config) -> list[str]:
    """The options that were given and differ from their defaults."""
    options = ["--near-wrap"] if config.getoption("--near-wrap") else []
    for name, usual in (("--cpu-mhz", None), ("--program", "frozen"), ("--flash-timing", None)):
        value = config.getoption(name)
        if value != usual:
            options.append(f"{name}={value}")
    return options
