"""`shed config push` and `pull` on an emulated board, through the real esptool and the real console; on a flash file with cuts."""

from __future__ import annotations

import json
from binascii import crc32
from pathlib import Path

import pytest
from shedbench.places import SITES
from shedguard.commands.cli import run
from shedguard.deploy import push
from shedguard.deploy.self_test import bad, self_test
from shedguard.errors import ShedError
from shedguard.flash.file_channel import FileChannel
from shedguard.flash.image import build_flash, read_partition
from shedguard.flash.partitions import BoardFlash, FlashFile
from shedguard.formats import slots
from shedguard.link.console import Console
from shedguard.link.ports import open_quietly
from shedguard.site.image import compile_site
from shedguard.site.load import load, loads

from hil_tests.host.flash.test_board import emulated, shed

SITE = SITES / "small.toml"
TEXT = SITE.read_text(encoding="utf-8")
OLD = load(SITE)
NEW = loads(TEXT.replace("held_open_s = 60", "held_open_s = 90"))


@pytest.fixture(scope="module")
def flash_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("push") / "flash.bin"
    build_flash(path, OLD.site, OLD.board)
    return path.read_bytes()


@pytest.fixture
def flash(tmp_path: Path, flash_bytes: bytes) -> Path:
    path = tmp_path / "flash.bin"
    path.write_bytes(flash_bytes)
    return path


@pytest.fixture
def new_file(tmp_path: Path) -> Path:
    path = tmp_path / "new.toml"
    path.write_text(TEXT.replace("held_open_s = 60", "held_open_s = 90"), encoding="utf-8")
    return path


def test_a_cut_at_every_flash_operation_of_a_push_leaves_the_old_configuration_until_the_new_one_is_whole(flash: Path, flash_bytes: bytes):
    image = compile_site(NEW.site, NEW.board)
    whole = FileChannel(flash)
    push.put(BoardFlash(whole, "board"), image)
    assert whole.operations >= 3
    for cut in range(whole.operations):
        for seed in range(5):
            flash.write_bytes(flash_bytes)
            with pytest.raises(ShedError):
                push.put(BoardFlash(FileChannel(flash, cut_at_operation=cut, seed=seed), "board"), image)
            partition = read_partition(flash, "shed_cfg")
            best = slots.current(partition)
            assert best is not None and best.image == compile_site(OLD.site, OLD.board)
            assert push.put(BoardFlash(FileChannel(flash), "board"), image) is not None, "the same command again mends it"
            found = slots.read_slot(read_partition(flash, "shed_cfg")[slots.SLOT_SIZE :])
            assert found is not None and found.image == image and found.words == "not yet tried"


def test_what_is_in_force_already_is_not_written_again(flash: Path, flash_bytes: bytes):
    assert push.put(FlashFile(flash), compile_site(OLD.site, OLD.board)) is None
    assert flash.read_bytes() == flash_bytes


