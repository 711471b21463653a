"""The installer's guide in both languages: they print the same commands. (That these exist: test_named_commands.py.)"""

from __future__ import annotations

import re

from shedbench.places import REPOSITORY

DOCS = REPOSITORY / "docs" / "installer"


def test_both_languages_print_the_same_commands() -> None:
    blocks = [re.findall(r"^shed .*?(?=\s+#|$)", (DOCS / f"{name}.md").read_text(encoding="utf-8"), re.MULTILINE) for name in ("en", "zh")]
    assert blocks[0] == blocks[1] and len(blocks[0]) > 20
