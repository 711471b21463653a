"""The plugin for pytest, as used with an installed ShedGuard and a folder of scenarios: in a separate run."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest
from shedbench import pytest_plugin

pytest_plugins = ["pytester"]

PASSES = """
from shedbench.bench.residents import start_charging


def test_smoke_ends_charging_and_frees_the_gate(bench, seed):
    start_charging(bench, 1)
    bench.smoke("bay").alarm()
    bench.until(bench.outlet(1).contact_is_open & bench.gate("main").is_free, within="200 ms")
    assert bench.seed == seed == 5 and bench.program == "stock"
"""
FAILS = """
import pytest


@pytest.fixture
def charging(bench):
    bench.until(bench.outlet(1).is_charging, within="1 s")


@pytest.fixture
def locked_afterwards(bench):
    yield
    assert bench.gate("main").is_locked


@pytest.mark.parametrize("point", ["bay"])
def test_plainly(bench, point):
    bench.smoke(point).alarm()
    bench.run("1 s")
    assert bench.outlet(1).is_charging


def test_in_its_setup(charging):
    pass


def test_in_its_teardown(bench, locked_afterwards):
    bench.smoke("bay").alarm()
    bench.run("1 s")


def test_with_only_a_seed(seed):
    assert not seed


def test_without_a_bench():
    assert not "a word of it"
"""
OWN = """
import pytest

from shedbench.bench.bench import Bench, BenchTimeout


def smoke_and_a_wrong_word(bench):
    bench.smoke("bay").alarm()
    bench.run("1 s")
    assert bench.outlet(1).is_charging


def with_a_bench_of_a_helper():
    with Bench(seed=7) as bench:
        smoke_and_a_wrong_word(bench)


def test_inside_its_own(seed):
    with Bench(seed=seed) as bench:
        smoke_and_a_wrong_word(bench)


def test_in_a_helper():
    with_a_bench_of_a_helper()


def test_behind_two(seed):
    with Bench(seed=seed, power=False), Bench(seed=seed) as bench:
        bench.smoke("bay").alarm()
        bench.run("1 s")
    assert bench.outlet(1).is_charging


def test_in_a_branch(seed):
    with Bench(seed=seed) as bench:
        bench.run("1 s")
        bench.branch(smoke_and_a_wrong_word)


def test_that_expects_it(seed):
    with pytest.raises(BenchTimeout), Bench(seed=seed) as bench:
        bench.until(bench.outlet(1).is_charging, within="1 s")
    with pytest.raises(AssertionError), Bench(seed=seed) as bench:
        bench.branch(smoke_and_a_wrong_word)
    for _ in range(6):
        Bench(seed=seed, power=False).close()
"""
SAVED = {"seed.txt", "events.txt", "waveform.vcd", "serial.txt", "flash.bin"}


@pytest.fixture
def user(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A fresh folder, in a run that knows nothing of this repository."""
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID", "SHEDGUARD_SEED"):
        monkeypatch.delenv(name, raising=False)
    return pytester


@pytest.mark.slow(4)
def test_a_scenario_passes_on_the_board_that_the_options_name(user: pytest.Pytester):
    user.makepyfile(test_first=PASSES)
    run = user.runpytest_subprocess("--seed=5", "--program=stock")
    run.assert_outcomes(passed=1)
    assert not (user.path / "build").exists()


@pytest.mark.slow(10)
def test_a_failure_leaves_its_evidence_and_tells_how_it_is_run_again(user: pytest.Pytester):
    """With a worker of xdist, which has to pass the text on, and without pytest's cache."""
    user.makepyfile(test_bad=FAILS)
    run = user.runpytest_subprocess("-n1", "-p", "no:cacheprovider", "--seed=0", "--near-wrap")
    run.assert_outcomes(passed=1, failed=3, errors=2)
    told = _sections(run.outlines)
    for name in ("test_plainly[bay]", "test_in_its_setup", "test_in_its_teardown"):
        words = told[name]
        saved = Path(_behind(words, "artefacts: ").removesuffix(" (seed, events, waveform, serial, flash)"))
        assert saved.parent == user.path / "build" / "failed" and {path.name for path in saved.iterdir()} == SAVED
        assert all((saved / name).stat().st_size for name in SAVED - {"serial.txt"})  # nobody has typed
        assert _behind(words, "again: ").endswith(f"--seed={int((saved / 'seed.txt').read_text())} --near-wrap")
    assert any("smoke bay: smoke" in line for line in told["test_plainly[bay]"])
    assert run.outlines.count("Last events:") == 2  # a BenchTimeout has printed them itself
    assert [line[:7] for line in told["test_with_only_a_seed"]] == ["again: "] and "test_without_a_bench" not in told

    words = told["test_plainly[bay]"]
    events = Path(_behind(words, "artefacts: ").partition(" ")[0]) / "events.txt"
    before = events.read_bytes()
    events.unlink()
    line = shlex.split(_behind(words, "again: "))
    again = subprocess.run(line, cwd=user.path, capture_output=True, text=True, check=False, timeout=120)
    assert "1 failed" in again.stdout and events.read_bytes() == before


