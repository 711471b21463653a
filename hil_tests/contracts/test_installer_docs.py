"""The installer's guide in both languages: they print the same commands. (That these exist: test_named_commands.py.)"""

from __future__ import annotations

import re

from shedbench.places import REPOSITORY
from shedguard.formats import lists
from shedguard.formats.texts_zh import ZH

DOCS = REPOSITORY / "docs" / "installer"


def test_both_languages_print_the_same_commands() -> None:
    blocks = [re.findall(r"^shed .*?(?=\s+#|$)", (DOCS / f"{name}.md").read_text(encoding="utf-8"), re.MULTILINE) for name in ("en", "zh")]
    assert blocks[0] == blocks[1] and len(blocks[0]) > 20


def test_the_guide_has_every_number_that_a_board_without_its_texts_answers() -> None:
    english = (DOCS / "en.md").read_text(encoding="utf-8")
    chinese = (DOCS / "zh.md").read_text(encoding="utf-8")
    for key, table, words in (("st", lists.OUTLET_STATES, ZH["outlet"]), ("hold", lists.HOLDERS, ZH["held"])):
        line = re.search(rf"^`{key}`[^:]*: (.*)\.$", english, re.MULTILINE)
        assert line and line[1] == ", ".join(f"{number} {name.replace('_', ' ')}" for number, name in table.items())
        line = re.search(rf"^`{key}`[^：]*：(.*)。$", chinese, re.MULTILINE)
        assert line and line[1] == "，".join(f"{number} {words[name]}" for number, name in table.items())
