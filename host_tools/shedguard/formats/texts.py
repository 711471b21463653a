"""The wording of each name of the closed lists, in each language: a table per list, and what to do where a person can do something.

Every table has every name in every language (hil_tests/contracts/test_texts.py). A name of a later version is shown as itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .texts_en import EN
from .texts_zh import ZH

LANGUAGES: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {"en": EN, "zh": ZH}


def text(table: str, name: str, language: str = "en") -> str:
    """The wording of ``name`` in one of the tables."""
    for words in (LANGUAGES.get(language, {}), EN):
        if name in words.get(table, {}):
            return words[table][name]
    return name


def what_to_do(table: str, name: str, language: str = "en") -> str:
    """What a person can do about ``name``; empty where nothing can be done."""
    return LANGUAGES.get(language, EN)["do"].get(f"{table} {name}", "")
