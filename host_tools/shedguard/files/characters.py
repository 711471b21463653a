"""Characters that a person's file must not have: those of another encoding than UTF-8, and control characters.

Hazard: a name with a line end or an escape sequence in it prints what is not so: a second line of a list, or "off" over "LIVE".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ..errors import INVALID, ShedError, reason
from .problems import Problem

_CONTROL: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})


def read_text(path: Path, hint: str) -> str:
    """The text of a file in UTF-8, with or without a mark. ShedError (exit code 2) with ``hint``, or with what the encoding looks like."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ShedError(f"cannot read {path}", reason(error), hint, INVALID) from error
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        looks = _looks_like(raw)
        if not looks:
            raise ShedError(f"cannot read {path}", reason(error), hint, INVALID) from error
        line = raw[: error.start].count(b"\n") + 1
        cause = f"it must be saved as UTF-8, and looks like {looks} (line {line})"
        raise ShedError(f"cannot read {path}", cause, "open it in an editor and save it with the encoding UTF-8", INVALID) from error


def _looks_like(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "UTF-16"
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    chinese = sum("\u4e00" <= letter <= "\u9fff" for letter in text)
    return "GBK" if chinese and not any(letter < " " and letter not in "\r\n\t" for letter in text) else ""


def control_characters(data: Any, path: tuple[str | int, ...] = (), allowed: str = "") -> Iterator[Problem]:
    """A problem for each text of a parsed file, and each key, with a control character other than ``allowed``: also those that change the
    direction of writing or have no width."""
    if isinstance(data, str):
        if bad := sorted({letter for letter in data if unicodedata.category(letter) in _CONTROL and letter not in allowed}):
            named = ", ".join(f"U+{ord(letter):04X}" for letter in bad)
            key = next((part for part in reversed(path) if isinstance(part, str)), "a text")
            what = f'{key} = "{_plain(data)}" has a control character: {named}'
            cause = "it would be printed in lists and reports, and change how their other lines look"
            yield Problem(path, what, cause, "write letters, digits and spaces")
    elif isinstance(data, dict):
        for key, value in data.items():
            found = list(control_characters(key, (*path, _plain(key)), allowed))
            yield from found or control_characters(value, (*path, key), allowed)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from control_characters(value, (*path, index), allowed)


def _plain(text: str) -> str:
    return "".join("?" if unicodedata.category(letter) in _CONTROL else letter for letter in text)
