"""Arrows between rooms run one way, as arrow_table.py says, and nothing of the product imports a test. No exception is listed."""

from __future__ import annotations

import pytest
from shedbench.places import REPOSITORY

from hil_tests.lint import arrows
from hil_tests.lint.arrow_table import ALLOWED

PRODUCT = arrows.product(REPOSITORY)


def made_of(**files: str) -> dict[str, arrows.Module]:
    """A product of a few files, by paths in which two underscores stand for a slash."""
    modules = (arrows.module_of(path.replace("__", "/") + ".py", text) for path, text in files.items())
    return {module.name: module for module in modules}


def test_there_is_a_product_to_look_at() -> None:
    assert len(PRODUCT) > 300
    assert {"shed.safety.scan", "shedguard.commands.cli", "shedbench.bench.bench", "main"} <= set(PRODUCT)


def test_every_import_between_two_rooms_is_an_arrow_of_the_table() -> None:
    assert arrows.not_allowed(PRODUCT, ALLOWED) == []


def test_every_arrow_of_the_table_is_used_and_every_room_has_its_row() -> None:
    assert arrows.not_used(PRODUCT, ALLOWED) == []


def test_the_table_has_no_circle_of_rooms() -> None:
    assert arrows.circles((source, target) for source, targets in ALLOWED.items() for target in targets) == []


def test_no_files_import_each_other_in_a_circle() -> None:
    assert arrows.circles(arrows.file_arrows(PRODUCT)) == []


def test_nothing_of_the_product_imports_a_test() -> None:
    assert arrows.tests_imported(PRODUCT) == []


# Each rule fires.

LOGIC = "host_tools__shedguard__site__check"
FORMATS = "host_tools__shedguard__formats__cards"
WAYS = {
    "at the top": "from shedguard.formats.cards import read",
    "a module": "from shedguard.formats import cards",
    "by its full name": "import shedguard.formats.cards as them",
    "from where it stands": "from ..formats import cards",
    "a thing from where it stands": "from ..formats.cards import read",
    "inside a function": "def f():\n    from shedguard.formats import cards",
    "for the type checker": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shedguard.formats import cards",
    "by a string": "import_module('shedguard.formats.cards')",
    "by a string, in full": "importlib.import_module('shedguard.formats.cards')",
    "as MicroPython does": "__import__('shedguard.formats.cards')",
    "over a constant": "NAMES = ('shedguard.formats.cards', 'json')\ndef f():\n    for name in NAMES:\n        __import__(name)",
}


@pytest.mark.parametrize("way", WAYS)
def test_an_arrow_that_is_not_in_the_table_is_found_in_every_way_to_import(way: str) -> None:
    modules = made_of(**{LOGIC: WAYS[way], FORMATS: ""})
    table = {"shedguard.site": ["shedguard.formats"], "shedguard.formats": []}
    assert [line.split(": ")[1] for line in arrows.not_allowed(modules, {})] == ["shedguard.formats is no arrow of shedguard.site"]
    assert arrows.not_allowed(modules, table) == arrows.not_used(modules, table) == []


def test_the_board_and_the_tools_are_two_products() -> None:
    modules = made_of(firmware__shed__crc="", **{LOGIC: "from shed.crc import crc16"})
    assert arrows.not_allowed(modules, ALLOWED) == ["shedguard.site.check:1: shed.crc is no arrow of shedguard.site"]


def test_an_arrow_that_nobody_uses_is_found() -> None:
    table = {"shedguard.site": ["shedguard.formats"], "shedguard.formats": []}
    assert arrows.not_used(made_of(**{LOGIC: "import json", FORMATS: ""}), table) == ["shedguard.site -> shedguard.formats: nobody uses it"]


def test_a_room_without_a_row_and_a_row_without_a_room_are_found() -> None:
    found = arrows.not_used(made_of(**{LOGIC: ""}), {"shedguard.formats": []})
    assert [line.split(":")[0] for line in found] == ["shedguard.formats", "shedguard.site"]


def test_a_circle_of_rooms_is_found_also_over_three() -> None:
    assert arrows.circles([("a", "b"), ("b", "a"), ("c", "a")]) == [["a", "b"]]
    assert arrows.circles([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]) == [["a", "b", "c"]]
    assert arrows.circles([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]) == []


@pytest.mark.parametrize(
    "back", ["from .one import f", "def f():\n    from . import one", "for name in N:\n    __import__(name)\nN = ('shed.board.one',)"]
)
def test_a_circle_of_files_is_found(back: str) -> None:
    modules = made_of(firmware__shed__board__one="from shed.board.two import g", firmware__shed__board__two=back)
    assert arrows.circles(arrows.file_arrows(modules)) == [["shed.board.one", "shed.board.two"]]


def test_a_circle_through_what_a_folder_runs_first_is_found() -> None:
    modules = made_of(
        host_tools__shedbench__bench__bench="from shedbench.demo.view import f",
        host_tools__shedbench__demo__view="",
    )
    modules["shedbench.demo"] = arrows.module_of("host_tools/shedbench/demo/__init__.py", "from shedbench.bench.bench import Bench")
    assert arrows.circles(arrows.file_arrows(modules)) == [["shedbench.bench.bench", "shedbench.demo"]]


@pytest.mark.parametrize(
    "text", ["import hil_tests", "from hil_tests.bench import bench", "def f():\n    import_module('hil_tests.plant')"]
)
def test_an_import_of_a_test_is_found(text: str) -> None:
    assert len(arrows.tests_imported(made_of(**{LOGIC: text}))) == 1
    assert len(arrows.tests_imported(made_of(boards__emulated__flash_file=text))) == 1


@pytest.mark.parametrize(
    "text", ["def f(name):\n    import_module(name)", "import_module('a' + b)", "N = ('a',)\nN = g()\nfor n in N:\n    __import__(n)"]
)
def test_an_import_by_a_string_that_cannot_be_read_is_found(text: str) -> None:
    assert arrows.tests_imported(made_of(**{LOGIC: text}))[0].endswith("imports what only a run can say")
