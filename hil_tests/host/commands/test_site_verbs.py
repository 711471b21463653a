"""`shed config new`, `show`, `diff`: the output for every board; data on stdout, the key nowhere."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from shedbench.places import SITES, TESTS
from shedguard.boards import known as boards
from shedguard.commands.cli import run
from shedguard.commands.common import key_from, names_of
from shedguard.errors import ShedError
from shedguard.flash.image import build_flash
from shedguard.site import compose, diff, from_image, show
from shedguard.site.image import compile_site
from shedguard.site.load import load, loads
from shedguard.site.write import to_toml

SMALL = SITES / "small.toml"
TEXT = SMALL.read_text(encoding="utf-8")
FULL = TESTS / "host/site/bad_sites/full.toml"
KEY = "00112233445566778899aabbccddeeff" * 2


def out_of(capsys: pytest.CaptureFixture[str], arguments: Sequence[str], code: int = 0) -> str:
    """What a verb printed as data."""
    assert run(list(arguments)) == code
    return capsys.readouterr().out


@pytest.mark.parametrize("board", boards.names())
def test_a_new_file_for_every_board_is_good_guards_against_fire_and_says_everything(
    board: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "shed.toml"
    assert run(["config", "new", "--board", board, "--defaults", "--out", str(file)]) == 0
    assert capsys.readouterr().out == ""
    assert run(["config", "check", str(file)]) == 0
    assert "warning" not in capsys.readouterr().err, "protected, the outlets together below the breaker, every key with an effect"
    site = load(file).site
    assert site.point[0].name == "smoke bay", "as the guides type it at `shed emulate`"
    assert any(point.fire for point in site.point) and site.gate and site.reader
    assert all(value == "none" for _, value in show.defaults(site)), "nothing is left to a default"
    assert file.stat().st_mode & 0o077 == 0, "it holds the maintenance key"
    assert file.read_text(encoding="utf-8").count("# ") > 15


def test_two_new_files_have_two_keys(capsys: pytest.CaptureFixture[str]) -> None:
    said = [out_of(capsys, ["config", "new", "--board", "devkitc-shed4", "--defaults"]) for _ in range(2)]
    assert said[0] != said[1] and loads(said[0]).site.safety.maintenance_key != loads(said[1]).site.safety.maintenance_key


def test_options_answer_and_a_file_is_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "shed.toml"
    options = ["--name", "North gate", "--id", "77", "--outlets", "2", "--breaker-a", "16", "--price-fen", "150", "--block-min", "240"]
    made = ["config", "new", "--board", "devkitc-shed4", "--defaults", "--out", str(file), *options, "--key", KEY]
    assert run(made) == 0
    site = load(file).site
    assert (site.site.id, site.site.name, len(site.outlet)) == (77, "North gate", 2)
    assert (site.tariff.price_fen, site.tariff.block_min, site.safety.maintenance_key) == (150, 240, KEY)
    assert site.group[0].breaker_w == 16 * 220, "the feeder carries no more"
    assert run(made) == 2
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--outlets", "9"], "4 relays"),
        (["--outlets", "0"], "4 relays"),
        (["--phases", "2"], "phases"),
        (["--breaker-a", "0"], "1 to 400"),
        (["--breaker-a", "16", "--breaker-w", "5000"], "the feeder's breaker would open first"),
        (["--price-fen", "99999"], "price_fen"),
        (["--key", "0011"], "64 hex digits"),
        (["--name", ""], "name"),
    ],
)
def test_an_impossible_answer_is_refused_in_words(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "new", "--board", "devkitc-shed4", "--defaults", *options]) == 2
    said = capsys.readouterr()
    assert said.out == "" and words in said.err and "Traceback" not in said.err


def test_without_a_terminal_nobody_is_asked(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert run(["config", "new", "--board", "devkitc-shed4"]) == 2
    assert "--defaults" in capsys.readouterr().err


def test_at_a_terminal_it_asks_and_the_file_is_alone_on_stdout() -> None:
    """A real terminal for questions and answers, a pipe for the file."""
    import os
    import pty

    master, slave = pty.openpty()
    command = [str(Path(sys.executable).parent / "shed"), "config", "new", "--board", "devkitc-shed4"]
    with subprocess.Popen(command, stdin=slave, stdout=subprocess.PIPE, stderr=slave) as process:
        os.write(master, b"East gate\n5\n3\n\n\n\n\n")
        assert process.stdout is not None
        said = process.stdout.read().decode()
        assert process.wait(60) == 0
    asked = os.read(master, 65536).decode()
    os.close(master)
    os.close(slave)
    site = loads(said).site
    assert (site.site.name, site.site.id, len(site.outlet), site.tariff.price_fen) == ("East gate", 5, 3, 100)
    assert "How many outlets" in asked


def test_a_board_without_what_a_shed_needs_is_refused() -> None:
    board = boards.load("devkitc-shed4")
    bare = board.model_copy(update={"port": {}})
    with pytest.raises(ShedError, match="RS-485") as caught:
        compose.offer(bare)
    assert caught.value.code == 2


def test_the_matrix_is_the_table_a_fire_officer_reads(capsys: pytest.CaptureFixture[str]) -> None:
    page = out_of(capsys, ["config", "show", str(SMALL)])
    assert re.search(r"cause +when +cut row A +free main\n +smoke bay +smoke bay +L +L\n", page)
    shadow = TEXT.replace('name = "key switch"', 'name = "heat"').replace('use = "key_switch"', "fire = false")
    shadow += (
        '\n[[cause]]\nname = "two"\npoints = ["heat", "smoke bay"]\nvotes = 2\nwindow_s = 60\neffects = ["free main"]\narmed = false\n'
    )
    lines = "\n".join(show.lines(loads(shadow)))
    assert re.search(r"two +2 of 2 within 60 s: heat, smoke bay +\. +s\n", lines)


def test_neither_page_nor_json_has_the_maintenance_key(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["show", str(SMALL)], ["show", str(SMALL), "--json"], ["diff", str(SMALL), str(FULL), "--json"]):
        run(["config", *arguments])
        said = capsys.readouterr()
        assert KEY not in said.out + said.err


def test_json_has_matrix_defaults_and_image(capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(out_of(capsys, ["config", "show", str(SMALL), "--json"]))
    assert data["matrix"][0] == {"cause": "smoke bay", "when": "smoke bay", "effects": {"cut row A": "L", "free main": "L"}}
    assert data["defaults"]["charging.full_percent"] == "20" and data["image"]["crc"]


@pytest.mark.parametrize("file", sorted(SITES.glob("boards/*.toml")), ids=lambda path: path.stem)
def test_a_site_survives_writing_and_the_way_through_its_image(file: Path) -> None:
    loaded = load(file)
    assert loads(to_toml(loaded.site)).site == loaded.site
    assert from_image.site_of(compile_site(loaded.site, loaded.board), loaded.board, loaded.site) == loaded.site


def test_a_file_with_a_budget_is_refused_and_still_gives_names_and_key_to_a_shed_in_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An earlier version accepted it with a warning: the configuration of such a shed can still be pulled, by its names."""
    file = tmp_path / "shed.toml"
    file.write_text(TEXT + "\n[budget]\nfeeder_w = 4400\nbreaker_a = 20\n", encoding="utf-8")
    for verb in (["check"], ["show"], ["build", "-o", str(tmp_path / "image.bin")]):
        assert run(["config", verb[0], str(file), *verb[1:]]) == 2
        said = capsys.readouterr().err
        line = TEXT.count("\n") + 2
        assert f"{file}:{line}: error: [budget] is not in this version" in said and "hint: remove [budget]" in said
    flash = tmp_path / "flash.bin"
    build_flash(flash, load(SMALL).site, load(SMALL).board)
    assert run(["config", "pull", "--flash", str(flash), "--site", str(file)]) == 0
    assert loads(capsys.readouterr().out).site == load(SMALL).site
    assert key_from(None, file) == bytes.fromhex(KEY) and names_of(file).outlets == (1, 2, 3, 4)


