"""The wheel, unpacked without a clone: its content, and its messages about functions that need a clone."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from shedbench.places import REPOSITORY

pytestmark = pytest.mark.long
SHED = "from shedguard.commands.entry import main; main()"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the packages of a wheel that was built just now."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(REPOSITORY)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "packages")
    return folder / "packages"


def said(installed: Path, folder: Path, *arguments: str) -> tuple[int, str]:
    """With the Python of the tests, which has the wheel's dependencies; the wheel's own packages are found first."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return run.returncode, run.stdout + run.stderr


def test_it_holds_both_packages_and_no_test(installed: Path):
    packages = {path.name for path in installed.iterdir()}
    assert {name for name in packages if not name.endswith(".dist-info")} == {"shedguard", "shedbench"}
    assert not [path for path in installed.rglob("*") if path.name.startswith("test_") or path.name in ("hil_tests", "conftest.py")]


def test_the_demo_says_that_it_needs_a_clone(installed: Path, tmp_path: Path):
    code, words = said(installed, tmp_path, "-c", SHED, "demo", "--script")
    assert code == 1 and "needs a clone" in words and "make setup" in words and "Traceback" not in words


def test_a_scenario_says_that_it_needs_a_clone(installed: Path, tmp_path: Path):
    (tmp_path / "test_it.py").write_text("def test_it(bench):\n    pass\n", encoding="utf-8")
    code, words = said(installed, tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert code == pytest.ExitCode.TESTS_FAILED and "needs a clone" in words and "INTERNALERROR" not in words and "1 error" in words
