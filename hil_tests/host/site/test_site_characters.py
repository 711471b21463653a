"""Characters in a site or board file that a person does not see: named, with their line, and never printed as they are."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from shedbench.places import SMALL_SITE
from shedguard.boards import known
from shedguard.errors import INVALID, ShedError
from shedguard.files.problems import FileProblems
from shedguard.site.load import load, loads

SMALL = SMALL_SITE.read_text(encoding="utf-8")
CHINESE = (
    SMALL.replace('name = "row A"', 'name = "东排充电插座"')
    .replace('"row A"', '"东排充电插座"')
    .replace('"cut row A"', '"cut 东排充电插座"')
)


@pytest.mark.parametrize(("encoding", "looks"), [("gbk", "GBK"), ("gb18030", "GBK"), ("utf-16", "UTF-16")])
def test_a_file_in_another_encoding_is_told_which_and_what_to_do(encoding: str, looks: str, tmp_path: Path) -> None:
    path = tmp_path / "shed.toml"
    path.write_bytes(CHINESE.encode(encoding))
    with pytest.raises(ShedError) as caught:
        load(path)
    assert caught.value.code == INVALID and "UTF-8" in caught.value.cause and f"looks like {looks}" in caught.value.cause
    assert "UTF-8" in caught.value.hint


def test_what_is_no_text_is_not_called_gbk(tmp_path: Path) -> None:
    path = tmp_path / "shed.toml"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)))
    with pytest.raises(ShedError) as caught:
        load(path)
    assert "GBK" not in str(caught.value) and "not a text in UTF-8" in caught.value.cause


def test_a_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "shed.toml"
    path.write_bytes(b"\xef\xbb\xbf" + CHINESE.replace("\n", "\r\n").encode())
    assert load(path).site.group[0].name == "东排充电插座"


@pytest.mark.parametrize(
    ("old", "new", "sign", "meant"),
    [
        ("id = 1001", "id ＝ 1001", "＝", "="),
        ("id = 1001", "id = １001", "１", "1"),
        ('relay = "K2"', "relay = “K2”", "“", '"'),
        ('relay = "K2"', 'relay = "K2”', "”", '"'),
        ('relay = "K2"', "relay = ‘K2’", "‘", "'"),
        ("[tariff]", "【tariff】", "【", "["),
        ("[tariff]", "［tariff］", "［", "["),
        ('effects = ["cut row A", ', 'effects = ["cut row A"， ', "，", ","),
        ("block_min = 300", "block_min =　300", "　", "a space"),
        ("armed = true", "armed = ｔrue", "ｔ", "t"),
    ],
)
def test_a_sign_that_looks_like_tomls_is_named_on_its_line(old: str, new: str, sign: str, meant: str) -> None:
    assert old in SMALL
    text = SMALL.replace(old, new, 1)
    with pytest.raises(FileProblems) as caught:
        loads(text)
    (problem,) = caught.value.problems
    assert problem.line == text[: text.index(new)].count("\n") + 1
    assert f"{sign} (U+{ord(sign):04X})" in problem.what and f"write {meant} for it" in problem.hint


def test_the_same_signs_in_names_and_comments_are_fine() -> None:
    loads(SMALL.replace('"row A"', '"东排“一”＝，"').replace("[tariff]", "[tariff]  # ＝ “”").replace('"cut row A"', '"cut 东排“一”＝，"'))


ODD = ["\\n", "\\u001b[2J", "\\t", "\\u0007", "\\u202e", "\\u200b", "\\u2028", "\\u0085"]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("at", ['name = "row A"', 'name = "smoke bay"', 'name = "Guihua', 'group = "row A"'])
def test_a_control_character_in_a_name_is_refused_and_not_printed(at: str, odd: str) -> None:
    text = SMALL.replace(at, at[:11] + odd + at[11:], 1)
    assert text != SMALL
    with pytest.raises(FileProblems) as caught:
        loads(text)
    (problem,) = caught.value.problems
    assert "control character: U+" in problem.what and problem.line == text[: text.index(odd)].count("\n") + 1
    said = problem.show("shed.toml").replace("\n  ", " ")
    assert not [letter for letter in said if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp")]


def test_a_control_character_in_a_key_is_refused_and_not_printed() -> None:
    with pytest.raises(FileProblems) as caught:
        loads(SMALL + '\n"a\\u001bb" = 1\n')
    assert "\x1b" not in str(caught.value) and "U+001B" in str(caught.value)


def test_a_board_file_may_have_prose_of_several_lines_and_no_escape_sequence() -> None:
    text = (known.boards_dir() / "devkitc-shed4.toml").read_text(encoding="utf-8")
    title = next(line for line in text.splitlines() if line.startswith("title = "))
    known.loads(text.replace(title, 'title = """a\nb"""'), "b.toml")
    with pytest.raises(FileProblems, match=r"U\+001B"):
        known.loads(text.replace(title, 'title = "a\\u001b[2Jb"'), "b.toml")
