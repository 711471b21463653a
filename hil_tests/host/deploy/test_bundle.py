"""A bundle brings the tool to a computer without internet: installed only from it, the tool can build what it flashes."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from shedguard.deploy import bundle
from shedguard.errors import FAILED, INVALID, ShedError
from shedguard.formats import micropython_image

from hil_tests.simulator.rom_loader.rig import BIN

from ..flash.boards_in_states import BOARD


def test_a_damaged_image_does_not_go_in(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(micropython_image.stand_in("esp32")[:-1])
    with pytest.raises(ShedError, match=r"x\.bin is no usable MicroPython image") as caught:
        bundle.make(tmp_path / "out.tar", [path])
    assert caught.value.code == INVALID and not (tmp_path / "out.tar").exists()


def test_a_failing_pip_is_told_with_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(command: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "line\nERROR: no matching distribution for rich")

    monkeypatch.setattr(bundle.subprocess, "run", fail)
    with pytest.raises(ShedError, match="wheels") as caught:
        bundle.make(tmp_path / "out.tar", [])
    assert caught.value.code == FAILED and "rich" in caught.value.cause


def test_a_full_disk_leaves_the_bundle_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    out = tmp_path / "out.tar"
    out.write_bytes(b"of before")
    monkeypatch.setattr(bundle, "_wheels", lambda _root, _folder: None)
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(ShedError, match="cannot write"):
        bundle.make(out, [])
    assert out.read_bytes() == b"of before" and list(tmp_path.iterdir()) == [out]


@pytest.mark.long
def test_installed_offline_it_knows_its_boards_and_builds_their_program(tmp_path: Path) -> None:
    image, out = tmp_path / "micropython.bin", tmp_path / "shed.tar"
    image.write_bytes(micropython_image.stand_in("esp32"))
    made = subprocess.run(
        [str(BIN / "shed"), "bundle", "--out", str(out), "--image", str(image), "--json"], capture_output=True, check=True
    )
    report = json.loads(made.stdout)
    assert report["images"] == ["micropython.bin"] and any(name.startswith("esptool-") for name in report["wheels"])
    with tarfile.open(out) as tar:
        tar.extractall(tmp_path, filter="data")
    # Nothing of this computer's pip is used, and there is no index.
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON", "VIRTUAL_ENV"))}
    offline = keep | {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    script = tmp_path / bundle.FOLDER / "install.sh"
    refused = subprocess.run([str(script)], env=offline | {"PYTHON": "python-of-another-age"}, capture_output=True, text=True, check=False)
    assert refused.returncode == 1 and "hint:" in refused.stderr
    subprocess.run([str(script), str(tmp_path / "venv")], env=offline | {"PYTHON": str(BIN / "python")}, check=True, capture_output=True)
    code = (
        "from shedguard.flash import board_flash as f\n"
        f"plan = f.prepare(f.Request('none', {BOARD!r}))\n"
        "print(plan.image.name, [region.name for region in plan.regions])"
    )
    python = tmp_path / "venv" / "bin" / "python"
    said = subprocess.run([str(python), "-c", code], env=offline, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said.split()[0] == "micropython.bin" and "'start'" in said
    unknown = subprocess.run(
        [str(python.with_name("shed")), "flash", "--board", "x"], env=offline, cwd=tmp_path, capture_output=True, check=False
    )
    assert unknown.returncode in (INVALID, 3)