def test_an_image_of_a_later_version_or_with_damage_is_refused() -> None:
    loaded = load(SMALL)
    image = compile_site(loaded.site, loaded.board)
    for place in range(0, len(image), 5):
        with pytest.raises(ShedError) as caught:
            from_image.site_of(image[:place] + bytes([image[place] ^ 0x20]) + image[place + 1 :], loaded.board)
        assert caught.value.code == 4


def test_diff_tells_changed_added_and_removed_and_moved_tables_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.toml"
    text = TEXT.replace("max_power_w = 1000", "max_power_w = 800", 1).replace(KEY, "ff" * 32).replace("number = 4", "number = 5")
    other.write_text(text, encoding="utf-8")
    page = out_of(capsys, ["config", "diff", str(SMALL), str(other)], 1)
    assert "outlet 1 max_power_w: 1000 -> 800" in page and "- outlet 4" in page and "+ outlet 5" in page
    assert "maintenance_key: (secret) -> (another)" in page and "ff" * 32 not in page
    first, second = TEXT.index("[[point]]"), TEXT.index('[[point]]\nname = "call')
    third = TEXT.index('[[point]]\nname = "key')
    moved = TEXT[:first] + TEXT[second:third] + TEXT[first:second] + TEXT[third:]
    found = diff.changes(loads(TEXT).site, loads(moved).site)
    assert [change.key for change in found] == ["order of point"], "records number points by their position"


@pytest.mark.parametrize("verb", ["new", "check", "show", "diff", "build", "push", "confirm", "pull"])
def test_every_verb_has_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"Example: shed config {verb}" in out_of(capsys, ["config", verb, "--help"])


@pytest.mark.parametrize("verb", ["check", "show", "build", "diff", "push"])
def test_a_file_that_is_not_there_or_not_text_is_exit_code_2(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    for file in (tmp_path / "none.toml", binary, tmp_path):
        assert run(["config", verb, str(file)]) == 2
        said = capsys.readouterr()
        assert "cannot read" in said.err and said.out == ""


def test_a_file_saved_by_notepad_is_read(tmp_path: Path) -> None:
    file = tmp_path / "notepad.toml"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert load(file).site == load(SMALL).site