def test_pull_writes_the_file_that_was_built_with_names_and_without(flash: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "pulled.toml"
    at = ["--flash", str(flash)]
    assert run(["config", "pull", *at, "--site", str(SITE), "--out", str(out)]) == 0
    assert load(out).site == OLD.site
    assert run(["config", "pull", *at, "--site", str(SITE), "--out", str(out)]) == 2, "never overwrites a file"
    assert run(["config", "pull", *at, "--board", "devkitc-shed4"]) == 0
    said = capsys.readouterr().out
    assert "Names are made up" in said and 'name = "group 1"' in said and 'effects = ["cut group 1", "free gate 1"]' in said
    bare = loads(said)
    assert compile_site(bare.site, bare.board) == compile_site(OLD.site, OLD.board)
    assert run(["config", "pull", *at]) == 2
    assert run(["config", "pull", *at, "--board", "kc868-a16"]) == 4
    assert run(["config", "pull", *at, "--site", str(SITE), "--json"]) == 0
    assert "maintenance_key" not in capsys.readouterr().out


def test_diff_against_a_board_names_what_was_changed(flash: Path, new_file: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["config", "diff", str(SITE), "--flash", str(flash)]) == 0
    assert "no difference" in capsys.readouterr().out
    assert run(["config", "diff", str(new_file), "--flash", str(flash), "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == [{"key": 'gate "main" held_open_s', "old": "90", "new": "60"}]


@pytest.mark.long
def test_a_trial_is_confirmed_from_the_laptop(new_file: Path):
    with emulated("--site", str(SITE)) as url:
        shed("config", "push", str(new_file), "--port", url, "--yes", "--no-confirm")
        done = json.loads(shed("config", "confirm", "--port", url, "--site", str(SITE), "--json").stdout)
        assert done["state"] == "confirmed"
        assert "held_open_s = 90" in shed("config", "pull", "--port", url, "--yes", "--site", str(SITE)).stdout


def test_a_pushed_configuration_is_confirmed_and_found_unchanged(new_file: Path):
    with emulated("--site", str(SITE)) as url:
        at = ("--port", url, "--yes", "--json")
        pushed = json.loads(shed("config", "push", str(new_file), *at).stdout)
        assert pushed["state"] == "confirmed" and pushed["sequence"] == 2
        assert json.loads(shed("status", "--port", url, "--json").stdout)["board"]["clk"] == 1, "the restart stopped the clock, push set it"
        assert json.loads(shed("config", "push", str(new_file), *at).stdout)["state"] == "unchanged"


@pytest.mark.long
def test_a_trial_is_left_to_itself_and_reading_it_ends_it(new_file: Path):
    with emulated("--site", str(SITE)) as url:
        at = ("--port", url)
        assert "not confirmed" in shed("config", "push", str(new_file), *at, expected=7).stderr
        trial = json.loads(shed("config", "push", str(new_file), *at, "--yes", "--no-confirm", "--json").stdout)
        assert trial["state"] == "on trial" and 500 < trial["trial_s"] <= 600
        assert shed("config", "confirm", *at, expected=7).stdout == ""
        assert "ON TRIAL" in shed("status", *at).stdout
        pulled = shed("config", "pull", *at, "--yes", "--site", str(SITE))
        assert "held_open_s = 60" in pulled.stdout and "configuration 1" in pulled.stderr


@pytest.mark.long
def test_a_configuration_that_crashes_the_board_is_reported_and_the_old_one_is_back(monkeypatch: pytest.MonkeyPatch):
    image = bytearray(compile_site(NEW.site, NEW.board))
    image[image.index(b"\x04\x08\x04\x00") + 4 + 2] = 6  # a relay on a pin of the flash chip
    image[8:12] = crc32(image[12:]).to_bytes(4, "little")
    monkeypatch.setattr(push, "compile_site", lambda _site, _board: bytes(image))
    with emulated("--site", str(SITE)) as url:
        with pytest.raises(ShedError, match="went back") as caught:
            push.push(url, NEW)
        assert caught.value.code == 1
        status = json.loads(shed("status", "--port", url, "--json").stdout)
        assert status["board"]["faults"] == 1, "the crash is a fault that is over, until `clear`"
        assert status["board"]["mode"] == "service" and status["board"]["trial"] == 0


@pytest.mark.long
def test_a_meter_that_answered_before_and_is_silent_now_keeps_the_configuration_from_being_confirmed():
    silent = loads(TEXT.replace("address = 13", "address = 99"))
    with emulated("--site", str(SITE)) as url:
        with open_quietly(url) as wire:
            assert not bad(self_test(Console(wire), OLD.site, None))
        with pytest.raises(ShedError, match="meter of outlet 3") as caught:
            push.push(url, silent)
        assert caught.value.code == 6
        told = shed("status", "--port", url, "--json", expected=5)  # nobody sees whether outlet 3 is off
        assert json.loads(told.stdout)["board"]["trial"] > 0


@pytest.mark.long
def test_a_trial_with_a_dead_meter_is_not_confirmed_without_a_word(tmp_path: Path):
    deaf = tmp_path / "deaf.toml"
    deaf.write_text(TEXT.replace("address = 14", "address = 44"), encoding="utf-8")
    with emulated("--site", str(SITE)) as url:
        at = ("--port", url, "--site", str(deaf))
        shed("config", "push", str(deaf), "--port", url, "--yes", "--no-confirm", expected=6)
        refused = shed("config", "confirm", *at, expected=6)
        assert "meter of outlet 4" in refused.stderr and "--anyway" in refused.stderr and not refused.stdout
        warned = shed("config", "confirm", *at, "--anyway")
        assert "warning: meter of outlet 4" in warned.stderr and "is confirmed" in warned.stdout
