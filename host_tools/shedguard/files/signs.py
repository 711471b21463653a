"""Full-width and curly signs where TOML has its own: what is meant by them."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_STRING: Final = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'')
# What is meant by a sign that a Chinese keyboard or a word processor writes.
_MEANT: Final = {
    "“": '"', "”": '"', "„": '"', "「": '"', "」": '"', "‘": "'", "’": "'", "、": ",", "。": ".", "【": "[", "】": "]", "–": "-", "—": "-",
    "−": "-",
}  # fmt: skip


def odd_sign(line: str) -> tuple[str, str] | None:
    """The first sign of a line of TOML, outside strings and comments, that only looks like one of TOML's, and what is meant by it."""
    for letter in _STRING.sub("", line).split("#")[0]:
        meant = _MEANT.get(letter) or unicodedata.normalize("NFKC", letter)
        if not letter.isascii() and len(meant) == 1 and meant.isascii():
            return letter, "a space" if meant == " " else meant
    return None
