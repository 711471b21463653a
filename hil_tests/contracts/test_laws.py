"""docs/laws.md: each law says why it is one and names tests that try to break it; each of these exists."""

from __future__ import annotations

import ast
import re

import pytest
from shedbench.places import REPOSITORY, TESTS

LAWS = {int(part.split(".", 1)[0]): part for part in (REPOSITORY / "docs/laws.md").read_text(encoding="utf-8").split("\n## ")[1:]}
CITED = [(number, named) for number, text in LAWS.items() for named in re.findall(r"^- `([^`]+)`$", text, re.MULTILINE)]


def functions_of(path: str) -> set[str]:
    """The test functions of a file under hil_tests; OSError when there is none."""
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_the_laws_are_numbered_from_1() -> None:
    assert list(LAWS) == list(range(1, 13))


@pytest.mark.parametrize("number", LAWS)
def test_a_law_says_why_and_names_at_least_two_tests(number: int) -> None:
    assert re.search(r"^Why: \S", LAWS[number], re.MULTILINE)
    assert sum(law == number for law, _named in CITED) >= 2


@pytest.mark.parametrize(("number", "named"), CITED)
def test_each_test_that_a_law_names_exists(number: int, named: str) -> None:
    path, _, name = named.partition("::")
    assert name in functions_of(path) if name else functions_of(path), f"law {number} names {named}"


def test_a_law_that_code_cites_exists() -> None:
    """`law 4`, `laws 4 and 6`, in comments, docstrings and documents."""
    cited: set[int] = set()
    for folder, ending in (("firmware", "py"), ("host_tools", "py"), ("hil_tests", "py"), ("docs", "md"), ("boards", "[ch]")):
        for path in (REPOSITORY / folder).rglob(f"*.{ending}"):
            for numbers in re.findall(r"\blaws? (\d+(?:(?:, | and )\d+)*)", path.read_text(encoding="utf-8"), re.IGNORECASE):
                cited |= {int(number) for number in re.findall(r"\d+", numbers)}
    assert cited and cited <= set(LAWS), cited
