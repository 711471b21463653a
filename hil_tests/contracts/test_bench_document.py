"""docs/bench.md lists every verb, value, condition, fault, pack and card of the bench as the code has them, and its examples run."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from shedbench import pytest_plugin
from shedbench.bench import board
from shedbench.bench.bench import Bench
from shedbench.bench.conditions import Condition
from shedbench.bench.flash_faults import FlashKind
from shedbench.places import REPOSITORY, SITES, SMALL_SITE
from shedbench.plant import contacts, detectors, expander_parts, expanders, meters, pn532
from shedbench.plant.chargers import Misbehaviour
from shedbench.plant.packs import ALIASES, PACKS, RESISTORS
from shedbench.plant.people import DEFAULT_CARDS

PAGE: Final = (REPOSITORY / "docs" / "bench.md").read_text(encoding="utf-8")
TABLES: Final = {
    "mains": "",
    "outlet": "outlets",
    "relay": "relays",
    "contactor": "contactors",
    "breaker": "breakers",
    "bike": "bikes",
    "card": "cards",
    "button": "buttons",
    "meter": "meters",
    "bus": "buses",
    "reader": "readers",
    "smoke": "loops",
    "call_point": "call_points",
    "gate": "gates",
    "expander": "expanders",
    "expander_bus": "expander_buses",
}
PROPERTIES: Final = ("board", "console", "serial", "events", "journal", "key_switch", "mains")
# What parts of the simulator call on each other; no verb of a test.
INNER: Final = {
    *(f"bench.{name}" for name in ("board_lost", "board_power", "board_record", "brown_out", "kill_board", "spawn_board", "post")),
    *(f"bench.{name}" for name in ("wait", "wait_for")),
    *(f"bench.board.{name}" for name in ("lost_power", "record", "stopped")),
    *(f"bench.meter.{name}" for name in ("reset_energy", "sim_device")),
    *(f"bench.reader.{name}" for name in ("field", "lay", "take_away")),
    *(f"bench.expander.{name}" for name in ("answers", "read", "show", "written")),
    *("bench.events.add", "bench.mains.on_change", "bench.breaker.on_change"),
}
FAULTS: Final = {
    **dict.fromkeys(("relay", "contactor"), contacts.CONTACT_FAULTS),
    "smoke": detectors.LOOP_FAULTS,
    **dict.fromkeys(("call_point", "key_switch", "button"), detectors.CONTACT_INPUT_FAULTS),
    "meter": meters.METER_FAULTS,
    "reader": pn532.READER_FAULTS,
    "expander": expander_parts.FAULTS,
    "expander_bus": expanders.BUS_FAULTS,
    "board": board.FAULTS,
}


@pytest.fixture(scope="module")
def parts() -> Iterator[dict[str, Any]]:
    """One of every part that a bench offers, by the path under which a test reaches it."""
    found: dict[str, Any] = {}
    with Bench(site=SITES / "expanders" / "mixed.toml", power=False) as other, Bench(site=SMALL_SITE, power=False) as bench:
        for of in (other, bench):
            found |= {"bench": of} | {f"bench.{name}": getattr(of, name) for name in PROPERTIES if of is bench}
            for name, table in TABLES.items():
                there = getattr(of.plant, table) if table else {}
                if there:
                    found[f"bench.{name}"] = getattr(of, name)(next(iter(there)))
        yield found


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under ``heading``, without its head."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def ticked(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def told() -> dict[str, str]:
    """Path by path, the text between its last parentheses; a value has none."""
    cells = [row[0] for heading in ("Verbs", "Conditions", "Values") for row in rows(heading)]
    found: dict[str, str] = {}
    for form in (form for cell in cells for form in ticked(cell)):
        path, _, arguments = form.removesuffix(")").rpartition("(") if form.endswith(")") else (form, "", "")
        found[re.sub(r"\([^)]*\)", "", path)] = arguments
    return found


def signature(function: Any) -> str:
    """As a page writes it: names, defaults, a star."""
    words = []
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}".replace("'", '"')
        words.append({parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "") + parameter.name + default)
    return ", ".join(words)


def test_every_verb_value_and_condition_is_on_the_page(parts: dict[str, Any]):
    page = told()
    wanted = {"bench." + name for name in (*TABLES, *PROPERTIES)}
    for path, part in parts.items():
        conditions = [name for name, value in vars(part).items() if isinstance(value, Condition)]
        wanted |= {f"{path}.{name}" for name in (*dir(type(part)), *conditions) if not name.startswith("_")}
    missing = {path for path in wanted - INNER - set(page) if not any(known.startswith(path + ".") for known in page)}
    assert not missing, sorted(missing)
    assert wanted >= INNER and not INNER & set(page)


def test_every_verb_value_and_condition_of_the_page_exists_with_these_arguments(parts: dict[str, Any]):
    wrong = []
    for path, arguments in told().items():
        *way, name = path.split(".")
        known = next(length for length in range(len(way), 0, -1) if ".".join(way[:length]) in parts)
        part = parts[".".join(way[:known])]
        for step in way[known:]:
            part = getattr(part, step)
        there = getattr(type(part), name, None)
        expected = signature(there) if callable(there) else ""
        if name not in dir(part) or arguments != expected:
            wrong.append(f"{path}({arguments}), not ({expected})")
    assert not wrong, "\n".join(wrong)


def test_conditions_are_told_from_values(parts: dict[str, Any]):
    for row in rows("Conditions"):
        (form,) = ticked(row[0])
        path = re.sub(r"\([^)]*\)", "", form)
        assert isinstance(getattr(parts[path.rpartition(".")[0]], path.rpartition(".")[2]), Condition), path


def test_every_fault_is_on_the_page():
    page: dict[str, list[str]] = {}
    for cell, name, _what in rows("Faults"):
        for part in ticked(cell):
            page.setdefault(re.sub(r"\(.*", "", part.removeprefix("bench.")), []).extend(ticked(name))
    assert page == {part: list(names) for part, names in FAULTS.items()}
    assert [name for row in rows("Faults of flash") for name in ticked(row[0])] == list(get_args(FlashKind))


def test_every_pack_load_and_misbehaviour_is_on_the_page():
    also = {kind: ", ".join(f"`{alias}`" for alias, pack in ALIASES.items() if pack == kind) for kind in (*PACKS, *RESISTORS)}
    packs = [[f"`{p.kind}`", also[p.kind], f"{p.cc_start_w:g} to {p.cc_end_w:g} W", f"{p.full_w:g} W"] for p in PACKS.values()]
    loads = [[f"`{load.kind}`", also[load.kind], f"{load.nominal_w:g} W", ""] for load in RESISTORS.values()]
    assert rows("Packs and loads") == packs + loads
    assert [row[0] for row in rows("Chargers that misbehave")] == [
        f"`{field.name}={'WATTS' if isinstance(field.default, float) else True}`" for field in fields(Misbehaviour)
    ]


def test_every_card_is_on_the_page():
    assert rows("Cards") == [[f"`{card.name}`", card.uid.hex().upper(), card.role or "in no table"] for card in DEFAULT_CARDS]


def test_every_option_and_fixture_is_on_the_page():
    source = Path(pytest_plugin.__file__).read_text(encoding="utf-8")
    assert {form.split()[0] for row in rows("Options") for form in ticked(row[0])} == set(re.findall(r'addoption\("(--[a-z-]+)"', source))
    assert [name for row in rows("Fixtures") for name in ticked(row[0])] == re.findall(r"@pytest\.fixture.*\ndef (\w+)", source)


@pytest.mark.slow(8)
def test_the_examples_of_the_page_run(tmp_path: Path):
    scenario, own_shed, script = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(scenario.strip().splitlines()) == 10
    (tmp_path / "test_first.py").write_text(scenario, encoding="utf-8")
    (tmp_path / "test_own.py").write_text(own_shed, encoding="utf-8")
    (tmp_path / "my_shed.toml").write_bytes(SMALL_SITE.read_bytes())
    (tmp_path / "evening.py").write_text(script, encoding="utf-8")
    pytest_line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--noconftest", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    for line, said in ((pytest_line, "2 passed"), ([sys.executable, "evening.py"], " Wh\n")):
        run = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120)
        assert run.returncode == 0 and said in run.stdout, run.stdout + run.stderr
