"""The emulated board of an installed tool: built once in the user's cache, by one process, and never used half built."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import pytest
from shedbench import places
from shedbench.places import REPOSITORY
from shedbench.setup import board_build, installed, micropython, system_packages
from shedbench.setup.report import SetupError


class Builder:
    """A stand-in for make: writes the binary after a while, or fails half way."""

    def __init__(self) -> None:
        self.builds = 0
        self.fails = False
        self.lasts_s = 0.0
        self.found: list[str] = []  # the content of the build folder and its neighbours when it began

    def ensure(self, root: Path, source: Path, _log: Path) -> Path:
        self.builds += 1
        board = root / "build" / "board"
        self.found = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
        board.mkdir()
        (board / "half.o").touch()
        time.sleep(self.lasts_s)
        if self.fails:
            raise SetupError("the compiler found a mistake")
        binary = board / "emulated-board"
        binary.write_text(str(source))
        return binary


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> Builder:
    built = Builder()
    monkeypatch.setattr(board_build, "ensure", built.ensure)
    monkeypatch.setattr(micropython, "ensure", lambda _build, _log: Path("/a/tree"))
    monkeypatch.setattr(system_packages, "missing_for_board", list)
    monkeypatch.delenv("MICROPYTHON_SRC", raising=False)
    return built


@pytest.fixture
def carried(tmp_path: Path) -> Path:
    """The data of a package: a port and a firmware of one file each."""
    for name in ("boards/emulated/port/main.c", "firmware/main.py", "firmware/__pycache__/main.pyc"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text(name)
    return tmp_path / "data"


def test_it_is_built_from_a_copy_and_once(builder: Builder, carried: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = tmp_path / "cache" / "board"
    installed.ensure(carried, root)
    assert (root / "build/board/emulated-board").read_text() == "/a/tree"
    assert [name for name in builder.found if not name.startswith("build/")] == ["boards/emulated/port/main.c", "firmware/main.py"]
    assert f"first use: the emulated board is built in {root}" in capsys.readouterr().err
    installed.ensure(carried, root)
    assert builder.builds == 1 and capsys.readouterr().err == ""


def test_what_a_failed_build_left_is_thrown_away(builder: Builder, carried: Path, tmp_path: Path):
    root = tmp_path / "board"
    builder.fails = True
    with pytest.raises(SetupError, match="mistake"):
        installed.ensure(carried, root)
    (root / "firmware/of_before.py").touch()
    builder.fails = False
    installed.ensure(carried, root)
    assert builder.builds == 2 and not {"build/board/half.o", "firmware/of_before.py"} & set(builder.found)


def test_of_two_at_once_one_builds_and_the_other_waits(builder: Builder, carried: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    builder.lasts_s = 0.5
    both = [threading.Thread(target=installed.ensure, args=(carried, tmp_path / "board")) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert builder.builds == 1 and capsys.readouterr().err.count("waiting for it") == 1


KILLED = """
import sys
from pathlib import Path
from shedbench.setup import board_build, installed, micropython, report, system_packages

system_packages.missing_for_board = list
micropython.ensure = lambda build, log: Path()
board_build.ensure = lambda root, source, log: report.run(["sh", "-c", "read line < " + sys.argv[3]], log)
installed.ensure(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def opened(pipe: Path) -> int:
    """The writing end, once there is a reader."""
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            time.sleep(0.01)


def test_a_compiler_that_a_killed_process_left_behind_is_waited_for(builder: Builder, carried: Path, tmp_path: Path):
    pipe, root = tmp_path / "pipe", tmp_path / "board"
    os.mkfifo(pipe)
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(carried), str(root), str(pipe)], stderr=subprocess.DEVNULL)
    compiler = opened(pipe)
    process.kill()
    process.wait()
    second = threading.Thread(target=installed.ensure, args=(carried, root))
    second.start()
    second.join(0.5)
    assert second.is_alive() and builder.builds == 0
    os.write(compiler, b"the compiler ends\n")
    os.close(compiler)
    second.join()
    assert builder.builds == 1


def test_without_a_compiler_it_says_so_and_installs_nothing(
    builder: Builder, carried: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(system_packages, "missing_for_board", lambda: ["gcc", "make"])
    monkeypatch.setattr(system_packages.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(system_packages.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(system_packages.os, "geteuid", lambda: 0)
    monkeypatch.setattr(system_packages, "run", lambda *_: pytest.fail("it installs system packages"))
    with pytest.raises(SetupError, match="gcc make") as refused:
        installed.ensure(carried, tmp_path / "board")
    assert "apt-get install" in refused.value.fix and builder.builds == 0


@pytest.mark.parametrize("name", ["two words", "a'b", "a$b", "a:b", "a#b", "a%b"])
def test_a_folder_that_make_cannot_work_in_is_refused(builder: Builder, carried: Path, tmp_path: Path, name: str):
    with pytest.raises(SetupError, match="cannot be built in") as refused:
        installed.ensure(carried, tmp_path / name / "board")
    assert "XDG_CACHE_HOME" in refused.value.fix and builder.builds == 0 and not (tmp_path / name).exists()


def test_a_cache_that_is_no_folder_is_told(builder: Builder, carried: Path, tmp_path: Path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(SetupError, match="cannot be built in") as refused:
        installed.ensure(carried, tmp_path / "cache" / "board")
    assert refused.value.cause and "XDG_CACHE_HOME" in refused.value.fix


def test_a_folder_is_named_by_all_that_goes_into_the_board(builder: Builder, carried: Path, monkeypatch: pytest.MonkeyPatch):
    def name() -> str:
        return installed.folder(carried, "1.2.3").name

    names = [name()]
    assert names[0].startswith("board-1.2.3-")
    (carried / "firmware/__pycache__/main.pyc").write_text("compiled anew")
    (carried / "firmware/main.py").touch()
    assert name() == names[0]
    (carried / "firmware/main.py").write_text("another program")
    names.append(name())
    (carried / "boards/emulated/port/main.c").write_text("another port")
    names.append(name())
    monkeypatch.setenv("MICROPYTHON_SRC", "/another/tree")
    names.append(name())
    assert len(set(names)) == 4


def test_the_cache_is_where_the_user_keeps_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for given, found in (
        ("/c", Path("/c/shedguard")),
        ("", tmp_path / ".cache/shedguard"),
        ("not/absolute", tmp_path / ".cache/shedguard"),
    ):
        monkeypatch.setenv("XDG_CACHE_HOME", given)
        assert micropython.cache_dir() == found


def test_a_clone_builds_in_its_own_folder():
    assert places.BOARD == REPOSITORY / "build/board/emulated-board" and places.PORT == REPOSITORY / "boards/emulated/port"
    assert places.SOURCES == REPOSITORY and places.SMALL_SITE == REPOSITORY / "hil_tests/sites/small.toml"


def test_a_board_that_somebody_names_need_not_be_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(places, "BOARD", tmp_path / "none")
    with pytest.raises(SetupError, match="not built"):
        places.ensure_board()
    monkeypatch.setenv(places.BOARD_VARIABLE, os.devnull)
    places.ensure_board()


def test_the_wheel_carries_what_it_builds_and_plays():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    packed = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert packed == {name: f"shedguard/data/{name.removeprefix('hil_tests/')}" for name in ("firmware", "boards", "hil_tests/sites")}
    assert all((REPOSITORY / "boards" / "emulated" / "port").joinpath(name).is_file() for name in ("Makefile", "manifest_frozen.py"))
