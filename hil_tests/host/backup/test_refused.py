"""What is not restored: a backup of another kind of board or site, other pins, a damaged file. Nothing is written then."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from shedbench.places import SMALL_SITE as SITE
from shedguard.backup import archive, restore
from shedguard.backup.contents import Contents
from shedguard.commands.cli import run
from shedguard.formats.slots import SLOT_SIZE, build_slot
from shedguard.site.image import compile_site
from shedguard.site.load import load

from .past import KEY, board_file, now


def altered(saved: Path, tmp_path: Path, **changes: Any) -> Path:
    """The backup with other values in its manifest."""
    path = tmp_path / "altered.zip"
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "manifest.json":
                manifest = json.loads(data)
                for key, value in changes.items():
                    where = manifest["board"] if key in ("kind", "chip") else manifest
                    where[key] = value
                data = json.dumps(manifest).encode()
            new.writestr(name, data)
    return path


def test_another_kind_of_board_gets_everything_but_the_configuration(put_back, saved: Path, tmp_path: Path) -> None:
    code, items = put_back(
        board_file(tmp_path / "n.bin", configured=False), "--key", KEY, backup=altered(saved, tmp_path, kind="kc868-a16")
    )
    assert code == 7 and items["configuration"][0] == "incompatible" and "config push" in items["configuration"][1]
    assert items["journal"][0] == items["cards"][0] == "restored"


@pytest.mark.parametrize(("changes", "state", "words"), [
    ({"firmware": "9.0.0"}, "incompatible", "older than 9.0.0"),
    ({"chip": "esp32s3"}, "incompatible", "esp32s3"),
    ({"site": 7}, "skipped", "site 1001"),
])  # fmt: skip
def test_nothing_goes_onto_a_board_it_was_not_made_for(
    put_back, saved: Path, tmp_path: Path, changes: dict[str, Any], state: str, words: str
) -> None:
    board = board_file(tmp_path / "n.bin")
    before = board.read_bytes()
    code, items = put_back(board, "--key", KEY, backup=altered(saved, tmp_path, **changes))
    assert code == 7 and {item[0] for item in items.values()} == {state} and words in items["journal"][1]
    assert board.read_bytes() == before


def test_a_board_of_another_site_becomes_this_one_only_by_its_name(put_back, saved: Path, tmp_path: Path) -> None:
    board, backup = board_file(tmp_path / "n.bin"), altered(saved, tmp_path, site=7)
    for options in (("--replace",), ("--replace-site", "7"), ("--replace-site", "0")):
        code, items = put_back(board, "--key", KEY, *options, backup=backup)
        assert code == 7 and {item[0] for item in items.values()} == {"skipped"} and "--replace-site 1001" in items["journal"][1]
    code, items = put_back(board, "--key", KEY, "--replace-site", "1001", backup=backup)
    assert items["journal"][0] != "skipped"


def test_a_configuration_for_other_pins_is_not_restored_whatever_the_manifest_says(saved: Path, old_board: Path, tmp_path: Path) -> None:
    backup, manifest = archive.load(saved)
    other = load(SITE.parent / "boards" / "kc868-a6.toml")
    image = compile_site(other.site, other.board)
    slot = build_slot(image, 1, confirmed=True).ljust(SLOT_SIZE * 2, b"\xff")
    foreign = Contents({**backup.raw, "shed_cfg": slot}, chip=backup.chip)
    manifest = {**manifest, "site": other.site.site.id, "configuration_crc": 1, "board": {**manifest["board"], "kind": None}}
    blank = now(board_file(tmp_path / "n.bin", configured=False))
    assert blank.board == "devkitc-shed4"
    found = {item.name: item for item in restore.plan(foreign, manifest, blank, None, True)}["configuration"]
    assert found.state == "incompatible" and "other pins" in found.why


@pytest.mark.parametrize("damage", ["hash", "zip", "manifest", "missing", "format", "absent"])
def test_a_damaged_backup_is_refused_before_anything_is_written(
    saved: Path, tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    board = board_file(tmp_path / "n.bin")
    before = board.read_bytes()
    bad = tmp_path / "bad.zip"
    if damage == "zip":
        bad.write_bytes(saved.read_bytes()[:3000])
    elif damage != "absent":
        with zipfile.ZipFile(saved) as old, zipfile.ZipFile(bad, "w") as new:
            for name in old.namelist():
                data = old.read(name)
                if name == "manifest.json":
                    data = b"[]" if damage == "manifest" else data.replace(b'"format": 1', b'"format": 2') if damage == "format" else data
                if name == "shed_live.bin":
                    if damage == "missing":
                        continue
                    data = b"x" + data[1:] if damage == "hash" else data
                new.writestr(name, data)
    assert run(["restore", str(bad), "--flash", str(board)]) == (4 if damage == "format" else 2)
    assert "hint" in capsys.readouterr().err and board.read_bytes() == before
