"""The wheel in an empty virtual environment, with an empty home and no repository in sight: its simulator builds its board and runs.

Uses the package index that pip is configured for, and MicroPython's source as set-up does.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from shedbench.places import REPOSITORY

pytestmark = [pytest.mark.long, pytest.mark.slow(300)]

SCENARIO = """
from shedbench.bench.residents import start_charging


def test_smoke_ends_charging(bench):
    start_charging(bench, outlet=1)
    bench.smoke("bay").alarm()
    bench.until(bench.outlet(1).contact_is_open, within="100 ms")
"""


@dataclass
class Said:
    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


@dataclass
class Installed:
    """The tool of a fresh environment, for a user with a home of their own."""

    bin: Path
    home: Path

    def start(self, program: str, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """In a folder of its own below the home; only what a login shell sets is in the environment."""
        folder = self.home / "work"
        folder.mkdir(parents=True, exist_ok=True)
        return subprocess.Popen(
            [str(self.bin / program), *arguments],
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.home), "LC_ALL": "C.UTF-8"} | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def says(self, program: str, *arguments: str, **variables: str) -> Said:
        return ended(self.start(program, *arguments, **variables))

    def board(self) -> Path:
        (board,) = (self.home / ".cache/shedguard").glob("board-*/build/board/emulated-board")
        return board


def ended(process: subprocess.Popen[str]) -> Said:
    out, err = process.communicate(timeout=1200)
    return Said(process.returncode, out, err)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(REPOSITORY)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def bin(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: A001
    """The folder `bin` of an environment that has the wheel, its dependencies, and pytest."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST_", "VIRTUAL_ENV"))}
    install = [str(folder / "bin/python"), "-m", "pip", "install", "-q", str(wheel), "pytest"]
    subprocess.run(install, check=True, cwd=folder, env=outside, timeout=600)
    return folder / "bin"


@pytest.fixture
def newcomer(bin: Path, tmp_path: Path) -> Installed:  # noqa: A002
    """A user who has built nothing yet."""
    return Installed(bin, tmp_path / "home")


@pytest.fixture(scope="module")
def first(bin: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Installed, list[Said]]:  # noqa: A002
    """A user who starts with two demos at once, and their output."""
    user = Installed(bin, tmp_path_factory.mktemp("home"))
    return user, [ended(process) for process in [user.start("shed", "demo", "--script") for _ in range(2)]]


def test_it_holds_both_packages_and_no_test(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        paths = [Path(name) for name in archive.namelist()]
    assert {path.parts[0] for path in paths if not path.parts[0].endswith(".dist-info")} == {"shedguard", "shedbench"}
    assert not [path for path in paths if path.name.startswith("test_") or "hil_tests" in path.parts or path.name == "conftest.py"]
    assert [path for path in paths if path.name == "LICENSE"]


def test_without_a_compiler_it_says_so(newcomer: Installed, tmp_path: Path):
    for verb in ("demo", "emulate", "benchmark"):
        said = newcomer.says("shed", verb, PATH=str(tmp_path))
        assert said.code == 1 and "gcc" in said.err and "make" in said.err and "Traceback" not in said.all
    (newcomer.home / "work/test_it.py").write_text(SCENARIO, encoding="utf-8")
    said = newcomer.says("python", "-m", "pytest", "-q", PATH=str(tmp_path))
    assert said.code == pytest.ExitCode.TESTS_FAILED and "gcc" in said.out and "Traceback" not in said.all and "1 error" in said.out


def test_without_the_source_of_micropython_it_says_so(newcomer: Installed, tmp_path: Path):
    offline = tmp_path / "apt-get"
    offline.write_text("#!/bin/sh\nexit 100\n", encoding="utf-8")
    offline.chmod(0o755)
    said = newcomer.says("shed", "demo", "--script", PATH=f"{tmp_path}:/usr/bin:/bin")
    assert said.code == 1 and "cannot fetch MicroPython's source" in said.err
    assert "MICROPYTHON_SRC" in said.err and "Traceback" not in said.all
    said = newcomer.says("shed", "demo", "--script", MICROPYTHON_SRC="/nowhere")
    assert said.code == 1 and "MICROPYTHON_SRC=/nowhere is no MicroPython source tree" in said.err and "Traceback" not in said.all


def test_the_first_demo_builds_the_board_and_two_at_once_build_one(first: tuple[Installed, list[Said]]):
    user, both = first
    assert [said.code for said in both] == [0, 0], [said.all[-3000:] for said in both]
    told = [said.err for said in both]
    assert sorted("first use: the emulated board is built in" in err for err in told) == [False, True]
    assert sorted("another process builds the emulated board" in err for err in told) == [False, True]
    assert user.board().is_file()


def test_the_second_use_finds_it_built(first: tuple[Installed, list[Said]], tmp_path: Path):
    user, _ = first
    before = user.board().stat().st_mtime_ns
    said = user.says("shed", "demo", "--script", PATH=str(tmp_path))  # no compiler there: any build would fail
    assert said.code == 0 and "built" not in said.err and user.board().stat().st_mtime_ns == before


def test_a_board_of_ones_own_is_found_by_its_name(first: tuple[Installed, list[Said]]):
    folder = first[0].home / "own boards"
    folder.mkdir()
    text = (REPOSITORY / "boards/devkitc-shed4.toml").read_text(encoding="utf-8")
    (folder / "mine.toml").write_text(text.replace('name = "devkitc-shed4"', 'name = "mine"', 1), encoding="utf-8")
    said = first[0].says("shed", "--boards", str(folder), "boards", "show", "mine")
    assert said.code == 0 and f"of your own, from {folder / 'mine.toml'}" in said.out, said.all


def test_a_figure_of_the_benchmark_is_measured(first: tuple[Installed, list[Said]]):
    said = first[0].says("shed", "benchmark", "--json", "--only", "boot_ms")
    assert said.code == 0 and "boot_ms" in json.loads(said.out)


@pytest.mark.parametrize("options", [(), ("--board", "kc868-a16")], ids=["stock", "example shed"])
def test_a_board_is_emulated(first: tuple[Installed, list[Said]], options: tuple[str, ...]):
    process = first[0].start("shed", "emulate", *options)
    assert process.stdout is not None
    places = json.loads(process.stdout.readline())
    assert Path(places["pty"]).exists()
    process.send_signal(signal.SIGINT)
    assert ended(process).code == 0


def test_a_scenario_passes_with_the_installed_plugin(first: tuple[Installed, list[Said]]):
    user, _ = first
    (user.home / "work/test_it.py").write_text(SCENARIO, encoding="utf-8")
    said = user.says("python", "-m", "pytest", "-q")
    assert said.code == 0 and "1 passed" in said.out, said.all