@pytest.mark.slow(8)
def test_a_failure_with_a_bench_of_the_tests_own_leaves_the_same_evidence(user: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Although that bench has been closed when the test is known to have failed."""
    user.makepyfile(test_own=OWN)
    monkeypatch.setenv("TMPDIR", str(user.mkdir("temporary")))
    run = user.runpytest_subprocess("--seed=5", "-p", "no:cacheprovider")
    run.assert_outcomes(passed=1, failed=4)
    told = _sections(run.outlines)
    for name in ("test_inside_its_own", "test_in_a_helper", "test_behind_two", "test_in_a_branch"):
        saved = user.path / "build" / "failed" / f"test_own.py-{name}"
        assert f"artefacts: {saved} (seed, events, waveform, serial, flash)" in told[name] and "Last events:" in told[name]
        assert {path.name for path in saved.iterdir() if path.is_file()} == SAVED
        assert (saved / "flash.bin").stat().st_size == 4 << 20
        assert _behind(told[name], "again: ").endswith("test_in_a_helper" if name == "test_in_a_helper" else "--seed=5")
        assert any("smoke bay: smoke" in line for line in told[name])
    failed = user.path / "build" / "failed"
    assert (failed / "test_own.py-test_in_a_helper" / "seed.txt").read_text() == "7\n"
    assert "smoke bay: smoke" in (failed / "test_own.py-test_behind_two.2" / "events.txt").read_text()
    branch = failed / "test_own.py-test_in_a_branch" / "branch.1"
    assert {path.name for path in branch.iterdir()} == SAVED and "smoke bay: smoke" in (branch / "events.txt").read_text()
    assert "smoke bay: smoke" not in (branch.parent / "events.txt").read_text()
    assert "test_that_expects_it" not in told and len(list(failed.iterdir())) == 5
    assert not list((user.path / "temporary").glob("shedguard-bench-*"))


def test_a_site_that_is_not_there_is_told_in_words(user: pytest.Pytester):
    user.makepyfile("import pytest\n@pytest.fixture\ndef site():\n    return 'none.toml'\ndef test_it(bench):\n    pass\n")
    run = user.runpytest_subprocess()
    run.assert_outcomes(errors=1)
    run.stdout.fnmatch_lines(["no site file */none.toml"])


def test_a_seed_of_the_environment_that_is_no_number_is_told_in_words(user: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    user.makepyfile("def test_it():\n    pass\n")
    monkeypatch.setenv("SHEDGUARD_SEED", "abc")
    run = user.runpytest_subprocess()
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    run.stderr.fnmatch_lines(["ERROR: a seed is a whole number: SHEDGUARD_SEED of the environment is 'abc'; change or unset it"])
    assert "Traceback" not in run.stderr.str() + run.stdout.str()


NO_BOARD = """
from shedbench import places
from shedbench.setup.report import SetupError


def no_compiler():
    raise SetupError("the emulated board cannot be built", "no gcc for 32-bit x86", "apt install gcc-multilib")


places.ensure_board = no_compiler
"""


def test_a_missing_compiler_is_told_once(user: pytest.Pytester):
    user.makeconftest(NO_BOARD)
    user.makepyfile("def test_it(bench):\n    pass\n")
    run = user.runpytest_subprocess("-rN")
    run.assert_outcomes(errors=1)
    assert run.stdout.str().count("no gcc for 32-bit x86") == 1
    assert "During handling" not in run.stdout.str()


def test_two_tests_never_share_a_folder():
    nodes = [
        "a/test_x.py::test_y",
        "test_x.py::test_y",
        "test_x.py::test_y[a b]",
        "test_x.py::test_y[a-b]",
        "x" * 300 + "1",
        "x" * 300 + "2",
    ]
    names = [pytest_plugin.folder_name(node) for node in nodes]
    assert names[0] == "a-test_x.py-test_y" and len(set(names)) == len(nodes)
    assert all(len(name) < 140 and "/" not in name and "[" not in name for name in names)


def _sections(lines: list[str]) -> dict[str, list[str]]:
    """Test by test, the lines that the plugin wrote under its failure."""
    told: dict[str, list[str]] = {}
    name, inside = "", False
    for line in lines:
        if line.startswith(("___", "===")):
            name, inside = line.strip("_= ").rpartition(" of ")[2].removeprefix("ERROR at setup of "), False
        elif line.startswith("---"):
            inside = line.strip("- ") == "shedguard"
        elif inside and line:
            told.setdefault(name, []).append(line)
    return told


def _behind(lines: list[str], begin: str) -> str:
    return next(line.removeprefix(begin) for line in lines if line.startswith(begin))
