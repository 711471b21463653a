"""A kind of meter, reader, tariff or expander chip is one entry on each side that has its table: board, tools, plant (docs/extending.md).

Hazard: a site that the tools take and the board does not know, or a number that means one thing here and another there.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from struct import pack
from typing import Any, Final, get_args

import pytest
from pydantic import BaseModel
from shed.charging import tariff
from shed.charging.restoring import restore
from shed.metering import profiles
from shed.storage import live
from shedbench.audit import tariffs as audit_tariffs
from shedbench.places import REPOSITORY
from shedbench.plant import expander_parts
from shedbench.plant import meters as plant_meters
from shedbench.plant import readers as plant_readers
from shedguard.boards.model import Expander
from shedguard.boards.parts import PARTS
from shedguard.site import meters, readers, tariffs
from shedguard.site.model import Meter, Reader, Tariff

from hil_tests.firmware.charging.metered_shed import Shed

SIDES: Mapping[str, tuple[type[BaseModel], str, Mapping[str, Any], Mapping[str, Any]]] = {
    "meter": (Meter, "profile", meters.METERS, plant_meters.METERS),
    "reader": (Reader, "kind", readers.READERS, plant_readers.READERS),
    "tariff": (Tariff, "kind", tariffs.TARIFFS, audit_tariffs.TARIFFS),
    "expander chip": (Expander, "part", PARTS, expander_parts.PARTS),
}


@pytest.mark.parametrize("kind", SIDES)
def test_each_kind_is_known_to_tools_and_plant_and_to_nobody_else(kind: str):
    model, key, known, plant = SIDES[kind]
    assert list(known) == list(get_args(model.model_fields[key].annotation)) == list(plant)


@pytest.mark.parametrize("known", [meters.METERS, readers.READERS, tariffs.TARIFFS], ids=["meter", "reader", "tariff"])
def test_no_number_of_an_image_means_two_kinds(known: Mapping[str, Any]):
    assert len({kind.number for kind in known.values()}) == len(known)


def test_each_kind_of_meter_has_its_profile_on_the_board():
    assert set(profiles.PROFILES) == set(meters.NAMES)


def test_each_kind_of_tariff_has_its_number_on_the_board():
    kinds = {value for name, value in vars(tariff).items() if name.isupper() and not name.startswith("_")}
    assert kinds == set(tariffs.NAMES)


RECORD_THE_KIND: Final = (
    "a session that a cut interrupts is charged by another kind of tariff than it began with: append the kind to the live record "
    "(FORMAT, SIZE and row() of firmware/shed/storage/live.py, _LIVE_MORE of host_tools/shedguard/formats/records.py), write it in "
    "checkpoint() of charging/session.py, and let restore() of charging/restoring.py take it; a record without it is kind 1 "
    "(docs/extending.md, A tariff)"
)


@pytest.mark.parametrize("number", tariffs.NAMES)
def test_a_session_that_a_cut_interrupts_keeps_its_kind_of_tariff(number: int):
    """Although the shed has another one by then. A checkpoint that was written when there was one kind is of that one."""
    before = Shed(tariff=(number, 100, 300))
    before.run(2)
    before.begin(0, 100)
    before.run(60)
    checkpoint = pack(live.FORMAT, *before.sink.of("live")[-1])
    for payload, kept in ((checkpoint, number), (checkpoint[:67], tariff.TIME)):
        after = Shed(tariff=(0, 7, 77))
        restore(after.charging, [live.row(payload)])
        assert after.session(0).tariff == (kept, 100, 300), RECORD_THE_KIND


def constants(*files: str) -> dict[str, int]:
    """The constants of firmware files that stand beside hardware, by name."""
    found: dict[str, int] = {}
    for file in files:
        for node in ast.parse((REPOSITORY / "firmware/shed" / file).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Name):
                argument = node.value.args[0]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, int):
                    found[node.targets[0].id] = argument.value
    return found


def test_each_expander_chip_has_the_board_s_number():
    """What the board has no constant for is spoken to as a PCF8574, number 1. A PCF8574A is one, at other addresses."""
    board = constants("board/expander_chips.py", "board/expanders.py")
    told = {
        "PCF8574": 1,
        "PCF8574A": 1,
        "PCF8575": board["_PCF8575"],
        "TCA9554": board["_TCA9554"],
        "MCP23017": board["_MCP23017"],
        "74HC595": board["_HC595"],
    }
    assert {name: part.number for name, part in PARTS.items()} == told
